"""Tables of annotations, read: what they say, and what is wrong with them."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from specimg.annotations.annotation import ALL_TIMES, Annotation, Times
from specimg.annotations.formats import NAMES, Format, describe_unknown, recognize
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
    unclear: tuple[Times, ...] = ()
    """When something may be heard that the table does not say as it should."""


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
    unclear: tuple[Annotated, ...]
    """What they say of such recordings: times alone."""
    problems: tuple[Problem, ...]
    """What was left out, each with its table and line."""
    remarks: tuple[Problem, ...]
    """What was left out of lines that are taken: bands and channels that cannot be."""
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
        unclear=tuple(reading.unclear),
        problems=tuple(reading.problems),
        remarks=tuple(reading.remarks),
        formats=reading.formats,
        passed_over=tuple(reading.passed_over),
        below_confidence=reading.below_confidence,
    )


class _Reading:
    """What has been read so far."""

    def __init__(self, options: ReadingOptions) -> None:
        self.options = options
        self.annotated: list[Annotated] = []
        self.unclear: list[Annotated] = []
        self.problems: list[Problem] = []
        self.remarks: list[Problem] = []
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
            self._refuse(found, why)
            return
        except TextError as error:
            if found.is_named:
                msg = f"{path} {error}"
                raise AnnotationError(msg) from error
            # JSON that is cut off was perhaps a table; a text never was one.
            is_cut = content is not None and found.path.suffix.lower() in _JSON
            if is_cut:
                self._refuse(found, str(error))
            else:
                self.passed_over.append(PassedOver(path=path, why=str(error)))
            return
        if format_ is None:
            why = describe_unknown(content, self.options)
            if found.is_named:
                msg = f"{path} {why}"
                raise AnnotationError(msg)
            self.passed_over.append(PassedOver(path=path, why=why))
            return
        self.formats[path] = format_.name
        self._read_rows(found, content, format_)

    def _refuse(self, found: Found, why: str) -> None:
        """Note that a table cannot be read: its recording is not known to be silent."""
        table = str(found.path)
        self.problems.append(Problem(table=table, line=0, value="", why=why))
        self.unclear.append(_annotated(found, "", unclear=[ALL_TIMES]))

    def _read_rows(self, found: Found, content: Content, format_: Format) -> None:
        path = str(found.path)
        files: dict[str, list[Annotation]] = {}
        lines: dict[str, int] = {}
        unclear: dict[str, list[Times]] = {}
        least = self.options.min_confidence
        before, has_rows = len(self.problems), False
        for row in format_.read(content, self.options):
            has_rows = True
            if isinstance(row, Problem):
                self.problems.append(row)
                continue
            wrong = [] if row.is_empty else row.forget_nonsense(self.options)
            try:
                call = None if row.is_empty else row.annotation(path, self.options)
            except NonsenseError as error:
                self.problems.append(content.fault(row.line, error.value, error.why))
                unclear.setdefault(row.file, []).append(row.times)
                continue
            self.remarks += [content.fault(row.line, e.value, e.why) for e in wrong]
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
        if content.faults:
            # Nobody knows which of its recordings they are of.
            for file in {**files, **unclear} or [""]:
                unclear.setdefault(file, []).append(ALL_TIMES)
        self.annotated += [
            _annotated(found, file, lines[file], calls, unclear.pop(file, ()))
            for file, calls in files.items()
        ]
        self.unclear += [
            _annotated(found, file, unclear=times) for file, times in unclear.items()
        ]


def _annotated(
    found: Found,
    file: str,
    line: int = 0,
    annotations: Sequence[Annotation] = (),
    unclear: Sequence[Times] = (),
) -> Annotated:
    """Return what a table says of a file, or, without one, of its own recording."""
    own = name_of_recording(found.path)
    folder = os.path.abspath(found.path.parent)  # noqa: PTH100 - follows no links
    return Annotated(
        file=file or "/".join(filter(None, (found.below, own))),
        place=f"{folder}/{file or own}",
        table=str(found.path),
        line=line,
        annotations=tuple(annotations),
        unclear=tuple(unclear),
    )


_JSON = (".json", ".data")
