"""Files as recorders write them, byte by byte."""

import struct
from datetime import datetime
from pathlib import Path

from sounds import tone, write

from specimg.audio.metadata import Metadata, read_metadata


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def wav(*chunks: bytes, rate: int = 8000, data: bytes = bytes(200)) -> bytes:
    """A WAV file with chunks before its samples, and, behind an empty one, after."""
    at = chunks.index(b"") if b"" in chunks else len(chunks)
    before, after = chunks[:at], chunks[at:]
    form = struct.pack("<HHIIHH", 1, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + chunk(b"fmt ", form) + b"".join(before)
    return chunk(b"RIFF", body + chunk(b"data", data) + b"".join(after))


def info(comment: str, artist: str = "") -> bytes:
    """The list that an AudioMoth writes: texts of fixed lengths, filled with zeros."""
    data = b"INFO" + chunk(b"ICMT", comment.encode().ljust(384, b"\0"))
    if artist:
        data += chunk(b"IART", artist.encode().ljust(32, b"\0"))
    return chunk(b"LIST", data)


def guano(text: str) -> bytes:
    return chunk(b"guan", text.encode())


def wamd(**items: str | bytes) -> bytes:
    numbers = {
        "model": 1,
        "serial": 2,
        "firmware": 3,
        "start": 5,
        "place": 6,
        "voice": 13,
        "expansion": 15,
        "last_place": 20,
        "inside": 21,
        "outside": 22,
        "padding": 0xFFFF,
    }
    data = struct.pack("<HIH", 0, 2, 1)
    for name, value in items.items():
        value_bytes = value.encode() if isinstance(value, str) else value
        data += struct.pack("<HI", numbers[name], len(value_bytes)) + value_bytes
    return chunk(b"wamd", data)


def read(tmp_path: Path, data: bytes, name: str = "x.wav") -> Metadata:
    path = tmp_path / name
    path.write_bytes(data)
    return read_metadata(path)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def comments(*pairs: str) -> bytes:
    data = struct.pack("<I", 13) + b"Frontier Labs" + struct.pack("<I", len(pairs))
    for pair in pairs:
        data += struct.pack("<I", len(pair.encode())) + pair.encode()
    return data


def flac_with(tmp_path: Path, *blocks: tuple[int, bytes]) -> bytes:
    """A FLAC file with blocks of metadata behind its first one."""
    data = write(tmp_path / "plain.flac", tone(440, 0.1)).read_bytes()
    inside = b"".join(
        bytes([kind]) + len(block).to_bytes(3, "big") + block for kind, block in blocks
    )
    return data[:4] + bytes([data[4] & 0x7F]) + data[5:42] + inside + data[42:]
