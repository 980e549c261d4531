"""Which clips a model learns from, and which it is asked about: never of one group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.recording import Labels, have_one_label
from specimg.errors import DatasetError
from specimg.splits.groups import Groups

Numbers = NDArray[np.int64]

_TRIES = 20
"""How often groups are dealt anew where a class came into one fold as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One training, by the numbers of clips or recordings."""

    training: Numbers
    asked: Numbers
    """What the trained model is asked about."""


def hold_out(
    labels: Labels, groups: Groups, *, share: float, seed: int, least: int = 1
) -> NDArray[np.bool_]:
    """Draw groups of each class, and say what is of them.

    Recordings are held out with all of their group, and clips with all of their
    recording, because they are too much alike to learn from some and to test on others.

    Parameters
    ----------
    labels : array of bool, shape (n, n_classes)
        Of each clip or recording.
    groups : array of int, shape (n,)
        The number of its group, or of a clip's recording.
    share : float
        Share of the groups of each class; at least one is held out.  Where some are of
        several classes or of none, it is a share of all groups, with about that share
        of each class.
    seed : int
        The same seed draws the same groups.
    least : int
        How many groups a class has to keep.

    Returns
    -------
    array of bool, shape (n,)
    """
    generator = np.random.default_rng(seed)
    if not have_one_label(labels):
        return _hold_out_fold(labels, groups, share, generator, least)
    drawn: list[int] = []
    for label in np.flatnonzero(labels.any(axis=0)):
        members = np.unique(groups[labels[:, label]])
        count = min(max(1, round(share * len(members))), len(members) - least)
        if count > 0:
            for group in generator.choice(members, count, replace=False):
                if _leaves_enough(labels, groups, [*drawn, group], least):
                    drawn.append(group)
    return np.isin(groups, drawn)


def _leaves_enough(
    labels: Labels, groups: Groups, drawn: Sequence[int], least: int
) -> bool:
    """Whether classes that lose the last of `drawn` still keep their groups.

    Where groups hold several classes, what is drawn for one is lost to others.
    """
    return all(
        len(np.setdiff1d(groups[labels[:, label]], drawn)) >= least
        for label in np.flatnonzero(labels[groups == drawn[-1]].any(axis=0))
    )


def _hold_out_fold(
    labels: Labels,
    groups: Groups,
    share: float,
    generator: np.random.Generator,
    least: int,
) -> NDArray[np.bool_]:
    """Hold out one of as many folds as the share says.

    Drawing for each class by itself would leave nothing to learn from, where groups
    hold many classes and each class draws others.
    """
    numbers, places, of_group = _count(labels, groups)
    n_folds = min(round(1 / share), len(numbers))
    folds = _deal(labels, groups, n_folds, generator)
    is_out = np.zeros(len(numbers), np.bool_)
    left = np.count_nonzero(of_group, axis=0)
    for group in np.unique(places[folds == 0]):
        has = of_group[group] > 0
        if (left[has] > least).all():
            left -= has
            is_out[group] = True
    return is_out[places]


def _count(
    labels: Labels, groups: Groups
) -> tuple[Numbers, Numbers, NDArray[np.float64]]:
    """Count what each group holds of each class.

    Returns
    -------
    array of int, shape (n_groups,)
        The numbers of the groups.
    array of int, shape (n,)
        The place among these of each one's group.
    array, shape (n_groups, n_classes)
    """
    numbers, places = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(numbers), labels.shape[1]))
    np.add.at(counts, places, labels)
    return numbers, places, counts


def deal_folds(
    labels: Labels, groups: Groups, n_folds: int, seed: int, names: Sequence[str]
) -> Numbers:
    """Deal whole groups into folds, each with about the same share of each class.

    Parameters
    ----------
    labels : array of bool, shape (n, n_classes)
    groups : array of int, shape (n,)
    n_folds : int
    seed : int
        Another seed deals otherwise.
    names : sequence of str
        Of the classes, for messages.

    Returns
    -------
    array of int, shape (n,)
        The fold of each, from 0.

    Raises
    ------
    DatasetError
        There are fewer groups than folds, or all groups of a class would lie in one
        fold, so that a model would be asked about a class that it does not know.
    """
    count = len(np.unique(groups))
    if count < n_folds:
        msg = f"{n_folds} folds of {count} groups of recordings: need fewer folds"
        raise DatasetError(msg)
    classes = np.flatnonzero(labels.any(axis=0)).tolist()
    for label in classes:
        if len(np.unique(groups[labels[:, label]])) < 2:
            msg = (
                f"all recordings of class {names[label]} are in one group: need 2 or "
                f"more, so that a model that is asked about one knows another"
            )
            raise DatasetError(msg)
    generator = np.random.default_rng(seed)
    for _ in range(_TRIES):
        folds = _deal(labels, groups, n_folds, generator)
        alone = [x for x in classes if len(set(folds[labels[:, x]])) < 2]
        if not alone:
            return folds
    msg = (
        f"all recordings of class {names[alone[0]]} come into one of {n_folds} folds: "
        f"its groups hold other classes as well; need more groups of it"
    )
    raise DatasetError(msg)


def _deal(
    labels: Labels, groups: Groups, n_folds: int, generator: np.random.Generator
) -> Numbers:
    """Give each group, the largest first, to the fold that has least of its classes.

    scikit-learn's `StratifiedGroupKFold` is alike, but refuses where every class has
    fewer recordings than there are folds.
    """
    without = ~labels.any(axis=1)
    if without.any():  # which count as one more class
        labels = np.column_stack([labels, without])
    numbers, places, of_group = _count(labels, groups)
    shares = of_group / np.maximum(of_group.sum(axis=0), 1)
    order = generator.permutation(len(numbers))
    order = order[np.argsort(-of_group.sum(axis=1)[order], kind="stable")]
    of_fold = np.zeros((n_folds, shares.shape[1]))
    sizes = np.zeros(n_folds)
    dealt = np.empty(len(numbers), np.int64)
    for group in order:
        chance = generator.random(n_folds)
        fold = np.lexsort([chance, sizes, (of_fold @ shares[group]).round(9)])[0]
        dealt[group] = fold
        of_fold[fold] += shares[group]
        sizes[fold] += of_group[group].sum()
    return dealt[places]
