"""Scaling to [0, 1] by minimum and maximum, before and after the frontend."""

import numpy as np

from specimg.arrays import Spectrogram


def value_range(values: Spectrogram) -> tuple[np.float32, np.float32]:
    """Return the smallest and the largest of `values`."""
    return values.min(), values.max()


def min_max(
    values: Spectrogram, known_range: tuple[np.float32, np.float32] | None = None
) -> Spectrogram:
    """Scale `values` so that the smallest is 0 and the largest 1.

    Nothing is added to the denominator, so that the result does not change
    with the gain of the recording.

    Parameters
    ----------
    values : array of float32
        Finite numbers.
    known_range : pair of float32
        The `value_range` of `values`, where it is known already.

    Returns
    -------
    array of float32, same shape
        All zero where every value is the same.
    """
    low, high = known_range or value_range(values)
    if low == high:
        return np.zeros_like(values)
    scaled = values - low
    scaled /= high - low
    return scaled
