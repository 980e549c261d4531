"""A recording decoded by FFmpeg, from its first sample to its last."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from specimg.audio.ffmpeg.frames import Frame, Frames
from specimg.audio.ffmpeg.report import (
    describe_behind,
    describe_beside,
    describe_end,
    describe_lost,
    describe_unnamed,
)
from specimg.audio.ffmpeg.timeline import Timeline
from specimg.audio.foreign.probing import Contents
from specimg.audio.signatures import open_regular
from specimg.audio.streams import describe_holes
from specimg.errors import AudioReadError, DecodeError, join_warnings

_SILENCE = 2**16
"""Frames of silence in memory at a time."""


class FfmpegDecoder:
    """The first stream of sound in a file, with all its channels.

    It reads as `specimg.audio.decoder.Decoder` does, forwards only: where FFmpeg seeks
    to in a compressed stream is not exact.

    Parameters
    ----------
    path : Path
    contents : Contents
        What it is, by `specimg.audio.foreign`.

    Raises
    ------
    AudioReadError
        It cannot be opened, or no frame of it can be decoded.
    """

    def __init__(self, path: Path, contents: Contents) -> None:
        self._handle, _ = open_regular(path)
        try:
            self._frames = Frames(self._handle, contents)
            self._coming = iter(self._frames)
            first = next(self._coming, None)
        except BaseException:
            self._handle.close()
            raise
        if first is None:
            self.close()
            msg = f"{contents.name}, of which no frame can be decoded: damaged"
            raise AudioReadError(msg)
        self.sample_rate = first.sample_rate
        """In Hz."""
        self.channels = first.samples.shape[1]
        self.codec = self._frames.codec
        """FFmpeg's name for it."""
        self.frames_read = 0
        """Frames of the recording so far, with holes."""
        self._placed = 0
        """Frames that are decoded, or silence for those that are lost."""
        self._at_end = False
        self._warning = ""
        length = 0.0 if self._frames.is_raw else self._frames.promised_seconds
        self._timeline = Timeline(self.sample_rate, self._frames.tick, length)
        if self._frames.lost_at is not None and not self._frames.is_raw:
            self._timeline.begin(self._frames.lost_at)
        self._blocks = self._place(first)
        self._block = first.samples[:0]

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._handle.close()

    @property
    def is_8_bit(self) -> bool:
        """Whether samples have eight bits only."""
        return self.codec in ("pcm_s8", "pcm_u8")

    @property
    def promised_seconds(self) -> float:
        """Length by the header, before anything is read; 0 where it is unknown."""
        return self._frames.promised_seconds

    may_seek = False
    """Whether reading can begin anywhere, exactly."""

    def has_last_frame(self) -> bool:
        """Whether the last promised frame is there: that is not known."""
        return False

    def seek(self, frame: int) -> None:
        """Refuse to go anywhere: it can only be read forwards."""
        msg = f"cannot go to frame {frame}: {self.codec} can only be read forwards"
        raise DecodeError(msg)

    def read(self, n_frames: int) -> NDArray[np.float32]:
        """Decode up to `n_frames`, shape (n, n_channels); 0 where the recording ends.

        Raises
        ------
        DecodeError
            The format of the sound changes here.
        """
        while not len(self._block) and not self._at_end:
            block = next(self._blocks, None)
            self._at_end = block is None
            if block is None:
                self._warning = self._describe()
            else:
                self._block = block
        block, self._block = self._block[:n_frames], self._block[n_frames:]
        self.frames_read += len(block)
        return block

    @property
    def warning(self) -> str:
        """What is wrong with the recording, once all is read; until then empty."""
        return self._warning

    def _describe(self) -> str:
        seconds = self._placed / self.sample_rate
        return join_warnings(
            describe_end(self._frames, self._handle, seconds),
            self._timeline.warning,
            describe_holes(self._timeline.holes),
            describe_lost(self._frames, self._handle, seconds),
            describe_behind(self._frames, self._handle, seconds),
            describe_unnamed(self._frames, self._handle, seconds),
            describe_beside(self._frames),
        )

    def _place(self, first: Frame) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of all frames, with silence where some are missing."""
        frame: Frame | None = first
        while frame is not None:
            self._check(frame)
            following = next(self._coming, None)
            n_frames = len(frame.samples)
            then = None if following is None else following.at
            hole = self._timeline.hole_before(self._placed, frame.at, n_frames, then)
            for begin in range(0, hole, _SILENCE):
                n_silent = min(_SILENCE, hole - begin)
                yield np.zeros((n_silent, self.channels), np.float32)
            self._placed += hole
            if frame.is_damaged:
                self._timeline.note(self._placed, n_frames)
            if following is None:
                n_frames -= self._padding(n_frames)
            self._placed += n_frames
            yield frame.samples[:n_frames]
            frame = following

    def _check(self, frame: Frame) -> None:
        """Refuse sound that goes on in another format."""
        where = f"at {self._placed / self.sample_rate:.1f} s"
        if frame.sample_rate != self.sample_rate:
            msg = (
                f"its sample rate changes from {self.sample_rate} Hz to "
                f"{frame.sample_rate} Hz {where}"
            )
            raise DecodeError(msg)
        if frame.samples.shape[1] != self.channels:
            msg = (
                f"the number of its channels changes from {self.channels} to "
                f"{frame.samples.shape[1]} {where}"
            )
            raise DecodeError(msg)

    def _padding(self, n_last: int) -> int:
        """Return how many frames an encoder has added to fill its last packet.

        MP4 says where the sound ends; FFmpeg cuts only what is before its beginning.
        """
        if self._frames.demuxer != "mov" or self._frames.seconds is None:
            return 0
        beyond = self._placed + n_last - round(self._frames.seconds * self.sample_rate)
        return beyond if 0 < beyond < n_last else 0
