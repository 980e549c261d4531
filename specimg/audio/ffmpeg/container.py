"""Files opened with FFmpeg, and no more of it than is needed."""

import os
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from specimg.audio.foreign.probing import Contents
from specimg.errors import AudioReadError

if TYPE_CHECKING:
    from av.container import InputContainer

_DEMUXERS = (
    *("aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "au", "avi", "caf"),
    *("codec2", "dsf", "dts", "dtshd", "eac3", "flv", "iff", "loas", "matroska", "mlp"),
    *("mov", "mpc", "mpc8", "mpeg", "mpegts", "mxf", "ogg", "oma", "qcp", "rm", "shn"),
    *("sox", "tak", "truehd", "tta", "vqf", "w64", "wav", "wv"),
)
"""FFmpeg's names of the formats that `specimg.audio.foreign` knows.  Others may be
lists of further files to open."""

_MOST_SAMPLES = 2**22
"""Samples of a frame at most; no codec has a tenth of it."""


class _AnyPlace:
    """A file for FFmpeg, in which a damaged one may seek to a place that none has."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.tell = file.tell
        self._seek = file.seek

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position, and return it; -1 where there is no such one."""
        try:
            return self._seek(offset, whence)
        except OSError:
            return -1


def open_container(file: BinaryIO, contents: Contents) -> "InputContainer":
    """Open a file that has sound, of which FFmpeg then decodes the first stream.

    Pictures are neither looked into nor read.

    Raises
    ------
    AudioReadError
        FFmpeg does not decode it, or it is damaged.
    """
    import av  # noqa: PLC0415 - not for what libsndfile decodes
    from av.stream import Discard  # noqa: PLC0415

    # Until PyAV 19, tags that are not UTF-8 would be an error.
    is_strict = int(av.__version__.partition(".")[0]) < 19
    tags = {"metadata_errors": "replace"} if is_strict else {}
    try:
        container = av.open(
            _AnyPlace(file),
            format=contents.demuxer or None,
            container_options={
                "format_whitelist": ",".join(_DEMUXERS),
                "protocol_whitelist": "none",  # opens no other file
                "codec_whitelist": _audio_decoders(),
            },
            **tags,
        )
    except (av.FFmpegError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        kind = "damaged or of a kind that FFmpeg does not decode"
        msg = f"{contents.name}, {kind}: {why}"
        raise AudioReadError(msg) from error
    if not container.streams.audio:
        container.close()
        msg = f"{contents.name}, damaged: FFmpeg finds no sound"
        raise AudioReadError(msg)
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        container.close()
        msg = f"{contents.name}: FFmpeg has no decoder for it"
        raise AudioReadError(msg)
    stream.codec_context.options = {
        "err_detect": "crccheck+explode",
        "max_samples": str(_MOST_SAMPLES),
    }
    stream.codec_context.thread_count = 1
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    return container


@cache
def _audio_decoders() -> str:
    """Return FFmpeg's names of all decoders of sound, with commas between them."""
    from av.codec import Codec, codecs_available  # noqa: PLC0415 - as above
    from av.codec.codec import UnknownCodecError  # noqa: PLC0415

    names = []
    for name in codecs_available:
        try:
            is_audio = Codec(name, "r").type == "audio"
        except UnknownCodecError:  # an encoder alone
            continue
        names += [name] if is_audio else []
    return ",".join(names)
