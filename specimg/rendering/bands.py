"""The bands of a spectrogram: where they lie, and which would hold no FFT bin."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
