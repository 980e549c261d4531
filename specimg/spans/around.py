"""Clips around annotations, one for each."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specimg.annotations.annotation import Annotation
from specimg.arrays import DECIMALS
from specimg.errors import ClipError
from specimg.spans.settings import MIN_STEP, ClipSettings
from specimg.spans.span import Span, describe_too_short

_PER_SECOND = round(1 / MIN_STEP)
"""Starts of clips are whole milliseconds, which is what their names give."""


@dataclass(frozen=True, slots=True)
class Around:
    """Clips that have an annotation in their middle, or as near to it as they can.

    Annotations whose clips would be the same share one.
    """

    settings: ClipSettings
    shortest: float
    """Seconds; a shorter rest is dropped, because it has no picture."""
    starts: tuple[float, ...]
    """In ascending order, each once."""
    looks_back = False

    @classmethod
    def of(
        cls,
        annotations: Sequence[Annotation],
        seconds: float,
        settings: ClipSettings,
        shortest: float,
    ) -> "Around":
        """Plan the clips of a recording.

        Parameters
        ----------
        annotations : sequence of Annotation
        seconds : float
            The length of the recording, inside which clips are moved; 0 where it
            does not say.
        settings : ClipSettings
        shortest : float
            The fewest seconds that a picture can show.
        """
        last = max(0.0, seconds - settings.duration) if seconds else math.inf
        starts = set()
        for annotation in annotations:
            if seconds and annotation.start >= seconds:
                continue
            middle = (annotation.start + annotation.end) / 2
            start = min(max(0.0, middle - settings.duration / 2), last)
            starts.add(math.floor(round(start * _PER_SECOND, 6)) / _PER_SECOND)
        return cls(settings, shortest, tuple(sorted(starts)))

    @property
    def longest(self) -> float:
        """Seconds of a clip that is complete."""
        return self.settings.duration

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield the spans; see `SpanSource`."""
        duration = self.settings.duration
        for start in self.starts[first:]:
            end = round(start + duration, DECIMALS)
            yield Span(start=start, end=end, shown=duration)

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:  # noqa: ARG002
        """Return a clip that the recording ends in; see `SpanSource`."""
        start = self.starts[number]
        total = round(end / sample_rate, DECIMALS)
        n_samples = end - round(start * sample_rate)
        reason = ""
        if n_samples < max(self.shortest, MIN_STEP) * sample_rate:
            reason = f"one analysis window is {self.shortest:.4g} s"
        elif self.settings.final == "drop":
            duration = self.settings.duration
            reason = f"a clip is {duration:g} s, and what is shorter is dropped"
        if reason:
            if number == 0:
                raise ClipError(describe_too_short(total, reason))
            return None
        shown = self.settings.shown_seconds(n_samples, sample_rate)
        return Span(start=start, end=total, shown=shown)
