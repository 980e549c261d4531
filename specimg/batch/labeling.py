"""What annotations say of all recordings, decided before any of them is read."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from specimg.annotations.annotation import Annotation
from specimg.annotations.matching import Matched, match_tables
from specimg.annotations.overlap import find_rescuers
from specimg.annotations.plan import LabelPlan
from specimg.annotations.rows import AnnotationError
from specimg.annotations.tables import Tables
from specimg.audio import AudioReader
from specimg.audio.recordings import Listing, Recording
from specimg.encoding import encode_label, encode_name
from specimg.errors import ClipError, RecordingError
from specimg.output.manifest import PassedOver
from specimg.settings import Settings
from specimg.spans.plan import plan_known
from specimg.spans.span import Span

Times = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Labeling:
    """Recordings with what their annotations say, and what was left out on the way."""

    listing: Listing
    images: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)
    """How many clips of each recording have which labels, by the headers."""
    unannotated: int = 0
    """Recordings that no table speaks of."""
    other_classes: int = 0
    """Annotations with labels that are none of the classes."""
    other_channels: int = 0
    """Annotations of channels that are not read."""
    repeated: int = 0
    """Annotations that say just what another one does."""
    lost: list[PassedOver] = field(default_factory=list)
    """Annotations that label nothing, by table and line."""
    n_lost: int = 0
    """How many annotations these are."""


def label_recordings(listing: Listing, tables: Tables, settings: Settings) -> Labeling:
    """Give each recording of a listing the plan that its annotations make.

    What follows from all recordings together, such as whether every clip has a single
    label, is decided here as well: by the headers of the recordings, because none is
    read yet.

    Raises
    ------
    AnnotationError
        No annotation is of any recording.
    """
    matched = match_tables(tables, [recording.name for recording in listing.recordings])
    if not matched.annotations:
        msg = "no annotation is of a recording that is there"
        if matched.unmatched:
            msg += f"; for example, {matched.unmatched[0]}"
        raise AnnotationError(msg)
    labeling = Labeling(listing=listing, repeated=matched.repeated)
    _note_lost(labeling, tables, matched)
    clips = [
        planned
        for recording in listing.recordings
        if (planned := _plan(recording, matched, settings, labeling)) is not None
    ]
    _choose_negatives(clips, settings)
    by_label = all(_has_one_label_each(planned, settings) for planned in clips)
    recordings = []
    for planned in clips:
        plan = replace(planned.plan, by_label=by_label)
        recordings.append(replace(planned.recording, plan=plan))
        labeling.images[planned.recording.name] = _count(planned, plan)
    labeling.listing = replace(listing, recordings=tuple(recordings))
    return labeling


@dataclass(slots=True)
class _Planned:
    """A recording, its plan, and the clips that it has by its header."""

    recording: Recording
    plan: LabelPlan
    labels: dict[float, tuple[str, ...]]
    """The labels of each clip that has any, by its start."""
    negatives: Times
    """The starts of all other clips."""
    is_known: bool
    """Whether the header says how long the recording is."""


def _plan(
    recording: Recording, matched: Matched, settings: Settings, labeling: Labeling
) -> _Planned | None:
    """Return the plan of a recording; None where it is left out."""
    annotations = matched.annotations.get(recording.name)
    if annotations is None:
        labeling.unannotated += 1
        if settings.labels.unannotated == "drop":
            return None
        annotations = ()
    annotations = tuple(_choose(annotations, settings, labeling))
    plan = LabelPlan(
        annotations=annotations,
        rule=settings.labels.rule,
        negatives=frozenset() if settings.labels.negatives == "drop" else None,
        negative_label=encode_label(settings.labels.negative_label),
    )
    seconds, spans = _find_spans(recording, plan, settings)
    starts = np.array([span.start for span in spans], np.float64)
    ends = np.array([span.end for span in spans], np.float64)
    rescued = find_rescuers(annotations, starts, ends, plan.rule)
    for number in (number for number, clip in rescued.items() if clip < 0):
        _lose(labeling, annotations[number], _describe(recording, seconds))
    plan = replace(
        plan,
        rescued=tuple(
            (n, float(starts[clip])) for n, clip in rescued.items() if clip >= 0
        ),
    )
    own = (recording.label,) if recording.label else ()
    labels = {}
    for number in _touched(annotations, starts, ends) if not own else range(len(spans)):
        start, end = float(starts[number]), float(ends[number])
        if found := tuple(sorted({*plan.labels(start, end), *own})):
            labels[start] = found
    is_negative = ~np.isin(starts, list(labels))
    return _Planned(recording, plan, labels, starts[is_negative], bool(seconds))


def _choose(
    annotations: Sequence[Annotation], settings: Settings, labeling: Labeling
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
        else:
            yield replace(annotation, label=label)


def _find_spans(
    recording: Recording, plan: LabelPlan, settings: Settings
) -> tuple[float, list[Span]]:
    """Return the length of a recording by its header, and the clips that it has."""
    seconds, rate = 0.0, settings.mel.sample_rate
    try:
        with AudioReader(recording.path, settings.channel) as reader:
            seconds, rate = reader.promised_seconds, reader.sample_rate
    except RecordingError:
        pass  # which will be said when it is converted
    source = settings.spans_of(plan, seconds)
    if seconds:
        try:
            return seconds, list(plan_known(source, round(seconds * rate), rate))
        except ClipError:
            return seconds, []
    last = max((annotation.end for annotation in plan.annotations), default=0.0)
    return 0.0, list(itertools.takewhile(lambda s: s.start <= last, source.spans()))


def _touched(
    annotations: Sequence[Annotation], starts: Times, ends: Times
) -> list[int]:
    """Return the numbers of the clips in which an annotation lies at least in part."""
    firsts = np.searchsorted(ends, [a.start for a in annotations], side="right")
    lasts = np.searchsorted(starts, [a.end for a in annotations], side="right")
    ranges = map(range, firsts.tolist(), lasts.tolist())
    return sorted(set(itertools.chain.from_iterable(ranges)))


def _choose_negatives(clips: Sequence[_Planned], settings: Settings) -> None:
    """Choose so many clips without a label for each with one, if that is wanted."""


def _has_one_label_each(planned: _Planned, settings: Settings) -> bool:
    """Whether every clip that becomes an image has exactly one label."""
    if any(len(labels) > 1 for labels in planned.labels.values()):
        return False
    if settings.labels.negative_label or planned.plan.negatives == frozenset():
        return True
    if planned.plan.negatives is None:
        return planned.is_known and not planned.negatives.size
    return False


def _count(planned: _Planned, plan: LabelPlan) -> Counter[tuple[str, ...]]:
    counts = Counter(
        labels for start, labels in planned.labels.items() if plan.keeps(start, labels)
    )
    n_negatives = sum(plan.keeps(float(start), ()) for start in planned.negatives)
    if n_negatives:
        counts[(plan.negative_label,) if plan.negative_label else ()] += n_negatives
    return counts


def _note_lost(labeling: Labeling, tables: Tables, matched: Matched) -> None:
    """Note what is wrong with tables, and what is of recordings that are not there."""
    for problem in tables.problems:
        what = ": ".join(filter(None, (problem.value, problem.why)))
        _add_lost(labeling, problem.table, problem.line, what)
    for entry in matched.unmatched:
        number = "nothing" if not entry.count else f"{entry.count} annotations"
        what = f"{number} in {entry.file}: {entry.reason}"
        _add_lost(labeling, entry.table, entry.line, what, max(entry.count, 1))


def _lose(labeling: Labeling, annotation: Annotation, why: str) -> None:
    times = f"{annotation.start:.10g} to {annotation.end:.10g} s"
    what = f"{annotation.label} from {times} is in no clip{why}"
    _add_lost(labeling, annotation.table, annotation.line, what)


def _describe(recording: Recording, seconds: float) -> str:
    if not seconds:
        return f" of {recording.name}"
    return f" of {recording.name}, which is {seconds:.10g} s long"


def _add_lost(
    labeling: Labeling, table: str, line: int, what: str, count: int = 1
) -> None:
    source = encode_name(table) + (f":{line}" if line else "")
    labeling.lost.append(PassedOver(source=source, reason=what))
    labeling.n_lost += count
