"""The packets of a file, one after the other, and the frames that they decode to."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from specimg.audio.ffmpeg.container import open_container
from specimg.audio.foreign.probing import Contents
from specimg.errors import DecodeError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.packet import Packet

_RAW = ("aac", "ac3", "amr", "dts", "eac3", "loas", "mlp", "truehd")
"""Formats of frames without times: what is lost between two is not known."""

_FULL_SCALE = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31}
"""What is 1.0, by FFmpeg's names of samples; others are floats."""


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
        self._make_packing = av.AudioResampler
        self._kind: tuple[str, str, int] | None = None
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
        self._container = open_container(file, contents)
        self._stream = self._container.streams.audio[0]
        self.codec: str = self._stream.codec_context.codec.canonical_name
        """FFmpeg's name for it."""

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
        base = self._stream.time_base
        return Fraction(base.numerator, base.denominator) if base else Fraction(0)

    @property
    def seconds(self) -> Fraction | None:
        """Length of the stream of sound by its header; None where it has none."""
        duration = self._stream.duration
        return None if duration is None else duration * self.tick

    @property
    def film_seconds(self) -> float:
        """Length of the longest stream; 0 where it is unknown."""
        return (self._container.duration or 0) / 1_000_000

    @property
    def promised_seconds(self) -> float:
        """That, or the length of all streams; 0 where both are unknown.

        Of raw frames it is a guess by the first ones.
        """
        return max(0.0, float(self.seconds or self.film_seconds))

    def __iter__(self) -> Iterator[Frame]:
        try:
            for packet in self._packets():
                yield from self._decode(packet)
        except self._error as error:
            self._check_memory(error)
            self.fault = str(error.strerror)
        except ValueError as error:  # PyAV 19 says so of a codec that it lacks
            self.fault = str(error)
        except OSError as error:
            msg = f"vanished while it was read: {error.strerror or error}"
            raise DecodeError(msg) from error

    def _packets(self) -> Iterator["Packet"]:
        """Yield packets, and an empty one at the end.

        Where streams have begun in the midst, PyAV then stumbles over them, unless it
        is asked again.
        """
        while True:
            try:
                yield from self._container.demux(self._stream)
            except IndexError:
                continue
            return

    def _decode(self, packet: "Packet") -> Iterator[Frame]:
        self.n_bytes += packet.size
        if packet.size:
            self.n_packets += 1
            self.end = (packet.pos or 0) + packet.size
            self.cut_bytes = 0
        try:
            frames = [self._to_frame(frame, packet) for frame in packet.decode()]
        except self._error as error:
            self._check_memory(error)
            self.n_lost += bool(packet.size)
            self.lost_bytes += packet.size
            self.cut_bytes = packet.size or self.cut_bytes
            if self.lost_at is None and packet.pts is not None:
                begin = self._stream.start_time
                at = packet.pts if begin is None else max(packet.pts, begin)
                self.lost_at = at * self.tick
            return
        yield from frames

    def _to_frame(self, frame: "AudioFrame", packet: "Packet") -> Frame:
        # PyAV loses count of planes where there are eight or more.
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            self._kind = kind
            self._packing = self._make_packing(format=frame.format.packed)
        samples = np.concatenate([_to_floats(f) for f in self._packing.resample(frame)])
        is_damaged = packet.is_corrupt or frame.is_corrupt
        if is_damaged:
            samples[:] = 0
        base, at = frame.time_base, None
        if frame.pts is not None and base:
            at = Fraction(frame.pts * base.numerator, base.denominator)
        return Frame(samples, frame.sample_rate, at, is_damaged)

    @staticmethod
    def _check_memory(error: Exception) -> None:
        """Give up where FFmpeg wants more memory than there is: mostly for nonsense."""
        if getattr(error, "errno", None) == errno.ENOMEM:
            msg = "damaged: FFmpeg needs more memory for it than there is"
            raise DecodeError(msg) from error


def _to_floats(frame: "AudioFrame") -> NDArray[np.float32]:
    """Return packed samples as numbers in [-1, 1], shape (n, n_channels)."""
    values = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    samples = values.astype(np.float32)
    kind = frame.format.name
    if kind == "u8":
        samples -= 128
    if kind in _FULL_SCALE:
        samples /= _FULL_SCALE[kind]
    return samples
