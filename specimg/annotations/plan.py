"""What is decided about the clips of a recording before it is read."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from specimg.annotations.annotation import Annotation, Times
from specimg.annotations.overlap import OverlapRule, Timeline, find_rescuers


@dataclass(frozen=True, kw_only=True)
class LabelPlan:
    """The annotations of one recording, and what follows from all of them together."""

    annotations: tuple[Annotation, ...]
    """In the order of their starts."""
    rule: OverlapRule = field(default_factory=OverlapRule)
    rescued: tuple[tuple[int, float], ...] = ()
    """Annotations of which no clip holds enough, by number, and where the clip starts
    that is labeled by them nevertheless, in seconds."""
    negatives: frozenset[float] | None = None
    """Starts of the clips without a label that are kept; None: all of them."""
    dropped: frozenset[float] = frozenset()
    """Starts of clips with a label that are not kept."""
    unclear: tuple[Times, ...] = ()
    """When something may be heard that nobody can name: a clip there is no negative."""
    negative_label: str = ""
    """The label of a clip that has none, if there is to be one."""
    by_label: bool = False
    """Whether images lie in a folder that is called like their only label."""

    @property
    def is_empty(self) -> bool:
        """Whether no clip becomes an image, wherever clips lie."""
        return not self.annotations and self.negatives == frozenset()

    @cached_property
    def _timeline(self) -> Timeline:
        return Timeline(self.annotations)

    @cached_property
    def _unclear(self) -> Timeline:
        return Timeline(
            [Annotation(start=start, end=end, label="") for start, end in self.unclear]
        )

    def is_unclear(self, start: float, end: float) -> bool:
        """Whether nobody can say that nothing is heard in a clip."""
        return bool(self.unclear and self._unclear.touched(start, end).any())

    def labels(self, start: float, end: float) -> tuple[str, ...]:
        """Return the labels of a clip, sorted; none where nothing is heard in it."""
        enough = self._timeline.enough(start, end, self.rule)
        numbers = [
            *enough.nonzero()[0].tolist(),
            *(number for number, begin in self.rescued if begin == start),
        ]
        return tuple(sorted({self.annotations[number].label for number in numbers}))

    def choose(
        self, start: float, end: float, own: tuple[str, ...]
    ) -> tuple[str, ...] | None:
        """Return the labels of a clip that becomes an image, else None.

        `own` are labels that it has besides those of its annotations.
        """
        labels = tuple(sorted({*self.labels(start, end), *own}))
        if not self.keeps(start, labels):
            return None
        if not labels and self.is_unclear(start, end):
            return None
        return labels or ((self.negative_label,) if self.negative_label else ())

    def in_clip(self, start: float, end: float) -> list[Annotation]:
        """Return the annotations that lie in a clip at least in part."""
        touched = self._timeline.touched(start, end)
        return [self.annotations[number] for number in touched.nonzero()[0].tolist()]

    def heard_in(self, clips: Iterable[Times]) -> set[int]:
        """Return the numbers of the annotations that label at least one of some clips.

        Clips as long as each other, but for the last of a recording.
        """
        ordered = sorted(set(clips))
        starts, ends = np.array(ordered, np.float64).reshape(-1, 2).T
        missing = find_rescuers(self.annotations, starts, ends, self.rule)
        begins = {start for start, _ in ordered}
        rescued = {number for number, begin in self.rescued if begin in begins}
        return {*range(len(self.annotations))} - missing.keys() | rescued

    def find_lost(
        self, images: Iterable[Times], left_out: Mapping[str, Iterable[Times]]
    ) -> dict[int, str]:
        """Return the annotations that label no image, by their numbers.

        Parameters
        ----------
        images : iterable of (float, float)
            Start and end of each clip that became an image, in seconds.
        left_out : mapping of str to iterable of (float, float)
            Of each other clip with a label, by the reason.

        Returns
        -------
        dict
            The reasons; empty where no clip was labeled by it.
        """
        lost = {*range(len(self.annotations))} - self.heard_in(images)
        reasons: dict[int, list[str]] = {number: [] for number in sorted(lost)}
        for why in sorted(left_out) if lost else ():
            for number in lost & self.heard_in(left_out[why]):
                reasons[number].append(why)
        return {number: "; ".join(its) for number, its in reasons.items()}

    def keeps(self, start: float, labels: tuple[str, ...]) -> bool:
        """Whether a clip with these labels becomes an image."""
        if labels:
            return start not in self.dropped
        return self.negatives is None or start in self.negatives

    def digest(self) -> str:
        """Return what tells it from other plans, whichever tables it comes from."""
        annotations = [
            (a.start, a.end, a.label, a.low, a.high, a.channel)
            for a in self.annotations
        ]
        rule = (self.rule.min_overlap, self.rule.min_fraction)
        negatives = None if self.negatives is None else sorted(self.negatives)
        parts = (
            *(annotations, rule, self.rescued, negatives, sorted(self.dropped)),
            *(self.negative_label, self.by_label, self.unclear),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
