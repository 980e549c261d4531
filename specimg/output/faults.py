"""What a row of a table says that cannot be."""

import math
from dataclasses import fields

from specimg.errors import quote
from specimg.output.manifest import NUMBERS, ClipRow, Record
from specimg.rendering.image import MAX_PIXELS

_MOST = 2**53
"""What no whole number exceeds: hertz and pixels do not."""


def find_clip_fault(row: ClipRow) -> str:
    """Return what a row of a table of clips says that cannot be, else nothing."""
    for name in ("source", "label", "labels", "split"):
        if not getattr(row, name).isprintable():
            return f"{name}={quote(getattr(row, name))} is not printable"
    if not row.source:
        return "the cell of source is empty"
    if not 0 <= row.start < row.end <= _MOST:
        return f"start={row.start} and end={row.end}: need 0 <= start < end"
    return ""


def _is_sane(value: float) -> bool:
    if isinstance(value, int):  # perhaps larger than any float
        return abs(value) <= _MOST
    return math.isfinite(value)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def find_fault(record: Record) -> str:
    """Return what a row says that cannot be, else nothing."""
    for field in fields(Record):
        value = getattr(record, field.name)
        if isinstance(value, str):
            # The columns of names hold no others; see `encode_name`.
            if not value.isprintable() and field.name != "warning":
                return f"{field.name}={value!r} has characters that are not printable"
            if field.name in NUMBERS and value and not _is_number(value):
                return f"{field.name}={value!r} is no number"
        elif field.name == "peak_dbfs" and value == -math.inf:
            continue
        elif not _is_sane(value):
            return f"{field.name}={value} is out of range"
    if not 0 <= record.start <= record.end:
        return f"start={record.start} and end={record.end}: need 0 <= start <= end"
    width, height = record.width, record.height
    if min(width, height) < 1 or width * height > MAX_PIXELS:
        return f"an image of {width}x{height} pixels is none that can be opened"
    return ""
