"""The clips of a test, and what the models of an arm scored in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.metrics import Scores, class_average_precisions
from specimg.dataset.recording import Labels, have_one_label
from specimg.splits.groups import Groups

_MIXED = 2
"""Classes that a group holds in the mean, from which on it is of no single class."""

MOST_BLOCKS = 400
"""Of groups that are left out of a test together, where there are more groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Parts of a test, each of whole groups of one class."""

    of_clip: NDArray[np.int64]
    """The number of each clip's block."""
    classes: NDArray[np.int64]
    """The class of each block; of most of its clips, where groups have several, and a
    class of its own, where they have none.  All alike, where most have several."""

    def leave_one_out(self) -> NDArray[np.float64]:
        """Say how often each clip counts in tests without one block: 0 or 1.

        Returns
        -------
        array, shape (n_blocks, n_clips)
        """
        return (self.of_clip != np.arange(len(self.classes))[:, np.newaxis]).astype(
            float
        )

    def variance(self, without_one: NDArray[np.float64]) -> float:
        """Return the variance of what was computed without one block each (jackknife).

        Within classes, because a test with other recordings has as many of each class.
        NaN where no class has two blocks.
        """
        total, known = 0.0, False
        for label in np.unique(self.classes):
            of_class = without_one[self.classes == label]
            if len(of_class) > 1:
                known = True
                total += (len(of_class) - 1) * float(of_class.var())
        return total if known else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class AskedClips:
    """The clips of a test, alike for all arms and seeds."""

    labels: Labels
    """Of each clip; at least one has one."""
    groups: Groups

    @property
    def n_classes(self) -> int:
        """How many classes have clips."""
        return int(self.labels.any(axis=0).sum())

    @property
    def n_groups(self) -> int:
        """How many groups of recordings there are."""
        return len(np.unique(self.groups))

    @property
    def n_pairs(self) -> int:
        """How many groups each class has, summed over the classes."""
        return int(np.count_nonzero(self._count()[1]))

    @property
    def is_mixed(self) -> bool:
        """Whether groups hold several classes in the mean, so that they are of none."""
        return self.n_pairs >= _MIXED * self.n_groups

    def has_fewer(self, n_groups: int) -> bool:
        """Whether classes have fewer groups in the mean, and can be compared instead.

        Where clips may have several labels, classes that lie in the same groups do not
        differ by themselves.
        """
        if self.is_mixed and not have_one_label(self.labels):
            return False
        return self.n_pairs < n_groups * self.n_classes

    def _count(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the place of each clip's group, and what groups hold of each class."""
        numbers, places = np.unique(self.groups, return_inverse=True)
        counts = np.zeros((len(numbers), self.labels.shape[1]), np.int64)
        np.add.at(counts, places, self.labels)
        return places, counts

    def blocks(self) -> Blocks:
        """Divide the groups into blocks of one class, of one group where possible.

        Where a group holds several classes, as a speaker says several words, blocks are
        not kept apart by class.
        """
        places, of_class = self._count()
        n_groups, n_classes = of_class.shape
        classes = np.where(of_class.any(axis=1), of_class.argmax(axis=1), n_classes)
        if self.is_mixed:
            classes[:] = 0  # a group is of no class
        generator = np.random.default_rng(0)
        block = np.empty(n_groups, np.int64)
        found: list[int] = []
        for label, count in zip(*np.unique(classes, return_counts=True), strict=True):
            share = -(-MOST_BLOCKS * count // n_groups)
            members = generator.permutation(np.flatnonzero(classes == label))
            n_blocks = min(count, share)
            block[members] = len(found) + np.arange(count) % n_blocks
            found += [label] * n_blocks
        return Blocks(block[places], np.array(found))

    def shuffle(self, draws: int) -> Iterator[Labels]:
        """Deal the labels out anew to the groups, again and again.

        Clips of a group with the same labels have the same ones again, so that those
        of a clip stay together.
        """
        generator = np.random.default_rng(0)
        # By what is not: so they are in the order of the classes.
        missing, own = np.unique(~self.labels, axis=0, return_inverse=True)
        pairs = np.column_stack([self.groups, own])
        _, first, number = np.unique(
            pairs, axis=0, return_index=True, return_inverse=True
        )
        dealt = np.tile(own[first], (draws, 1))
        for one in generator.permuted(dealt, axis=1):
            yield ~missing[one[number.ravel()]]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the models of one arm scored in one test."""

    by_class: NDArray[np.float64]
    """Average precision of each class, shape (n_seeds, n_classes of the test)."""
    without_one: NDArray[np.float64]
    """Macro average precision without each of `AskedClips.blocks`, the mean over seeds,
    shape (n_blocks,)."""
    scores: Scores
    """The mean over seeds, shape (n_clips, n_classes)."""

    @property
    def macro_ap(self) -> NDArray[np.float64]:
        """Macro average precision, shape (n_seeds,)."""
        return self.by_class.mean(axis=1)


def score(clips: AskedClips, by_seed: Sequence[Scores]) -> Scored:
    """Compute what all comparisons need of an arm's scores in a test."""
    weights = clips.blocks().leave_one_out()
    once = np.ones((1, len(clips.labels)))
    by_class, without_one = [], []
    for scores in by_seed:
        found = class_average_precisions(
            scores, clips.labels, np.vstack([once, weights])
        )
        by_class.append(found[:, 0])
        without_one.append(_mean_known(found[:, 1:]))
    return Scored(
        np.array(by_class), np.mean(without_one, axis=0), np.mean(by_seed, axis=0)
    )


def _mean_known(by_class: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over classes that are known; NaN where none is."""
    known = np.isfinite(by_class)
    count = known.sum(axis=0)
    total = np.where(known, by_class, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
