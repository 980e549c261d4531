"""Round frequencies, for the axes of a picture."""

import math
from collections.abc import Iterable

import numpy as np

from specimg.rendering.axes import hz_to_band
from specimg.rendering.mel import MelSettings

MIN_TICKS = 3


def hz_ticks(settings: MelSettings, min_gap: float) -> dict[float, str]:
    """Choose round frequencies.

    Powers of ten first, then twice and five times those, as far as there is room;
    and where the range holds few of them, multiples of some round number.  On a linear
    scale, all multiples of the smallest round number for which there is room.

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
    if settings.mel_scale == "linear":
        return _multiples(settings, min_gap)
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


def _multiples(settings: MelSettings, min_gap: float) -> dict[float, str]:
    bands = settings.n_mels / (settings.fmax - settings.fmin)  # for each Hz
    sizes = (factor * 10.0**k for k in range(-2, 7) for factor in (1, 2, 5))
    size = next(size for size in sizes if size * bands >= min_gap)
    first, last = math.ceil(settings.fmin / size), math.floor(settings.fmax / size)
    return _thin((n * size for n in range(first, last + 1)), settings, min_gap)


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
