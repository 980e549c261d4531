"""When, where and with what a recording was made, by what recorders leave in files.

Each source is a module of its own that makes `Facts` of the contents of a file;
`SOURCES` has their order, and `merge` makes one answer of them.
"""

from specimg.audio.metadata.merging import Metadata
from specimg.audio.metadata.sources import (
    SOURCES,
    Level,
    find_metadata,
    find_time_expansion,
    read_metadata,
)
from specimg.audio.metadata.times import clip_recorded_at

__all__ = [
    "SOURCES",
    "Level",
    "Metadata",
    "clip_recorded_at",
    "find_metadata",
    "find_time_expansion",
    "read_metadata",
]
