"""Average precision, also of many resampled tests at once."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.labeled import Labels

Scores: TypeAlias = NDArray[np.float64]
"""The score of each clip for each class, shape (n_clips, n_classes)."""


def average_precision(
    scores: NDArray[np.float64],
    is_positive: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the average precision of one class, ``sum((R[k] - R[k-1]) P[k])``.

    P[k] and R[k] are precision and recall of the clips that score at least as high as
    the k-th distinct score.  The result is that of
    ``sklearn.metrics.average_precision_score``.

    Parameters
    ----------
    scores : array, shape (n_clips,)
    is_positive : array, shape (n_clips,) or (n_tests, n_clips)
    weights : array, shape (n_tests, n_clips)
        How often each clip counts in each test.

    Returns
    -------
    array, shape (n_tests,)
        NaN where no clip is positive.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
    weights = weights[:, order]
    hits = np.cumsum(weights * is_positive[..., order], axis=1)[:, ends]
    taken = np.cumsum(weights, axis=1)[:, ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(taken > 0, hits / taken, 0.0)
        recall = hits / hits[:, -1:]
    return (np.diff(recall, axis=1, prepend=0.0) * precision).sum(axis=1)


def macro_average_precision(
    scores: Scores, labels: Labels, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the mean of the average precision over the classes that a test has.

    Parameters
    ----------
    scores : array, shape (n_clips, n_classes)
    labels : array of int, shape (n_clips,) or (n_tests, n_clips)
    weights : array, shape (n_tests, n_clips)
        As in `average_precision`; without them there is one test, of all clips.

    Returns
    -------
    array, shape (n_tests,)
    """
    if weights is None:
        weights = np.ones((1, len(scores)))
    by_class = [
        average_precision(scores[:, index], labels == index, weights)
        for index in np.unique(labels)
    ]
    return np.nanmean(by_class, axis=0)
