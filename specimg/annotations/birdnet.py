"""What BirdNET found, as CSV; its selection tables are read as Raven's."""

from collections.abc import Iterator

from specimg.annotations.cells import Cells, label_of, refuse_lines
from specimg.annotations.naming import tidy
from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import MISSING, Problem, Row
from specimg.annotations.text import Content

LABELS = ("commonname", "scientificname")


def knows(content: Content, _options: ReadingOptions) -> bool:
    """Whether it has the columns of BirdNET's CSV."""
    sheet = content.sheet
    return sheet.has("start(s)", "end(s)") and sheet.first(LABELS) is not None


def read(content: Content, options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield a row for each detection."""
    sheet = content.sheet
    label = label_of(content, options, LABELS)
    if isinstance(label, Problem):
        yield from refuse_lines(content, label)
        return
    get = Cells(
        start=sheet.keys["start(s)"],
        end=sheet.keys["end(s)"],
        label=label,
        confidence=sheet.keys.get("confidence"),
    )
    file = sheet.keys.get("file")  # the first versions had one table a recording
    for line, cells in sheet.lines:
        row = get.row(line, cells)
        if file is not None and cells[file].strip() not in MISSING:
            row.file = tidy(cells[file])
        yield row
