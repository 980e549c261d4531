"""What annotations say of all recordings, decided before any of them is read."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from specimg.annotations.annotation import Annotation
from specimg.annotations.expansion import to_true
from specimg.annotations.matching import match_tables
from specimg.annotations.overlap import find_rescuers
from specimg.annotations.plan import LabelPlan
from specimg.annotations.rows import AnnotationError
from specimg.annotations.tables import Tables
from specimg.audio import AudioReader
from specimg.audio.recordings import Listing, Recording
from specimg.batch.drawing import (
    PlannedRecording,
    Times,
    count_images,
    draw,
    has_one_label_each,
)
from specimg.batch.lost import LostAnnotations
from specimg.encoding import encode_label
from specimg.errors import ClipError, RecordingError
from specimg.settings import Settings
from specimg.spans.plan import plan_known
from specimg.spans.span import Span


@dataclass(slots=True, kw_only=True)
class Labeling:
    """Recordings with what their annotations say, and what was left out on the way."""

    listing: Listing
    images: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)
    """How many clips of each recording have which labels, by the headers."""
    by_label: bool = False
    """Whether every clip has exactly one label, and images lie in a folder of it."""
    unannotated: int = 0
    """Recordings that no table speaks of."""
    other_classes: int = 0
    """Annotations with labels that are none of the classes."""
    other_channels: int = 0
    """Annotations of channels that are not read."""
    capped: Counter[str] = field(default_factory=Counter)
    """Clips of each label that are left out, because it has enough of them."""
    repeated: int = 0
    """Annotations that say just what another one does."""
    lost: LostAnnotations = field(default_factory=LostAnnotations)
    """Annotations that label nothing."""


def label_recordings(
    listing: Listing, tables: Tables | None, settings: Settings
) -> Labeling:
    """Give each recording of a listing the plan that its annotations make.

    Without tables, its clips have the label of its folder only.

    What follows from all recordings together, such as whether every clip has a single
    label, is decided here as well: by the headers of the recordings, because none is
    read yet.

    Raises
    ------
    AnnotationError
        No annotation is of any recording.
    """
    labeling = Labeling(listing=listing)
    names = [recording.name for recording in listing.recordings]
    annotations: Mapping[str, tuple[Annotation, ...]] = dict.fromkeys(names, ())
    if tables is not None:
        annotations = _match(tables, names, labeling)
    clips = [
        planned
        for recording in listing.recordings
        if (planned := _plan(recording, annotations, settings, labeling)) is not None
    ]
    labeling.capped = draw(clips, settings)
    by_label = tables is not None and all(
        has_one_label_each(planned, settings) for planned in clips
    )
    recordings = []
    for planned in clips:
        plan = replace(planned.plan, by_label=by_label)
        recordings.append(replace(planned.recording, plan=plan))
        labeling.images[planned.recording.name] = count_images(planned, plan)
    labeling.by_label = by_label
    labeling.listing = replace(listing, recordings=tuple(recordings))
    return labeling


def _match(
    tables: Tables, names: Sequence[str], labeling: Labeling
) -> Mapping[str, tuple[Annotation, ...]]:
    """Return the annotations of each recording that a table speaks of."""
    matched = match_tables(tables, names)
    if not matched.annotations:
        msg = "no annotation is of a recording that is there"
        if matched.unmatched:
            msg += f"; for example, {matched.unmatched[0]}"
        raise AnnotationError(msg)
    labeling.repeated = matched.repeated
    labeling.lost.add_problems(tables)
    labeling.lost.add_unmatched(matched)
    return matched.annotations


def _plan(
    recording: Recording,
    known: Mapping[str, tuple[Annotation, ...]],
    settings: Settings,
    labeling: Labeling,
) -> PlannedRecording | None:
    """Return the plan of a recording; None where it is left out."""
    found = known.get(recording.name)
    if found is None:
        labeling.unannotated += 1
        if settings.labels.unannotated == "drop":
            return None
        found = ()
    seconds, rate, settings, slower = _read_header(recording, settings)
    in_file = tuple(_choose(found, recording, rate / slower, settings, labeling))
    annotations = tuple(to_true(one, slower) for one in in_file)
    plan = LabelPlan(
        annotations=annotations,
        rule=settings.labels.rule,
        negatives=frozenset() if settings.labels.negatives == "drop" else None,
        negative_label=encode_label(settings.labels.negative_label),
    )
    spans = _find_spans(plan, seconds, rate, settings)
    starts = np.array([span.start for span in spans], np.float64)
    ends = np.array([span.end for span in spans], np.float64)
    rescued = find_rescuers(annotations, starts, ends, plan.rule)
    for number in (number for number, clip in rescued.items() if clip < 0):
        labeling.lost.add_outside(in_file[number], recording, seconds * slower)
    plan = replace(
        plan,
        rescued=tuple(
            (n, float(starts[clip])) for n, clip in rescued.items() if clip >= 0
        ),
    )
    own = (recording.label,) if recording.label else ()
    labels: dict[float, tuple[str, ...]] = {}
    for number in _touched(annotations, starts, ends) if not own else range(len(spans)):
        start, end = float(starts[number]), float(ends[number])
        if its := tuple(sorted({*plan.labels(start, end), *own})):
            labels[start] = its
    is_negative = ~np.isin(starts, list(labels))
    return PlannedRecording(recording, plan, labels, starts[is_negative], bool(seconds))


def _choose(
    annotations: Sequence[Annotation],
    recording: Recording,
    rate: float,
    settings: Settings,
    labeling: Labeling,
) -> Iterator[Annotation]:
    """Yield the annotations that count, with labels as tables can hold them."""
    classes = {encode_label(name) for name in settings.labels.classes}
    channel = settings.channel
    for annotation in annotations:
        label = encode_label(annotation.label)
        if channel is not None and annotation.channel not in (None, channel):
            labeling.other_channels += 1
        elif classes and label not in classes:
            labeling.other_classes += 1
        elif rate and annotation.low is not None and annotation.low >= rate / 2:
            labeling.lost.add_above(annotation, recording, rate / 2)
        else:
            yield replace(annotation, label=label)


def _read_header(
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


def _find_spans(
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


def _touched(
    annotations: Sequence[Annotation], starts: Times, ends: Times
) -> list[int]:
    """Return the numbers of the clips in which an annotation lies at least in part."""
    firsts = np.searchsorted(ends, [a.start for a in annotations], side="right")
    lasts = np.searchsorted(starts, [a.end for a in annotations], side="right")
    ranges = map(range, firsts.tolist(), lasts.tolist())
    return sorted(set(itertools.chain.from_iterable(ranges)))
