"""Where seconds and hertz lie in a picture."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from specimg.rendering.mel import MelSettings, band_edges, hz_to_mel

MIN_TICKS = 3


def time_extent(settings: MelSettings, n_frames: int) -> tuple[float, float]:
    """Return where the columns of a picture begin and end.

    A column lies around the middle of its frame, which is half a window after its
    first sample; or, with ``center``, at a whole number of hops.

    Returns
    -------
    tuple of float
        Seconds from the beginning of the clip.
    """
    middle = 0.0 if settings.center else settings.win_length / 2
    left = middle - settings.hop_length / 2
    right = left + n_frames * settings.hop_length
    return left / settings.sample_rate, right / settings.sample_rate


def hz_to_band(
    hertz: NDArray[np.float64], settings: MelSettings
) -> NDArray[np.float64]:
    """Return where frequencies in Hz lie, in bands; band k has its peak at k."""
    edges = hz_to_mel(band_edges(settings), settings.mel_scale)
    step = (edges[-1] - edges[0]) / (settings.n_mels + 1)
    return (hz_to_mel(hertz, settings.mel_scale) - edges[0]) / step - 1.0


def hz_ticks(settings: MelSettings, min_gap: float) -> dict[float, str]:
    """Choose round frequencies.

    Powers of ten first, then twice and five times those, as far as there is room;
    and where the range holds few of them, multiples of some round number.

    Parameters
    ----------
    settings : MelSettings
    min_gap : float
        Least distance of two ticks, in bands.

    Returns
    -------
    dict
        The label of every tick, by the band where it lies.
    """
    powers = [10.0**k for k in range(6, -1, -1)]
    halves = [factor * power for power in powers for factor in (5.0, 2.0)]
    hertz = [*powers, *halves]
    ticks = _thin(hertz, settings, min_gap)
    for size in (factor * 10.0**k for k in range(5, -3, -1) for factor in (5, 2, 1)):
        if len(ticks) >= MIN_TICKS or (settings.fmax - settings.fmin) / size > 10:
            break
        first = math.floor(settings.fmax / size)
        last = math.ceil(settings.fmin / size)
        finer = [n * size for n in range(first, last - 1, -1)]
        ticks = max(ticks, _thin([*hertz, *finer], settings, min_gap), key=len)
    return ticks


def _thin(
    hertz: Iterable[float], settings: MelSettings, min_gap: float
) -> dict[float, str]:
    """Take frequencies that lie in the picture, and not too near to one before them."""
    ticks: dict[float, str] = {}
    frequencies = list(hertz)
    bands = hz_to_band(np.array(frequencies), settings).tolist()
    for frequency, band in zip(frequencies, bands, strict=True):
        is_inside = -0.5 <= band <= settings.n_mels - 0.5
        if is_inside and all(abs(band - other) >= min_gap for other in ticks):
            ticks[band] = _label(frequency)
    return ticks


def _label(hertz: float) -> str:
    return f"{hertz / 1000:g}k" if hertz >= 1000 else f"{hertz:g}"
