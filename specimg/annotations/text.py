"""Texts that anybody may have written, as lines and cells, or as JSON."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from specimg.annotations.rows import Problem
from specimg.bounded import open_regular, read_stream
from specimg.errors import count

MAX_TABLE_BYTES = 2**27
"""The largest table: a million annotations of 130 bytes each."""

_HEAD_BYTES = 4096
_BOMS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


class TextError(Exception):
    """A file is no text that can be read; says why."""


@dataclass(slots=True)
class Sheet:
    """A table with names of columns, and lines of cells."""

    columns: list[str]
    """As they are written, without spaces around them."""
    lines: Iterator[tuple[int, list[str]]]
    """Each with its number, from 1."""
    keys: dict[str, int] = field(default_factory=dict)
    """Where each column is, by its squeezed name; of two that are alike, the first."""

    def __post_init__(self) -> None:
        for index, name in enumerate(self.columns):
            if key := squeeze(name):
                self.keys.setdefault(key, index)

    def has(self, *keys: str) -> bool:
        """Whether all these columns are there."""
        return all(key in self.keys for key in keys)

    def first(self, keys: Sequence[str]) -> int | None:
        """Return where the first of these columns is that is there."""
        return next((self.keys[key] for key in keys if key in self.keys), None)


@dataclass
class Content:
    """A file that may be a table."""

    path: Path
    text: str
    faults: list[Problem] = field(default_factory=list)
    """Lines that were left out, as far as it has been read."""

    @cached_property
    def is_json(self) -> bool:
        """Whether it looks like JSON."""
        return self.text[:_HEAD_BYTES].lstrip()[:1] in ("[", "{")

    @cached_property
    def document(self) -> object:
        """What it is as JSON.

        Raises
        ------
        TextError
            It is not JSON.
        """
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            msg = f"is not JSON: {error.msg}, in line {error.lineno}"
            raise TextError(msg) from error
        except RecursionError as error:
            msg = "is not JSON that can be read: it has too many levels"
            raise TextError(msg) from error
        except ValueError as error:  # a number of more digits than Python reads
            msg = f"is not JSON that can be read: {error}"
            raise TextError(msg) from error

    @cached_property
    def sheet(self) -> Sheet:
        """What it is as a table with names of columns; perhaps without any."""
        if self.is_json:
            return Sheet([], iter(()))
        lines = io.StringIO(self.text, newline=None)  # whatever ends them
        number, delimiter = 1, ""
        first = next(lines, "")
        while first and not first.strip():
            number, first = number + 1, next(lines, "")
        if found := re.fullmatch(r"sep=(.)\s*", first, re.IGNORECASE):
            # Written for Excel, before the names of the columns.
            delimiter = found[1]
            number, first = number + 1, next(lines, "")
        delimiter = delimiter or max("\t;,", key=first.count)
        try:
            names = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            names = []
        # Tabs at the end of the line make columns without a name.
        while names and not names[-1].strip():
            names.pop()
        columns = [name.strip() for name in names]
        split = self._split_tabs if delimiter == "\t" else self._split
        return Sheet(
            columns, self._check(len(columns), split(lines, number, delimiter))
        )

    def fault(self, line: int, value: str, why: str) -> Problem:
        """Return what is wrong with a line of it."""
        return Problem(table=str(self.path), line=line, value=value, why=why)

    def _check(
        self, width: int, lines: Iterator[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, list[str]]]:
        for line, cells in lines:
            if not any(cell and not cell.isspace() for cell in cells):
                continue
            missing = width - len(cells)
            if missing < 0 and any(cell.strip() for cell in cells[width:]):
                why = f"need {count(width, 'cell')}, as there are columns"
                self.faults.append(self.fault(line, count(len(cells), "cell"), why))
                continue
            yield line, cells + [""] * missing

    def _split(
        self, lines: Iterator[str], number: int, delimiter: str
    ) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(lines, delimiter=delimiter)
        line = number + 1
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                why = "cannot be split into cells, nor what follows"
                self.faults.append(self.fault(line, str(error), why))
                return
            if cells is None:
                return
            yield line, cells
            line = number + 1 + reader.line_num

    @staticmethod
    def _split_tabs(
        lines: Iterator[str], number: int, delimiter: str
    ) -> Iterator[tuple[int, list[str]]]:
        # Not by `csv`: what is written with tabs has quotes that are only a quote, such
        # as that of an inch, and they would swallow lines.
        for line, text in enumerate(lines, number + 1):
            cells = text.rstrip("\n").split(delimiter)
            if '"' in text:
                cells = [_unquote(cell) for cell in cells]
            yield line, cells


def read_content(path: Path) -> Content:
    """Read a file that may be a table.

    Raises
    ------
    TextError
        It is no text, or too large.
    OSError
        It cannot be read.
    """
    with open_regular(path) as file:
        head = file.read(_HEAD_BYTES)
        encoding = guess_encoding(head)
        if encoding is None:
            msg = "is not a text"
            raise TextError(msg)
        file.seek(0)
        data = read_stream(file, MAX_TABLE_BYTES)
    return Content(path, decode(data, encoding))


def guess_encoding(head: bytes) -> str | None:
    """Say how a text is encoded by how it begins; None if it is none."""
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" not in head:
        return "utf-8"
    # In UTF-16, every other byte of a table's names and numbers is zero.
    for first, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        high, low = head[first::2], head[1 - first :: 2]
        if high.count(0) > 0.9 * len(high) and not low.count(0):
            return encoding
    return None


def decode(data: bytes, encoding: str) -> str:
    """Return a text, whatever Windows has made of the letters that are not ASCII."""
    if encoding.startswith("utf-16"):
        # A byte that was cut off at the end spoils one character, not all of them.
        return data.decode(encoding, errors="replace")
    for attempt in (encoding, "cp1252"):
        try:
            return data.decode(attempt)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def squeeze(name: str) -> str:
    """Return the name of a column in the one form in which names are compared."""
    return _BETWEEN.sub("", name).casefold()


_BETWEEN = re.compile(r"[\s_*.\-]+")


def _unquote(cell: str) -> str:
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
