"""Which clips are kept so that no label, and nothing at all, has too many."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from specimg.annotations.plan import LabelPlan
from specimg.audio.recordings import Recording
from specimg.settings import Settings
from specimg.spans.caps import PlannedClip, cap_labels, cap_negatives

Seconds = NDArray[np.float64]


@dataclass(slots=True)
class PlannedRecording:
    """A recording, its plan, and the clips that it has by its header."""

    recording: Recording
    plan: LabelPlan
    labels: dict[float, tuple[str, ...]]
    """The labels of each clip that has any, by its start."""
    negatives: Seconds
    """The starts of all other clips."""
    is_known: bool
    """Whether the header says how long the recording is."""


def draw(clips: Sequence[PlannedRecording], settings: Settings) -> Counter[str]:
    """Keep so many clips of each label, then so many without any, as is wanted.

    Returns
    -------
    Counter
        How many clips of each label are dropped.
    """
    dropped = Counter[str]()
    seed, most = settings.labels.seed, settings.labels.max_per_label
    if most is not None:
        caps = cap_labels(
            itertools.chain.from_iterable(map(_labeled, clips)), most, seed
        )
        for planned in clips:
            gone = [clip for clip in _labeled(planned) if not caps.keeps(clip)]
            dropped.update(label for clip in gone for label in clip.labels)
            starts = frozenset(clip.start for clip in gone)
            planned.plan = replace(planned.plan, dropped=starts)
    ratio = settings.labels.negatives
    if not isinstance(ratio, str):
        n_positive = sum(len(p.labels) - len(p.plan.dropped) for p in clips)
        negatives = itertools.chain.from_iterable(map(_unlabeled, clips))
        cap = cap_negatives(negatives, n_positive, ratio, seed)
        for planned in clips:
            kept = (clip.start for clip in _unlabeled(planned) if cap.keeps(clip))
            planned.plan = replace(planned.plan, negatives=frozenset(kept))
    return dropped


def _labeled(planned: PlannedRecording) -> Iterator[PlannedClip]:
    name = planned.recording.name
    return (
        PlannedClip(name, start, labels) for start, labels in planned.labels.items()
    )


def _unlabeled(planned: PlannedRecording) -> Iterator[PlannedClip]:
    name = planned.recording.name
    return (PlannedClip(name, start) for start in planned.negatives.tolist())


def has_one_label_each(planned: PlannedRecording, settings: Settings) -> bool:
    """Whether every clip that becomes an image has exactly one label."""
    if any(len(labels) > 1 for labels in planned.labels.values()):
        return False
    if settings.labels.negative_label or planned.plan.negatives == frozenset():
        return True
    if planned.plan.negatives is None:
        return planned.is_known and not planned.negatives.size
    return not planned.plan.negatives


def count_images(
    planned: PlannedRecording, plan: LabelPlan
) -> Counter[tuple[str, ...]]:
    """Count the clips of a recording that become images, by their labels."""
    counts = Counter(
        labels for start, labels in planned.labels.items() if plan.keeps(start, labels)
    )
    n_negatives = sum(plan.keeps(float(start), ()) for start in planned.negatives)
    if n_negatives:
        counts[(plan.negative_label,) if plan.negative_label else ()] += n_negatives
    return counts
