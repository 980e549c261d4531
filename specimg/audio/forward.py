"""soundfile, made to read forwards only, and what it cannot say of a file."""

import re
from typing import BinaryIO

import numpy as np
import soundfile

from specimg.audio.streams import TRUNCATED, Pieces, is_stream_size
from specimg.errors import count

VALUES_AT_ONCE = 2**18
"""Decoded values in memory at a time, over all channels."""

UNKNOWN_FRAMES = 2**62
"""Frames that libsndfile gives, or more, where a header names none (streamed FLAC)."""

_SEEKABLE_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "CAF")
"""Containers in which libsndfile seeks to exactly the frame that it is asked for."""

_SAMPLEWISE = re.compile(r"PCM_\w+|FLOAT|DOUBLE|ALAW|ULAW")
"""Codings whose frames are independent, or that can be sought in exactly, as FLAC."""

_SHORT_CHUNK = re.compile(
    r"^ *(?:data|SSND|Data Size|riff|Riff size) *: (\d+) \(should be (\d+)\)",
    re.MULTILINE,
)

_SHORT_FORM = re.compile(
    r"^(?:FORM : |Data length )(\d+) \(?should be (\d+)", re.MULTILINE
)
"""As libsndfile says it of 8SVX and of Psion's files."""

_IS_SHORT = re.compile(r"seems to be (?:a )?truncated", re.IGNORECASE)
"""As it says it of VOC and of MATLAB's files."""

_FRAMES = re.compile(r"^ *Frames +: (\d+)", re.MULTILINE)
"""As it says it of Atari's samples, of which it counts only what there is."""


class ForwardSoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """A SoundFile that never seeks, and so decodes every format to the bit."""

    def seekable(self) -> bool:
        """Say no, so that soundfile leaves the position alone."""
        return False


def open_forward(file: BinaryIO, source: Pieces | None) -> ForwardSoundFile:
    """Open a file itself, or pieces of it.

    It is opened by its descriptor, so that its name and extension do not matter.

    Raises
    ------
    soundfile.LibsndfileError
        It is not audio that libsndfile decodes.
    """
    if source is not None:
        return ForwardSoundFile(source)
    file.seek(0)
    return ForwardSoundFile(file.fileno(), closefd=False)


def count_frames(source: Pieces) -> tuple[int, int]:
    """Decode a file to its end; return its sample rate, and how many frames it has.

    Both are 0 where it is not audio, or damaged.
    """
    try:
        with ForwardSoundFile(source) as file:
            rows = max(1, VALUES_AT_ONCE // file.channels)
            block = np.empty((rows, file.channels), np.float32)
            n_frames = 0
            while n_read := len(file.read(out=block)):
                n_frames += n_read
            return int(file.samplerate), n_frames
    except soundfile.LibsndfileError:
        return 0, 0


def describe_truncation(file: ForwardSoundFile, frames_read: int) -> str:
    """Say what is missing of a file that was read to its end.

    Few decoders complain about a file that stops too early, so what was decoded is
    compared with what the header says.  Returns an empty string if all is there.
    """
    # Of MPEG audio it guesses; in an MP3 file, the frames were counted before.
    is_guessed = file.format == "MP3" or file.subtype.startswith("MPEG")
    if not is_guessed and frames_read < file.frames < UNKNOWN_FRAMES:
        return (
            f"truncated: {frames_read / file.samplerate:.3f} s "
            f"of {file.frames / file.samplerate:.3f} s"
        )
    info = file.extra_info
    sizes = _SHORT_CHUNK.findall(info)
    if file.format in ("SVX", "WVE"):
        sizes += _SHORT_FORM.findall(info)
    if file.format == "AVR":
        sizes += [(claimed, file.frames) for claimed in _FRAMES.findall(info)]
    known = [(int(n), int(there)) for n, there in sizes if not is_stream_size(int(n))]
    is_said = file.format in ("VOC", "MAT4", "MAT5") and _IS_SHORT.search(info)
    is_short = is_said or any(there < claimed for claimed, there in known)
    return TRUNCATED if is_short else ""


def describe_other(file: ForwardSoundFile) -> str:
    """Describe a further recording in the file, whose format differs from the first."""
    return (
        f"of another recording behind, with {file.samplerate} Hz and "
        f"{count(file.channels, 'channel')}"
    )


def seeks_exactly(file: ForwardSoundFile) -> bool:
    """Whether libsndfile seeks in a file to exactly the frame that it is asked for."""
    is_exact = _SAMPLEWISE.fullmatch(file.subtype) is not None
    return file.format in _SEEKABLE_FORMATS and is_exact
