"""Whether one arm is better than another, or chance could have done it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from specimg.dataset.metrics import macro_average_precision
from specimg.evaluate.scored import AskedClips, Scored

LEVEL = 0.05
"""Probability that any difference is called one where there is none."""

POWER = 0.8
"""Probability with which a difference that can be seen is seen."""

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
    clips: AskedClips,
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
    clips : AskedClips
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
    by_classes = clips.has_fewer(_FEW_GROUPS)
    if by_classes:
        freedom = clips.n_classes - 1
        of_classes = (arm.by_class - first.by_class).mean(axis=0)
        test = of_classes.var(ddof=1) / clips.n_classes if freedom else np.nan
    else:
        blocks = clips.blocks()
        freedom = len(blocks.classes) - len(np.unique(blocks.classes))
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


def _beats_guessing(clips: AskedClips, winner: Scored, shuffles: int) -> bool:
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
