"""Groups are dealt into parts, so that each part gets its share of every class.

All is reckoned in whole numbers, which are the same in any order and on any machine:
those who convert one dataset on several have to come to the same.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """What is to be dealt, and what is known before.

    The best has first the fewest classes that some part lacks though it needs them,
    then the smallest sum, over parts and classes, of the square of what the part has
    of the class beyond what it should have.
    """

    weights: Any
    """Sparse array, shape (n_groups, n_classes): how much of a class a group holds."""
    excess: Numbers
    """Shape (n_parts, n_classes): what a part has beyond what it should have, before
    the deal, and so below 0 where it lacks something."""
    counts: Numbers
    """Shape (n_parts, n_classes): how many groups of a class a part has before."""
    needed: NDArray[np.bool_]
    """Shape (n_classes,): the classes that every part needs."""


def deal_in_turn(deal: Deal) -> Numbers:
    """Give each group, the largest first, to the part that lacks most of its classes.

    Where a class has no more groups to come than there are parts without it, these
    are served first.

    Returns
    -------
    array of int, shape (n_groups,)
        The part of each group, by its number.
    """
    starts: list[int] = deal.weights.indptr.tolist()
    classes: list[int] = deal.weights.indices.tolist()
    weights: list[int] = deal.weights.data.tolist()
    # Lists, because arrays of a few numbers each take ten times as long.
    excess: list[list[int]] = deal.excess.tolist()
    counts: list[list[int]] = deal.counts.tolist()
    lacking: list[int] = ((deal.counts == 0) & deal.needed).sum(axis=0).tolist()
    to_come = np.bincount(classes, minlength=len(lacking)).tolist()
    parts = range(len(excess))
    dealt = np.empty(len(starts) - 1, np.int64)
    order = np.argsort(-deal.weights.sum(axis=1), kind="stable")
    for group in order.tolist():
        span = slice(starts[group], starts[group + 1])
        own, held = classes[span], weights[span]
        urgent = [c for c in own if lacking[c] and lacking[c] >= to_come[c]]
        costs = []
        for part in parts:
            of_part = excess[part]
            cost = 0
            for c, weight in zip(own, held, strict=True):
                cost += of_part[c] * weight
            costs.append((sum(counts[part][c] > 0 for c in urgent), cost))
        best = costs.index(min(costs))
        dealt[group] = best
        for c, weight in zip(own, held, strict=True):
            to_come[c] -= 1
            excess[best][c] += weight
            if not counts[best][c] and lacking[c]:
                lacking[c] -= 1
            counts[best][c] += 1
    return dealt
