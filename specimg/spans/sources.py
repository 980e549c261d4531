"""The choice of where clips lie, by the settings."""

from collections.abc import Sequence

from specimg.annotations.annotation import Annotation
from specimg.spans.around import Around
from specimg.spans.grid import Grid
from specimg.spans.listed import Listed
from specimg.spans.settings import ClipSettings
from specimg.spans.span import SpanSource
from specimg.spans.whole import Whole


def span_source(
    settings: ClipSettings, *, shortest: float, longest: float
) -> SpanSource:
    """Return what plans the clips of a recording.

    Parameters
    ----------
    settings : ClipSettings
    shortest, longest : float
        The fewest and the most seconds that a picture can show.
    """
    if settings.is_whole:
        return Whole(shortest, longest)
    return Grid(settings, shortest)


def spans_around(
    annotations: Sequence[Annotation],
    seconds: float,
    settings: ClipSettings,
    *,
    shortest: float,
) -> SpanSource:
    """Return what plans clips around annotations; see `Around.of`."""
    return Around.of(annotations, seconds, settings, shortest)


def spans_listed(
    times: Sequence[tuple[float, float]],
    settings: ClipSettings,
    *,
    longest: float,
    sample_rate: int,
) -> SpanSource:
    """Return what plans clips by their times; see `Listed.of`."""
    return Listed.of(times, settings, longest, sample_rate)
