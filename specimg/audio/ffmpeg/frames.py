"""The packets of a file, one after the other, and the frames that they decode to."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from specimg.audio.foreign.probing import Contents
from specimg.errors import AudioReadError, DecodeError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.packet import Packet

_DEMUXERS = (
    *("aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "au", "avi", "caf"),
    *("codec2", "dsf", "dts", "dtshd", "eac3", "flv", "iff", "loas", "matroska", "mlp"),
    *("mov", "mpc", "mpc8", "mpeg", "mpegts", "mxf", "ogg", "oma", "qcp", "rm", "shn"),
    *("sox", "tak", "truehd", "tta", "vqf", "w64", "wav", "wv"),
)
"""FFmpeg's names of the formats that `specimg.audio.foreign` knows.  Others may be
lists of further files to open."""

_RAW = ("aac", "ac3", "amr", "dts", "eac3", "loas", "mlp", "truehd")
"""Formats of frames without times: what is lost between two is not known."""

_FULL_SCALE = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31}
"""What is 1.0, by FFmpeg's names of samples that are whole numbers."""

_FLOATS = ("flt", "dbl")

_MOST_SAMPLES = 2**22
"""Samples of a frame at most; no codec has a tenth of it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What was decoded of a packet, or of a part of it."""

    samples: NDArray[np.float32]
    """Shape (n, n_channels); silent where `is_damaged`."""
    sample_rate: int
    """In Hz."""
    at: Fraction | None
    """When it begins, in seconds; None: where the one before ends."""
    is_damaged: bool


class Frames:
    """The frames of the first stream of sound in a file.

    Raises
    ------
    AudioReadError
        FFmpeg does not decode it, or it is damaged.
    """

    def __init__(self, file: BinaryIO, contents: Contents) -> None:
        import av  # noqa: PLC0415 - not for what libsndfile decodes

        self._error = av.FFmpegError
        self._contents = contents
        self.n_bytes = 0
        """Bytes of all packets so far."""
        self.n_packets = 0
        self.n_lost = 0
        """Packets that could not be decoded."""
        self.lost_bytes = 0
        """Bytes of them."""
        self.lost_at: Fraction | None = None
        """When the first of them would begin, in seconds."""
        self.end = 0
        """Where in the file the last packet ends."""
        self.cut_bytes = 0
        """Bytes of the last packet, if it was one of them."""
        self.fault = ""
        """Why packets end before the file does."""
        options = {
            "format_whitelist": ",".join(_DEMUXERS),
            "protocol_whitelist": "none",  # opens no other file
            "codec_whitelist": _audio_decoders(),  # looks into no pictures
        }
        try:
            self._container = av.open(
                file,
                format=contents.demuxer or None,
                container_options=options,
                metadata_errors="replace",
            )
        except (av.FFmpegError, OSError) as error:
            raise self._refuse(error) from error
        if not self._container.streams.audio:
            msg = f"{contents.name} has no sound that FFmpeg finds"
            raise AudioReadError(msg)
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        if context is None:
            self.close()
            msg = f"{contents.name}: FFmpeg has no decoder for it"
            raise AudioReadError(msg)
        context.options = {"err_detect": "crccheck+explode"}
        context.options |= {"max_samples": str(_MOST_SAMPLES)}
        context.thread_count = 1
        self.codec: str = context.codec.canonical_name
        """FFmpeg's name for it."""
        for stream in self._container.streams:
            if stream.index != self._stream.index:
                stream.discard = "all"

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    @property
    def demuxer(self) -> str:
        """FFmpeg's name for the format of the file."""
        return self._container.format.name.partition(",")[0]

    @property
    def is_raw(self) -> bool:
        """Whether frames follow each other without times of their own."""
        return self.demuxer in _RAW

    @property
    def is_film(self) -> bool:
        """Whether there is more than the stream of sound, with lengths of its own."""
        return len(self._container.streams) > 1

    @property
    def beside(self) -> int:
        """Streams of sound that are not read."""
        return len(self._container.streams.audio) - 1

    @property
    def tick(self) -> Fraction:
        """The unit in which times are written, in seconds."""
        return self._stream.time_base or Fraction(0)

    @property
    def seconds(self) -> Fraction | None:
        """Length of the stream of sound by its header; None where it has none."""
        duration = self._stream.duration
        return None if duration is None else duration * self.tick

    @property
    def promised_seconds(self) -> float:
        """That, or the length of all streams; 0 where both are unknown.

        Of raw frames it is a guess by the first ones.
        """
        whole = (self._container.duration or 0) / 1_000_000
        return max(0.0, float(self.seconds or whole))

    def __iter__(self) -> Iterator[Frame]:
        try:
            for packet in self._container.demux(self._stream):
                yield from self._decode(packet)
        except self._error as error:
            self._raise_if_memory(error)
            self.fault = str(error.strerror)
        except OSError as error:
            if error.errno == errno.EINVAL:  # a place that a damaged file points to
                self.fault = "a position that no file has"
                return
            msg = f"vanished while it was read: {error.strerror or error}"
            raise DecodeError(msg) from error

    def _decode(self, packet: "Packet") -> Iterator[Frame]:
        self.n_bytes += packet.size
        if packet.size:
            self.n_packets += 1
            self.end = (packet.pos or 0) + packet.size
            self.cut_bytes = 0
        try:
            frames = packet.decode()
        except self._error as error:
            self._raise_if_memory(error)
            self.n_lost += bool(packet.size)
            self.lost_bytes += packet.size
            self.cut_bytes = packet.size or self.cut_bytes
            if self.lost_at is None and packet.pts is not None:
                begin = self._stream.start_time
                at = packet.pts if begin is None else max(packet.pts, begin)
                self.lost_at = at * self.tick
            return
        for frame in frames:
            yield _to_frame(frame, is_damaged=packet.is_corrupt or frame.is_corrupt)

    def _refuse(self, error: Exception) -> AudioReadError:
        self._raise_if_memory(error)
        why = getattr(error, "strerror", None) or error
        return AudioReadError(
            f"{self._contents.name}, damaged or of a kind that FFmpeg does not "
            f"decode: {why}"
        )

    @staticmethod
    def _raise_if_memory(error: Exception) -> None:
        if getattr(error, "errno", None) == errno.ENOMEM:
            raise MemoryError from error


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


def _to_frame(frame: "AudioFrame", *, is_damaged: bool) -> Frame:
    """Return the samples of a frame as numbers in [-1, 1]."""
    kind = frame.format.name.removesuffix("p")
    if kind not in _FULL_SCALE and kind not in _FLOATS:
        msg = f"samples of a kind that is not known: {frame.format.name}"
        raise DecodeError(msg)
    n_channels = frame.layout.nb_channels
    values = frame.to_ndarray()
    if frame.format.is_planar:
        values = values.T
    samples = values.reshape(-1, n_channels).astype(np.float32)
    if kind in _FULL_SCALE:
        if kind == "u8":
            samples -= 128
        samples /= _FULL_SCALE[kind]
    if is_damaged:
        samples[:] = 0
    at = None
    if frame.pts is not None and frame.time_base is not None:
        at = Fraction(frame.pts * frame.time_base)
    return Frame(samples, frame.sample_rate, at, is_damaged)
