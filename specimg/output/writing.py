"""Tables of rows as bytes, line by line: CSV, or JSON lines."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import chain
from operator import attrgetter
from typing import Any

from specimg.encoding import decode_label, encode_cell
from specimg.output.manifest import (
    LABELS_APART,
    NUMBERS,
    Failure,
    ImageEntry,
    PassedOver,
    Record,
)

_QUOTES = ("warning", "reason", "recorder", "device_id", "gain")
"""Columns that may quote what is in a file; names are encoded where they are made."""

_CELLS = {True: "true", False: "false"}

_NUMBER = re.compile(r"[+-]?[0-9]*[.,]?[0-9]+(e[+-]?[0-9]+)?", re.IGNORECASE)
"""No formula, whatever it begins with; longitudes often begin with a minus."""


def format_manifest(
    images: Iterable[ImageEntry],
    name: str,
    columns: Sequence[str] | None = None,
    joined: Sequence[str] = (),
) -> Iterator[bytes]:
    """Yield the manifest as CSV, or as JSON lines if `name` ends in ``.jsonl``.

    In JSON, labels are as they were written; in CSV, as in the record, encoded.

    It has all columns, unless it is to be that of an earlier version, which had fewer;
    and behind them those that are `joined` from a table of the user's own.
    """
    columns = columns or _names(Record)
    # Not by `asdict`, which takes longer than all the rest.
    get = attrgetter(*columns)
    rows = (
        (*get(image.record), *(image.joined.get(name, "") for name in joined))
        for image in images
    )
    if name.endswith(".jsonl"):
        return _to_json([*columns, *joined], rows)
    return _to_csv(columns, rows, joined)


def format_failures(failures: Iterable[Failure]) -> Iterator[bytes]:
    """Yield the failures as CSV."""
    names = _names(Failure)
    return _to_csv(names, map(attrgetter(*names), failures))


def format_passed_over(files: Iterable[PassedOver]) -> Iterator[bytes]:
    """Yield the files with sound that were passed over, as CSV."""
    names = _names(PassedOver)
    return _to_csv(names, map(attrgetter(*names), files))


def _names(kind: type[Record | Failure | PassedOver]) -> list[str]:
    return [field.name for field in fields(kind)]


def _to_csv(
    names: Sequence[str], rows: Iterable[tuple[Any, ...]], joined: Sequence[str] = ()
) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    n_own = len(names)
    for row in chain([(*names, *joined)], rows):
        # Line by line, because that is how a table is verified.
        writer.writerow(
            (*map(_to_cell, names, row), *map(_to_joined_cell, row[n_own:]))
        )
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _to_cell(name: str, value: object) -> object:
    if name in _QUOTES and isinstance(value, str):
        return encode_cell(value)
    return _CELLS[value] if value.__class__ is bool else value


def _to_joined_cell(value: str) -> str:
    return value if _NUMBER.fullmatch(value) else encode_cell(value)


def _to_json(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    for row in rows:
        values = dict(zip(names, row, strict=True))
        for name, value in values.items():
            if value.__class__ is float and not math.isfinite(value):
                values[name] = None  # JSON has no infinity
        for name in NUMBERS:
            if name in values:
                values[name] = float(values[name]) if values[name] else None
        labels = values.get("labels")
        if labels is not None:  # earlier versions had one label, and no list of them
            values["label"] = decode_label(values["label"])
            each = labels.split(LABELS_APART) if labels else []
            values["labels"] = [decode_label(label) for label in each]
        yield _encode(values).encode() + b"\n"


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
