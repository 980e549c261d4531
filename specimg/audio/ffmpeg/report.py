"""What is wrong with a file that FFmpeg has decoded to its end."""

import os
from typing import BinaryIO

from specimg.audio.ffmpeg.frames import Frames
from specimg.audio.foreign.extent import bytes_of_data, claimed_size
from specimg.audio.streams import (
    NO_LAST_PAGE,
    TRUNCATED,
    describe_leftover,
    has_last_page,
)
from specimg.audio.tags import end_of_sound, is_blank, skip_tags

_SHORT = 0.1
"""Seconds that may be missing at the end: lengths are rounded, and to whole packets."""

_SHORT_FILM = 1.0
"""Seconds by which the sound of a film may end before its pictures."""

_PLAIN = ("flv", "tta")
"""Formats that end with the last packet, but for tags."""

_LEAST_BEHIND = 2**10
"""Bytes behind the end of which something is said."""


def describe_end(frames: Frames, file: BinaryIO, seconds: float) -> str:
    """Say whether a file of which `seconds` were decoded was cut off."""
    if frames.is_raw:
        return "truncated: its last frame is cut off" if frames.cut_bytes else ""
    size, claimed = _size(file), claimed_size(file)
    promised = frames.promised_seconds
    # Of an ASF file with another size than it names, FFmpeg guesses the length.
    is_guessed = frames.demuxer == "asf" and size != claimed
    is_own = frames.seconds is not None or not frames.is_film
    if is_own and not is_guessed and seconds + _SHORT < promised:
        return f"truncated: {seconds:.3f} s of {promised:.3f} s"
    if frames.cut_bytes or (claimed is not None and size < claimed):
        return TRUNCATED
    if frames.demuxer == "ogg" and not has_last_page(file, size):
        return NO_LAST_PAGE
    if frames.is_film and seconds + _SHORT_FILM < (film := frames.film_seconds):
        return f"its sound ends at {seconds:.3f} s, the film at {film:.3f} s"
    return f"damaged at {seconds:.1f} s: {frames.fault}" if frames.fault else ""


def describe_lost(frames: Frames, file: BinaryIO, seconds: float) -> str:
    """Say how much is lost of a stream without times, which would tell of holes.

    What cannot be decoded counts as one packet, which is silent.
    """
    good = frames.n_packets - frames.n_lost
    if not frames.is_raw or not good:
        return ""
    usual = (frames.n_bytes - frames.lost_bytes) / good
    size = end_of_sound(file, _size(file))
    lost = size - skip_tags(file, 0, size) - frames.n_bytes
    lost += frames.lost_bytes - round(frames.n_lost * usual)
    if lost < usual:
        return ""
    place = "" if frames.lost_at is None else f" from {float(frames.lost_at):.1f} s on"
    return (
        f"damaged: {lost} bytes (about {lost / usual / good * seconds:.1f} s){place} "
        f"are no audio, and all times behind them are too early by what was lost there"
    )


def describe_behind(frames: Frames, file: BinaryIO, seconds: float) -> str:
    """Say how much is behind the end that a file names, and was not decoded."""
    size = _size(file)
    end = frames.end if frames.demuxer in _PLAIN else claimed_size(file)
    if end and end < frames.end:
        # FFmpeg has found more; but of MP4 not all, where a damaged box is in the way.
        end = frames.end if frames.demuxer == "mov" else size
    if not end or end >= size:
        return ""
    begin = skip_tags(file, end, size)
    n_bytes = size - begin
    if n_bytes < _LEAST_BEHIND or is_blank(file, begin, size):
        return ""
    about = None if frames.is_film else n_bytes / end * seconds
    return describe_leftover(n_bytes, about, "behind the end that the file names")


def describe_unnamed(frames: Frames, file: BinaryIO, seconds: float) -> str:
    """Say how much of the data of an MP4 file its tables do not name."""
    if frames.demuxer != "mov" or not frames.n_packets:
        return ""
    # The data of a film are mostly pictures: only what begins behind the last sound.
    begin = frames.end if frames.is_film else 0
    n_bytes = bytes_of_data(file, begin) - (0 if begin else frames.n_bytes)
    if n_bytes < max(_LEAST_BEHIND, frames.n_bytes // frames.n_packets):
        return ""
    about = None if frames.is_film else n_bytes / frames.n_bytes * seconds
    return describe_leftover(n_bytes, about, "of data that its tables do not name")


def describe_beside(frames: Frames) -> str:
    """Say that there is sound at the same time as that which is read."""
    number = frames.beside
    if not number:
        return ""
    streams = "1 more stream" if number == 1 else f"{number} more streams"
    return f"{streams} of sound, at the same time as the one that is read"


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
