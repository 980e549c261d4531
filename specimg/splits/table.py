"""``splits.csv``: which part each recording is in, so that it stays there."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from specimg.bounded import open_regular
from specimg.encoding import encode_name
from specimg.errors import SpecimgError, count, quote
from specimg.splits.parts import is_part_name

MAX_LINE = 2**20
"""Bytes of a line."""


class SplitError(SpecimgError, ValueError):
    """Recordings cannot be divided as is wanted."""


class SplitTableError(SplitError):
    """A line of a table of splits says what cannot be."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path}, line {line}: {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRow:
    """Where a recording is."""

    source: str
    """Its name, as in the manifest."""
    split: str
    """The part that it is in."""
    group: str = ""
    """Its group, percent-encoded as names are; empty if the table does not say."""


COLUMNS = tuple(field.name for field in fields(SplitRow))


def tabulate_splits(
    names: Sequence[str],
    groups: Sequence[str],
    assigned: Mapping[str, str],
    before: Iterable[SplitRow] = (),
) -> list[SplitRow]:
    """Return the rows of the table, in the order of their sources.

    Parameters
    ----------
    names, groups : sequence of str
        Of each recording.
    assigned : mapping of str to str
        The part of each recording by its name; see `assign`.
    before : iterable of SplitRow
        The rows before.  Recordings that are gone keep theirs, because they may come
        back, and because others of their group may come.
    """
    rows = {row.source: row for row in before}
    for name, group in zip(names, groups, strict=True):
        rows[name] = SplitRow(
            source=name, split=assigned[name], group=encode_name(group)
        )
    return [rows[name] for name in sorted(rows)]


def format_splits(rows: Iterable[SplitRow]) -> Iterator[bytes]:
    """Yield the table as CSV, line by line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for cells in (COLUMNS, *map(astuple, rows)):
        writer.writerow(cells)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def read_splits(path: Path) -> list[SplitRow]:
    """Read a table of splits, which specimg wrote, or somebody else.

    It needs the columns ``source`` and ``split``; ``group`` is read if it is there,
    and further ones are passed over, so that a manifest with both will do as well.

    Raises
    ------
    SplitTableError
        A line cannot be used; the message says which, and why.
    SplitError
        The table cannot be read, or has no rows.
    """
    rows: dict[str, SplitRow] = {}
    lines = csv.reader(_read_lines(path), strict=True)
    try:
        names = next(lines, [])
        _check_columns(path, names)
        for cells in lines:
            if not cells:
                continue  # an empty line
            if len(cells) != len(names):
                what = (
                    f"{count(len(cells), 'cell')}, but there are {len(names)} columns"
                )
                raise SplitTableError(path, lines.line_num, what)
            row = _make_row(path, lines.line_num, dict(zip(names, cells, strict=True)))
            if rows.setdefault(row.source, row) != row:
                first = rows[row.source]
                what = (
                    f"{row.source} is in {_describe(row)}, but in {_describe(first)} "
                    f"above: need one of them"
                )
                raise SplitTableError(path, lines.line_num, what)
    except csv.Error as error:
        raise SplitTableError(path, lines.line_num, str(error)) from error
    if not rows:
        msg = f"{path} names no recordings: need rows with source and split"
        raise SplitError(msg)
    return list(rows.values())


def _check_columns(path: Path, names: Sequence[str]) -> None:
    for field in fields(SplitRow):
        if names.count(field.name) > 1:
            raise SplitTableError(path, 1, f"two columns are called {field.name}")
    for name in ("source", "split"):
        if name not in names:
            what = f"the column {name} is missing: need source and split, with commas"
            raise SplitTableError(path, 1, what)


def _make_row(path: Path, line: int, cells: Mapping[str, str]) -> SplitRow:
    row = SplitRow(**{name: cells[name] for name in COLUMNS if name in cells})
    for name in COLUMNS:
        value = getattr(row, name)
        if not value.isprintable():
            what = f"{name}={quote(value)} has characters that are not printable"
            raise SplitTableError(path, line, what)
    if not row.source:
        raise SplitTableError(path, line, "the cell of source is empty")
    if not is_part_name(row.split):
        what = f"split={quote(row.split)}: need letters, digits and underscores"
        raise SplitTableError(path, line, what)
    return row


def _describe(row: SplitRow) -> str:
    return f"{row.split} (group {row.group})" if row.group else row.split


def _read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text that anybody may have written."""
    number = 0
    try:
        with open_regular(path) as file:
            while data := file.readline(MAX_LINE):
                number += 1
                if len(data) == MAX_LINE:
                    what = f"longer than {MAX_LINE} bytes"
                    raise SplitTableError(path, number, what)
                if b"\0" in data:
                    raise SplitTableError(path, number, "has a NUL in it")
                # Spreadsheets put a mark before the first line.
                yield data.decode("utf-8-sig" if number == 1 else "utf-8")
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise SplitError(msg) from error
    except UnicodeDecodeError as error:
        raise SplitTableError(path, number, "is not UTF-8") from error
