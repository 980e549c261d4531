"""Whether one arm is better than another, or chance could have done it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.groups import Groups
from specimg.dataset.labeled import Labels
from specimg.dataset.metrics import (
    Scores,
    class_average_precisions,
    macro_average_precision,
)

LEVEL = 0.05
"""Probability that any difference is called one where there is none."""

POWER = 0.8
"""Probability with which a difference that can be seen is seen."""

MOST_BLOCKS = 400
"""Of groups that are left out of a test together, where there are more groups."""

_FEW_GROUPS = 3
"""Groups a class, in the mean, below which drawing anew among them says little."""

_GOALS = (0.1, 0.05, 0.02, 0.01, 0.005)
"""Differences of which it is worth to know how much data they need."""


Key = TypeVar("Key", bound=Hashable)


class Verdict(StrEnum):
    """What the difference of an arm from the first means."""

    REFERENCE = "reference"
    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Parts of a test, each of whole groups of one class."""

    of_clip: NDArray[np.int64]
    """The number of each clip's block."""
    classes: Labels
    """The class of each block; of most of its clips, where groups have several."""

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
class TestClips:
    """The clips of a test, alike for all arms and seeds."""

    labels: Labels
    groups: Groups

    @property
    def n_classes(self) -> int:
        """How many classes have clips."""
        return len(np.unique(self.labels))

    @property
    def n_groups(self) -> int:
        """How many groups of recordings there are."""
        return len(np.unique(self.groups))

    def blocks(self) -> Blocks:
        """Divide the groups into blocks of one class, of one group where possible."""
        numbers, inverse = np.unique(self.groups, return_inverse=True)
        of_class = np.zeros((len(numbers), int(self.labels.max()) + 1))
        np.add.at(of_class, (inverse, self.labels), 1)
        classes = of_class.argmax(axis=1)
        generator = np.random.default_rng(0)
        block = np.empty(len(numbers), np.int64)
        found: list[int] = []
        for label, count in zip(*np.unique(classes, return_counts=True), strict=True):
            share = -(-MOST_BLOCKS * count // len(numbers))
            members = generator.permutation(np.flatnonzero(classes == label))
            n_blocks = min(count, share)
            block[members] = len(found) + np.arange(count) % n_blocks
            found += [label] * n_blocks
        return Blocks(block[inverse], np.array(found))

    def shuffle(self, draws: int) -> NDArray[np.int64]:
        """Deal the labels out anew to the groups, shape (draws, n_clips)."""
        generator = np.random.default_rng(0)
        pairs = np.column_stack([self.groups, self.labels])
        _, first, number = np.unique(
            pairs, axis=0, return_index=True, return_inverse=True
        )
        dealt = np.tile(self.labels[first], (draws, 1))
        return generator.permuted(dealt, axis=1)[:, number.ravel()]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the models of one arm scored in one test."""

    by_class: NDArray[np.float64]
    """Average precision of each class, shape (n_seeds, n_classes of the test)."""
    without_one: NDArray[np.float64]
    """Macro average precision without each of `TestClips.blocks`, the mean over seeds,
    shape (n_blocks,)."""
    scores: Scores
    """The mean over seeds, shape (n_clips, n_classes)."""

    @property
    def macro_ap(self) -> NDArray[np.float64]:
        """Macro average precision, shape (n_seeds,)."""
        return self.by_class.mean(axis=1)


def score(clips: TestClips, by_seed: Sequence[Scores]) -> Scored:
    """Compute what all comparisons need of an arm's scores in a test."""
    weights = clips.blocks().leave_one_out()
    once = np.ones((1, len(clips.labels)))
    by_class, without_one = [], []
    for scores in by_seed:
        found = class_average_precisions(
            scores, clips.labels, np.vstack([once, weights])
        )
        by_class.append(found[:, 0])
        without_one.append(np.nanmean(found[:, 1:], axis=0))
    return Scored(
        np.array(by_class), np.mean(without_one, axis=0), np.mean(by_seed, axis=0)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more an arm scores than the first, and how sure that is."""

    mean: float
    error: float
    """Standard error over other recordings, to learn from and to be tested on; NaN
    where it is not known."""
    freedom: int
    """Degrees of freedom of that error."""
    p_value: float
    """Probability of such a difference, in either direction, where there is none."""
    by_classes: bool
    """Whether classes were compared, because they have too few recordings."""
    beats_guessing: bool
    """Whether the better of the two scores what shuffled labels do not."""

    @property
    def interval(self) -> tuple[float, float]:
        """The differences that agree with what was seen, at 95 %."""
        half = self.half_width(LEVEL)
        return self.mean - half, self.mean + half

    def half_width(self, level: float, power: float | None = None) -> float:
        """Return how far from 0 a difference is significant at a level.

        With `power`, how large a difference has to be, so that it is significant
        with that probability.
        """
        from scipy import stats  # noqa: PLC0415 - a second

        if self.freedom < 1 or not np.isfinite(self.error):
            return float("inf")
        quantile = stats.t.isf(level / 2, self.freedom)
        if power is not None:
            quantile += stats.t.ppf(power, self.freedom)
        return float(quantile * self.error)


def compare(
    clips: TestClips,
    arm: Scored,
    first: Scored,
    *,
    share: float,
    in_folds: bool,
    shuffles: int,
) -> Difference:
    """Compare an arm with the first.

    The error has two parts. The test could have held other recordings: the spread of
    the difference over tests without one of them (jackknife); or, where classes have
    one or two groups, its spread over classes. And the models could have learned from
    others: the spread over seeds, which learn from other parts of the recordings.

    These parts overlap, so that the spread over seeds is too small; and in folds it
    nearly vanishes, because what one fold's model lacks, the others know. Nadeau and
    Bengio, "Inference for the Generalization Error", Machine Learning 2003, correct for
    that by the ratio of what is left out to what is learned from; in folds, where each
    recording is asked about as well, Bouckaert and Frank, "Evaluating the Replicability
    of Significance Tests for Comparing Learning Algorithms", PAKDD 2004, do it so. How
    right that is, ``tests/test_significance.py`` simulates.

    Parameters
    ----------
    clips : TestClips
    arm, first : Scored
        With the same seeds, in the same order.
    share : float
        Of the groups, how many a training leaves out.
    in_folds : bool
        Whether the recordings that are asked about are those that others are learned
        from.
    shuffles : int
        How many shuffles of the labels stand for guessing.
    """
    from scipy import stats  # noqa: PLC0415 - a second

    n_seeds = len(arm.by_class)
    differences = arm.macro_ap - first.macro_ap
    mean = float(differences.mean())
    over_seeds = differences.var(ddof=1) if n_seeds > 1 else np.nan
    by_classes = clips.n_groups < _FEW_GROUPS * clips.n_classes
    if by_classes:
        freedom = clips.n_classes - 1
        of_classes = (arm.by_class - first.by_class).mean(axis=0)
        test = of_classes.var(ddof=1) / clips.n_classes if freedom else np.nan
    else:
        blocks = clips.blocks()
        freedom = len(blocks.classes) - clips.n_classes
        test = blocks.variance(arm.without_one - first.without_one)
    if not in_folds:
        variance = test + over_seeds * (1 / n_seeds + share / (1 - share))
    elif by_classes:
        variance = test + over_seeds / n_seeds
    else:
        variance = test * (1 + 1 / (1 - share)) + over_seeds / n_seeds
    error = float(np.sqrt(variance))
    p_value = 1.0
    if freedom > 0 and np.isfinite(error) and mean != 0:
        p_value = float(2 * stats.t.sf(abs(mean) / error, freedom)) if error else 0.0
    return Difference(
        mean=mean,
        error=error,
        freedom=freedom,
        p_value=p_value,
        by_classes=by_classes,
        beats_guessing=p_value > LEVEL
        or _beats_guessing(clips, arm if mean > 0 else first, shuffles),
    )


def _beats_guessing(clips: TestClips, winner: Scored, shuffles: int) -> bool:
    """Whether no shuffle of the labels scores as much."""
    own = macro_average_precision(winner.scores, clips.labels)
    return all(
        macro_average_precision(winner.scores, labels) < own
        for labels in clips.shuffle(shuffles)
    )


def needed_shuffles(n_comparisons: int) -> int:
    """Return how many shuffles can tell at the level of the first of these."""
    return int(np.ceil(n_comparisons / LEVEL))


def decide(differences: Mapping[Key, Difference]) -> dict[Key, Verdict]:
    """Decide about differences so that any is wrong only with probability `LEVEL`.

    After Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 1979: the smallest p-value has to be below the level divided
    by the number of comparisons, the next by one less, and so on.
    """
    verdicts = dict.fromkeys(differences, Verdict.UNDECIDED)
    ordered = sorted(differences.items(), key=lambda item: _p_value(item[1]))
    for rank, (key, difference) in enumerate(ordered):
        if _p_value(difference) > LEVEL / (len(ordered) - rank):
            break
        verdicts[key] = Verdict.BETTER if difference.mean > 0 else Verdict.WORSE
    return verdicts


def _p_value(difference: Difference) -> float:
    return difference.p_value if difference.beats_guessing else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What differences a test can see."""

    visible: float
    """The difference that is found with probability `POWER`."""
    goal: float
    """A smaller one."""
    needed: int
    """With how many groups that one would be found; about."""


def sensitivity(
    differences: Sequence[Difference], n_groups: int, n_comparisons: int
) -> Sensitivity | None:
    """Say what could have been seen, with the level that many comparisons leave.

    None where nothing could: a single seed, or a single recording.
    """
    level = LEVEL / max(n_comparisons, 1)
    visible = float(np.median([d.half_width(level, POWER) for d in differences]))
    if not np.isfinite(visible) or visible <= 0:
        return None
    goal = next((goal for goal in _GOALS if goal < visible), _GOALS[-1])
    # Errors shrink with the root of the number of recordings.
    needed = n_groups * (visible / goal) ** 2
    return Sensitivity(visible=visible, goal=goal, needed=round(needed))
