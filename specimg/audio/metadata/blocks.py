"""Where in a file metadata lie: chunks of WAV and its kin, blocks of FLAC, Ogg packets.

Sources: the RIFF and AIFF specifications, RFC 9639 (FLAC), RFC 3533 (Ogg).
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from specimg.audio.streams.behind import chunks_behind, end_of_samples
from specimg.audio.streams.forms import MAX_CHUNKS, Form, Style
from specimg.audio.tags import read_at, skip_tags

_COMMENTS, _APPLICATION = 4, 2
"""Kinds of FLAC's blocks."""

_OGG_HEADER = 27


class Chunk(NamedTuple):
    """A named stretch of a file, without its name and its length."""

    name: bytes
    begin: int
    length: int
    """Bytes that are there, which may be fewer than it says."""


def find_chunks(file: BinaryIO, form: Form, size: int) -> Iterator[Chunk]:
    """Yield the chunks of the first recording in a file, but for its samples."""
    style = form.style
    samples = form.size_at - style.name
    here = form.start + style.head
    for _ in range(MAX_CHUNKS):
        if here >= samples:
            break
        chunk = _chunk(file, style, here, size)
        yield chunk
        here = chunk.begin + style.padded(chunk.length)
    for here in chunks_behind(file, form, end_of_samples(file, form, size), size):
        if here + style.own < size:
            yield _chunk(file, style, here, size)


def _chunk(file: BinaryIO, style: Style, here: int, size: int) -> Chunk:
    name, length = style.read(read_at(file, here, 24))
    begin = here + style.own
    return Chunk(name, begin, min(length, size - begin))


def find_blocks(file: BinaryIO, size: int) -> Iterator[Chunk]:
    """Yield FLAC's block of comments, called ``vorbis``, and the chunks of a WAV file.

    The `flac` command keeps those where it is asked to, each in a block of its own.
    """
    at = skip_tags(file, 0, size) + 4
    for _ in range(MAX_CHUNKS):
        head = read_at(file, at, 16)
        begin, length = at + 4, int.from_bytes(head[1:4], "big")
        if len(head) < 4:
            return
        there = min(length, size - begin)
        kind = head[0] & 0x7F
        if kind == _COMMENTS:
            yield Chunk(b"vorbis", begin, there)
        elif kind == _APPLICATION and head[4:8] == b"riff":
            inner = int.from_bytes(read_at(file, begin + 8, 4), "little")
            yield Chunk(head[8:12], begin + 12, max(0, min(inner, there - 12)))
        if head[0] & 0x80:
            return
        at = begin + length


def find_packets(head: bytes) -> Iterator[bytes]:
    """Yield the packets of an Ogg file by its first bytes; the last ones may be cut."""
    at, open_packets = 0, dict[bytes, bytes]()
    while head[at : at + 4] == b"OggS" and at + _OGG_HEADER < len(head):
        serial = head[at + 14 : at + 18]
        here = at + _OGG_HEADER + head[at + 26]
        for length in head[at + _OGG_HEADER : here]:
            packet = open_packets.pop(serial, b"") + head[here : here + length]
            here += length
            if length < 255:
                yield packet
            else:
                open_packets[serial] = packet
        at = here
    yield from open_packets.values()
