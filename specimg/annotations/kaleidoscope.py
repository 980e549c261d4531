"""Tables of Kaleidoscope, and those that BirdNET writes for it.

Only their times are taken: `Fmin` and `Fmax` are in Hz or in kHz, and of one call or of
the mean of many, as the analysis was.
"""

from collections.abc import Iterator

from specimg.annotations.cells import Cells, label_of, note_no_line, refuse_lines
from specimg.annotations.naming import tidy
from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import MISSING, Problem, Row
from specimg.annotations.text import Content

LABELS = ("manualid", "top1match", "autoid", "commonname", "scientificname")
"""Columns that may have the label; each row's is in the first that is not empty."""


def knows(content: Content, _options: ReadingOptions) -> bool:
    """Whether it has the columns of Kaleidoscope."""
    return content.sheet.has("infile", "offset", "duration")


def read(content: Content, options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield a row for each detection."""
    sheet = content.sheet
    label = label_of(content, options, LABELS)
    if isinstance(label, Problem):
        yield from refuse_lines(content, label)
        return
    # What a person wrote stands only where one has looked.
    others = [] if options.label_column else [key for key in LABELS if sheet.has(key)]
    columns = [sheet.keys[key] for key in others] or [label]
    parts = [sheet.keys[k] for k in ("indir", "folder", "infile") if sheet.has(k)]
    get = Cells(
        start=sheet.keys["offset"],
        duration=sheet.keys["duration"],
        channel=sheet.keys.get("channel"),  # from 0
        confidence=sheet.keys.get("confidence"),
    )
    line = 0
    for line, cells in sheet.lines:
        row = get.row(line, cells)
        names = (cells[index].strip() for index in columns)
        row.label = next((name for name in names if name not in MISSING), "")
        folders = (tidy(cells[index]).rstrip("/") for index in parts)
        row.file = "/".join(filter(None, folders))
        yield row
    yield from note_no_line(content, line)
