"""FLAC files that hold more than their header counts, or several recordings.

libsndfile stops at the number of samples that STREAMINFO gives.  The header of the last
frame tells how many there are.

Source: RFC 9639.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import BinaryIO

from specimg.audio.streams.pieces import Leftover, Made, Pieces, Span, Stream
from specimg.audio.tags import end_of_sound, read_at, skip_tags
from specimg.errors import join_warnings

MARKER = b"fLaC"
STREAMINFO = (b"\x00\x00\x00\x22", b"\x80\x00\x00\x22")
"""How the first block of metadata begins."""

TAIL = 2**16
"""Bytes at the end of a file in which its last two frames begin, mostly."""

FARTHEST = TAIL * 4**4
"""Bytes that are looked through where something else is behind the frames."""

MAX_SYNCS = 100_000
"""What looks like a frame more often than that is looked through no further."""

_SYNC = re.compile(b"\xff[\xf8\xf9]")

BLOCK = 2**16
READ_AHEAD = 2**14
"""Bytes that a decoder may have read beyond the last frame that it gave."""

_BLOCK_SIZES = {1: 192} | {code: 576 << code - 2 for code in range(2, 6)}
_BLOCK_SIZES |= {code: 256 << code - 8 for code in range(8, 16)}
_SIZE_BYTES = {6: 1, 7: 2}
"""Bytes that a frame's own size takes in its header, by its code."""

_RATES = {1: 88_200, 2: 176_400, 3: 192_000, 4: 8_000, 5: 16_000, 6: 22_050}
_RATES |= {7: 24_000, 8: 32_000, 9: 44_100, 10: 48_000, 11: 96_000}
_RATE_BYTES = {12: (1, 1000), 13: (2, 1), 14: (2, 10)}
"""Bytes that a frame's own rate takes in its header, and its unit in Hz, by code."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the header of a stream says."""

    block: int
    """Samples of a frame; the last one may have fewer."""
    rate: int
    """Hertz."""
    counted: int
    """Samples of the stream; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the header of a frame says."""

    begin: int
    """Samples of the stream before it."""
    end: int
    """Samples of the stream up to its end."""
    rate: int
    """Hertz."""


def flac_streams(file: BinaryIO) -> Iterator[Stream | Leftover]:
    """Yield the streams of a FLAC file, each when the one before was decoded."""
    size = file.seek(0, os.SEEK_END)
    at = skip_tags(file, 0, size)
    while True:
        stream, stop = _stream(file, at, size)
        if stream.source is None:
            file.seek(0)
        yield stream
        # Where the decoder has come to, with what it has read ahead.
        source = stream.source
        reached = file.tell() if source is None else source.origin()
        begin = max(reached - READ_AHEAD, at + 4)
        following = stop or _find_marker(file, begin, reached + READ_AHEAD, size)
        if following is None:
            behind = skip_tags(file, reached, size)
            if size - behind > READ_AHEAD:
                yield Leftover(n_bytes=size - behind)
            return
        at = following


def _stream(file: BinaryIO, at: int, size: int) -> tuple[Stream, int | None]:
    """Describe the stream that begins at `at`, whose header may count too few.

    Returns also where the next one begins, if that had to be looked for.
    """
    head = read_at(file, at, 42)
    rest = Pieces(file, [Span(at, size)]) if at else None
    if head[4:8] not in STREAMINFO:
        return Stream(source=rest, offset=at), None
    numbers = int.from_bytes(head[18:26], "big")
    info = StreamInfo(
        block=int.from_bytes(head[10:12], "big"),
        rate=numbers >> 44,
        counted=numbers & 2**36 - 1,
    )
    following = None
    last = _last_frame(file, at, end_of_sound(file, size), info)
    if not last or last.end != info.counted:
        # It may be the frame of another stream, or this one has no true count to stop
        # at.
        following = _find_marker(file, at + 4, size, size)
        last = _last_frame(file, at, following, info) if following else last
    warning = ""
    if last and last.rate != info.rate:
        warning = f"its sample rate changes from {info.rate} Hz to {last.rate} Hz, "
        warning += "but it is read as if it did not"
    stop = following or size
    if not info.counted:  # nothing but its end tells the decoder to stop
        stop = end_of_sound(file, stop)
    if stop < size:
        rest = Pieces(file, [Span(at, stop)])
    if not last or not 0 < info.counted < last.end:
        return Stream(source=rest, offset=at, warning=warning), following
    counted, rate = info.counted, max(info.rate, 1)
    total = Made((numbers - counted + last.end).to_bytes(8, "big"))
    more = f"{(last.end - counted) / rate:.3f} s more than the {counted / rate:.3f} s"
    stream = Stream(
        source=Pieces(file, [Span(at, at + 18), total, Span(at + 26, stop)]),
        offset=at,
        warning=join_warnings(warning, f"{more} that its header counts"),
    )
    return stream, following


def _find_marker(file: BinaryIO, begin: int, stop: int, size: int) -> int | None:
    """Return where another stream begins between two places; None if nowhere."""
    while begin < min(stop, size):
        block = read_at(file, begin, BLOCK)
        at = block.find(MARKER)
        while at >= 0 and block[at + 4 : at + 8] not in STREAMINFO:
            at = block.find(MARKER, at + 1)
        if at >= 0:
            return begin + at
        begin += max(1, len(block) - 8)
    return None


def _last_frame(file: BinaryIO, at: int, stop: int, info: StreamInfo) -> Frame | None:
    """Read the header of the last frame before `stop`; None if none is sure to be one.

    Sure is what begins where another frame ends: a header is short, and something like
    one occurs within frames.
    """
    length = TAIL
    while True:
        begin = max(at + 42, stop - length)
        last = _last_frame_in(read_at(file, begin, max(0, stop - begin)), info)
        if last or begin == at + 42 or length >= FARTHEST:
            return last
        length *= 4


def _last_frame_in(tail: bytes, info: StreamInfo) -> Frame | None:
    """Read the header of the last frame in some bytes, if one is sure to be one."""
    ends, last = {0}, None
    for found in islice(_SYNC.finditer(tail), MAX_SYNCS):
        frame = _parse_header(tail[found.start() : found.start() + 16], info)
        if frame is not None:
            if frame.begin in ends:
                last = frame
            ends.add(frame.end)
    return last


def _parse_header(header: bytes, info: StreamInfo) -> Frame | None:
    """Read the header of a frame; None if it is none."""
    if len(header) < 16 or header[3] & 1:
        return None
    size_code, rate_code = header[2] >> 4, header[2] & 15
    number, length = _coded_number(header[4:11])
    size_at = 4 + length
    rate_at = size_at + _SIZE_BYTES.get(size_code, 0)
    stop = rate_at + _RATE_BYTES.get(rate_code, (0, 0))[0]
    is_right = _crc(header[:stop]) == header[stop : stop + 1]
    if not length or not size_code or not is_right:
        return None
    size = _BLOCK_SIZES.get(size_code, 0)
    if size_at < rate_at:
        size = int.from_bytes(header[size_at:rate_at], "big") + 1
    unit = _RATE_BYTES.get(rate_code, (0, 0))[1]
    rate = int.from_bytes(header[rate_at:stop], "big") * unit
    begin = number if header[1] & 1 else number * info.block
    return Frame(begin, begin + size, rate or _RATES.get(rate_code, info.rate))


def _coded_number(data: bytes) -> tuple[int, int]:
    """Read a number that is coded as in UTF-8; return it, and its length in bytes."""
    first = data[0]
    if first < 0x80:
        return first, 1
    length = 8 - (first ^ 0xFF).bit_length()
    if not 2 <= length <= 7:
        return 0, 0
    number = first & 0x7F >> length
    for byte in data[1:length]:
        if byte >> 6 != 2:
            return 0, 0
        number = number << 6 | byte & 0x3F
    return number, length


def _crc(data: bytes) -> bytes:
    """Return the checksum that a header has: the polynomial 0x07, from 0 on."""
    table, crc = _crc_table(), 0
    for byte in data:
        crc = table[crc ^ byte]
    return bytes((crc,))


@cache
def _crc_table() -> list[int]:
    """Return the checksum of each single byte."""
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc << 1 ^ 7 if crc & 0x80 else crc << 1) & 0xFF
        table.append(crc)
    return table
