"""The pages that an Ogg file is made of.

Source: RFC 3533.
"""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK = 2**20
MAX_DAMAGED = 10_000
"""Places that begin like a page and are none; with more, the rest is not looked at."""

CONTINUED, FIRST, LAST = 1, 2, 4
"""Flags of a page that begins within a packet, and of the first and the last page."""

_LONGEST = 27 + 255 + 255**2
"""Bytes of a page."""

_HEADER = 27
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """A page that is whole, by its checksum."""

    start: int
    """Where in the file it begins."""
    stop: int
    flags: int
    granule: int
    """Time of the end of the last packet that ends here; -1 where none does."""
    serial: int
    """Which stream it belongs to."""
    number: int
    n_packets: int
    """Packets that end here."""
    data: bytes
    """What its first packet begins with."""

    @property
    def is_first(self) -> bool:
        """Whether a stream begins with it."""
        return bool(self.flags & FIRST)

    @property
    def has_time(self) -> bool:
        """Whether it says when it ends."""
        return self.granule >= 0

    def read(self, file: BinaryIO, flags: int = 0) -> bytes:
        """Return all of it, with `flags` set in addition."""
        file.seek(self.start)
        page = bytearray(file.read(self.stop - self.start))
        page[5] |= flags
        return renumber(bytes(page), self.number)


def find_pages(file: BinaryIO, size: int, begin: int = 0) -> Iterator[Page]:
    """Yield the pages of a file that are whole; others are passed over."""
    at, left = begin, MAX_DAMAGED
    while at < size - _HEADER and left:
        file.seek(at)
        block = file.read(BLOCK)
        here = 0
        while True:
            page = _parse(block, here, at)
            if page is not None:
                yield page
                here = page.stop - at
                continue
            ahead = block.find(b"OggS", here)
            is_cut = ahead == here and here + 2**17 > len(block) < size - at
            if is_cut and here:
                break  # the rest of it is in the next block
            if ahead < 0:
                here = max(here, len(block) - 3)
                break
            if ahead == here:
                left -= 1
                if not left:
                    return
            here = max(ahead, here + 4 * (ahead == here))
        at += max(here, 1)


def has_last_page(file: BinaryIO, size: int) -> bool:
    """Whether a stream ends at the end of a file of `size` bytes."""
    begin = max(0, size - 2 * _LONGEST)
    return any(page.flags & LAST for page in find_pages(file, size, begin))


def _parse(block: bytes, here: int, at: int) -> Page | None:
    """Read the page that begins at a place in a block, which begins at `at`."""
    if block[here : here + 5] != b"OggS\0" or here + _HEADER > len(block):
        return None
    n_segments = block[here + 26]
    begin = here + _HEADER + n_segments
    lacing = block[here + _HEADER : begin]
    stop = begin + sum(lacing)
    if len(lacing) < n_segments or stop > len(block):
        return None
    page = block[here:stop]
    if checksum(page) != page[22:26]:
        return None
    return Page(
        at + here,
        at + stop,
        page[5],
        int.from_bytes(page[6:14], "little", signed=True),
        int.from_bytes(page[14:18], "little"),
        int.from_bytes(page[18:22], "little"),
        sum(1 for length in lacing if length < 255),
        block[begin : min(stop, begin + 30)],
    )


def checksum(page: bytes) -> bytes:
    """Return the four bytes that belong to a page as its checksum.

    It is a CRC-32 over the same polynomial as zlib's, but from the other end of each
    byte, and with other first and last values.
    """
    crc = zlib.crc32(page[:22].translate(_REVERSED), 0xFFFF_FFFF)
    crc = zlib.crc32(bytes(4), crc)
    crc = zlib.crc32(page[26:].translate(_REVERSED), crc) ^ 0xFFFF_FFFF
    return crc.to_bytes(4, "big").translate(_REVERSED)


def renumber(page: bytes, number: int) -> bytes:
    """Return a page with another number."""
    page = page[:18] + number.to_bytes(4, "little") + bytes(4) + page[26:]
    return page[:22] + checksum(page) + page[26:]


def retimed(page: bytes, granule: int) -> bytes:
    """Return a page with the time of another end."""
    page = page[:6] + granule.to_bytes(8, "little", signed=True) + page[14:]
    return renumber(page, int.from_bytes(page[18:22], "little"))
