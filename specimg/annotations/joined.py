"""A table of the user's own that says more of each recording, such as its site."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from specimg.annotations.aliases import ALIASES
from specimg.annotations.cells import shown
from specimg.annotations.naming import tidy
from specimg.annotations.rows import AnnotationError
from specimg.annotations.text import Content, TextError, read_content
from specimg.errors import quote, shorten

NAMES = (*ALIASES["file"], "source")
"""Columns with the names of recordings; that of a manifest comes last."""

MAX_CHARACTERS = 2**16
"""Of a row: what is written of it can be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedRow:
    """What a table says of one recording."""

    file: str
    """The recording as the table has it, with forward slashes; perhaps empty."""
    place: str
    """The absolute path that the recording has if it lies beside the table."""
    table: str
    """The path of the table."""
    line: int
    """Its line, from 1."""
    cells: tuple[str, ...]
    """As they are written, one for each of the table's `columns`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedTable:
    """A table with a row for each recording."""

    path: str
    columns: tuple[str, ...]
    """All but that of the names, in their order."""
    rows: tuple[JoinedRow, ...]
    """In the order of the table."""


def read_joined(path: Path) -> JoinedTable:
    """Read a table with the names of recordings in one column, and more in others.

    Raises
    ------
    AnnotationError
        It is no such table, or cannot be read; the message says in which line.
    """
    try:
        content = read_content(path)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise AnnotationError(msg) from error
    except TextError as error:
        msg = f"{path} {error}"
        raise AnnotationError(msg) from error
    names = content.sheet.columns
    own = content.sheet.first(NAMES)
    if own is None:
        msg = f"{path} has no column with the names of recordings"
        if not names:
            msg = f"{path} is no table: need CSV or TSV with names of columns on top"
            raise AnnotationError(msg)
        msg += f": call it file, path, recording or source; it has {shown(content)}"
        raise AnnotationError(msg)
    others = [place for place in range(len(names)) if place != own]
    _check_columns(path, names, others)
    rows = tuple(_read_rows(path, content, own, others))
    if content.faults:
        raise AnnotationError(str(content.faults[0]))
    if not rows:
        msg = f"{path} has no rows below the names of its columns"
        raise AnnotationError(msg)
    columns = tuple(names[place] for place in others)
    return JoinedTable(path=str(path), columns=columns, rows=rows)


def _check_columns(path: Path, names: Sequence[str], others: Sequence[int]) -> None:
    if not others:
        msg = f"{path} has no column besides {quote(names[0])}"
        raise AnnotationError(msg)
    seen: set[str] = set()
    for place in others:
        name = names[place]
        if not name:
            msg = f"{path}: column {place + 1} has no name: give it one, or remove it"
            raise AnnotationError(msg)
        if not name.isprintable():
            msg = f"{path}: column {quote(name)} has characters that are not printable"
            raise AnnotationError(msg)
        if name.casefold() in seen:
            msg = f"{path}: two columns are called {shorten(name)}: rename one"
            raise AnnotationError(msg)
        seen.add(name.casefold())


def _read_rows(
    path: Path, content: Content, own: int, others: Sequence[int]
) -> Iterator[JoinedRow]:
    folder = os.path.abspath(path.parent)  # noqa: PTH100 - follows no links
    for line, cells in content.sheet.lines:
        if sum(map(len, cells)) > MAX_CHARACTERS:
            msg = f"{path}, line {line}: has more than {MAX_CHARACTERS} characters"
            raise AnnotationError(msg)
        file = tidy(cells[own])
        yield JoinedRow(
            file=file,
            place=f"{folder}/{file}",
            table=str(path),
            line=line,
            cells=tuple(cells[place] for place in others),
        )
