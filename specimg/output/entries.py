"""What a journal knows of a recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from specimg.encoding import encode_name

STARTED, DONE, FAILED = "started", "done", "failed"
DROPPED = "dropped"
"""The stage of what is done, but not in all of its clips."""

NOT_THERE = -1
"""Size of a file that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """Path, size and time of a file, by which a later one under its name is known."""

    path: str
    """Absolute; percent-encoded where it must be."""
    size: int
    """Bytes; `NOT_THERE` for a file that is not there."""
    modified: int
    """Nanoseconds since 1970."""

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the stamp that a file has now."""
        encoded = encode_name(str(path))
        try:
            status = path.stat()
        except OSError:
            return cls(path=encoded, size=NOT_THERE, modified=0)
        return cls(path=encoded, size=status.st_size, modified=status.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What is known of a recording."""

    name: str
    stamp: FileStamp
    state: str
    plan: str = ""
    """What was decided about its clips before it was read; see `LabelPlan.digest`."""
    has_dropped: bool = False
    """Whether clips of it were left out, by what is heard in them."""
    label: str = ""
    """The label of its first image."""
    files: tuple[tuple[str, int], ...] = ()
    """Name and size in bytes of each of its images."""
