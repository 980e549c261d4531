"""Where a recording is cut into clips, one image each."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Waveform
from specimg.errors import ClipError, ParameterError, check_choice

FinalClip = Literal["extend", "remainder", "full", "drop"]

DECIMALS = 9
"""Of the seconds where clips start and end, in the manifest as in the cutting."""

MIN_STEP = 0.001
"""Seconds: file names give the start of a clip in milliseconds."""

Read = Callable[[NDArray[np.float32]], int]
"""Fills (2, n): mono samples, and their peaks over the channels.

Returns how many there were: fewer than n only where the recording ends.
"""

BLOCK = 2**18
"""Samples that a whole recording is read in at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSettings:
    """How to cut a recording into clips.  In seconds."""

    duration: float = 3.0
    """Infinity: the whole recording is one clip."""
    overlap: float = 0.0
    """How much of a clip the next one repeats."""
    final: FinalClip = "extend"
    """What becomes of the rest of a recording, when it is shorter than a clip.

    ``extend`` it with silence to full length, keep the ``remainder`` short, go
    back and take the last ``full`` clip, or ``drop`` it.
    """

    def __post_init__(self) -> None:
        """Reject clips that would never end or be named alike."""
        if not self.duration > 0:
            msg = f"clip_duration={self.duration:g} s: need more than 0, or 'whole'"
            raise ParameterError(msg)
        if self.is_whole and self.overlap:
            msg = f"clip_overlap={self.overlap:g} s: a whole recording is one clip"
            raise ParameterError(msg)
        if not 0 <= self.overlap < self.duration:
            msg = (
                f"clip_overlap={self.overlap:g} s: need 0 or more, and less than "
                f"clip_duration={self.duration:g} s"
            )
            raise ParameterError(msg)
        if self.step < MIN_STEP:
            msg = (
                f"clips would start every {self.step:g} s: need {MIN_STEP:g} s or more "
                f"from clip_duration={self.duration:g} minus "
                f"clip_overlap={self.overlap:g}"
            )
            raise ParameterError(msg)
        check_choice("final_clip", self.final, get_args(FinalClip))

    @property
    def is_whole(self) -> bool:
        """Whether a recording is one clip."""
        return math.isinf(self.duration)

    @property
    def step(self) -> float:
        """Seconds from the start of a clip to the start of the next."""
        return self.duration - self.overlap


class Level:
    """How loud a clip is, over all channels that it is made of."""

    def __init__(self, full_scale: float) -> None:
        self.peak = 0.0
        """Largest absolute value."""
        self._full_scale = full_scale
        self._clipped = 0
        self._total = 0

    def add(self, peaks: Waveform) -> Self:
        """Take the largest absolute values over the channels, sample by sample."""
        self.peak = max(self.peak, float(peaks.max(initial=0.0)))
        self._clipped += int(np.count_nonzero(peaks >= self._full_scale))
        self._total += peaks.size
        return self

    @property
    def clipped_fraction(self) -> float:
        """Share of the samples at which a channel is at full scale."""
        return self._clipped / max(self._total, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """A stretch of a recording, as it was recorded."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds; where the recording ends, also when the clip is extended."""
    samples: Waveform
    """Mono, at the sample rate of the recording.  Valid until the next clip is cut."""
    level: Level


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range of the clips of a recording, by their numbers from 0."""

    first: int = 0
    stop: int | None = None
    """The first clip that is not in the range; None: up to the end."""

    @property
    def read_from(self) -> int:
        """The clip that reading begins with.

        One before the first, because what is new in a rest, and the last full clip
        of a recording, depend on the clip before.
        """
        return max(0, self.first - 1)


WHOLE = Stretch()


def clip_begin(index: int, sample_rate: int, settings: ClipSettings) -> int:
    """Return the sample where clip number `index` begins."""
    return round(round(index * settings.step, DECIMALS) * sample_rate)


def cut(
    read: Read,
    sample_rate: int,
    settings: ClipSettings,
    *,
    shortest: float,
    limit: float,
    full_scale: float = 1.0,
    stretch: Stretch = WHOLE,
) -> Iterator[Clip]:
    """Cut a recording into clips while it is read, in one pass.

    A clip holds the samples from ``round(start * sample_rate)`` up to
    ``round(end * sample_rate)``.  No more than two clips are in memory, however
    long the recording is.

    Parameters
    ----------
    read : callable
        Reads on; see `Read`.
    sample_rate : int
        Of the recording, in Hz.
    settings : ClipSettings
    shortest : float
        Seconds; a rest that is shorter is dropped: it has no picture.
    limit : float
        Seconds; a whole recording that is longer has no picture either.
    full_scale : float
        From which absolute value on a sample counts as clipped.
    stretch : Stretch
        The clips to cut; what is read begins with clip ``stretch.read_from``.

    Raises
    ------
    ClipError
        There is no clip because the recording is too short, or it is too long to
        be a single one.
    """
    if settings.is_whole:
        level = Level(full_scale)
        yield _whole(read, sample_rate, level, shortest=shortest, limit=limit)
        return
    full = round(settings.duration * sample_rate)
    # A clip may be a sample longer where its ends are rounded; two take turns, so
    # that what they share is copied from one to the other.
    buffers = np.empty((2, 2, full + 1), np.float32)
    begin = end = clip_begin(stretch.read_from, sample_rate, settings)
    for index in count(stretch.read_from):
        if index == stretch.stop:
            return
        buffer, previous = buffers[index % 2], buffers[1 - index % 2]
        start = round(index * settings.step, DECIMALS)
        stop = round(start + settings.duration, DECIMALS)
        last_begin, last_end = begin, end
        begin, end = round(start * sample_rate), round(stop * sample_rate)
        kept = max(0, last_end - begin)
        buffer[:, :kept] = previous[:, begin - last_begin : last_end - last_begin]
        have = kept + read(buffer[:, kept : end - begin])
        clip = buffer[:, :have]
        if have < end - begin:
            break
        if index >= stretch.first:
            level = Level(full_scale).add(clip[1])
            yield Clip(start=start, end=stop, samples=clip[0], level=level)
    if index < stretch.first:
        return  # the recording ends before this stretch of it
    total = round((begin + have) / sample_rate, DECIMALS)
    if reason := _why_dropped(have - kept, sample_rate, settings, shortest):
        if index == 0:
            raise ClipError(_too_short(total, reason))
        return
    if settings.final == "full" and index > 0:
        before = previous[:, : last_end - last_begin]
        clip = np.concatenate([before, clip[:, kept:]], axis=1)[:, -full:]
        start = round((begin + have - full) / sample_rate, DECIMALS)
    level = Level(full_scale).add(clip[1])
    yield Clip(start=start, end=total, samples=clip[0], level=level)


def _why_dropped(
    n_new: int, sample_rate: int, settings: ClipSettings, shortest: float
) -> str:
    """Say why a rest with `n_new` new samples becomes no clip, if it does not."""
    if n_new < max(shortest, MIN_STEP) * sample_rate:
        return f"one analysis window is {shortest:.4g} s"
    if settings.final == "drop":
        return f"a clip is {settings.duration:g} s, and what is shorter is dropped"
    return ""


def _whole(
    read: Read, sample_rate: int, level: Level, *, shortest: float, limit: float
) -> Clip:
    """Return the whole recording as one clip."""
    blocks: list[Waveform] = []
    length = 0
    block = np.empty((2, BLOCK), np.float32)
    while count_read := read(block):
        blocks.append(block[0, :count_read].copy())
        level.add(block[1, :count_read])
        length += count_read
        if length > limit * sample_rate:
            msg = (
                f"too long for one image: more than {limit:.0f} s; "
                f"set --clip-duration to cut it into clips"
            )
            raise ClipError(msg)
    end = round(length / sample_rate, DECIMALS)
    if length < shortest * sample_rate:
        raise ClipError(_too_short(end, f"one analysis window is {shortest:.4g} s"))
    samples = np.concatenate(blocks)
    return Clip(start=0.0, end=end, samples=samples, level=level)


def _too_short(seconds: float, wanted: str) -> str:
    if not seconds:
        return f"too short: no audio at all, but {wanted}"
    return f"too short: {seconds:.4g} s of audio, but {wanted}"
