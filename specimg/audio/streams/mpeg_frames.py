"""The headers of the frames that MPEG audio is made of: MP3, and layers I and II.

Source: ISO/IEC 11172-3 and 13818-3.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

from specimg.audio.tags import read_at

SEARCH = 2**24
"""Bytes at the beginning of a file in which its first frame is looked for."""

BLOCK = 2**20
OVERLAP = 2**14
"""Bytes behind a block in which a frame is followed."""

_HEADER = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][^\xf0-\xff]")
"""How a frame may begin; what is erased is full of bytes that a header begins with."""

IN_A_ROW = 4
"""Frames that must follow each other for the first of them to be believed."""

_BITRATES = {  # kilobit a second, by (is version 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000)}
_RATES[0] = (11_025, 12_000, 8_000)
"""Hertz, by the version's two bits."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What all frames of a stream have in common."""

    version: int
    """Its two bits: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5."""
    layer: int
    rate: int
    """Hertz."""
    is_mono: bool
    sizes: dict[bytes, int]
    """Bytes of a frame, by the second and the third byte of its header."""

    @property
    def samples(self) -> int:
        """Samples of a frame."""
        if self.layer == 1:
            return 384
        return 576 if self.layer == 3 and self.version != 3 else 1152

    @property
    def side_info(self) -> int:
        """Bytes of layer III's side information."""
        if self.version == 3:
            return 17 if self.is_mono else 32
        return 9 if self.is_mono else 17

    def exact_size(self, key: bytes) -> float:
        """Bytes of a frame at a constant bitrate, on average over padded ones."""
        kilobits = _BITRATES[self.version == 3, self.layer][key[1] >> 4]
        return kilobits * 125 * self.samples / self.rate

    def silence(self, frame: bytes) -> bytes:
        """Return a frame as long as `frame` that is silent.

        It has no checksum, and in layer III it keeps what later frames find in it.
        """
        header = bytes((frame[0], frame[1] | 1, frame[2], frame[3]))
        kept = frame[4 + self.side_info :] if self.layer == 3 else b""
        return header + bytes(len(frame) - len(header) - len(kept)) + kept

    def reservoir(self, frame: bytes) -> tuple[int, int]:
        """Return how many bytes a frame needs of those before, and how many it adds.

        In layer III the data of a frame may begin in the frames before it.
        """
        if self.layer != 3:
            return 0, 0
        side = 4 if frame[1] & 1 else 6  # behind a checksum
        bits = int.from_bytes(frame[side : side + 2], "big")
        needed = bits >> 7 if self.version == 3 else bits >> 8
        return needed, len(frame) - side - self.side_info


def parse_header(header: bytes, free_size: int = 0) -> Layout | None:
    """Read the header of a frame; None if it is none.

    `free_size` is the size of frames that do not say theirs ("free format").
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] < 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate_index, bitrate_index = header[2] >> 2 & 3, header[2] >> 4
    if version == 1 or layer == 4 or rate_index == 3 or bitrate_index == 15:
        return None
    rate = _RATES[version][rate_index]
    sizes = {}
    for protection in (0, 1):
        second = 0xE0 | version << 3 | (4 - layer) << 1 | protection
        for third in range(256):
            index, padding = third >> 4, third >> 1 & 1
            if third >> 2 & 3 != rate_index or index == 15:
                continue
            kilobits = _BITRATES[version == 3, layer][index]
            n_bytes = free_size if not index else 0
            if kilobits and layer == 1:
                n_bytes = 12_000 * kilobits // rate * 4
            elif kilobits:
                per_frame = 72_000 if layer == 3 and version != 3 else 144_000
                n_bytes = per_frame * kilobits // rate
            if n_bytes:
                padded = n_bytes + padding * (4 if layer == 1 else 1)
                sizes[bytes((second, third))] = padded
    is_mono = header[3] >> 6 == 3
    return Layout(version, layer, rate, is_mono, sizes)


def first_frame(
    file: BinaryIO, begin: int, size: int, *, search: bool
) -> tuple[int, Layout] | None:
    """Return where the first frame that can be believed is, and what it is."""
    stop = min(size, begin + SEARCH) if search else begin + 1
    for start in range(begin, stop, BLOCK):
        block = read_at(file, start, BLOCK + OVERLAP)
        limit = min(BLOCK, stop - start)
        for found in _HEADER.finditer(block, 0, limit + 2):
            at = found.start()
            layout = parse_header(block[at : at + 4])
            if layout is not None and not block[at + 2] >> 4:
                layout = parse_header(block[at : at + 4], _free_size(block, at))
            if layout is not None:
                count, end = follow(block, at, layout)
                at_end = start + end >= size
                if count >= IN_A_ROW or (count and at_end):
                    return start + at, layout
    return None


def _free_size(block: bytes, at: int) -> int:
    """Return the distance to the next frame with the same header, without padding."""
    header = block[at : at + 3]
    ahead = at + 3
    while 0 <= (ahead := block.find(header[:2], ahead + 1)) < at + 4608:
        if block[ahead + 2] | 2 == header[2] | 2:
            return ahead - at - (header[2] >> 1 & 1)
    return 0


def follow(block: bytes, at: int, layout: Layout) -> tuple[int, int]:
    """Return how many frames stand one after the other, and where they end."""
    count = 0
    while (n_bytes := _frame_size(block, at, layout)) and count < IN_A_ROW:
        at += n_bytes
        count += 1
    return count, at


def _frame_size(block: bytes, at: int, layout: Layout) -> int:
    if block[at : at + 1] != b"\xff" or len(block) < at + 4:
        return 0
    if (block[at + 3] >= 0xC0) != layout.is_mono:
        return 0
    return layout.sizes.get(block[at + 1 : at + 3], 0)
