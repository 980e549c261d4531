"""Which recordings are held out while a model learns from the others."""

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.labeled import Labels


def hold_out(
    labels: Labels, sources: NDArray[np.int64], *, share: float, seed: int
) -> NDArray[np.bool_]:
    """Draw recordings of each class, and return which clips are of them.

    A recording is held out with all its clips, because they are too much alike to
    learn from some and to test on others.

    Parameters
    ----------
    labels : array of int, shape (n_clips,)
        The class of each clip.
    sources : array of int, shape (n_clips,)
        The number of each clip's recording.
    share : float
        Share of the recordings of each class; at least one is held out.
    seed : int
        The same seed draws the same recordings.

    Returns
    -------
    array of bool, shape (n_clips,)
    """
    generator = np.random.default_rng(seed)
    drawn: list[int] = []
    for label in np.unique(labels):
        recordings = np.unique(sources[labels == label])
        count = max(1, round(share * len(recordings)))
        drawn += generator.choice(recordings, count, replace=False).tolist()
    return np.isin(sources, drawn)
