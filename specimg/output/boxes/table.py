"""Boxes as a plain table, one row each, also of those that no detector can learn."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain

from specimg.output.boxes.labeled import BoxFile, Images

COLUMNS = (
    *("file_name", "label", "x", "y", "width", "height"),
    *("visible", "start", "end", "low", "high"),
)
MARK = ",".join(COLUMNS).encode()


def format_table(images: Images, classes: Sequence[str]) -> Iterator[BoxFile]:  # noqa: ARG001 - the table has names
    """Yield ``boxes.csv``."""
    yield BoxFile("boxes.csv", _to_csv(images))


def _to_csv(images: Images) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in chain([COLUMNS], _rows(images)):
        writer.writerow(row)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _rows(images: Images) -> Iterator[tuple[object, ...]]:
    for image in images():
        for box in image.boxes:
            place = (*box.rounded, round(box.box.visible, 4))
            sound = (box.start, box.end, box.low, box.high)  # None is an empty cell
            yield (image.file_name, box.label, *place, *sound)
