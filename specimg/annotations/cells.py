"""Which cell of a line is what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import Problem, Row
from specimg.annotations.text import Content, squeeze
from specimg.errors import quote, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The places of the columns of a table; None for one that it lacks."""

    start: int | None = None
    end: int | None = None
    duration: int | None = None
    offset: int | None = None
    label: int | None = None
    low: int | None = None
    high: int | None = None
    channel: int | None = None
    confidence: int | None = None

    def row(self, line: int, cells: Sequence[str]) -> Row:
        """Sort the cells of a line."""

        def cell(index: int | None) -> str | None:
            return None if index is None else cells[index]

        return Row(
            line=line,
            start=cell(self.start),
            end=cell(self.end),
            duration=cell(self.duration),
            offset=cell(self.offset),
            label=cell(self.label),
            low=cell(self.low),
            high=cell(self.high),
            channel=cell(self.channel),
            confidence=cell(self.confidence),
        )


def label_of(
    content: Content, options: ReadingOptions, usual: Sequence[str]
) -> int | Problem:
    """Return where the labels are: the column that was asked for, or a usual one."""
    sheet = content.sheet
    if options.label_column is not None:
        found = sheet.keys.get(squeeze(options.label_column))
        why = f"has no column {quote(options.label_column)}; it has {shown(content)}"
    else:
        found = sheet.first(usual)
        why = "has no column with labels that is known: need --label-column NAME of "
        why += f"specimg labels; it has {shown(content)}"
    return content.fault(0, "", why) if found is None else found


def refuse_lines(content: Content, why: Problem) -> Iterator[Row]:
    """Yield a row with a problem that the lines of a table have, if it has any."""
    if next(content.sheet.lines, None) is not None:
        yield Row(line=0, fault=(why.value, why.why))


def note_no_line(content: Content, line: int) -> Iterator[Problem]:
    """Yield what is wrong with a table whose lines name recordings, if it has none.

    `line` is the number of its last one, 0 without any.
    """
    if not line and not content.faults:
        why = "has names of columns and nothing below: no recording, and no annotation"
        yield content.fault(0, "", why)


def shown(content: Content) -> str:
    """Return the columns of a table as a message shows them."""
    names = [shorten(name) for name in content.sheet.columns[:12]]
    more = len(content.sheet.columns) - len(names)
    return ", ".join([*names, f"and {more} more"] if more else names)
