"""Where a recording is cut into clips, one image each."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, get_args

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """A stretch of a recording, as it was recorded."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds; where the recording ends, also when the clip is extended."""
    samples: Waveform
    """Mono, at the sample rate of the recording.  Valid until the next clip is cut."""
    peaks: Waveform
    """The largest absolute value over the channels, sample by sample."""


def cut(
    read: Read,
    sample_rate: int,
    settings: ClipSettings,
    *,
    shortest: float,
    limit: float,
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

    Raises
    ------
    ClipError
        There is no clip because the recording is too short, or it is too long to
        be a single one.
    """
    if settings.is_whole:
        yield _whole(read, sample_rate, shortest=shortest, limit=limit)
        return
    full = round(settings.duration * sample_rate)
    # A clip may be a sample longer where its ends are rounded; two take turns, so
    # that what they share is copied from one to the other.
    buffers = np.empty((2, 2, full + 1), np.float32)
    begin, end, have = 0, 0, 0
    for index in count():
        buffer, previous = buffers[index % 2], buffers[1 - index % 2]
        start = round(index * settings.step, DECIMALS)
        stop = round(start + settings.duration, DECIMALS)
        last_begin, last_end = begin, end
        begin, end = round(start * sample_rate), round(stop * sample_rate)
        kept = max(0, last_end - begin)
        buffer[:, :kept] = previous[:, begin - last_begin : last_end - last_begin]
        have = kept + read(buffer[:, kept : end - begin])
        if have < end - begin:
            break
        yield Clip(
            start=start, end=stop, samples=buffer[0, :have], peaks=buffer[1, :have]
        )
    total = round((begin + have) / sample_rate, DECIMALS)
    if have - kept < max(shortest, MIN_STEP) * sample_rate:
        if index == 0:
            raise ClipError(
                _too_short(total, f"one analysis window is {shortest:.3g} s")
            )
        return  # the rest holds nothing new that could be seen
    if settings.final == "drop":
        if index == 0:
            wanted = (
                f"a clip is {settings.duration:g} s, and what is shorter is dropped"
            )
            raise ClipError(_too_short(total, wanted))
        return
    rest = buffer[:, :have]
    if settings.final == "full" and index > 0:
        before = previous[:, : last_end - last_begin]
        rest = np.concatenate([before, buffer[:, kept:have]], axis=1)[:, -full:]
        start = round((begin + have - full) / sample_rate, DECIMALS)
    yield Clip(start=start, end=total, samples=rest[0], peaks=rest[1])


def _whole(read: Read, sample_rate: int, *, shortest: float, limit: float) -> Clip:
    """Return the whole recording as one clip."""
    blocks: list[NDArray[np.float32]] = []
    length = 0
    while True:
        block = np.empty((2, BLOCK), np.float32)
        count_read = read(block)
        blocks.append(block[:, :count_read])
        length += count_read
        if length > limit * sample_rate:
            msg = (
                f"too long for one image: more than {limit:.0f} s; "
                f"set --clip-duration to cut it into clips"
            )
            raise ClipError(msg)
        if count_read < BLOCK:
            break
    end = round(length / sample_rate, DECIMALS)
    if length < shortest * sample_rate:
        raise ClipError(_too_short(end, f"one analysis window is {shortest:.3g} s"))
    samples, peaks = np.concatenate(blocks, axis=1)
    return Clip(start=0.0, end=end, samples=samples, peaks=peaks)


def _too_short(seconds: float, wanted: str) -> str:
    if not seconds:
        return f"too short: no audio at all, but {wanted}"
    return f"too short: {seconds:.3g} s of audio, but {wanted}"
