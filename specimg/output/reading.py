"""Tables read back, whoever had them in between: nothing in them is taken on trust."""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

from specimg.encoding import encode_label
from specimg.errors import RefusedError, count
from specimg.output.containment import is_inside
from specimg.output.faults import find_clip_fault, find_fault
from specimg.output.manifest import (
    LABELS_APART,
    NUMBERS,
    OF_OTHERS,
    ClipRow,
    Failure,
    Record,
)

MAX_LINE = 2**20
"""Bytes of a line."""

_BOOLEANS = {"true": True, "false": False}

_Row = TypeVar("_Row", Record, Failure, ClipRow)


class TableError(RefusedError):
    """A table is not what specimg writes."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path}, line {line}: {what}")


def read_manifest(path: Path) -> Iterator[Record]:
    """Yield the rows of a manifest: CSV, or JSON lines if its name says so.

    Columns may be in any order; one that it lacks counts as its default, if it has
    one, and those that are not known are of a table of the user's own.

    Raises
    ------
    TableError
        A line of it is not what specimg writes; the message says which, and why.
    RefusedError
        It cannot be read.
    """
    read = _read_json if path.suffix == ".jsonl" else _read_csv
    for line, record in read(path, Record):
        fault = find_fault(record)
        if not is_inside(record.file_name):
            fault = f"names {record.file_name!r}, which is outside"
        if fault:
            raise TableError(path, line, fault)
        yield record


def read_clip_rows(path: Path) -> Iterator[tuple[int, ClipRow]]:
    """Yield the clips of a manifest, or of a table by anybody that has its columns.

    It may have any columns besides, a mark before the first line, as spreadsheets put
    it, and a last line without an end.

    Yields
    ------
    int
        The number of a line, for messages.
    ClipRow

    Raises
    ------
    TableError
        A line cannot be used; the message says which, and why.
    RefusedError
        It cannot be read.
    """
    read = _read_json if path.suffix == ".jsonl" else _read_csv
    for line, row in read(path, ClipRow):
        if fault := find_clip_fault(row):
            raise TableError(path, line, fault)
        yield line, row


def read_columns(path: Path) -> list[str]:
    """Return the names of the columns of a manifest; none if they cannot be read."""
    try:
        first = next(_read_lines(path), "")
        if path.suffix == ".jsonl":
            cells = json.loads(first)
            return list(cells) if isinstance(cells, dict) else []
        return next(csv.reader([first]), [])
    except (ValueError, RecursionError, csv.Error):
        return []


def read_failures(path: Path) -> Iterator[Failure]:
    """Yield the rows of a table of failures.

    Raises
    ------
    TableError, RefusedError
        As from `read_manifest`.
    """
    return (failure for _, failure in _read_csv(path, Failure))


def _read_csv(path: Path, kind: type[_Row]) -> Iterator[tuple[int, _Row]]:
    rows = csv.reader(_read_lines(path, by_anybody=kind is ClipRow), strict=True)
    try:
        names = next(rows, [])
        if what := _compare_columns(names, kind):
            raise TableError(path, 1, what)
        for row in rows:
            if not row and kind is ClipRow:
                continue  # an empty line
            if len(row) != len(names):
                what = f"{count(len(row), 'cell')}, but there are {len(names)} columns"
                raise TableError(path, rows.line_num, what)
            cells = zip(names, row, strict=True)
            yield rows.line_num, _make(path, rows.line_num, kind, dict(cells))
    except csv.Error as error:
        raise TableError(path, rows.line_num, str(error)) from error


def _read_json(path: Path, kind: type[_Row]) -> Iterator[tuple[int, _Row]]:
    for line, text in enumerate(_read_lines(path, by_anybody=kind is ClipRow), 1):
        try:
            cells = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TableError(path, line, f"not JSON: {error}") from error
        if not isinstance(cells, dict):
            raise TableError(path, line, "not a JSON object")
        if what := _compare_columns(list(cells), kind):
            raise TableError(path, line, what)
        if isinstance(cells.get("labels"), list) and isinstance(
            cells.get("label"), str
        ):
            cells["label"] = encode_label(cells["label"])
        yield line, _make(path, line, kind, cells)


def _read_lines(path: Path, *, by_anybody: bool = False) -> Iterator[str]:
    """Yield the lines of a text, each whole, and none longer than memory."""
    number = 0
    try:
        if not path.is_file():  # a named pipe would be waited for
            msg = f"{path} is no file" if path.exists() else f"{path} is not there"
            raise RefusedError(msg)
        with path.open("rb") as file:
            while data := file.readline(MAX_LINE):
                number += 1
                is_long = len(data) == MAX_LINE
                if not data.endswith(b"\n") and (is_long or not by_anybody):
                    what = f"longer than {MAX_LINE} bytes" if is_long else "is cut off"
                    raise TableError(path, number, what)
                if b"\0" in data:
                    raise TableError(path, number, "has a NUL in it")
                is_marked = by_anybody and number == 1
                yield data.decode("utf-8-sig" if is_marked else "utf-8")
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise RefusedError(msg) from error
    except UnicodeDecodeError as error:
        raise TableError(path, number, "is not UTF-8") from error


def _compare_columns(names: list[str], kind: type[_Row]) -> str:
    """Return what is wrong with the columns of a table, else nothing."""
    known = {field.name: field for field in fields(kind)}
    for name in names:
        if name not in known and kind is Failure:
            return f"what is the column {name!r}?"
        if names.count(name) > 1:
            return f"two columns are called {name}"
    for name, field in known.items():
        if name not in names and field.default is MISSING:
            return f"the column {name} is missing"
    return ""


def _make(path: Path, line: int, kind: type[_Row], cells: dict[str, Any]) -> _Row:
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in cells:
            cell = cells[field.name]
            try:
                values[field.name] = _convert(cell, field)
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                what = f"{field.name}={str(cell)[:40]!r} is not {_NOUNS[field.type]}"  # type: ignore[index]
                raise TableError(path, line, what) from error
    for name, (other, convert) in OF_OTHERS.items():
        if other in values:
            values.setdefault(name, convert(values[other]))
    return kind(**values)


def _convert(cell: Any, field: Field[Any]) -> Any:  # noqa: ANN401 - of any type
    if isinstance(cell, str):
        return _BOOLEANS[cell] if field.type is bool else field.type(cell)  # type: ignore[operator]
    if field.type is float:
        # JSON has no infinity: it is the level of silence.
        return -math.inf if cell is None else float(cell)
    if field.name in NUMBERS:
        return "" if cell is None else f"{float(cell):.10g}"
    if field.name == "labels" and isinstance(cell, list):
        if not all(isinstance(label, str) for label in cell):
            raise TypeError
        return LABELS_APART.join(map(encode_label, cell))
    if type(cell) is not field.type:
        raise TypeError
    return cell


_NOUNS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
