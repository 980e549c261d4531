"""A labeled recording, and where its clips lie."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from specimg.audio import AudioReader
from specimg.audio.recordings import Recording
from specimg.settings import Settings
from specimg.spans.sources import spans_listed
from specimg.spans.span import SpanSource

Labels: TypeAlias = NDArray[np.bool_]
"""Whether each clip or recording is of each class, shape (n, n_classes).  Some may be
of several classes, or of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledClip:
    """A clip that a table lists.  Times in seconds from the recording's beginning."""

    start: float
    end: float
    labels: tuple[str, ...]
    """What is heard in it; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledRecording(Recording):
    """A recording, and what is heard in its clips."""

    clips: tuple[LabeledClip, ...] | None = None
    """Its clips, in the order of their starts.  None: the settings say where they lie,
    and all of them have the label of the recording."""

    @property
    def labels(self) -> tuple[str, ...]:
        """All that is heard in it, sorted."""
        if self.clips is None:
            return (self.label,)
        return tuple(sorted({label for clip in self.clips for label in clip.labels}))

    @property
    def remedy(self) -> str:
        """What to do about it if it cannot be read."""
        if self.clips is None:
            return "move it away, or mend it"
        return "mend it, or take it out of the table"

    def span_source(self, settings: Settings, reader: AudioReader) -> SpanSource:
        """Return what plans its clips; `reader` is of it.

        Raises
        ------
        ClipError
            A clip that is listed is longer than pictures are.
        """
        if self.clips is None:
            return settings.spans
        slower = reader.time_expansion  # tables have the seconds of the file
        times = [(clip.start / slower, clip.end / slower) for clip in self.clips]
        return spans_listed(
            times,
            settings.clips,
            longest=settings.longest,
            sample_rate=reader.sample_rate,
        )

    def labels_of_clips(self, count: int) -> Sequence[tuple[str, ...]]:
        """Return the labels of each of its `count` clips."""
        if self.clips is None:
            return [(self.label,)] * count
        return [clip.labels for clip in self.clips]

    def describe(self, classes: Sequence[str]) -> object:
        """Return what is learned of it, as JSON can hold it."""
        if self.clips is None:
            return classes.index(self.label)
        return [
            [clip.start, clip.end, *(x for x in clip.labels if x in classes)]
            for clip in self.clips
        ]


def mark_labels(labels: Sequence[Iterable[str]], classes: Collection[str]) -> Labels:
    """Return which of the classes each has, by their names; other labels are left out.

    Parameters
    ----------
    labels : sequence of iterable of str
        The labels of each clip or recording.
    classes : collection of str

    Returns
    -------
    array of bool, shape (len(labels), len(classes))
    """
    column = {name: number for number, name in enumerate(classes)}
    marks = np.zeros((len(labels), len(column)), np.bool_)
    for row, own in enumerate(labels):
        marks[row, [column[label] for label in own if label in column]] = True
    return marks


def mark_clips(
    recordings: Sequence[LabeledRecording],
    counts: Sequence[int],
    classes: Collection[str],
) -> Labels:
    """Return which of the classes each clip is of, recording by recording.

    `counts` says how many clips each recording has.
    """
    pairs = zip(recordings, counts, strict=True)
    own = (recording.labels_of_clips(count) for recording, count in pairs)
    return mark_labels([*chain.from_iterable(own)], classes)


def have_one_label(labels: Labels) -> bool:
    """Whether each is of one class: not of several, and not of none."""
    return bool((labels.sum(axis=1) == 1).all())
