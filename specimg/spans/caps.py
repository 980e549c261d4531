"""At most so many clips of a label, and so many without any, of all recordings.

Decided before any sound is read, from the complete list of clips.  What is decided is
a limit: a clip whose lot is below is drawn.  So the choice for millions of clips is as
short as the list of labels, each worker and each shard can apply it, and nothing has
to be known of a clip but its recording, start, and labels.
"""

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from specimg.errors import ParameterError, shorten
from specimg.spans.drawing import Lots

ALL = 2**64
"""A limit that every lot is below."""


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A clip of which nobody has heard anything yet."""

    recording: str
    """Name of its recording."""
    start: float
    """Seconds from the beginning of the recording."""
    labels: Collection[str] = ()
    """What is annotated in it; empty for a negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCaps:
    """Which clips are kept so that no label has too many of its own.

    Each label has a lot drawn among its clips, of which it wants `count`, or all that
    it has.  A clip is kept if one of its labels wants it, or if it has no label.  So a
    label that is alone in its clips never has more than `count`.  Where labels share
    clips, a frequent one has more by those that a rare one wants; the other way round,
    a rare bird that always sings along with a frequent one would be lost.  What a label
    wants depends on no other label.
    """

    count: int
    seed: int
    limits: Mapping[str, int]
    """By label, the first lot that is too large; those that want all are not there."""

    def keeps(self, clip: PlannedClip) -> bool:
        """Whether a label of the clip wants it, or it has none."""
        if not clip.labels:
            return True
        lot = _cap_lots(self.seed).draw(clip.recording, clip.start)
        return any(lot < self.limits.get(label, ALL) for label in clip.labels)


def cap_labels(clips: Iterable[PlannedClip], count: int, seed: int) -> LabelCaps:
    """Decide which clips are kept so that no label has more than `count` of its own.

    Where recordings are added, a label gives up one clip for each new one that it
    wants: of M clips that became M + m, about ``count * m / (M + m)``.

    Parameters
    ----------
    clips : iterable of PlannedClip
        All clips, in any order; they are looked at once, and not kept.  Two that
        start together in a recording have one lot, and are kept or dropped together.
    count : int
        At least 1.
    seed : int

    Raises
    ------
    ParameterError
        `count` is less than 1.
    """
    if count < 1:
        msg = f"max_per_label={count}: need 1 clip or more"
        raise ParameterError(msg)
    lots = _cap_lots(seed)
    smallest: dict[str, list[int]] = {}
    for clip in clips:
        lot = lots.draw(clip.recording, clip.start)
        for label in set(clip.labels):
            heap = smallest.setdefault(label, [])
            # One more than wanted, negative because the largest has to come first.
            if len(heap) <= count:
                heapq.heappush(heap, -lot)
            elif -lot > heap[0]:
                heapq.heapreplace(heap, -lot)
    limits = {label: -heap[0] for label, heap in smallest.items() if len(heap) > count}
    return LabelCaps(count=count, seed=seed, limits=limits)


def count_dropped(clips: Iterable[PlannedClip], caps: LabelCaps) -> Counter[str]:
    """Count the clips that are dropped, by label; labels that lose none are absent."""
    dropped = Counter[str]()
    for clip in clips:
        if not caps.keeps(clip):
            dropped.update(set(clip.labels))
    return dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativesCap:
    """Which clips without a label are kept."""

    seed: int
    limit: int
    """The first lot that is too large."""
    kept: int
    dropped: int

    def keeps(self, clip: PlannedClip) -> bool:
        """Whether a clip without a label is kept."""
        lot = _negative_lots(self.seed).draw(clip.recording, clip.start)
        return lot < self.limit


def parse_negatives(text: str) -> float:
    """Read ``keep``, ``drop``, or a RATIO to the clips with a label.

    Returns
    -------
    float
        The ratio: infinity to keep all, 0 to drop all.

    Raises
    ------
    ParameterError
        It is none of these.
    """
    words = {"keep": math.inf, "drop": 0.0}
    try:
        ratio = words[text] if text in words else float(text)
    except ValueError:
        ratio = math.nan
    if text not in words and not 0 <= ratio < math.inf:
        msg = (
            f"negatives={shorten(text)}: need keep, drop, or how many to keep for each "
            f"clip with a label, such as 0.5"
        )
        raise ParameterError(msg)
    return ratio


def cap_negatives(
    negatives: Iterable[PlannedClip], n_positive: int, ratio: float, seed: int
) -> NegativesCap:
    """Decide which clips without a label are kept.

    Parameters
    ----------
    negatives : iterable of PlannedClip
        All of them, in any order; they are looked at once, for 8 bytes of memory each.
    n_positive : int
        How many clips with a label are kept.
    ratio : float
        How many negatives to keep for each of them, rounded half up; infinity for all.
    seed : int
    """
    draw = _negative_lots(seed).draw
    lots = array("Q", (draw(clip.recording, clip.start) for clip in negatives))
    total = len(lots)
    wanted = total if math.isinf(ratio) else math.floor(ratio * n_positive + 0.5)
    if wanted >= total:
        return NegativesCap(seed=seed, limit=ALL, kept=total, dropped=0)
    values = np.frombuffer(lots, np.uint64)
    limit = np.partition(values, wanted)[wanted]
    # Fewer than wanted where two clips have the same lot.
    kept = int(np.count_nonzero(values < limit))
    return NegativesCap(seed=seed, limit=int(limit), kept=kept, dropped=total - kept)


@lru_cache(maxsize=1)
def _cap_lots(seed: int) -> Lots:
    return Lots(seed, "max_per_label")


@lru_cache(maxsize=1)
def _negative_lots(seed: int) -> Lots:
    return Lots(seed, "negatives")
