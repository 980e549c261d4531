"""Selection tables of Raven, and those that BirdNET and others write for it."""

from collections.abc import Iterator

from specimg.annotations.cells import Cells, label_of, refuse_lines
from specimg.annotations.naming import tidy
from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import MISSING, NonsenseError, Problem, Row, number
from specimg.annotations.text import Content

LABELS = ("species", "annotation", "tags", "label", "commonname", "scientificname")
"""Columns that may have the labels; the first that is there has them."""

NO_CALL = "nocall"
"""The label by which BirdNET says that it heard nothing."""


def knows(content: Content, _options: ReadingOptions) -> bool:
    """Whether it has the columns of a selection table."""
    return content.sheet.has("begintime(s)", "endtime(s)")


def read(content: Content, options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield one row for each selection, however many views show it."""
    sheet = content.sheet
    label = label_of(content, options, LABELS)
    if isinstance(label, Problem):
        yield from refuse_lines(content, label)
        return
    view, selection = sheet.keys.get("view"), sheet.keys.get("selection")
    by_birdnet = sheet.has("speciescode")
    files = [sheet.keys[key] for key in ("beginpath", "beginfile") if sheet.has(key)]
    get = Cells(
        start=sheet.keys["begintime(s)"],
        end=sheet.keys["endtime(s)"],
        label=label,
        low=sheet.keys.get("lowfreq(hz)"),
        high=sheet.keys.get("highfreq(hz)"),
        channel=sheet.keys.get("channel"),
        confidence=sheet.keys.get("confidence"),
        offset=sheet.keys.get("fileoffset(s)"),
    )
    # Whatever shows a selection again has another view, and says the same of it.
    seen: dict[tuple[str, ...], tuple[Row, set[str]]] = {}
    rows: list[Row] = []
    for line, cells in sheet.lines:
        row = get.row(line, cells)
        names = (cells[index].strip() for index in files)
        row.file = tidy(next((name for name in names if name not in MISSING), ""))
        if by_birdnet and str(row.label).strip().casefold() == NO_CALL:
            row.start = row.end = row.label = None
        if view is not None and selection is not None and cells[selection].strip():
            key = (row.file, cells[selection], str(row.start), str(row.end))
            known = seen.get(key)
            if known and cells[view] not in known[1]:
                known[1].add(cells[view])
                _add_view(known[0], row)
                continue
            seen[key] = (row, {cells[view]})
        rows.append(row)
    if get.offset is None and _counts_through(rows):
        yield from _refuse(rows)
    else:
        for row in rows:
            row.channel = _from_zero(row.channel)
            yield row


def _add_view(row: Row, other: Row) -> None:
    """Complete a selection by what another view says of it."""
    for name in ("label", "low", "high", "confidence", "offset"):
        if getattr(row, name) in (None, *MISSING):
            setattr(row, name, getattr(other, name))
    if other.channel != row.channel:
        row.channel = None  # it is shown in both


def _from_zero(channel: object) -> object:
    """Return a channel that counts from 1 as one that counts from 0."""
    try:
        return number("channel", channel) - 1
    except NonsenseError:
        return channel  # it says nothing, or what cannot be


def _counts_through(rows: list[Row]) -> bool:
    """Whether the times of a table seem to count through all of its files.

    Raven's do where several files are opened together: no two files share a time.  In
    tables that were put together by other programs, they mostly do.
    """
    files: dict[str, tuple[float, float]] = {}
    for row in rows:
        try:
            start, end = number("start", row.start), number("end", row.end)
        except NonsenseError:
            continue
        first, last = files.get(row.file, (start, end))
        files[row.file] = (min(first, start), max(last, end))
    spans = sorted(files.values())
    return len(spans) > 1 and all(
        spans[index][1] <= spans[index + 1][0] for index in range(len(spans) - 1)
    )


def _refuse(rows: list[Row]) -> Iterator[Row]:
    """Refuse the times of all files: one without a call may come before the first."""
    why = "its times may count through all files of the table; need the column "
    why += "File Offset (s), which Raven saves where it is shown"
    for row in rows:
        if row.is_empty:
            yield row
        else:
            fault = (f"start={row.start} in {row.file}", why)
            yield Row(line=row.line, file=row.file, fault=fault)
