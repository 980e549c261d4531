"""Which clips of a recording are worth a picture, by what they sound like."""

import heapq
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Generic, Literal, Protocol, Self, TypeAlias, TypeVar, cast, get_args

from specimg.errors import ParameterError, check_choice, shorten
from specimg.spans.drawing import Lots
from specimg.spans.settings import ClipSettings

Order = Literal["activity", "loudest", "random", "first"]

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


@dataclass(frozen=True, slots=True)
class Select:
    """How many clips to keep of each recording, and which."""

    count: int
    order: Order = "activity"
    """Those with the most ``activity``, the ``loudest`` by their peak, ``random`` ones,
    or the ``first``."""

    def __post_init__(self) -> None:
        """Reject what would keep nothing, and orders that are unknown."""
        if self.count < 1:
            msg = f"select={self.count}: need 1 clip or more"
            raise ParameterError(msg)
        check_choice("select", self.order, get_args(Order))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``N`` or ``N:ORDER``."""
        match = re.fullmatch(r"([0-9]{1,9})(?::([a-z]+))?", text.strip())
        if not match:
            msg = (
                f"select={shorten(text)}: need how many clips to keep of a recording, "
                f"and perhaps which: 10, or 10:{', 10:'.join(get_args(Order))}"
            )
            raise ParameterError(msg)
        return cls(int(match[1]), cast("Order", match[2] or "activity"))

    def __str__(self) -> str:
        return f"{self.count}:{self.order}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionSettings:
    """Which clips of a recording become pictures.  By default, all of them."""

    min_clip: float = 0.0
    """Seconds that a clip needs, without the silence that it is extended with."""
    skip_silent: bool = False
    """Whether clips of digital silence are dropped."""
    min_peak_dbfs: float = -math.inf
    """The peak that a clip needs, in dB; 0 is full scale."""
    select: Select | None = None
    """What is kept of the clips that the others leave; None for all."""
    seed: int = 0
    """Other ones select other ``random`` clips."""

    def __post_init__(self) -> None:
        """Reject what is no duration, and no level."""
        if not 0 <= self.min_clip < math.inf:
            msg = f"min_clip={self.min_clip:g} s: need 0 or more"
            raise ParameterError(msg)
        if not self.min_peak_dbfs <= 0:
            msg = (
                f"min_peak_dbfs={self.min_peak_dbfs:g} dB: need 0 or less, because 0 "
                f"is full scale"
            )
            raise ParameterError(msg)

    def check_clips(self, clips: ClipSettings) -> None:
        """Refuse to drop every clip because none is as long as `min_clip`.

        Raises
        ------
        ParameterError
            They are shorter.
        """
        if self.min_clip > clips.duration:
            msg = (
                f"min_clip={self.min_clip:g} s would drop every clip: need at most "
                f"clip_duration={clips.duration:g} s"
            )
            raise ParameterError(msg)

    @property
    def why_not_selected(self) -> str:
        """The reason why a clip is dropped that is not among those selected."""
        return f"not among the clips of its recording that select={self.select} keeps"


def why_dropped(
    settings: SelectionSettings,
    *,
    n_samples: int,
    sample_rate: int,
    peak_dbfs: float,
    silent: bool,
) -> str | None:
    """Say why a clip is not worth a picture, whatever the others are like.

    Parameters
    ----------
    settings : SelectionSettings
    n_samples : int
        Samples of the recording that the clip has.  One that lacks a single sample, by
        the rounding of its ends, is as long as it should be.
    sample_rate : int
        Of the recording, in Hz.
    peak_dbfs : float
        Largest sample in dB; 0 is full scale, minus infinity is silence.
    silent : bool
        Whether it is digital silence; False where that is not known yet, so that what
        is too short or too quiet need not be rendered.

    Returns
    -------
    str or None
        The first reason; the same text for all clips that it is true of.
    """
    if n_samples < round(settings.min_clip * sample_rate) - 1:
        return f"shorter than min_clip={settings.min_clip:g} s"
    if settings.skip_silent and (silent or peak_dbfs == -math.inf):
        return "silent, and skip_silent is set"
    if peak_dbfs < settings.min_peak_dbfs:
        return f"peak below min_peak_dbfs={settings.min_peak_dbfs:g} dB"
    return None


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
