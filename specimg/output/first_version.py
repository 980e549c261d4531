"""Records of images as specimg 0.1 kept them: a list in JSON, not numbered yet."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from specimg.encoding import RUN_BY_SPREADSHEETS, encode_name

COLUMNS = (
    *("file_name", "label", "source", "start", "end", "pad_seconds", "mono"),
    *("source_sr", "sr", "width", "height", "frontends", "silent"),
    *("clipped_fraction", "peak_dbfs", "mel_min", "mel_max", "warning"),
)
"""What the lists of specimg 0.1 hold, in their order."""


def read_rows(cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each image: `COLUMNS`, then its number, bytes and digest."""
    cursor.execute("SELECT record, number, bytes, digest FROM images_of_0_1")
    label = COLUMNS.index("label")
    while rows := cursor.fetchmany(1000):
        for text, *others in rows:
            record = json.loads(text)
            if record[label][:1] in RUN_BY_SPREADSHEETS:
                record[label] = encode_name(record[label][0]) + record[label][1:]
            yield (*record, *others)
