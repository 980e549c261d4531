"""Recordings read forwards, in one pass, as mono samples."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, Waveform
from specimg.audio.metadata import find_time_expansion
from specimg.audio.metadata.contents import read_contents
from specimg.audio.opening import open_decoder
from specimg.errors import AudioReadError, join_warnings

MAX_CHANNELS = 1024


class AudioReader:
    """A recording that is being read, from its beginning to its end.

    Its end is where the sound ends, whatever its header says: a file may hold several
    recordings one after the other, and holes, which are read as silence.

    Parameters
    ----------
    path : Path
        A regular file in any format that libsndfile decodes; or FFmpeg, where the
        extra ``formats`` is installed.
    channel : int or None
        The channel to read, from 0; None for the mean of all.
    time_expansion : float
        How many times slower it plays than it was made, if the file does not say so
        itself.

    Raises
    ------
    AudioReadError
        The file is missing, empty, not audio, or has no such channel.
    """

    def __init__(
        self, path: Path, channel: int | None = None, time_expansion: float = 1.0
    ) -> None:
        self._path = path
        self._decoder = open_decoder(path)
        self.source_rate = self._decoder.sample_rate
        """The sample rate that the file has, in Hz: what its own seconds are of."""
        self.contents = read_contents(path)
        """What the file holds beside its sound, and its name."""
        told = find_time_expansion(self.contents)
        self._contradiction = _contradict(told, time_expansion)
        self.sample_rate = round(self.source_rate * (told or time_expansion))
        """The sample rate that it was recorded at, in Hz."""
        self.channels = self._decoder.channels
        self.codec = self._decoder.codec
        """FFmpeg's name for how the samples are coded, such as ``pcm_s16le``."""
        self._channel = channel
        self._seekable: int | None = None
        """How many samples can be sought in, once that was asked."""
        try:
            self._check_bounds()
        except AudioReadError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()

    @property
    def full_scale(self) -> float:
        """The smallest value that a clipped sample has, in either direction."""
        bits = 8 if self._decoder.is_8_bit else 16
        return 1.0 - 2.0 ** (1 - bits)

    @property
    def time_expansion(self) -> float:
        """How many seconds of the file a second of the sound is."""
        return self.sample_rate / self.source_rate

    @property
    def frames_read(self) -> int:
        """Samples of the recording before the one that is read next."""
        return self._decoder.frames_read

    @property
    def promised_seconds(self) -> float:
        """Length by the header, before anything is read; 0 where it is unknown.

        Of the sound as it was recorded, as are all seconds but those in warnings.
        """
        return self._decoder.promised_seconds / self.time_expansion

    @property
    def warning(self) -> str:
        """What is wrong with the recording, once all is read; else empty.

        Where reading has not come to the end, nothing is known yet.
        """
        return join_warnings(self._decoder.warning, self._contradiction)

    def can_seek(self) -> bool:
        """Whether reading can begin anywhere, exactly, up to the promised end.

        Asking loses the position: only for a recording that is not read afterwards.
        """
        return self._decoder.may_seek and self._decoder.has_last_frame()

    def skip(self, n_samples: int) -> int:
        """Go on without giving samples, and where it can be exact without decoding.

        Returns
        -------
        int
            By how many: fewer than `n_samples` only where the recording ends.

        Raises
        ------
        DecodeError
            The recording is damaged before the sample that is gone to.
        """
        end = self.frames_read + n_samples
        if n_samples and end <= self._find_seekable():
            self._decoder.seek(end)
            return n_samples
        left = n_samples
        while left and (n_read := len(self._decoder.read(left))):
            left -= n_read
        return n_samples - left

    def read(self, out: NDArray[np.float32]) -> int:
        """Read on, as `specimg.spans.reader.Read` says: mono samples and their peaks.

        Parameters
        ----------
        out : array of float32, shape (2, n)
            Row 0 gets the samples, row 1 the largest absolute value over the
            channels that they were made of.

        Returns
        -------
        int
            How many were read: fewer than n only where the recording ends.

        Raises
        ------
        DecodeError
            The recording is damaged here.
        """
        done, wanted = 0, out.shape[1]
        while done < wanted:
            block = self._decoder.read(wanted - done)
            if not len(block):
                break
            part = out[:, done : done + len(block)]
            if self._channel is not None:
                block = block[:, self._channel : self._channel + 1]
            part[0] = mix(block)
            if block.shape[1] == 1:
                np.abs(part[0], out=part[1])
            else:
                np.max(np.abs(block), axis=1, out=part[1])
            done += len(block)
        return done

    def _describe_rate(self) -> str:
        if self.time_expansion == 1:
            return str(self.sample_rate)
        return f"{self.source_rate} x {self.time_expansion:g}"

    def _find_seekable(self) -> int:
        """Return up to which sample reading can begin anywhere, exactly; mostly 0."""
        if self._seekable is None:
            self._seekable = 0
            if self._decoder.may_seek:
                # Asking loses the position, so another one is asked.
                with AudioReader(self._path, self._channel) as other:
                    if other.can_seek():
                        seconds = other.promised_seconds
                        self._seekable = round(seconds * other.sample_rate)
        return self._seekable

    def _check_bounds(self) -> None:
        """Refuse what no recorder writes, and a channel that the recording lacks."""
        if not MIN_SAMPLE_RATE <= self.sample_rate <= MAX_SAMPLE_RATE:
            msg = (
                f"sample rate {self._describe_rate()} Hz: need {MIN_SAMPLE_RATE:,} to "
                f"{MAX_SAMPLE_RATE:,} Hz"
            )
            raise AudioReadError(msg)
        if self.channels > MAX_CHANNELS:
            msg = f"{self.channels} channels: need no more than {MAX_CHANNELS}"
            raise AudioReadError(msg)
        if self._channel is not None and self._channel >= self.channels:
            msg = (
                f"no channel {self._channel} (counted from 0): "
                f"the recording has {self.channels}"
            )
            raise AudioReadError(msg)


def _contradict(told: int | None, given: float) -> str:
    if told is None or given in (1, told):
        return ""
    return f"the file says that it plays {told} times slower, not {given:g} times"


def mix(block: NDArray[np.float32]) -> Waveform:
    """Average channels, shape (n_samples, n_channels), to mono.

    The channels are added one after the other, so that the result for a sample
    does not depend on how many samples are mixed at a time.
    """
    if block.shape[1] == 1:
        return block[:, 0]
    total = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    total /= np.float32(block.shape[1])
    return total
