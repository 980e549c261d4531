"""The one plan of clips, which all who read, promise or verify them follow."""

import math
from collections.abc import Callable, Iterator

from specimg.errors import ClipError
from specimg.spans.span import ALL_CLIPS, ClipRange, Span, SpanSource

Reach = Callable[[int, int], int]
"""Answers how far a recording reaches into the samples ``[begin, end)`` of a span.

It is called with `begin` and `end`, in the order of the spans' starts, and returns
`end`, or the number of samples of the recording where that is less.
"""

_ENDLESS = 2**62
"""More samples than any recording has."""


def plan(
    source: SpanSource,
    sample_rate: int,
    reach: Reach,
    clip_range: ClipRange = ALL_CLIPS,
) -> Iterator[Span]:
    """Yield the spans of a recording whose length is found out on the way.

    Parameters
    ----------
    source : SpanSource
    sample_rate : int
        In Hz.
    reach : callable
        See `Reach`.
    clip_range : ClipRange
        The clips to yield; `reach` is also asked about ``clip_range.read_from``.

    Raises
    ------
    ClipError
        There is no clip because the recording is too short, or it is too long to
        be a single one.
    """
    covered = 0
    first = clip_range.read_from
    for number, span in enumerate(source.spans(first), first):
        if number == clip_range.stop:
            return
        begin, end = _samples(span, source.longest, sample_rate)
        there = reach(begin, end)
        if there < end:
            n_new = max(0, there - max(begin, covered))
            if number >= clip_range.first:
                rest = source.rest(number, there, n_new, sample_rate)
                if rest is not None:
                    yield rest
            if begin >= there:
                return
        elif math.isinf(span.end):
            msg = (
                f"too long for one image: more than {source.longest:.0f} s; "
                f"set --clip-duration to cut it into clips"
            )
            raise ClipError(msg)
        elif number >= clip_range.first:
            yield span
        covered = max(covered, there)


def plan_known(source: SpanSource, n_samples: int, sample_rate: int) -> Iterator[Span]:
    """Yield the spans of a recording with `n_samples`; see `plan`."""
    return plan(source, sample_rate, lambda _, end: min(end, n_samples))


def split(source: SpanSource, seconds: float, at_once: float) -> list[ClipRange]:
    """Return ranges of the clips of a long recording, to be read independently.

    Parameters
    ----------
    source : SpanSource
    seconds : float
        Length of the recording by its header; as that may be wrong, the last range
        has no end.
    at_once : float
        Least number of seconds between the first clips of two ranges.
    """
    firsts = [0]
    last = math.inf
    for number, span in enumerate(source.spans()):
        if span.start >= seconds:
            break
        if number == 0:
            last = span.start
        elif span.start >= last + at_once:
            firsts.append(number)
            last = span.start
    stops = [*firsts[1:], None]
    return [ClipRange(*both) for both in zip(firsts, stops, strict=True)]


def _samples(span: Span, longest: float, sample_rate: int) -> tuple[int, int]:
    """Return the samples of a span, as a range; an open one ends beyond `longest`."""
    begin = round(span.start * sample_rate)
    if not math.isinf(span.end):
        return begin, round(span.end * sample_rate)
    if math.isinf(longest):
        return begin, _ENDLESS
    return begin, begin + math.floor(longest * sample_rate) + 1
