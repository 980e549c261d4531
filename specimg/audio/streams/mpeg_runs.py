"""Where in a file the frames of MPEG audio are, and where there are holes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from specimg.audio.streams.mpeg_frames import (
    BLOCK,
    IN_A_ROW,
    OVERLAP,
    Layout,
    first_frame,
    follow,
)
from specimg.audio.tags import read_at, skip_tags

MAX_HOLES = 1000
"""What has more is left alone from there on."""


@dataclass(slots=True)
class Run:
    """Frames without a hole between them; positions are in bytes of the file."""

    start: int
    stop: int
    last: int
    """Where its last frame begins."""
    count: int
    keys: set[bytes] = field(default_factory=set)
    """All second and third bytes of its headers."""
    joins: bool = True
    """Whether nothing but tags is between it and the frames before."""
    is_cut: bool = False
    """Whether a frame follows that the end of the file cuts off."""


def true_first(file: BinaryIO, first: int, begin: int, size: int) -> int:
    """Return where the frames begin that go on at `first`, behind tags up to `begin`.

    A tag with a size that is too large ends in the midst of the sound: then frames
    follow each other from within it to `first` and on.
    """
    at = 0
    while found := first_frame(file, at, begin, search=True):
        run = _walk(file, *found, size)
        is_sure = run.count >= IN_A_ROW
        if is_sure and run.stop > first:
            return found[0]
        at = run.stop if is_sure else found[0] + 1
    return first


def find_runs(file: BinaryIO, first: int, layout: Layout, size: int) -> Iterator[Run]:
    """Yield the runs of frames in a file, from its first frame on."""
    at: int | None = first
    joins = True
    for _ in range(MAX_HOLES + 1):
        if at is None:
            return
        run = _walk(file, at, layout, size)
        run.joins = joins
        yield run
        behind = skip_tags(file, run.stop, size)
        at = _resume(file, behind, layout, size)
        joins = at == behind


def _walk(file: BinaryIO, start: int, layout: Layout, size: int) -> Run:
    """Go along frames as far as there is one behind the other."""
    sizes, is_mono = layout.sizes, layout.is_mono
    keys: set[bytes] = set()
    count, last, at = 0, start, start
    while at < size - 3:
        block = read_at(file, at, BLOCK)
        here, limit = 0, len(block) - 3
        if limit <= 0:
            break  # the file has become shorter
        while here < limit:
            key = block[here + 1 : here + 3]
            n_bytes = sizes.get(key)
            is_frame = block[here] == 0xFF and (block[here + 3] >= 0xC0) == is_mono
            if n_bytes is None or not is_frame:
                return Run(start, at + here, last, count, keys)
            last = at + here
            keys.add(key)
            here += n_bytes
            count += 1
        at += here
    if at > size:
        return Run(start, last, last, count - 1, keys, is_cut=True)
    return Run(start, at, last, count, keys)


def _resume(file: BinaryIO, at: int, layout: Layout, size: int) -> int | None:
    """Return where frames go on, at a position or behind it; None if nowhere."""
    # By an expression: what is erased is full of bytes that a header begins with.
    seconds, thirds = map(bytes, zip(*layout.sizes, strict=True))
    header = re.compile(b"\xff[%b][%b]" % (re.escape(seconds), re.escape(thirds)))
    while at < size - 3:
        block = read_at(file, at, BLOCK)
        is_last = at + len(block) >= size
        limit = len(block) - (3 if is_last else OVERLAP)
        here = header.search(block)
        while here and here.start() < limit:
            count, stop = follow(block, here.start(), layout)
            if count >= IN_A_ROW - 1 or (count and at + stop == size):
                return at + here.start()
            here = header.search(block, here.start() + 1)
        if is_last:
            return None
        at += limit
    return None
