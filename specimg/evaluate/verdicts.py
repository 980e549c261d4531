"""What the scores of several runs say, and what they do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.evaluate.experiment import Score
from specimg.evaluate.models import LEFT_OUT_SHARE

LEVEL = 0.05
"""Chance that any difference is called one where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One arm in one test, over all seeds."""

    arm: str
    test: str
    mean: float
    deviation: float
    """Standard deviation over seeds; NaN of one."""
    difference: float
    """From the first arm, seed by seed, in the mean."""
    error: float
    """Standard error of the difference, over seeds; NaN of one."""
    verdict: str
    """`better`, `worse`, or `undecided`: cannot be told from chance."""
    render_seconds: float
    training_seconds: float


def summarize(scores: Sequence[Score]) -> list[Summary]:
    """Summarize the scores of all arms, seeds and tests, in the order of the scores.

    A difference counts only if it is too large for chance in three ways: against its
    spread over seeds, which draw other training recordings and other models (paired
    t-test, corrected after Nadeau and Bengio, "Inference for the Generalization
    Error", 2003, because the draws overlap); against that and its spread over tests
    with other recordings (bootstrap) together; and the better of the two must score
    what guessing does not (shuffled labels).  With many arms and tests some would be by
    chance, for which the level is lowered (Holm).
    """
    grouped: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        grouped.setdefault((score.arm, score.test), []).append(score)
    first = scores[0].arm
    p_values = {
        key: _p_value(found, grouped[first, key[1]])
        for key, found in grouped.items()
        if key[0] != first
    }
    significant = _holm(p_values)
    summaries = []
    for (arm, test), found in grouped.items():
        values = np.array([score.macro_ap for score in found])
        differences = _differences(found, grouped[first, test])
        difference = float(differences.mean())
        verdict = "undecided"
        if (arm, test) in significant:
            verdict = "better" if difference > 0 else "worse"
        summaries.append(
            Summary(
                arm=arm,
                test=test,
                mean=float(values.mean()),
                deviation=_deviation(values),
                difference=difference,
                error=_deviation(differences) / len(found) ** 0.5,
                verdict="reference" if arm == first else verdict,
                render_seconds=found[0].render_seconds,
                training_seconds=float(np.mean([s.training_seconds for s in found])),
            )
        )
    return summaries


def _differences(found: list[Score], first: list[Score]) -> NDArray[np.float64]:
    """Seed by seed; both have them in the same order."""
    return np.array(
        [a.macro_ap - b.macro_ap for a, b in zip(found, first, strict=True)]
    )


def _deviation(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def _p_value(found: list[Score], first: list[Score]) -> float:
    """Chance of such a difference where there is none: the largest of three."""
    from scipy import stats  # noqa: PLC0415 - a second

    differences = _differences(found, first)
    mean = differences.mean()
    # A tenth of the recordings is left out of each draw, nine tenths are common.
    overlap = LEFT_OUT_SHARE / (1 - LEFT_OUT_SHARE)
    error = _deviation(differences) * (1 / len(found) + overlap) ** 0.5
    # The bootstrap draws within classes: one recording of each says nothing, and few
    # say too little by the share that their own mean takes.
    freedom = found[0].n_recordings - found[0].n_classes
    if not np.isfinite(error) or mean == 0 or freedom < 1:
        return 1.0
    by_seeds = 2 * stats.t.sf(abs(mean) / error, len(found) - 1) if error else 0.0
    pairs = zip(found, first, strict=True)
    resampled = np.mean([a.resampled - b.resampled for a, b in pairs], axis=0)
    spread = resampled.std(ddof=1) * (found[0].n_recordings / freedom) ** 0.5
    total = float(np.hypot(spread, error))
    by_both = 2 * stats.t.sf(abs(mean) / total, freedom) if total else 1.0
    winner = found if mean > 0 else first
    score = np.mean([s.macro_ap for s in winner])
    permuted_ap = np.mean([s.permuted_ap for s in winner], axis=0)
    by_guessing = (1 + np.count_nonzero(permuted_ap >= score)) / (1 + len(permuted_ap))
    return float(max(by_seeds, by_both, by_guessing))


def _holm(p_values: dict[tuple[str, str], float]) -> set[tuple[str, str]]:
    """Return the differences that count, so that by chance of `LEVEL` any is wrong."""
    significant = set()
    for rank, (key, chance) in enumerate(sorted(p_values.items(), key=lambda x: x[1])):
        if chance > LEVEL / (len(p_values) - rank):
            break
        significant.add(key)
    return significant
