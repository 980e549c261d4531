"""To [0, 1] by minimum and maximum: before and after the frontend."""

import numpy as np

from specimg.arrays import Spectrogram


def min_max(values: Spectrogram) -> Spectrogram:
    """Scale `values` so that the smallest is 0 and the largest 1.

    Nothing is added to the denominator, so that the result does not change
    with the gain of the recording.

    Parameters
    ----------
    values : array of float32
        Finite numbers.

    Returns
    -------
    array of float32, same shape
        All zero where every value is the same.
    """
    low, high = values.min(), values.max()
    if low == high:
        return np.zeros_like(values)
    return (values - low) / (high - low)
