"""Where a file ends by what it says itself: MP4, Matroska, ASF, RIFF, CAF, MPEG-TS."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from specimg.audio.tags import read_at

_BOXES = 200_000
"""Boxes of an MP4 file that are walked along: those of days, two for each second."""

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_CAF = b"caff\0\1"

_ASF_LIVE = 1
"""A flag: sizes are not known."""

_PACKET = 188

_ENDLESS = (0, 2**32 - 1)
"""Sizes of RIFF that are not known."""


def claimed_size(file: BinaryIO) -> int | None:
    """Return how many bytes a file should have; None where it does not say.

    It may be more than there are, where the file was cut off, or fewer, where
    something else is behind it.
    """
    head = read_at(file, 0, 16)
    if head.startswith(_EBML):
        return _end_of_segment(file)
    if head == _ASF:
        return _size_of_asf(file)
    if head.startswith(b"RIFF"):
        return _end_of_riff(file)
    if head.startswith(b"G"):
        return _end_of_packets(file)
    if head.startswith(_CAF):
        return _end_of_caf(file)
    return _end_of_boxes(file) if _is_box(head) else None


def _is_box(head: bytes) -> bool:
    """Whether a box of MP4 may begin so: a size, and a code of four letters."""
    return len(head) >= 8 and all(0x20 <= byte < 0x7F for byte in head[4:8])


def bytes_of_data(file: BinaryIO, begin: int) -> int:
    """Return how many bytes there are in the data boxes of an MP4 file.

    In those that begin at or behind a place, and as far as the file has them.
    """
    size = file.seek(0, os.SEEK_END)
    boxes = [b for b in _boxes(file, size) if b[0] == b"mdat" and b[1] >= begin]
    return sum(min(stop, size) - body for _, body, stop in boxes)


def _end_of_boxes(file: BinaryIO) -> int | None:
    """Walk along boxes to the first thing that is none, or begins another file."""
    at, size = 0, file.seek(0, os.SEEK_END)
    for number, (_, _, stop) in enumerate(_boxes(file, size), 1):
        at = stop
        if number == _BOXES:
            return None
    return at


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the code of each box of the first file, and its body's place."""
    at = 0
    for _ in range(_BOXES):
        head = read_at(file, at, 16) if at < size else b""
        if not _is_box(head) or (at and head[4:8] == b"ftyp"):
            return
        length, body = int.from_bytes(head[:4]), at + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16]), at + 16
        stop = at + length if length else size  # 0: the last one
        if stop < body:
            return
        yield head[4:8], body, stop
        at = stop


def _end_of_packets(file: BinaryIO) -> int | None:
    """Return where the last packet of an MPEG transport stream ends."""
    beginning, size = read_at(file, 0, 2 * _PACKET), file.seek(0, os.SEEK_END)
    return size + -size % _PACKET if beginning[_PACKET:].startswith(b"G") else None


def _end_of_caf(file: BinaryIO) -> int | None:
    """Return where the last chunk of a CAF file ends, or another file begins."""
    at, size = 8, file.seek(0, os.SEEK_END)
    for _ in range(_BOXES):
        head = read_at(file, at, 12) if at < size else b""
        length = int.from_bytes(head[4:], signed=True)
        if len(head) < 12 or head.startswith(_CAF) or length < 0:
            return None if length == -1 else at
        at += 12 + length
    return None


def _end_of_segment(file: BinaryIO) -> int | None:
    """Return where the first segment of a Matroska file ends."""
    at = 4
    length, digits = _number(read_at(file, at, 8))
    if length is None:
        return None
    at += digits + length
    if read_at(file, at, 4) != _SEGMENT:
        return None
    length, digits = _number(read_at(file, at + 4, 8))
    return None if length is None else at + 4 + digits + length


def _number(data: bytes) -> tuple[int | None, int]:
    """Return a number of EBML, None if it is not known, and how many bytes it has."""
    digits = 9 - data[:1].ljust(1, b"\0")[0].bit_length()
    largest = (1 << 7 * digits) - 1
    number = int.from_bytes(data[:digits]) & largest
    return (None if number == largest or digits > 8 else number), digits


def _size_of_asf(file: BinaryIO) -> int | None:
    """Read the size of a file in its properties, which are among the first objects."""
    head = read_at(file, 0, 2**16)
    at = head.find(_ASF_FILE)
    properties = head[at : at + 92]
    if at < 0 or len(properties) < 92 or properties[88] & _ASF_LIVE:
        return None
    return int.from_bytes(properties[40:48], "little") or None


def _end_of_riff(file: BinaryIO) -> int | None:
    """Return where the last of the chunks ends that a RIFF file consists of."""
    at, size = 0, file.seek(0, os.SEEK_END)
    for _ in range(_BOXES):
        head = read_at(file, at, 12)
        # AVI files of more than a gigabyte are chains of them.
        if head[:4] != b"RIFF" or (at and head[8:] != b"AVIX") or at >= size:
            break
        length = int.from_bytes(head[4:8], "little")
        if length in _ENDLESS:
            return None
        at += 8 + length + length % 2
    return at
