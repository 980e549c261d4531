"""What the scores of all arms say, and what they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from specimg.evaluate.clips import ArmScores, Clips
from specimg.evaluate.scored import AskedClips, Scored, score
from specimg.evaluate.significance import (
    LEVEL,
    Difference,
    Verdict,
    compare,
    decide,
    needed_shuffles,
    sensitivity,
)
from specimg.splits.groups import BY_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One arm in one test, over all seeds."""

    arm: str
    test: str
    macro_ap: float
    deviation: float
    """Standard deviation over seeds; NaN of one."""
    difference: Difference | None
    """From the first arm; None of itself."""
    verdict: Verdict
    why: str
    """Why nothing is decided: a key of `REASONS`, or empty."""
    render_seconds: float
    """For a clip."""


REASONS: Mapping[str, str] = {
    "chance": "other recordings could turn the difference round: 0 is in its interval",
    "comparisons": "of so many comparisons, one as clear would be there by chance",
    "guessing": "the better of the two scores no more than guessing can",
    "one seed": "one seed does not say how much the training changes: need --seeds 2",
    "too few": "there are too few recordings for any interval",
}
"""Why a difference decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All arms in all tests."""

    rows: tuple[Row, ...]
    """Arm by arm, in the order in which they were given."""
    notes: tuple[str, ...]
    """What the tests could have seen, and which arm leads."""


def summarize(
    clips: Clips, found: Sequence[ArmScores], arms: Sequence[str], group: str
) -> Summary:
    """Compare all arms with the first, in each test.

    Parameters
    ----------
    clips : Clips
    found : sequence of ArmScores
        Of all arms and seeds.
    arms : sequence of str
    group : str
        What makes recordings a group; see `specimg.splits.groups`.
    """
    tests = {name: clips.of_test(name) for name in clips.trial.tests}
    by_arm = {
        arm: sorted((one for one in found if one.arm == arm), key=lambda one: one.seed)
        for arm in arms
    }
    scored = {
        (arm, name): score(
            test, [one.scores[clips.numbers(name)] for one in by_arm[arm]]
        )
        for arm in arms
        for name, test in tests.items()
    }
    differences = _compare_all(clips, tests, scored, arms)
    verdicts = decide(differences)
    rows = [
        _row(
            by_arm[arm], name, scored[arm, name], differences.get((arm, name)), verdicts
        )
        for arm in arms
        for name in tests
    ]
    notes = [
        _describe_test(name, test, rows, len(differences), group)
        for name, test in tests.items()
    ]
    return Summary(rows=tuple(rows), notes=tuple(notes))


def _compare_all(
    clips: Clips,
    tests: Mapping[str, AskedClips],
    scored: Mapping[tuple[str, str], Scored],
    arms: Sequence[str],
) -> dict[tuple[str, str], Difference]:
    first, *others = arms
    seeds = len(scored[first, next(iter(tests))].by_class)
    share = clips.trial.share_held_out(seeds)
    return {
        (arm, name): compare(
            test,
            scored[arm, name],
            scored[first, name],
            share=share,
            in_folds=clips.trial.n_folds is not None,
            shuffles=needed_shuffles(len(others) * len(tests)),
        )
        for arm in others
        for name, test in tests.items()
    }


def _row(
    found: Sequence[ArmScores],
    test: str,
    scored: Scored,
    difference: Difference | None,
    verdicts: Mapping[tuple[str, str], Verdict],
) -> Row:
    values = scored.macro_ap
    verdict = verdicts.get((found[0].arm, test), Verdict.REFERENCE)
    return Row(
        arm=found[0].arm,
        test=test,
        macro_ap=float(values.mean()),
        deviation=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
        difference=difference,
        verdict=verdict,
        why=_why(difference, len(values))
        if difference and verdict is Verdict.UNDECIDED
        else "",
        render_seconds=float(np.mean([one.render_seconds for one in found])),
    )


def _why(difference: Difference, seeds: int) -> str:
    if seeds < 2:
        return "one seed"
    if not np.isfinite(difference.half_width(LEVEL)):
        return "too few"
    if difference.p_value > LEVEL:
        return "chance"
    return "comparisons" if difference.beats_guessing else "guessing"


def _describe_test(
    name: str, test: AskedClips, rows: Sequence[Row], comparisons: int, group: str
) -> str:
    of_test = [row for row in rows if row.test == name]
    leader = max(of_test, key=lambda row: row.macro_ap)
    differences = [row.difference for row in of_test if row.difference]
    units = "recordings" if group == BY_SOURCE else "groups of recordings"
    text = (
        f"{name}: {leader.arm} leads with {leader.macro_ap:.3f}. "
        f"{test.n_groups} {units} of {test.n_classes} classes"
    )
    if not differences:
        return text + "."
    by_classes = any(difference.by_classes for difference in differences)
    if by_classes:
        text += ", too few of each, so that classes are compared"
    text += f", {comparisons} comparison{'s' if comparisons > 1 else ''}"
    seen = sensitivity(differences, test.n_groups, comparisons)
    if seen is None:
        return text + "."
    text += f": differences under about {seen.visible:.2g} cannot be seen"
    if by_classes:
        return text + "; collect more of each class."
    return text + f"; for {seen.goal:g} collect about {_round(seen.needed)}."


def _round(number: int) -> str:
    """Return a number of recordings with two digits that count."""
    digits = max(0, len(str(number)) - 2)
    return f"{round(number, -digits):,}"
