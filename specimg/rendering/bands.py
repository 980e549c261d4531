"""The bands of a spectrogram: where they lie, and which would hold no FFT bin."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import MAX_SAMPLE_RATE
from specimg.errors import ParameterError
from specimg.rendering.mel_scale import hz_to_mel, mel_to_hz

if TYPE_CHECKING:
    from specimg.rendering.mel import MelSettings

MAX_N_FFT = 2**17
"""A bound far beyond any use: a larger number is a mistake that would fill the memory.
"""


def band_edges(
    settings: "MelSettings", n_mels: int | None = None, fmin: float | None = None
) -> NDArray[np.float64]:
    """Return the frequencies in Hz where the bands' triangles begin, peak and end.

    Band k rises from edge k to edge k+1 and falls to edge k+2, so there are
    ``n_mels + 2`` edges, equally spaced on the mel scale that is set.  `n_mels` and
    `fmin` are those of the settings unless they are given.
    """
    count = (n_mels or settings.n_mels) + 2
    lowest = settings.fmin if fmin is None else fmin
    ends = hz_to_mel(np.array([lowest, settings.fmax]), settings.mel_scale)
    return mel_to_hz(np.linspace(ends[0], ends[1], count), settings.mel_scale)


def mel_filterbank(settings: "MelSettings") -> NDArray[np.float32]:
    """Return the weights of FFT bins in bands, shape (n_mels, n_fft // 2 + 1)."""
    n_fft = settings.n_fft
    bins = np.arange(n_fft // 2 + 1) * (settings.sample_rate / n_fft)
    edges = band_edges(settings)[:, np.newaxis]
    low, peak, high = edges[:-2], edges[1:-1], edges[2:]
    rise, fall = (bins - low) / (peak - low), (high - bins) / (high - peak)
    weights = np.maximum(0.0, np.minimum(rise, fall))
    if settings.mel_norm == "slaney":
        weights *= 2.0 / (high - low)
    return weights.astype(np.float32)


def check_range(settings: "MelSettings") -> None:
    """Refuse frequencies that a sample rate does not have.

    With ``sr=native``, bands may lie above half the sample rate, where they stay black,
    but not all of them.

    Raises
    ------
    ParameterError
    """
    fmin, fmax, nyquist = settings.fmin, settings.fmax, settings.sample_rate / 2
    if not 0 <= fmin < fmax or (fmax > nyquist and not settings.is_native):
        msg = (
            f"need 0 <= fmin < fmax <= {nyquist:g} Hz (half the sample rate), "
            f"got fmin={fmin:g}, fmax={fmax:g}"
        )
        if nyquist < fmax <= MAX_SAMPLE_RATE / 2:
            msg += f"; for that, raise sr to {math.ceil(2 * fmax)} or more"
        raise ParameterError(msg)
    if fmin >= nyquist:
        msg = f"fmin={fmin:g} Hz is above all of a recording up to {nyquist:g} Hz"
        raise ParameterError(msg)


def empty_bands(
    settings: "MelSettings",
    *,
    n_fft: int | None = None,
    n_mels: int | None = None,
    fmin: float | None = None,
) -> list[int]:
    """Return the bands that would stay black, their triangles between two FFT bins.

    What is not given is that of the settings.
    """
    bin_width = settings.sample_rate / (n_fft or settings.n_fft)
    edges = band_edges(settings, n_mels, fmin) / bin_width
    first_bin = np.floor(edges[:-2]) + 1
    return np.flatnonzero(first_bin >= edges[2:]).tolist()


def smallest_n_fft(settings: "MelSettings") -> int:
    """Return the smallest power of two that holds the window and leaves no band black.

    Where there is none, that which holds the window.
    """
    least = 1 << (settings.win_length - 1).bit_length()
    n_fft = least
    while n_fft <= MAX_N_FFT:
        if not empty_bands(settings, n_fft=n_fft):
            return n_fft
        n_fft *= 2
    return least


def describe_no_bin(settings: "MelSettings", empty: list[int]) -> str:
    """Say which bands hold no FFT bin, and what would help."""
    larger = range(settings.n_fft + 1, MAX_N_FFT + 1)
    fewer = range(settings.n_mels - 1, 0, -1)
    n_fft = next((n for n in larger if not empty_bands(settings, n_fft=n)), 0)
    n_mels = next((n for n in fewer if not empty_bands(settings, n_mels=n)), 0)
    higher = _round_numbers(settings.fmin, settings.fmax)
    fmin = next((hz for hz in higher if not empty_bands(settings, fmin=hz)), 0)
    ways = [
        f"n_fft={n_fft} (the smallest that works)" if n_fft else "",
        f"n_mels={n_mels} (the largest that works)" if n_mels else "",
        f"fmin={fmin:g} (above which bands are wide enough)" if fmin else "",
    ]
    advice = ", or ".join(filter(None, ways)) or "a wider range of frequencies"
    return (
        f"n_mels={settings.n_mels} is too many for n_fft={settings.n_fft}: "
        f"{len(empty)} bands, the first of them number {empty[0]}, hold no FFT bin; "
        f"use {advice}"
    )


def _round_numbers(low: float, high: float) -> Iterator[float]:
    """Yield the numbers of two digits between two frequencies, in their order."""
    digits = (digits * 10.0**power for power in range(7) for digits in range(10, 100))
    return (hertz for hertz in digits if low < hertz < high)
