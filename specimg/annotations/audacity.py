"""Labels of Audacity: a line for each, and one more for its frequencies."""

import io
from collections.abc import Iterator

from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import NonsenseError, Problem, Row, number
from specimg.annotations.text import Content

UNDEFINED = -1
"""What Audacity writes for a frequency that was not given."""


def knows(content: Content, _options: ReadingOptions) -> bool:
    """Whether its first line is two numbers and perhaps a label, with tabs between.

    BirdNET adds its confidence.
    """
    for text in io.StringIO(content.text, newline=None):
        if text.strip():
            cells = text.rstrip("\n").split("\t")
            if not 2 <= len(cells) <= 4 or (
                len(cells) == 4 and not _is_share(cells[3])
            ):
                return False
            return all(map(_is_number, cells[:2]))
    return False


def read(content: Content, _options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield a row for each label."""
    row: Row | None = None
    for line, text in enumerate(io.StringIO(content.text, newline=None), 1):
        if not text.strip():
            continue
        cells = text.rstrip("\n").split("\t")
        if cells[0] == "\\":
            if row is None or len(cells) != 3:
                why = "need a backslash, a low and a high frequency, below a label"
                yield content.fault(line, " ".join(cells), why)
            else:
                row.low, row.high = map(_frequency, cells[1:])
            continue
        if row is not None:
            yield row
            row = None
        if len(cells) < 2:
            why = "need a start, an end and a label, with tabs between them"
            yield Row(line=line, fault=(text.strip(), why))
            continue
        start, end, *rest = cells
        sure = rest.pop() if len(rest) == 2 and _is_share(rest[1]) else None
        # A label that was pasted may hold tabs.
        label = " ".join(rest)
        row = Row(line=line, start=start, end=end, label=label, confidence=sure)
    if row is not None:
        yield row


def _is_number(cell: str) -> bool:
    try:
        number("time", cell)
    except NonsenseError:
        return False
    return True


def _is_share(cell: str) -> bool:
    return _is_number(cell) and 0 <= number("confidence", cell) <= 1


def _frequency(cell: str) -> object:
    """Return a cell, but nothing where the frequency is undefined."""
    is_undefined = _is_number(cell) and number("frequency", cell) == UNDEFINED
    return None if is_undefined else cell
