"""The chart of a comparison: a panel for each test, a row for each arm."""

import io
import warnings
from collections.abc import Sequence

from specimg.evaluate.significance import Verdict
from specimg.evaluate.summary import Row

_COLORS = {
    Verdict.REFERENCE: "black",
    Verdict.BETTER: "tab:green",
    Verdict.WORSE: "tab:red",
    Verdict.UNDECIDED: "gray",
}


def draw(rows: Sequence[Row]) -> bytes:
    """Draw a PNG of the score of each arm, and how sure its difference is.

    Bars are the 95 % intervals of the differences from the first arm, whose score is
    the upright line; gray is what is undecided.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    tests = list(dict.fromkeys(row.test for row in rows))
    arms = list(dict.fromkeys(row.arm for row in rows))
    figure = Figure(
        figsize=(2 + 3.2 * len(tests), 1.6 + 0.32 * len(arms)), layout="constrained"
    )
    panels = figure.subplots(1, len(tests), sharey=True, squeeze=False)[0]
    for test, axes in zip(tests, panels, strict=True):
        of_test = [row for row in rows if row.test == test]
        axes.axvline(of_test[0].macro_ap, color="black", linewidth=0.8)
        for row in of_test:
            low, high = row.difference.interval if row.difference else (0.0, 0.0)
            half = (high - low) / 2
            axes.errorbar(
                row.macro_ap,
                arms.index(row.arm),
                xerr=half if half < 1 else None,
                fmt="o",
                capsize=3,
                color=_COLORS[row.verdict],
            )
        axes.set_title(_plain(test), fontsize="medium")
        axes.set_xlabel("macro average precision")
        axes.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(arms)), [_plain(arm) for arm in arms])
    panels[0].margins(y=0.15)
    panels[0].invert_yaxis()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font has not is drawn as a box.
        warnings.simplefilter("ignore")
        figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _plain(text: str) -> str:
    """Return a text that means no formula to matplotlib."""
    return text.replace("$", r"\$")
