"""Tables of annotations, read: what they say, and what is wrong with them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from specimg.annotations.annotation import Annotation
from specimg.annotations.cells import shown
from specimg.annotations.formats import NAMES, Format, recognize
from specimg.annotations.naming import name_of_recording
from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import (
    AnnotationError,
    NonsenseError,
    Problem,
)
from specimg.annotations.search import Found, find_tables
from specimg.annotations.text import Content, TextError, read_content
from specimg.errors import check_choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """What one table says of one recording."""

    file: str
    """The recording as the table has it, with forward slashes; where it names none,
    the table's own name without its endings, in its folder below that of all tables."""
    place: str
    """The absolute path that the recording has if it lies beside the table."""
    table: str
    """The path of the table."""
    line: int
    """Where the table first says something of it, from 1; 0 for the whole table."""
    annotations: tuple[Annotation, ...]
    """In the order of the table; none where it says that nothing calls here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A file in a folder that is no table of annotations."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What was read from tables.

    Lines that are alike are kept as often as they stand there: that is what the tables
    say.  `match_tables` counts them once.
    """

    annotated: tuple[Annotated, ...]
    """In the order of the tables.  A recording is not among them where all that a table
    says of it is nonsense: nobody knows whether something calls there."""
    problems: tuple[Problem, ...]
    """What was left out, each with its table and line."""
    formats: dict[str, str]
    """The format of each table, by its path."""
    passed_over: tuple[PassedOver, ...]
    """Files in folders that look like tables by their name, and are none."""
    below_confidence: int
    """How many annotations were left out as less sure than was asked for."""


def read_tables(
    paths: Iterable[Path],
    options: ReadingOptions | None = None,
    *,
    leave_out: Path | None = None,
) -> Tables:
    """Read tables of annotations.

    Parameters
    ----------
    paths : iterable of Path
        Files, which must be tables, and folders, which are searched for them.
    options : ReadingOptions
        By default, tables are read as they say themselves.
    leave_out : Path
        A file in one of the folders that is not looked at.

    Raises
    ------
    AnnotationError
        A file that is given by name is no table, or cannot be read; or there is none.
    ParameterError
        There is no such format.
    """
    paths = list(paths)
    options = options or ReadingOptions()
    if options.format is not None:
        check_choice("annotation_format", options.format, NAMES)
    reading = _Reading(options)
    for found in find_tables(paths, reading.note_folder, leave_out):
        reading.read(found)
    if not (reading.formats or reading.problems):
        names = ", ".join(map(str, paths))
        msg = f"no table of annotations found in {names}"
        if reading.passed_over:
            first = reading.passed_over[0]
            msg += f"; for example, {first.path} {first.why}"
        raise AnnotationError(msg)
    return Tables(
        annotated=tuple(reading.annotated),
        problems=tuple(reading.problems),
        formats=reading.formats,
        passed_over=tuple(reading.passed_over),
        below_confidence=reading.below_confidence,
    )


class _Reading:
    """What has been read so far."""

    def __init__(self, options: ReadingOptions) -> None:
        self.options = options
        self.annotated: list[Annotated] = []
        self.problems: list[Problem] = []
        self.formats: dict[str, str] = {}
        self.passed_over: list[PassedOver] = []
        self.below_confidence = 0

    def note_folder(self, folder: Path, why: str) -> None:
        self.problems.append(Problem(table=str(folder), line=0, value="", why=why))

    def read(self, found: Found) -> None:
        """Read a file, or say why it is not read."""
        path = str(found.path)
        content: Content | None = None
        try:
            content = read_content(found.path)
            format_ = recognize(content, self.options)
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}"
            if found.is_named:
                msg = f"{path} {why}"
                raise AnnotationError(msg) from error
            self.problems.append(Problem(table=path, line=0, value="", why=why))
            return
        except TextError as error:
            if found.is_named:
                msg = f"{path} {error}"
                raise AnnotationError(msg) from error
            # JSON that is cut off was perhaps a table; a text never was one.
            is_cut = content is not None and found.path.suffix.lower() in _JSON
            if is_cut:
                problem = Problem(table=path, line=0, value="", why=str(error))
                self.problems.append(problem)
            else:
                self.passed_over.append(PassedOver(path=path, why=str(error)))
            return
        if format_ is None:
            why = _describe(content, self.options)
            if found.is_named:
                msg = f"{path} {why}"
                raise AnnotationError(msg)
            self.passed_over.append(PassedOver(path=path, why=why))
            return
        self.formats[path] = format_.name
        self._read_rows(found, content, format_)

    def _read_rows(self, found: Found, content: Content, format_: Format) -> None:
        path = str(found.path)
        files: dict[str, list[Annotation]] = {}
        lines: dict[str, int] = {}
        least = self.options.min_confidence
        before, has_rows = len(self.problems), False
        for row in format_.read(content, self.options):
            has_rows = True
            if isinstance(row, Problem):
                self.problems.append(row)
                continue
            try:
                call = None if row.is_empty else row.annotation(path, self.options)
            except NonsenseError as error:
                problem = content.fault(row.line, error.value, error.why)
                self.problems.append(problem)
                continue
            calls = files.setdefault(row.file, [])
            lines.setdefault(row.file, row.line)
            if call is None:
                continue
            sure = call.confidence
            if least is not None and sure is not None and sure < least:
                self.below_confidence += 1
            else:
                calls.append(call)
        self.problems += content.faults
        if not has_rows and len(self.problems) == before:
            # Names of columns, and nothing below: nothing calls in its recording.
            files[""], lines[""] = [], 0
        own = name_of_recording(found.path)
        folder = os.path.abspath(found.path.parent)  # noqa: PTH100 - follows no links
        for file, annotations in files.items():
            name = file or "/".join(filter(None, (found.below, own)))
            beside = file or own
            self.annotated.append(
                Annotated(
                    file=name,
                    place=f"{folder}/{beside}",
                    table=path,
                    line=lines[file],
                    annotations=tuple(annotations),
                )
            )


_JSON = (".json", ".data")


def _describe(content: Content, options: ReadingOptions) -> str:
    """Say why a file is no table of annotations."""
    if not content.text.strip():
        return "is empty"
    if options.format is not None:
        what = f"is no table of the format {options.format}"
    elif options.columns:
        names = ", ".join(column.name for column in options.columns.values())
        what = f"has not all the columns that were named ({names}), or no start, end "
        what += "and label"
    else:
        what = "is no table of annotations that is known"
    if content.is_json or len(content.sheet.columns) < 2:
        return what
    return f"{what}; its columns are: {shown(content)}"
