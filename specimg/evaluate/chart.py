"""The chart of a comparison: one point an arm, one test against another."""

import io
import warnings
from collections.abc import Sequence

from specimg.evaluate.verdicts import Summary


def draw(summaries: Sequence[Summary]) -> bytes:
    """Draw a PNG: the first test to the right, the second, if there is one, upwards.

    Error bars are standard deviations over seeds.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    tests = list(dict.fromkeys(summary.test for summary in summaries))
    by_arm: dict[str, dict[str, Summary]] = {}
    for summary in summaries:
        by_arm.setdefault(summary.arm, {})[summary.test] = summary
    figure = Figure(figsize=(7, 5.5), layout="constrained")
    axes = figure.subplots()
    for number, (arm, found) in enumerate(by_arm.items()):
        along = found[tests[0]]
        across = found[tests[1]] if len(tests) > 1 else None
        axes.errorbar(
            along.mean,
            across.mean if across else number,
            xerr=along.deviation,
            yerr=across.deviation if across else None,
            fmt="o",
            capsize=3,
            label=_plain(arm),
        )
    axes.set_xlabel(f"macro average precision, {_plain(tests[0])}")
    if len(tests) > 1:
        axes.set_ylabel(f"macro average precision, {_plain(tests[1])}")
    else:
        axes.set_yticks([])
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="best")
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font has not is drawn as a box.
        warnings.simplefilter("ignore")
        figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _plain(text: str) -> str:
    """Return a text that means no formula to matplotlib."""
    return text.replace("$", r"\$")
