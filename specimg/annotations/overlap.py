"""Which annotations a clip is labeled by: how much of them it has to hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.annotations.annotation import Annotation
from specimg.errors import ParameterError

Times = NDArray[np.float64]

_DIGITS = 9
"""Decimals of a second that a comparison takes seriously: 0.3 - 0.05 is 0.25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRule:
    """A clip is labeled by an annotation of which it holds enough.

    That is more than nothing, and `min_overlap` seconds or the share `min_fraction` of
    the annotation: the rule of OpenSoundscape's `clip_labels`, whose advice for song is
    a quarter of a second.
    """

    min_overlap: float = 0.25
    """Seconds."""
    min_fraction: float | None = None
    """From 0 to 1; None: only the seconds count."""

    def __post_init__(self) -> None:
        """Reject what no overlap can be compared with."""
        if not 0 <= self.min_overlap < np.inf:
            msg = f"min_label_overlap={self.min_overlap:g} s: need 0 or more"
            raise ParameterError(msg)
        if self.min_fraction is not None and not 0 < self.min_fraction <= 1:
            msg = (
                f"min_label_fraction={self.min_fraction:g}: need more than 0, and 1 at "
                f"most, or none"
            )
            raise ParameterError(msg)


class Timeline:
    """The annotations of a recording, to be asked about one clip after another.

    Parameters
    ----------
    annotations : sequence of Annotation
    """

    def __init__(self, annotations: Sequence[Annotation]) -> None:
        self._starts: Times = np.array([a.start for a in annotations], np.float64)
        self._ends: Times = np.array([a.end for a in annotations], np.float64)
        self._lengths = self._ends - self._starts

    def overlaps(self, start: float, end: float) -> Times:
        """Return how many seconds of each annotation lie in a clip.

        An annotation that is a point in time has none; see `holds_point`.
        """
        both = np.minimum(self._ends, end) - np.maximum(self._starts, start)
        return np.maximum(both, 0.0).round(_DIGITS)

    def enough(self, start: float, end: float, rule: OverlapRule) -> NDArray[np.bool_]:
        """Return which annotations a clip is labeled by."""
        overlaps = self.overlaps(start, end)
        is_enough = overlaps >= rule.min_overlap
        if rule.min_fraction is not None:
            is_enough |= overlaps >= (rule.min_fraction * self._lengths).round(_DIGITS)
        return (overlaps > 0) & is_enough

    def touched(self, start: float, end: float) -> NDArray[np.bool_]:
        """Return which annotations lie in a clip at least in part, also points."""
        is_point = (self._lengths == 0) & (self._starts >= start) & (self._starts < end)
        return (self.overlaps(start, end) > 0) | is_point


def find_rescuers(
    annotations: Sequence[Annotation],
    starts: Times,
    ends: Times,
    rule: OverlapRule,
) -> dict[int, int]:
    """Find the clips of those annotations that no clip holds enough of.

    Each goes to the clip that holds most of it, to the first of several; a point in
    time to the first clip that it lies in.  What lies in no clip at all goes nowhere.

    Parameters
    ----------
    annotations : sequence of Annotation
    starts, ends : array, shape (n_clips,)
        Seconds; both in ascending order.
    rule : OverlapRule

    Returns
    -------
    dict
        The number of a clip, by the number of the annotation; -1 where there is none.
        Annotations that have enough are left out.
    """
    found: dict[int, int] = {}
    firsts = np.searchsorted(ends, [a.start for a in annotations], side="right")
    lasts = np.searchsorted(starts, [a.end for a in annotations], side="left")
    for number, annotation in enumerate(annotations):
        is_point = annotation.start == annotation.end
        first, last = int(firsts[number]), int(lasts[number])
        if is_point:
            begins = starts[first:] <= annotation.start
            found[number] = first if begins[:1].any() else -1
            continue
        both = np.minimum(ends[first:last], annotation.end)
        both = (both - np.maximum(starts[first:last], annotation.start)).round(_DIGITS)
        if not both.size or both.max() <= 0:
            found[number] = -1
            continue
        length = annotation.end - annotation.start
        least = rule.min_overlap
        if rule.min_fraction is not None:
            least = min(least, round(rule.min_fraction * length, _DIGITS))
        if both.max() < least:
            found[number] = first + int(both.argmax())
    return found
