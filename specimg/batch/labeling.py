"""What annotations say of all recordings, decided before any of them is read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from specimg.annotations.annotation import ALL_TIMES, Annotation, Times
from specimg.annotations.expansion import to_true
from specimg.annotations.matching import Matched, match_tables
from specimg.annotations.overlap import find_rescuers
from specimg.annotations.plan import LabelPlan
from specimg.annotations.rows import AnnotationError
from specimg.annotations.tables import Tables
from specimg.audio.recordings import Listing, Recording
from specimg.batch.drawing import (
    PlannedRecording,
    count_images,
    draw,
    has_one_label_each,
)
from specimg.batch.headers import Header, find_spans, find_touched, read_header
from specimg.batch.lost import LostAnnotations
from specimg.encoding import encode_label
from specimg.settings import Settings


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
    nonsense: int = 0
    """Recordings of which tables say only what cannot be."""
    unclear: int = 0
    """Clips that are left out because nobody can say that nothing is heard in them."""
    absent_classes: tuple[str, ...] = ()
    """Classes that were asked for, and that no annotation has."""
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
    matched = None if tables is None else _match(tables, names, labeling)
    clips = [
        planned
        for recording in listing.recordings
        if (planned := _plan(recording, matched, settings, labeling)) is not None
    ]
    if matched is not None:
        heard = {one.label for planned in clips for one in planned.plan.annotations}
        labeling.absent_classes = tuple(
            name for name in settings.labels.classes if encode_label(name) not in heard
        )
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


def _match(tables: Tables, names: Sequence[str], labeling: Labeling) -> Matched:
    """Return what tables say of each recording."""
    matched = match_tables(tables, names)
    if not matched.annotations:
        msg = "no annotation is of a recording that is there"
        if some := (*matched.unmatched, *tables.problems):
            msg += f"; for example, {some[0]}"
        raise AnnotationError(msg)
    labeling.repeated = matched.repeated
    labeling.lost.add_problems(tables)
    labeling.lost.add_unmatched(matched)
    return matched


def _plan(
    recording: Recording,
    matched: Matched | None,
    settings: Settings,
    labeling: Labeling,
) -> PlannedRecording | None:
    """Return the plan of a recording; None where it is left out."""
    found = _look_up(recording, matched, settings, labeling)
    if found is None:
        return None
    in_tables, unclear = found
    header = read_header(recording, settings)
    settings, seconds, slower = header.settings, header.seconds, header.time_expansion
    in_file = tuple(_choose(in_tables, recording, header, unclear, labeling))
    annotations = tuple(to_true(one, slower) for one in in_file)
    unclear = [(start / slower, end / slower) for start, end in unclear]
    if seconds and any(one.start > seconds for one in annotations):
        unclear.append(ALL_TIMES)  # nobody knows when they are
    plan = LabelPlan(
        annotations=annotations,
        rule=settings.labels.rule,
        negatives=frozenset() if settings.labels.negatives == "drop" else None,
        unclear=tuple(sorted({*unclear})),
        negative_label=encode_label(settings.labels.negative_label),
    )
    spans = find_spans(plan, seconds, header.rate, settings)
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
    for number in (
        find_touched(annotations, starts, ends) if not own else range(len(spans))
    ):
        start, end = float(starts[number]), float(ends[number])
        if its := tuple(sorted({*plan.labels(start, end), *own})):
            labels[start] = its
    is_negative = ~np.isin(starts, list(labels))
    if unclear and plan.negatives is None:
        is_unclear = np.array(
            [plan.is_unclear(s.start, s.end) for s in spans], np.bool_
        )
        labeling.unclear += int(np.count_nonzero(is_negative & is_unclear))
        is_negative &= ~is_unclear
    return PlannedRecording(recording, plan, labels, starts[is_negative], bool(seconds))


def _look_up(
    recording: Recording,
    matched: Matched | None,
    settings: Settings,
    labeling: Labeling,
) -> tuple[Sequence[Annotation], list[Times]] | None:
    """Return what tables say of a recording, and when they say what cannot be.

    None where it is left out.
    """
    if matched is None:
        return (), []
    found = matched.annotations.get(recording.name)
    unclear = [*matched.unclear.get(recording.name, ())]
    if found is None and ALL_TIMES in unclear:
        labeling.nonsense += 1
        return None
    if found is None and not unclear:
        labeling.unannotated += 1
        if settings.labels.unannotated == "drop":
            return None
    return found or (), unclear


def _choose(
    annotations: Sequence[Annotation],
    recording: Recording,
    header: Header,
    unclear: list[Times],
    labeling: Labeling,
) -> Iterator[Annotation]:
    """Yield the annotations that count, with labels as tables can hold them.

    Those that the recording cannot hold make their times `unclear`.
    """
    classes = {encode_label(name) for name in header.settings.labels.classes}
    channel, rate = header.settings.channel, header.rate / header.time_expansion
    for given in annotations:
        label, annotation = encode_label(given.label), given
        if 0 < header.channels <= (given.channel or 0):
            labeling.lost.add_no_channel(given, recording, header.channels)
            annotation = replace(given, channel=None)
        if channel is not None and annotation.channel not in (None, channel):
            labeling.other_channels += 1
        elif classes and label not in classes:
            labeling.other_classes += 1
        elif rate and annotation.low is not None and annotation.low >= rate / 2:
            labeling.lost.add_above(annotation, recording, rate / 2)
            unclear.append((annotation.start, annotation.end))
        else:
            yield replace(annotation, label=label)
