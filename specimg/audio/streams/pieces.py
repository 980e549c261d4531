"""A file in another shape: what a decoder is given where it must not see all of it."""

import os
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, TypeAlias

ID3V1_BYTES = 128
"""Bytes at the very end of a file, where libmpg123 looks for a tag."""

MAX_HOLE_SECONDS = 3600.0
"""A longer hole is taken for a wrong time stamp."""

TRUNCATED = "truncated: shorter than its header says"


@dataclass(frozen=True, slots=True)
class Span:
    """Some bytes of the file, from `start` up to `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes that are not in the file, over and over."""

    data: bytes
    times: int = 1

    def __len__(self) -> int:
        return len(self.data) * self.times


Piece: TypeAlias = Span | Made


class Pieces:
    """A readable file of pieces, for libsndfile; nothing is held in memory.

    Parameters
    ----------
    file : binary file
        Unbuffered; what reads from `Pieces` moves its position.
    pieces : iterable of Span and Made
    claim : int
        Bytes that the file says it has, if they are more than there are: for a
        decoder that takes the length for a promise and stops there.
    """

    def __init__(self, file: BinaryIO, pieces: Iterable[Piece], claim: int = 0) -> None:
        self._file = file
        self._pieces = [piece for piece in pieces if len(piece)]
        self._ends = list(accumulate(map(len, self._pieces)))
        self._size = self._ends[-1] if self._ends else 0
        self._claim = max(claim, self._size)
        self._position = 0

    def __len__(self) -> int:
        """Return how many bytes there are."""
        return self._size

    def tell(self) -> int:
        """Return the position, in bytes from the beginning."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position; the end is that which is claimed."""
        base = {os.SEEK_CUR: self._position, os.SEEK_END: self._claim}.get(whence, 0)
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` as far as there is something; return how many bytes."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._position < self._size:
            count = self._read_piece(view[done:])
            if not count:  # the file has become shorter
                break
            self._position += count
            done += count
        if not done and self._size < self._claim - ID3V1_BYTES <= self._position:
            done = min(len(view), max(0, self._claim - self._position))
            view[:done] = bytes(done)  # no tag
            self._position += done
        return done

    def origin(self) -> int:
        """Return the position in the file of what is read next, or its end."""
        if self._position >= self._size:
            return self._file.seek(0, os.SEEK_END)
        number, within = self._find()
        piece = self._pieces[number]
        return piece.start + within if isinstance(piece, Span) else 0

    def _find(self) -> tuple[int, int]:
        """Return the piece at the position, and how far in it that is."""
        number = bisect_right(self._ends, self._position)
        before = self._ends[number - 1] if number else 0
        return number, self._position - before

    def _read_piece(self, view: memoryview) -> int:
        number, within = self._find()
        piece = self._pieces[number]
        wanted = min(len(view), len(piece) - within)
        if isinstance(piece, Span):
            self._file.seek(piece.start + within)
            return self._file.readinto(view[:wanted])  # type: ignore[attr-defined]
        begin = within % len(piece.data)
        wanted = min(wanted, len(piece.data) - begin)
        view[:wanted] = piece.data[begin : begin + wanted]
        return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What one decoder reads from its beginning to its end; a file has one or more."""

    source: Pieces | None = None
    """What the decoder is given; None: the file itself."""
    offset: int = 0
    """Bytes in the file where it begins."""
    start: int | None = None
    """Frame of the recording that it begins with; None: the next one."""
    skip: int = 0
    """Frames at its beginning that are not sound yet, and stay silent."""
    frames: int | None = None
    """How many it holds, where that is known better than the decoder knows it."""
    warning: str = ""
    """What is wrong with it, as far as its bytes tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Bytes behind the last stream, which may be sound but are not decoded."""

    n_bytes: int
    seconds: float | None = None
    """About how long it would be; None: as the bytes before."""
    text: str = "of audio behind the end that its header names"
    """What they are."""


def describe_holes(holes: list[tuple[float, float]]) -> str:
    """Say where a recording has holes, and how long they are; both in seconds."""
    if not holes:
        return ""
    total = sum(seconds for _, seconds in holes)
    places = [f"{start:.3f} s" for start, _ in holes[:3]]
    if len(holes) > 3:
        places.append(f"{len(holes) - 3} more places")
    return f"damaged: {total:.3f} s are lost and silent, at {', '.join(places)}"


def describe_leftover(n_bytes: int, seconds: float | None, text: str) -> str:
    """Say that bytes are not decoded, and how long they may be where that is known."""
    about = "" if seconds is None else f" (about {seconds:.1f} s)"
    return f"{n_bytes} bytes{about} {text}"
