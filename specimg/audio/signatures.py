"""What a file is by its first bytes, and what to tell who hoped for audio."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from specimg.errors import AudioReadError

AUDIO_SUFFIXES = frozenset(
    [
        *(".wav", ".wave", ".bwf", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf"),
        *(".au", ".snd", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mp1"),
        *(".m4a", ".m4b", ".aac", ".wma", ".amr", ".ape", ".wv", ".ac3"),
    ]
)
"""What recordings are called, in lower case."""

HEAD = 64
"""Bytes that are enough to know a file by."""

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
_CONTAINERS = {
    b"WAVE": (b"RIFF", b"RIFX", b"RF64"),
    b"AIFF": (b"FORM",),
    b"AIFC": (b"FORM",),
}
_STARTS = (_W64, b"fLaC", b"OggS\0", b"caff\0\1", b".snd\0")
_MP4_AUDIO = (b"M4A ", b"M4B ")

_FOREIGN: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("AAC or ALAC in an MP4 file (m4a)", lambda head: head[4:8] == b"ftyp"),
    ("Windows Media audio (wma)", lambda head: head.startswith(_ASF)),
    ("AAC", lambda head: head.startswith((b"\xff\xf1", b"\xff\xf0"))),
    ("Ogg Speex", lambda head: head.startswith(b"OggS") and b"Speex" in head),
    ("Ogg Theora video", lambda head: head.startswith(b"OggS") and b"theora" in head),
    ("AMR", lambda head: head.startswith(b"#!AMR")),
    ("Monkey's Audio", lambda head: head.startswith(b"MAC ") and 0 in head[5:12]),
    ("WavPack", lambda head: head.startswith(b"wvpk")),
    ("AC-3", lambda head: head.startswith(b"\x0b\x77")),
)
"""Audio that libsndfile does not decode."""


def open_regular(path: Path) -> tuple[BinaryIO, bytes]:
    """Open a regular file, and return it with its first bytes, at its beginning.

    Raises
    ------
    AudioReadError
        There is no such file, it is not a regular one, or may not be read.
    """
    try:
        # Opening a named pipe would wait for ever, so ask before.
        if stat.S_ISREG(path.stat().st_mode):
            file = path.open("rb", buffering=0)
            head = file.read(HEAD)
            file.seek(0)
            return file, head
    except FileNotFoundError as error:
        msg = "the link leads nowhere" if path.is_symlink() else "no such file"
        raise AudioReadError(msg) from error
    except OSError as error:
        raise AudioReadError(error.strerror or str(error)) from error
    msg = "not a regular file"
    raise AudioReadError(msg)


def read_head(path: Path) -> bytes:
    """Return the first bytes of a regular file; see `open_regular`."""
    file, head = open_regular(path)
    file.close()
    return head


def is_container(head: bytes) -> bool:
    """Whether a file begins like those audio files that libsndfile decodes."""
    in_container = head[:4] in _CONTAINERS.get(head[8:12], ())
    return in_container or head.startswith(_STARTS) or has_id3(head)


def has_id3(head: bytes) -> bool:
    """Whether a file begins with an ID3 tag, of one of its versions."""
    return head.startswith(b"ID3") and head[3:4] in (b"\2", b"\3", b"\4")


def is_mpeg_frame(head: bytes) -> bool:
    """Whether a file may begin with a frame of MP3, which is not yet sure."""
    if len(head) < 2 or head[0] != 0xFF or head[1] < 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer != 0  # the reserved values, which AAC and FLAC have


def foreign_format(head: bytes) -> str:
    """Name the audio format that we cannot decode, or return an empty string."""
    return next((name for name, matches in _FOREIGN if matches(head)), "")


def is_foreign_audio(head: bytes) -> bool:
    """Whether a file is certainly audio that we cannot decode, not a film or so."""
    if head[4:8] == b"ftyp":
        return head[8:12] in _MP4_AUDIO
    return bool(foreign_format(head))


def why_not_audio(head: bytes, complaint: str) -> str:  # noqa: PLR0911 - a case each
    """Say why a file that begins with `head` cannot be opened.

    `complaint` is libsndfile's own, which is not always to the point.
    """
    if not head:
        return "empty: 0 bytes"
    if name := foreign_format(head):
        return (
            f"{name} cannot be decoded; convert it first, "
            f"for example with: ffmpeg -i INPUT OUTPUT.flac"
        )
    complaint = complaint.strip().removeprefix("Error : ").rstrip(".")
    if is_mpeg_frame(head) or has_id3(head):
        return "not audio, or damaged: no complete MP3 frame was found"
    if head.startswith((b"\xff\xf8", b"\xff\xf9")):
        return "damaged: FLAC without its header"
    if "unimplemented format" in complaint:
        return (
            "a codec or bit depth that libsndfile does not support, or a damaged "
            "header; convert it first, for example with: ffmpeg -i INPUT OUTPUT.flac"
        )
    if not is_container(head):
        beginning = ascii(head[:12].decode("latin-1"))
        return f"not audio of a known format: it begins with {beginning}"
    if "SF_INFO" in complaint:
        complaint = "the sample rate or another number in it is not valid"
    elif "File does not exist" in complaint:
        complaint = "the MP3 in it has no complete frame"
    return f"damaged header: {complaint}"
