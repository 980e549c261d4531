"""Recordings read forwards, in one pass, as mono samples.

soundfile seeks after every read, and a seek is not exact in MP3 and Vorbis; so
nothing here ever seeks.  Nothing is allocated by what a header promises, either.
"""

import os
import re
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from specimg.arrays import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, Waveform
from specimg.audio.signatures import open_regular, why_not_audio
from specimg.audio.truncation import UNKNOWN_FRAMES, describe_truncation
from specimg.errors import AudioReadError, DecodeError

MAX_CHANNELS = 1024
SEEKABLE_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "CAF")
"""Where libsndfile goes to exactly the frame that it is asked for."""

_SAMPLEWISE = re.compile(r"PCM_\w+|FLOAT|DOUBLE|ALAW|ULAW")
"""Codings whose every frame stands for itself, or that find their way as FLAC does."""

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
        self._handle, head = open_regular(path)
        try:
            self._file = _open(path, self._handle)
        except soundfile.LibsndfileError as error:
            self._handle.close()
            raise AudioReadError(why_not_audio(head, error.error_string)) from error
        self.path = path
        self.sample_rate: int = self._file.samplerate
        """In Hz."""
        self.channels: int = self._file.channels
        self.frames_read = 0
        self._channel = channel
        self._at_end = False
        try:
            self._check_bounds()
        except AudioReadError:
            self.close()
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
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._handle.close()

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
            if block.shape[1] == 1:
                np.abs(part[0], out=part[1])
            else:
                np.max(np.abs(block), axis=1, out=part[1])
            done += len(block)
            if len(block) < rows:
                break
        return done

    @property
    def promised_seconds(self) -> float:
        """Length by the header; 0 where it does not say."""
        frames: int = self._file.frames
        return 0.0 if frames >= UNKNOWN_FRAMES else frames / self.sample_rate

    def can_seek(self) -> bool:
        """Whether reading can begin anywhere, exactly, up to the promised end.

        Afterwards the position is lost: only to be asked where nothing is read.
        """
        is_exact = _SAMPLEWISE.fullmatch(self._file.subtype)
        if self._file.format not in SEEKABLE_FORMATS or not is_exact:
            return False
        try:
            self._file.seek(self._file.frames - 1)
            return len(self._file.read(1)) == 1
        except soundfile.LibsndfileError:
            return False

    def seek(self, frame: int) -> None:
        """Go to a frame, in a recording that can seek.

        Raises
        ------
        DecodeError
            The recording has no such frame, or is damaged before it.
        """
        try:
            self._file.seek(frame)
        except soundfile.LibsndfileError as error:
            msg = f"damaged before {frame / self.sample_rate:.1f} s: cannot go there"
            raise DecodeError(msg) from error
        self.frames_read = frame

    def truncation(self) -> str:
        """Say what is missing, once all is read; an empty string if nothing is.

        Where reading has not come to the end, nothing is known to be missing.
        """
        if not self._at_end:
            return ""
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
        self._at_end = len(block) < rows
        return block

    def _check_bounds(self) -> None:
        """Refuse what no recorder writes, and a channel that is not there."""
        if not MIN_SAMPLE_RATE <= self.sample_rate <= MAX_SAMPLE_RATE:
            msg = (
                f"sample rate {self.sample_rate} Hz: need {MIN_SAMPLE_RATE:,} to "
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


def _open(path: Path, handle: BinaryIO) -> "_ForwardSoundFile":
    """Open by descriptor, so that no name, of whatever bytes or extension, matters.

    But an MP3 that begins with something else libsndfile takes for one only by name.
    """
    try:
        return _ForwardSoundFile(handle.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        if path.suffix.lower() != ".mp3":
            raise
        name = os.fsencode(path) if os.name == "posix" else str(path)
        return _ForwardSoundFile(name)


class _ForwardSoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """A SoundFile that never seeks, and so decodes every format to the bit."""

    def seekable(self) -> bool:
        return False
