"""Clips that a table lists, wherever they lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from specimg.arrays import DECIMALS
from specimg.errors import ClipError
from specimg.spans.settings import ClipSettings
from specimg.spans.span import Span


@dataclass(frozen=True, slots=True)
class Listed:
    """Clips whose starts and ends are known, such as those of a manifest."""

    settings: ClipSettings
    listed: tuple[Span, ...]
    """In the order of their starts."""
    looks_back = False

    @classmethod
    def of(
        cls,
        times: Sequence[tuple[float, float]],
        settings: ClipSettings,
        longest: float,
        sample_rate: int,
    ) -> "Listed":
        """Plan clips by their times.

        Parameters
        ----------
        times : sequence of tuple of float
            Start and end of each clip in seconds, in the order of the starts.
        settings : ClipSettings
            How many seconds a picture shows, and what becomes of a clip with less.
        longest : float
            The most seconds that a picture can show.
        sample_rate : int
            Of the recording, in Hz.

        Raises
        ------
        ClipError
            A clip is longer than a picture.
        """
        spans = []
        for start, end in times:
            most = min(settings.duration, longest)
            if (end - start - most) * sample_rate > 1:
                msg = (
                    f"the clip from {start:g} to {end:g} s is longer than "
                    f"clip_duration={most:g} s"
                )
                raise ClipError(msg)
            n_samples = round(end * sample_rate) - round(start * sample_rate)
            shown = settings.shown_seconds(n_samples, sample_rate)
            spans.append(Span(start=start, end=end, shown=shown))
        return cls(settings, tuple(spans))

    @property
    def longest(self) -> float:
        """Seconds of the longest clip."""
        return max(span.end - span.start for span in self.listed)

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield the spans; see `SpanSource`."""
        yield from self.listed[first:]

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:  # noqa: ARG002
        """Return a clip that the recording ends in; see `SpanSource`."""
        span = self.listed[number]
        total = round(end / sample_rate, DECIMALS)
        n_samples = end - round(span.start * sample_rate)
        if n_samples <= 0:
            msg = (
                f"the clip from {span.start:g} to {span.end:g} s begins behind the "
                f"end of the recording, {total:g} s"
            )
            raise ClipError(msg)
        shown = self.settings.shown_seconds(n_samples, sample_rate)
        return replace(span, end=total, shown=shown)
