"""Tags before and behind the audio of a file: ID3, APE, Lyrics3."""

from typing import BinaryIO

_LYRICS = 2**16
"""Bytes in which the end of a Lyrics3 tag is looked for."""

_BLOCK = 2**20
"""Bytes that are read at a time."""


def read_at(file: BinaryIO, position: int, n_bytes: int) -> bytes:
    """Read bytes at a position, fewer where the file ends."""
    file.seek(position)
    return file.read(n_bytes)


def has_id3(head: bytes) -> bool:
    """Whether a file begins with an ID3v2 tag."""
    return head.startswith(b"ID3") and head[3:4] in (b"\2", b"\3", b"\4")


def id3_length(head: bytes) -> int:
    """Return the length in bytes of an ID3v2 tag by its header; 0 if it is none."""
    if not has_id3(head) or len(head) < 10:
        return 0
    length = sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:10]))
    has_footer = head[3] == 4 and head[5] & 0x10
    return length + (20 if has_footer else 10)


def skip_tags(file: BinaryIO, position: int, size: int) -> int:
    """Return where the tags at a position end, in a file of `size` bytes."""
    while position < size and (length := _tag_length(file, position, size)):
        position = min(size, position + length)
    return position


def _tag_length(file: BinaryIO, position: int, size: int) -> int:
    head = read_at(file, position, 32)
    if has_id3(head):
        return id3_length(head)
    if head.startswith(b"APETAGEX") and len(head) == 32:
        length = int.from_bytes(head[12:16], "little")
        return length + (32 if head[23] & 0x20 else 0)  # where this is its header
    if head.startswith(b"TAG"):
        return _id3v1_length(file, position, size)
    if head.startswith(b"LYRICSBEGIN"):
        rest = read_at(file, position, _LYRICS)
        end = max(rest.find(b"LYRICSEND"), rest.find(b"LYRICS200"))
        return max(0, end + 9) if end >= 0 else 0
    return 0


def _id3v1_length(file: BinaryIO, position: int, size: int) -> int:
    """Return the length of an ID3v1 tag: at the end, or before another file."""
    if size - position in (128, 128 + 227):
        return size - position
    following = read_at(file, position + 128, 8)
    return 128 if following.startswith((b"ID3", b"APETAGEX", b"\xff")) else 0


def end_of_sound(file: BinaryIO, size: int) -> int:
    """Return where the tags at the end of a file of `size` bytes begin."""
    if read_at(file, max(0, size - 128), 3) == b"TAG":
        size -= 128
    footer = read_at(file, max(0, size - 32), 32)
    if footer.startswith(b"APETAGEX"):
        length = int.from_bytes(footer[12:16], "little")
        length += 32 if footer[23] & 0x80 else 0  # with a header
        size = max(0, size - length)
    return size


def is_blank(file: BinaryIO, begin: int, size: int) -> bool:
    """Whether a file of `size` bytes holds nothing but zeros from a position on."""
    for position in range(begin, size, _BLOCK):
        block = read_at(file, position, _BLOCK)
        if block.count(0) < len(block):
            return False
    return True
