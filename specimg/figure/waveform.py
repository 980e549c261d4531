"""The outline of a waveform, as it is drawn."""

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Waveform


def envelope(
    samples: Waveform, columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return a line through the lowest and highest sample in each column.

    A line through all samples would look the same, and takes seconds to draw.

    Parameters
    ----------
    samples : array of float32, shape (n_samples,)
    columns : int
        Width of the drawing in pixels.  Where there are less than four samples per
        column, the line goes through all of them.

    Returns
    -------
    positions : array, shape (n_points,)
        In samples from the first.
    values : array, shape (n_points,)
    """
    if samples.size < 4 * columns:
        return np.arange(samples.size, dtype=np.float64), samples
    bounds = np.linspace(0, samples.size, columns + 1).astype(np.int64)[:-1]
    low, high = (f.reduceat(samples, bounds) for f in (np.minimum, np.maximum))
    positions = bounds + 0.5 * samples.size / columns
    return np.repeat(positions, 2), np.stack([low, high], axis=1).ravel()
