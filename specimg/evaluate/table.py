"""Every single score for other programs, and the summary for readers."""

import csv
import io
import math
from collections.abc import Iterable, Sequence

from specimg.encoding import encode_cell, encode_text
from specimg.evaluate.clips import ArmScores, Clips
from specimg.evaluate.summary import Row

COLUMNS = (
    "arm",
    "test",
    "macro AP",
    "minus first",
    "95 % interval",
    "verdict",
    "ms/clip",
)
"""Of a row for readers."""


def format_scores(found: Iterable[ArmScores], clips: Clips, model: str) -> bytes:
    """Return a CSV with a row for each arm, seed and test."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = ("model", "arm", "test", "seed", "macro_ap")
    writer.writerow([*names, "render_seconds", "training_seconds"])
    for one in found:
        for test in clips.trial.tests:
            score = clips.macro_ap(test, one.scores)
            seconds = f"{one.render_seconds:.6g}", f"{one.training_seconds:.6g}"
            arm = encode_cell(one.arm)
            writer.writerow(
                [model, arm, encode_cell(test), one.seed, f"{score:.6g}", *seconds]
            )
    return text.getvalue().encode()


def cells(row: Row) -> Sequence[str]:
    """Return a row for readers, by `COLUMNS`."""
    score = f"{row.macro_ap:.3f}"
    if not math.isnan(row.deviation):
        score += f" ± {row.deviation:.3f}"
    difference = interval = ""
    if row.difference:
        low, high = row.difference.interval
        difference = f"{row.difference.mean:+.3f}"
        interval = f"{low:+.3f} to {high:+.3f}" if math.isfinite(high - low) else ""
    verdict = f"{row.verdict}: {row.why}" if row.why else str(row.verdict)
    milliseconds = row.render_seconds * 1000
    timing = "" if math.isnan(milliseconds) else f"{milliseconds:.1f}"
    names = encode_text(row.arm), encode_text(row.test)
    return *names, score, difference, interval, verdict, timing


def format_markdown(rows: Iterable[Row]) -> str:
    """Return the summary as a table in Markdown."""
    lines = [
        "| " + " | ".join(COLUMNS) + " |",
        "|---|---|" + "--:|" * 3 + "---|--:|",
        *("| " + " | ".join(map(_escape, cells(row))) + " |" for row in rows),
    ]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("|", r"\|")
