"""Clips whose places are known, such as those of a manifest."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specimg.arrays import DECIMALS
from specimg.spans.span import Span


@dataclass(frozen=True, slots=True)
class Listed:
    """Clips at given places."""

    listed: Sequence[Span]
    """In the order of their starts, with ends that are finite."""
    looks_back = False
    longest = math.inf

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield the spans; see `SpanSource`."""
        yield from self.listed[first:]

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:  # noqa: ARG002
        """Return what there is of a clip that the recording ends in, if anything."""
        span = self.listed[number]
        total = round(end / sample_rate, DECIMALS)
        if total <= span.start:
            return None
        return Span(start=span.start, end=total, shown=span.shown)
