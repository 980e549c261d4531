"""All that is in a file, beside its sound, that may say where it comes from.

A hostile file costs no more than a few megabytes and milliseconds: of each text only
the beginning is read, whatever length is written before it.
"""

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from specimg.audio.metadata.blocks import (
    Chunk,
    find_blocks,
    find_chunks,
    find_packets,
)
from specimg.audio.streams.flac import MARKER
from specimg.audio.streams.forms import MAX_CHUNKS, read_form
from specimg.audio.tags import has_id3, read_at, skip_tags
from specimg.bounded import open_regular

_MAX_GUANO, _MAX_TAGS = 2**20, 2**16
"""Bytes of GUANO, and of tags, that are read."""

_MAX_ITEM = 1024
"""Bytes of an item in a chunk of Wildlife Acoustics; longer ones are sound and logs."""

_TAGS = (b"vorbis", b"ANNO", b"LIST")
"""Chunks with tags, of which a file's first one is read."""

_INFO = {b"ICMT": "comment", b"IART": "artist"}
_COMMENTS = (b"\x03vorbis", b"OpusTags")
"""What a packet of comments begins with."""

_OGG_FLAC = (b"\x04", b"\x84")


@dataclass(slots=True)
class Contents:
    """What a file holds beside its sound, and its name."""

    name: str
    guano: str = ""
    wamd: dict[int, bytes] = field(default_factory=dict)
    """Items in the chunk of Wildlife Acoustics, by their numbers."""
    tags: dict[str, str] = field(default_factory=dict)
    """By their names in lower case, as in Vorbis comments."""
    sample_rate: float = 0.0
    """In Hz, as the header has it; 0 where it was not looked for."""
    warnings: list[str] = field(default_factory=list)

    @property
    def comment(self) -> str:
        """What a recorder or a program has written as prose."""
        # FFmpeg calls it a description, in FLAC and Ogg.
        return self.tags.get("comment") or self.tags.get("description", "")


def read_contents(path: Path) -> Contents:
    """Read what a file holds; of one that cannot be read, only its name is known.

    Whoever decodes it says what is wrong with it.
    """
    contents = Contents(path.name)
    with contextlib.suppress(OSError), open_regular(path, buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        head = read_at(file, 0, 16)
        if head.startswith(b"OggS"):
            _take_packets(contents, read_at(file, 0, _MAX_TAGS))
        elif _is_flac(file, head, size):
            for block in find_blocks(file, size):
                _take(contents, file, block, "little")
        elif (form := read_form(file, 0, size)) is not None and form.style.head:
            contents.sample_rate = form.rate / form.frame if form.frame else 0.0
            for chunk in find_chunks(file, form, size):
                _take(contents, file, chunk, form.style.endian)
    return contents


def _is_flac(file: BinaryIO, head: bytes, size: int) -> bool:
    if has_id3(head):
        head = read_at(file, skip_tags(file, 0, size), 4)
    return head.startswith(MARKER)


def _take(contents: Contents, file: BinaryIO, chunk: Chunk, endian: str) -> None:
    """Keep what is in a chunk, if it is of a kind that says something."""
    name = chunk.name
    if name == b"guan":
        _take_guano(contents, file, chunk)
    elif name == b"wamd":
        contents.wamd = contents.wamd or _read_items(file, chunk)
    elif name in _TAGS and not contents.tags:
        data = _read(file, chunk, _MAX_TAGS)
        if name == b"vorbis":
            _take_comments(contents, data)
        elif name == b"ANNO":
            contents.tags["comment"] = decode(data).strip(" \0")
        elif data.startswith(b"INFO"):
            _take_info(contents, data, endian)


def _read(file: BinaryIO, chunk: Chunk, limit: int) -> bytes:
    return read_at(file, chunk.begin, max(0, min(chunk.length, limit)))


def _take_guano(contents: Contents, file: BinaryIO, chunk: Chunk) -> None:
    if contents.guano:
        contents.warnings.append(
            "it has several chunks of GUANO, and the first is read"
        )
        return
    data = _read(file, chunk, _MAX_GUANO)
    if chunk.length > _MAX_GUANO:
        data = data[: data.rfind(b"\n") + 1] or data
        contents.warnings.append(
            f"its GUANO is longer than {_MAX_GUANO:,} bytes, and read up to there"
        )
    contents.guano = decode(data)


def _read_items(file: BinaryIO, chunk: Chunk) -> dict[int, bytes]:
    """Read the items of a chunk of Wildlife Acoustics: number, length, value."""
    items: dict[int, bytes] = {}
    at, stop = chunk.begin, chunk.begin + chunk.length
    for _ in range(MAX_CHUNKS):
        head = read_at(file, at, 6)
        length = int.from_bytes(head[2:], "little")
        at += 6
        if len(head) < 6 or at + length > stop:
            break
        if length <= _MAX_ITEM:
            number = int.from_bytes(head[:2], "little")
            items.setdefault(number, read_at(file, at, length))
        at += length
    return items


def _take_info(contents: Contents, data: bytes, endian: str) -> None:
    at = 4
    while at + 8 <= len(data):
        length = _number(data, at + 4, endian)
        if name := _INFO.get(data[at : at + 4]):
            value = data[at + 8 : at + 8 + length].partition(b"\0")[0]
            contents.tags.setdefault(name, decode(value))
        at += 8 + length + length % 2


def _take_packets(contents: Contents, head: bytes) -> None:
    for packet in find_packets(head):
        for begin in _COMMENTS:
            if packet.startswith(begin):
                _take_comments(contents, packet[len(begin) :])
                return
        if packet.startswith(_OGG_FLAC):
            _take_comments(contents, packet[4:])
            return


def _take_comments(contents: Contents, data: bytes) -> None:
    """Keep Vorbis comments: the name of a program, a number, and so many comments."""
    at = 4 + _number(data, 0, "little")
    number = _number(data, at, "little")
    at += 4
    for _ in range(min(number, MAX_CHUNKS)):
        length = _number(data, at, "little")
        if at + 4 + length > len(data):
            return
        name, _, value = data[at + 4 : at + 4 + length].partition(b"=")
        contents.tags.setdefault(decode(name).lower(), decode(value))
        at += 4 + length


def _number(data: bytes, at: int, endian: str) -> int:
    return int.from_bytes(data[at : at + 4], "little" if endian == "little" else "big")


def decode(data: bytes) -> str:
    """Return a text, which should be UTF-8 and often is not."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
