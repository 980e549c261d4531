"""The clips that a recording has by its header, before anything of it is decoded."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specimg.annotations.annotation import Annotation
from specimg.annotations.plan import LabelPlan
from specimg.audio import AudioReader
from specimg.audio.recordings import Recording
from specimg.batch.drawing import Seconds
from specimg.errors import ClipError, RecordingError
from specimg.settings import Settings
from specimg.spans.plan import plan_known
from specimg.spans.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a recording says of itself; 0 where it does not."""

    settings: Settings
    """Those at its rate."""
    seconds: float = 0.0
    rate: int = 0
    """Samples a second."""
    channels: int = 0
    time_expansion: float = 1.0
    """How many times slower it plays than it was made."""


def read_header(recording: Recording, settings: Settings) -> Header:
    """Return what the header of a recording says."""
    try:
        with AudioReader(
            recording.path, settings.channel, settings.time_expansion
        ) as reader:
            return Header(
                settings=settings.at(reader.sample_rate),
                seconds=reader.promised_seconds,
                rate=reader.sample_rate,
                channels=reader.channels,
                time_expansion=reader.time_expansion,
            )
    except RecordingError:
        return Header(settings=settings)  # it will be said when it is converted


def find_spans(
    plan: LabelPlan, seconds: float, rate: int, settings: Settings
) -> list[Span]:
    """Return the clips that a recording has by its header."""
    source = settings.spans_of(plan, seconds)
    if seconds:
        try:
            return list(plan_known(source, round(seconds * rate), rate))
        except ClipError:
            return []
    last = max((annotation.end for annotation in plan.annotations), default=0.0)
    return list(itertools.takewhile(lambda s: s.start <= last, source.spans()))


def find_touched(
    annotations: Sequence[Annotation], starts: Seconds, ends: Seconds
) -> list[int]:
    """Return the numbers of the clips in which an annotation lies at least in part."""
    firsts = np.searchsorted(ends, [a.start for a in annotations], side="right")
    lasts = np.searchsorted(starts, [a.end for a in annotations], side="right")
    ranges = map(range, firsts.tolist(), lasts.tolist())
    return sorted(set(itertools.chain.from_iterable(ranges)))
