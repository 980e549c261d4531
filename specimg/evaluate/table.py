"""Every single score, as a table for other programs."""

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from specimg.encoding import encode_cell
from specimg.evaluate.experiment import Score

_LEFT_OUT = ("resampled", "permuted_ap", "n_recordings", "n_classes")


def format_scores(scores: Iterable[Score], model: str) -> bytes:
    """Return a CSV with a row for each arm, seed and test."""
    names = [f.name for f in fields(Score) if f.name not in _LEFT_OUT]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", *names])
    for score in scores:
        writer.writerow([model, *(_cell(getattr(score, name)) for name in names)])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else encode_cell(str(value))
