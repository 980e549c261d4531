"""Recordings read forwards, in one pass, as mono samples.

soundfile seeks after every read, and a seek is not exact in MP3 and Vorbis; so
nothing here ever seeks.  Nothing is allocated by what a header promises, either.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from specimg.arrays import Waveform
from specimg.audio.signatures import read_head, why_not_audio
from specimg.audio.truncation import describe_truncation
from specimg.errors import AudioReadError, DecodeError

MIN_RATE, MAX_RATE = 100, 4_000_000
MAX_CHANNELS = 1024
VALUES_AT_ONCE = 2**18
"""Decoded values in memory at a time, over all channels."""


class AudioReader:
    """A recording that is being read, from its beginning to its end.

    Parameters
    ----------
    path : Path
        A regular file in any format that libsndfile decodes.
    channel : int or None
        The channel to read, from 0; None for the mean of all.

    Raises
    ------
    AudioReadError
        The file is missing, empty, not audio, or has no such channel.
    """

    def __init__(self, path: Path, channel: int | None = None) -> None:
        head = read_head(path)
        try:
            self._file = _ForwardSoundFile(_file_name(path))
        except soundfile.LibsndfileError as error:
            raise AudioReadError(why_not_audio(head, error.error_string)) from error
        self.path = path
        self.sample_rate: int = self._file.samplerate
        """In Hz."""
        self.channels: int = self._file.channels
        self.frames_read = 0
        self._channel = channel
        try:
            self._check_bounds()
        except AudioReadError:
            self._file.close()
            raise
        rows = max(1, VALUES_AT_ONCE // self.channels)
        self._block = np.empty((rows, self.channels), np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def full_scale(self) -> float:
        """The smallest value that a clipped sample has, in either direction."""
        bits = 8 if self._file.subtype in ("PCM_S8", "PCM_U8") else 16
        return 1.0 - 2.0 ** (1 - bits)

    def read(self, out: NDArray[np.float32]) -> int:
        """Read on, as `specimg.clips.Read` says: mono samples and their peaks.

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
        done = 0
        wanted = out.shape[1]
        while done < wanted:
            rows = min(wanted - done, len(self._block))
            block = self._decode(rows)
            part = out[:, done : done + len(block)]
            if self._channel is not None:
                block = block[:, self._channel : self._channel + 1]
            part[0] = mix(block)
            np.max(np.abs(block), axis=1, out=part[1])
            done += len(block)
            if len(block) < rows:
                break
        return done

    def truncation(self) -> str:
        """Say what is missing, once all is read; an empty string if nothing is."""
        try:
            return describe_truncation(self.path, self._file, self.frames_read)
        except OSError as error:
            msg = f"vanished while it was read: {error.strerror or error}"
            raise AudioReadError(msg) from error

    def _decode(self, rows: int) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._file.read(out=self._block[:rows])
        except soundfile.LibsndfileError as error:
            after = self.frames_read / self.sample_rate
            before = (self.frames_read + rows) / self.sample_rate
            text = error.error_string.strip().removeprefix("Error : ").rstrip(".")
            msg = f"damaged between {after:.1f} s and {before:.1f} s: {text}"
            raise DecodeError(msg) from error
        self.frames_read += len(block)
        return block

    def _check_bounds(self) -> None:
        """Refuse what no recorder writes, and a channel that is not there."""
        if not MIN_RATE <= self.sample_rate <= MAX_RATE:
            msg = f"sample rate {self.sample_rate} Hz: need {MIN_RATE} to {MAX_RATE} Hz"
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


class _ForwardSoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """A SoundFile that never seeks, and so decodes every format to the bit."""

    def seekable(self) -> bool:
        return False


def _file_name(path: Path) -> bytes | str:
    """Return what libsndfile opens: a name that is not UTF-8 needs its bytes."""
    return os.fsencode(path) if os.name == "posix" else str(path)
