"""The whole recording as one clip."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from specimg.arrays import DECIMALS
from specimg.errors import ClipError
from specimg.spans.span import Span, describe_too_short


@dataclass(frozen=True, slots=True)
class Whole:
    """One clip from the first sample to the last."""

    shortest: float
    """Seconds; a shorter recording has no picture."""
    longest: float
    """Seconds; a longer recording has no picture either."""
    looks_back = False

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield the only span; see `SpanSource`."""
        if first == 0:
            yield Span(start=0.0, end=math.inf, shown=None)

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:  # noqa: ARG002
        """Return the recording, if it has a picture; see `SpanSource`."""
        total = round(end / sample_rate, DECIMALS)
        if end < self.shortest * sample_rate:
            wanted = f"one analysis window is {self.shortest:.4g} s"
            raise ClipError(describe_too_short(total, wanted))
        return Span(start=0.0, end=total, shown=None)
