"""What a recording holds that its picture does not show, and the other way round."""

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from specimg.errors import count
from specimg.rendering.bands import band_edges
from specimg.rendering.lengths import NATIVE
from specimg.rendering.mel import MelSettings

ULTRASONIC_RATE = 100_000
"""Hz; only recorders of ultrasound, as for bats, have a higher sample rate."""

FAR_ABOVE = 4
"""A recording reaches far above its picture if it does by this factor in frequency."""


@lru_cache(maxsize=64)
def describe_bandwidth(source_rate: int, settings: MelSettings) -> str:
    """Say what a picture does not show of a recording, or which bands stay empty.

    Returns an empty string where neither is worth a word, as for 44.1 and 48 kHz.
    """
    half = source_rate / 2
    if is_ultrasonic(source_rate, settings):
        return (
            f"not shown: the recording reaches {half:g} Hz, "
            f"the picture ends at {settings.fmax:g} Hz"
        )
    if empty := count_empty_bands(source_rate, settings):
        return (
            f"empty: {empty} of {settings.n_mels} bands, "
            f"because the recording ends at {half:g} Hz"
        )
    return ""


def describe_ultrasound(source_rate: int, settings: MelSettings) -> str:
    """Say of one recording that its picture shows little of it, and what helps.

    Returns an empty string where that is not so.
    """
    if not is_ultrasonic(source_rate, settings):
        return ""
    return (
        f"this recording reaches {source_rate / 2000:.3g} kHz, the picture ends at "
        f"{settings.fmax / 1000:.3g} kHz: {_raise(settings)}, or try --preset bat"
    )


def is_ultrasonic(source_rate: int, settings: MelSettings) -> bool:
    """Whether a recorder of ultrasound heard far more than the picture shows."""
    return source_rate > ULTRASONIC_RATE and source_rate / 2 > FAR_ABOVE * settings.fmax


def count_empty_bands(source_rate: int, settings: MelSettings) -> int:
    """Return how many bands begin above the highest frequency of a recording."""
    return int(np.count_nonzero(band_edges(settings)[:-2] >= source_rate / 2))


def summarize_bandwidths(rates: Mapping[int, int], settings: MelSettings) -> list[str]:
    """Return a line for each thing that pictures do not show, with what helps.

    Parameters
    ----------
    rates : mapping
        Number of recordings, by their sample rate in Hz.
    settings : MelSettings
    """
    lines = []
    if settings.sample_rate == NATIVE and math.isinf(settings.fmax) and len(rates) > 1:
        lines.append(
            f"pictures end at {min(rates) / 2:g} to {max(rates) / 2:g} Hz, half of "
            f"each sample rate, so a row is another frequency in each: set --fmax"
        )
    high = {r: n for r, n in rates.items() if is_ultrasonic(r, settings.at(r))}
    if high:
        half = max(high) / 2
        lines.append(
            f"sound above {settings.fmax:g} Hz is not shown, of up to {half:g} Hz in "
            f"{count(sum(high.values()), 'recording')}: {_raise(settings)}"
        )
    empty = {rate: count_empty_bands(rate, settings.at(rate)) for rate in rates}
    low = {rate: n for rate, n in rates.items() if empty[rate]}
    if low:
        n_low = sum(low.values())
        end = "ends" if n_low == 1 else "end"
        more = " and above" if len(low) > 1 else ""
        lines.append(
            f"up to {empty[min(low)]} of {settings.n_mels} bands "
            f"are empty in {count(n_low, 'recording')}, which {end} at "
            f"{min(low) / 2:g} Hz{more}: lower --fmax to that"
        )
    return lines


def _raise(settings: MelSettings) -> str:
    return "raise --fmax" if settings.is_native else "raise --sr and --fmax"
