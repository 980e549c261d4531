"""The clips of a recording that are kept of all that are worth a picture."""

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Generic, Protocol, TypeAlias, TypeVar

from specimg.spans.drawing import Lots
from specimg.spans.selection import SelectionSettings

Rank: TypeAlias = tuple[float, float, float]
"""The smaller, the sooner a clip is kept: what is asked for, and start and end, by
which clips differ that are equal in it."""


class Candidate(Protocol):
    """A clip that may be kept, such as a `specimg.output.manifest.Record`.

    Values are compared as the manifest has them, rounded, so that everybody who reads
    it comes to the same choice.
    """

    @property
    def start(self) -> float:
        """Seconds from the beginning of the recording."""

    @property
    def end(self) -> float:
        """Seconds."""

    @property
    def activity(self) -> float:
        """See `specimg.rendering.activity`."""

    @property
    def peak_dbfs(self) -> float:
        """The largest sample in dB; 0 is full scale."""


C = TypeVar("C", bound=Candidate)


def ranking(settings: SelectionSettings, recording: str) -> Callable[[Candidate], Rank]:
    """Return what ranks the clips of a recording, the first to be kept the smallest."""
    order = settings.select.order if settings.select else "first"
    if order == "activity":
        return lambda clip: (-clip.activity, clip.start, clip.end)
    if order == "loudest":
        return lambda clip: (-clip.peak_dbfs, clip.start, clip.end)
    if order == "random":
        lots = Lots(settings.seed, "select")
        return lambda clip: (lots.draw(recording, clip.start), clip.start, clip.end)
    return lambda clip: (0.0, clip.start, clip.end)


def select(
    candidates: Sequence[Candidate], settings: SelectionSettings, recording: str
) -> list[int]:
    """Select among the clips of a recording that no reason of `why_dropped` is true of.

    Parameters
    ----------
    candidates : sequence
        In any order.
    settings : SelectionSettings
    recording : str
        Name of the recording, from which together with the seed follows which clips
        are ``random``: other recordings have no part in it.

    Returns
    -------
    list of int
        The places of those that are kept among the `candidates`, in their order.
    """
    if settings.select is None:
        return list(range(len(candidates)))
    rank = ranking(settings, recording)
    return sorted(
        heapq.nsmallest(
            settings.select.count,
            range(len(candidates)),
            key=lambda place: rank(candidates[place]),
        )
    )


def select_from_ranges(
    ranges: Iterable[Sequence[C]], settings: SelectionSettings, recording: str
) -> list[C]:
    """Select among what was kept in each range of a recording; see `Best`.

    A clip that is not among the best of its range is not among the best of the whole,
    so the result is that of selecting among all clips of the recording at once.
    """
    clips = [clip for clips in ranges for clip in clips]
    return [clips[place] for place in select(clips, settings, recording)]


class Best(Generic[C]):
    """Selects among the clips of a recording, or of a range of it, as they come.

    No more clips are in its memory than are kept.

    Parameters
    ----------
    settings, recording
        As those of `select`, whose result it has in the end.
    """

    def __init__(self, settings: SelectionSettings, recording: str) -> None:
        self._limit = settings.select.count if settings.select else math.inf
        self._rank = ranking(settings, recording)
        self._numbers = count()
        self._kept: list[tuple[Rank, int, C]] = []
        """A heap, whose first is the next to make room: all ranks are negative."""

    def add(self, clip: C) -> C | None:
        """Add a clip, and return the one that is not kept: `clip`, or one before it.

        None where there is room for all so far.
        """
        value, start, end = self._rank(clip)
        entry = ((-value, -start, -end), -next(self._numbers), clip)
        if len(self._kept) < self._limit:
            heapq.heappush(self._kept, entry)
            return None
        return heapq.heappushpop(self._kept, entry)[-1]
