"""From samples to a mel spectrogram: framing, STFT, mel bands."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from specimg.arrays import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, Spectrogram, Waveform
from specimg.errors import ParameterError, check_choice
from specimg.rendering.bands import (
    MAX_N_FFT,
    check_range,
    describe_no_bin,
    empty_bands,
    mel_filterbank,
    smallest_n_fft,
)
from specimg.rendering.lengths import (
    FITTING,
    MAX_HOP_LENGTH,
    NATIVE,
    check_milliseconds,
    to_samples,
)
from specimg.rendering.mel_scale import MelScale

if TYPE_CHECKING:
    from specimg.rendering.fft import SparseRows

MelNorm = Literal["none", "slaney"]

MAX_N_MELS = 4096
"""A bound far beyond any use: a larger number is a mistake that would fill the memory.
"""

FRAMES_AT_ONCE = 64
"""Frames that are transformed together, few enough to stay in a processor's cache: a
clip of 3 s takes 0.9 ms so, and 3.3 ms with all of its frames at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MelSettings:
    """How to compute a mel spectrogram.  Frequencies in Hz, lengths in samples."""

    sample_rate: int = 22_050
    """`NATIVE` stands for that of each recording: `at` has the settings for one."""
    n_fft: int = 1024
    """Length of the FFT; the window is padded with zeros to it.

    `FITTING`, which stands for not given, becomes the smallest power of two that holds
    the window and gives every band a bin."""
    win_length: int = 512
    hop_length: int = 128
    n_mels: int = 128
    fmin: float = 50.0
    fmax: float = math.nan
    """NaN, which stands for not given, becomes half the sample rate; infinity where
    that is not known yet."""
    mel_scale: MelScale = "htk"
    mel_norm: MelNorm = "none"
    power: int = 1
    """1 for magnitude, 2 for power."""
    center: bool = False
    """Pad with zeros and center the frames, as librosa does."""
    window_ms: float | None = None
    """The window in milliseconds, where `win_length` follows each recording's rate."""
    hop_ms: float | None = None
    """From frame to frame in milliseconds, likewise."""

    def __post_init__(self) -> None:
        """Reject settings that leave a spectrogram or a band undefined."""
        if not 1 <= self.n_mels <= MAX_N_MELS:
            msg = f"n_mels={self.n_mels}: need 1 to {MAX_N_MELS} bands"
            raise ParameterError(msg)
        check_choice("mel_scale", self.mel_scale, get_args(MelScale))
        check_choice("mel_norm", self.mel_norm, get_args(MelNorm))
        check_choice("power", self.power, (1, 2))
        if self.sample_rate == NATIVE:
            self._settle_native()
        else:
            self._settle_rate()

    def _settle_native(self) -> None:
        """Check what can be checked without a sample rate."""
        check_milliseconds(self.window_ms, self.hop_ms)
        if math.isnan(self.fmax):
            object.__setattr__(self, "fmax", math.inf)
        for name in ("win_length", "hop_length"):  # not known yet
            object.__setattr__(self, name, 0)
        if self.n_fft != FITTING and not 2 <= self.n_fft <= MAX_N_FFT:
            msg = f"n_fft={self.n_fft}: need 2 to {MAX_N_FFT} samples"
            raise ParameterError(msg)
        if not 0 <= self.fmin < self.fmax:
            msg = f"need 0 <= fmin < fmax, got fmin={self.fmin:g}, fmax={self.fmax:g}"
            raise ParameterError(msg)

    def _settle_rate(self) -> None:
        """Check all that depends on the sample rate, and what follows from it."""
        if not MIN_SAMPLE_RATE <= self.sample_rate <= MAX_SAMPLE_RATE:
            msg = (
                f"sr={self.sample_rate} Hz: need {MIN_SAMPLE_RATE:,} to "
                f"{MAX_SAMPLE_RATE:,} Hz"
            )
            raise ParameterError(msg)
        if math.isnan(self.fmax):
            object.__setattr__(self, "fmax", self.sample_rate / 2)
        if not 1 <= self.hop_length <= MAX_HOP_LENGTH:
            msg = f"hop_length={self.hop_length}: need 1 to {MAX_HOP_LENGTH} samples"
            raise ParameterError(msg)
        check_range(self)
        if self.n_fft == FITTING and 2 <= self.win_length <= MAX_N_FFT:
            object.__setattr__(self, "n_fft", smallest_n_fft(self))
        if not 2 <= self.win_length <= self.n_fft <= MAX_N_FFT:
            msg = (
                f"need 2 <= win_length <= n_fft <= {MAX_N_FFT}, "
                f"got win_length={self.win_length}, n_fft={self.n_fft}"
            )
            raise ParameterError(msg)
        if empty := empty_bands(self):
            raise ParameterError(describe_no_bin(self, empty))

    @property
    def is_native(self) -> bool:
        """Whether the sample rate is that of each recording, known yet or not."""
        return self.window_ms is not None

    def at(self, sample_rate: int) -> Self:
        """Return the settings for recordings with a sample rate in Hz.

        Raises
        ------
        ParameterError
            They are not possible at this rate.
        """
        if self.sample_rate != NATIVE:
            return self
        return replace(
            self,
            sample_rate=sample_rate,
            win_length=to_samples("window_ms", self.window_ms or 0, sample_rate),
            hop_length=to_samples("hop_ms", self.hop_ms or 0, sample_rate),
            fmax=math.nan if math.isinf(self.fmax) else self.fmax,
        )

    @property
    def frame_rate(self) -> float:
        """Frames per second; about that, where the sample rate is not known yet."""
        if self.sample_rate == NATIVE and self.hop_ms:
            return 1000 / self.hop_ms
        return self.sample_rate / self.hop_length

    @property
    def window_seconds(self) -> float:
        """Seconds of one window."""
        if self.sample_rate == NATIVE and self.window_ms:
            return self.window_ms / 1000
        return self.win_length / self.sample_rate

    def hops_seconds(self, n_frames: int) -> float:
        """Return the seconds from a frame to the one that comes `n_frames` later."""
        if self.sample_rate == NATIVE and self.hop_ms:
            return n_frames * self.hop_ms / 1000
        return n_frames * self.hop_length / self.sample_rate

    def n_frames(self, n_samples: int) -> int:
        """Return how many frames `n_samples` samples at `sample_rate` give."""
        if self.center:
            return 1 + n_samples // self.hop_length
        return max(0, 1 + (n_samples - self.win_length) // self.hop_length)


def mel_spectrogram(samples: Waveform, settings: MelSettings) -> Spectrogram:
    """Compute a mel spectrogram.

    Equal to ``librosa.feature.melspectrogram`` with the same settings where both
    have the frame; without `center` librosa's frames are `n_fft` long, these are
    `win_length` long.

    Parameters
    ----------
    samples : array of float32, shape (n_samples,)
        Mono waveform at ``settings.sample_rate``, at least one window long.
    settings : MelSettings

    Returns
    -------
    array of float32, shape (n_mels, n_frames)
        Magnitude, or its square with ``power=2``; row 0 is the lowest band.
        ``n_frames = 1 + (n_samples - win_length) // hop_length``: no edge padding,
        or with `center` ``1 + n_samples // hop_length``.
    """
    # Keeps --help fast.
    from specimg.rendering.fft import real_fft, sparse_product  # noqa: PLC0415

    n_frames = settings.n_frames(samples.size)
    if settings.center:
        before = settings.n_fft // 2 - (settings.n_fft - settings.win_length) // 2
        samples = np.pad(samples, (before, before + settings.n_fft))
    frames = np.lib.stride_tricks.sliding_window_view(samples, settings.win_length)
    frames = frames[:: settings.hop_length][:n_frames]
    window = _hann(settings.win_length)[:, np.newaxis]
    bands = _filterbank(settings)
    mel = np.empty((settings.n_mels, n_frames), np.float32)
    at_once = min(FRAMES_AT_ONCE, n_frames)
    n_bins = settings.n_fft // 2 + 1
    # Used again for every block: fresh memory costs as much as the arithmetic.
    padded = np.zeros((settings.n_fft, at_once), np.float32)
    spectrum = np.empty((n_bins, at_once), np.complex64)
    magnitude = np.empty((n_bins, at_once), np.float32)
    for first in range(0, n_frames, at_once):
        block = frames[first : first + at_once]
        if len(block) < at_once:
            # The last block is shorter, and contiguous only in memory of its own.
            padded = np.zeros((settings.n_fft, len(block)), np.float32)
            spectrum = np.empty((n_bins, len(block)), np.complex64)
            magnitude = np.empty((n_bins, len(block)), np.float32)
        np.multiply(block.T, window, out=padded[: settings.win_length])
        real_fft(padded, out=spectrum)
        np.abs(spectrum, out=magnitude)
        if settings.power == 2:
            magnitude *= magnitude
        # A sparse product adds in a fixed order; a dense one goes through BLAS,
        # whose last bits depend on its threads and on the length of the block.
        mel[:, first : first + at_once] = sparse_product(bands, magnitude)
    return mel


@lru_cache(maxsize=8)
def _filterbank(settings: MelSettings) -> "SparseRows":
    from specimg.rendering.fft import to_sparse  # noqa: PLC0415 - as above

    return to_sparse(mel_filterbank(settings))


@lru_cache(maxsize=8)
def _hann(length: int) -> Waveform:
    """Return a periodic Hann window."""
    phase = np.arange(length) * (2.0 * math.pi / length)
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
