"""Average precision, also of many resampled tests at once."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.recording import Labels

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
    is_positive : array of bool, shape (n_clips,)
    weights : array, shape (n_tests, n_clips)
        How often each clip counts in each test.

    Returns
    -------
    array, shape (n_tests,)
        NaN where no clip is positive.
    """
    order = np.argsort(-scores, kind="stable")
    weights = weights[:, order]
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
    positives = np.flatnonzero(is_positive[order])
    # Precision changes elsewhere, too, but counts only where recall changes.
    last = ends[np.searchsorted(ends, positives)]
    counted = weights[:, positives]
    found = np.cumsum(counted, axis=1)
    hits = found[:, np.searchsorted(positives, last, side="right") - 1]
    taken = np.cumsum(weights, axis=1)[:, last]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(taken > 0, hits / taken, 0.0)
        total = counted.sum(axis=1)
        return np.asarray((counted * precision).sum(axis=1) / total)


def class_average_precisions(
    scores: Scores,
    labels: Labels,
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the average precision of each class that a clip is of.

    Parameters
    ----------
    scores : array, shape (n_clips, n_classes)
    labels : array of bool, shape (n_clips, n_classes)
    weights : array, shape (n_tests, n_clips)
        As in `average_precision`.

    Returns
    -------
    array, shape (n_known, n_tests)
        Of the classes that have positives.
    """
    return np.stack(
        [
            average_precision(scores[:, index], labels[:, index], weights)
            for index in np.flatnonzero(labels.any(axis=0))
        ]
    )


def macro_average_precision(scores: Scores, labels: Labels) -> float:
    """Return the mean of the average precision over the classes that have positives.

    Parameters
    ----------
    scores : array, shape (n_clips, n_classes)
    labels : array of bool, shape (n_clips, n_classes)
    """
    once = np.ones((1, len(scores)))
    return float(class_average_precisions(scores, labels, once).mean())
