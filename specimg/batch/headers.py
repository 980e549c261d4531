"""The clips that a recording has by its header, before anything of it is decoded."""

import itertools
from collections.abc import Sequence

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


def read_header(
    recording: Recording, settings: Settings
) -> tuple[float, int, Settings, float]:
    """Return a recording's seconds and rate, the settings there, its time expansion.

    Seconds and rate are 0 where it does not say.
    """
    try:
        with AudioReader(
            recording.path, settings.channel, settings.time_expansion
        ) as reader:
            rate = reader.sample_rate
            seconds, slower = reader.promised_seconds, reader.time_expansion
            return seconds, rate, settings.at(rate), slower
    except RecordingError:
        return 0.0, 0, settings, 1.0  # which will be said when it is converted


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
