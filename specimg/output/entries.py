"""What a journal knows of a recording."""

from collections.abc import Sequence
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

    @classmethod
    def of(
        cls,
        name: str,
        path: str,
        size: int,
        modified: int,
        state: str,
        plan: str,
        stage: str,
        *,
        images: Sequence[tuple[str, int, str]],
    ) -> Self:
        """Make it of the cells of a journal; an image is a name, bytes and a label."""
        return cls(
            name=name,
            stamp=FileStamp(path=path, size=size, modified=modified),
            state=state,
            plan=plan,
            has_dropped=stage == DROPPED,
            label=images[0][2] if images else "",
            files=tuple(image[:2] for image in images),
        )
