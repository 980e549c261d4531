"""Clips of one length, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from specimg.arrays import DECIMALS
from specimg.errors import ClipError
from specimg.spans.settings import MIN_STEP, ClipSettings
from specimg.spans.span import Span, describe_too_short


@dataclass(frozen=True, slots=True)
class Grid:
    """Clips that start every ``settings.step`` seconds, up to the recording's end."""

    settings: ClipSettings
    shortest: float
    """Seconds; a shorter rest is dropped, because it has no picture."""

    @property
    def longest(self) -> float:
        """Seconds of a clip that is complete."""
        return self.settings.duration

    @property
    def looks_back(self) -> bool:
        """Whether the last clip may begin before it was planned to."""
        return self.settings.final == "full"

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield spans without end; see `SpanSource`."""
        duration, step = self.settings.duration, self.settings.step
        for number in count(first):
            start = round(number * step, DECIMALS)
            end = round(start + duration, DECIMALS)
            yield Span(start=start, end=end, shown=duration)

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:
        """Return the last clip, as ``settings.final`` says; see `SpanSource`."""
        settings = self.settings
        total = round(end / sample_rate, DECIMALS)
        if reason := self._why_dropped(n_new, sample_rate):
            if number == 0:
                raise ClipError(describe_too_short(total, reason))
            return None
        start = round(number * settings.step, DECIMALS)
        if settings.final == "full" and number > 0:
            full = round(settings.duration * sample_rate)
            start = round((end - full) / sample_rate, DECIMALS)
        begin = round(start * sample_rate)
        shown = settings.shown_seconds(end - begin, sample_rate)
        return Span(start=start, end=total, shown=shown)

    def _why_dropped(self, n_new: int, sample_rate: int) -> str:
        """Say why a rest with `n_new` new samples becomes no clip; empty if it does."""
        if n_new < max(self.shortest, MIN_STEP) * sample_rate:
            return f"one analysis window is {self.shortest:.4g} s"
        if self.settings.final == "drop":
            duration = self.settings.duration
            return f"a clip is {duration:g} s, and what is shorter is dropped"
        return ""
