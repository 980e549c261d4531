"""A look into files of any kind, which a hostile one cannot make long."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

READS = 400
"""Reads that a file is allowed; a film's table of tracks is found in about 20."""

MOST_BYTES = 2**20
"""Bytes in one read, at most."""

_FARTHEST = 2**62

CONVERT = "convert it first, for example with: ffmpeg -i INPUT OUTPUT.flac"

READ_OR_CONVERT = f'pip install "specimg[formats]" to read it, or {CONVERT}'
"""What to do about what FFmpeg's libraries decode."""


class Probe:
    """An open file that is looked into, here and there, with limited patience.

    After `READS` reads it behaves as if the file ended there, so that every loop over
    what a file says of itself ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = READS

    @cached_property
    def size(self) -> int:
        """Bytes in the file."""
        return self._file.seek(0, os.SEEK_END)

    def at(self, offset: int, n_bytes: int) -> bytes:
        """Return bytes at an offset; fewer at the end, none after `READS` reads."""
        if self._left == 0:
            return b""
        self._left -= 1
        try:
            self._file.seek(min(offset, _FARTHEST))
            return self._file.read(min(n_bytes, MOST_BYTES))
        except OSError:  # a disk that fails here, or has no place so far
            return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in a file that libsndfile does not decode."""

    codecs: tuple[str, ...] = ()
    """Names of the codecs of its sound, for humans; empty where it has none."""
    container: str = ""
    """What they are in, with its article; empty where they stand for themselves."""
    has_pictures: bool = False
    """Whether it is a film."""
    is_recording: bool = False
    """Whether it is a format that recordings are called after, such as m4a or wma."""
    fault: str = ""
    """Why it cannot be known what is in it."""
    remedy: str = READ_OR_CONVERT
    """What to do about it."""
    demuxer: str = ""
    """What FFmpeg calls the format, where it may take it for another one."""

    @property
    def is_for_ffmpeg(self) -> bool:
        """Whether it is sound that FFmpeg's libraries decode, as far as is known."""
        return bool(self.codecs) and not self.fault and self.remedy == READ_OR_CONVERT

    @property
    def name(self) -> str:
        """What sound it is, and in what."""
        where = f" in {self.container}" if self.container else ""
        return " and ".join(self.codecs) + where

    @property
    def reason(self) -> str:
        """Why it cannot be converted, and what would help."""
        if self.fault:
            return f"{self.container} {self.fault}"
        if not self.codecs:
            return f"no sound: {self.container} without an audio track"
        return f"{self.name} cannot be decoded; {self.remedy}"


def distinct(codecs: list[str]) -> tuple[str, ...]:
    """Return each of the codecs once, and only the first few."""
    return tuple(dict.fromkeys(codecs))[:3]


def printable(code: bytes) -> str:
    """Return an unknown code in a form that can be printed."""
    return ascii(code.decode("latin-1"))
