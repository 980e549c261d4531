"""What a journal knows of a recording."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from specimg.encoding import encode_name
from specimg.output.schema import JournalError

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
    joined: str = ""
    """What a table of the user's own says of it; see `encode_joined`."""
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
        stamp: FileStamp,
        state: str,
        plan: str,
        joined: str,
        stage: str,
        *,
        images: Sequence[tuple[str, int, str]],
    ) -> Self:
        """Make it of the cells of a journal; an image is a name, bytes and a label."""
        return cls(
            name=name,
            stamp=stamp,
            state=state,
            plan=plan,
            joined=joined,
            has_dropped=stage == DROPPED,
            label=images[0][2] if images else "",
            files=tuple(image[:2] for image in images),
        )


def encode_joined(cells: Mapping[str, str]) -> str:
    """Return the cells of a recording, by column, as compact JSON; empty for none."""
    if not cells:
        return ""
    return json.dumps(cells, ensure_ascii=False, sort_keys=True)


def decode_joined(text: str | None, path: Path) -> dict[str, str]:
    """Return the cells that `encode_joined` wrote, as the journal at `path` has them.

    Raises
    ------
    JournalError
        It has written no such text.
    """
    damage = JournalError(path, "is damaged: what was joined is no list of cells")
    try:
        cells = json.loads(text) if text else {}
    except (ValueError, TypeError, RecursionError) as error:
        raise damage from error
    if not isinstance(cells, dict):
        raise damage
    if not all(isinstance(cell, str) for cell in cells.values()):
        raise damage
    return cells
