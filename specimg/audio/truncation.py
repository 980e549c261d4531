"""Recordings that stop before their header says."""

import re
from pathlib import Path

import soundfile

UNKNOWN_FRAMES = 2**62
"""What libsndfile says at least where a header, as of a streamed FLAC, says nothing."""

_STREAM_BITS = 0x7FFF_F000
"""All set in the sizes that ffmpeg and SoX write when they cannot know them yet."""

_SHORT_CHUNK = re.compile(
    r"^ *(?:data|SSND|Data Size|riff|Riff size) *: (\d+) \(should be (\d+)\)",
    re.MULTILINE,
)
_OGG_TAIL = 2**16
_MPEG_SLACK = 2 * 1152
"""Samples: the decoder may swallow a frame at either end."""


def describe_truncation(path: Path, file: soundfile.SoundFile, frames_read: int) -> str:
    """Say what is missing of a recording that was read to its end.

    Hardly a decoder complains about a file that stops too early; so what was decoded
    is compared with what the header says.  Returns an empty string if all is there.
    """
    if _missing_frames(path, file, frames_read) > 0:
        return (
            f"truncated: {frames_read / file.samplerate:.3f} s "
            f"of {file.frames / file.samplerate:.3f} s"
        )
    for claimed, actual in _SHORT_CHUNK.findall(file.extra_info):
        is_unknown = int(claimed) & _STREAM_BITS == _STREAM_BITS
        if int(actual) < int(claimed) and not is_unknown:
            return "truncated: shorter than its header says"
    if file.format == "OGG" and not _ends_with_last_page(path):
        return "truncated: the Ogg stream has no last page"
    return ""


def _missing_frames(path: Path, file: soundfile.SoundFile, frames_read: int) -> int:
    """Frames that the header promises but that are not there."""
    missing: int = file.frames - frames_read
    if file.frames >= UNKNOWN_FRAMES or missing <= 0:
        return 0
    if file.format == "MP3" or file.subtype.startswith("MPEG"):
        # Only some files count their frames; else it is a guess from the size.
        return missing - _MPEG_SLACK if _has_frame_count(path) else 0
    return missing


def _ends_with_last_page(path: Path) -> bool:
    """Whether the last page of an Ogg file says that it is the last."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _OGG_TAIL))
        tail = file.read()
    page = tail.rfind(b"OggS")
    flags = tail[page + 5 : page + 6] if page >= 0 else b""
    return bool(flags) and bool(flags[0] & 4)


def _has_frame_count(path: Path) -> bool:
    """Whether an MP3 file begins with a frame that counts the others."""
    with path.open("rb") as file:
        head = file.read(10)
        if head.startswith(b"ID3") and len(head) == 10:
            size = sum(byte << 7 * (3 - i) for i, byte in enumerate(head[6:]))
            file.seek(10 + size)
        else:
            file.seek(0)
        frame = file.read(2**11)
    return any(tag in frame for tag in (b"Xing", b"Info", b"VBRI"))
