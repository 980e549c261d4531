"""The one reader of clips: in one pass, whatever planned them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Waveform
from specimg.spans.plan import plan
from specimg.spans.span import ALL_CLIPS, ClipRange, Span, SpanSource

BLOCK = 2**18
"""Samples that are read at a time where nobody knows how many there are."""

Read = Callable[[NDArray[np.float32]], int]
"""Fills an array of shape (2, n) with mono samples and their peaks over the channels.

Returns how many it filled: fewer than n only where the recording ends.
"""


class Recorded(Protocol):
    """A recording that is read forwards, such as a `specimg.audio.AudioReader`."""

    sample_rate: int
    """In Hz."""

    @property
    def full_scale(self) -> float:
        """The absolute value from which on a sample counts as clipped."""

    def read(self, out: NDArray[np.float32], /) -> int:
        """Read on; see `Read`."""

    def skip(self, n_samples: int, /) -> int:
        """Go on without reading; return by how many: fewer only where it ends."""


class ClipLevel:
    """How loud a clip is, over all channels that it is made of."""

    def __init__(self, full_scale: float) -> None:
        self.peak = 0.0
        """Largest absolute value."""
        self._full_scale = full_scale
        self._clipped = 0
        self._total = 0

    def add(self, peaks: Waveform) -> Self:
        """Add samples, by the largest absolute value over the channels of each."""
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

    span: Span
    """Where it lies; its `end` is where the recording ends, if that comes first."""
    samples: Waveform
    """Mono, at the sample rate of the recording.  Valid until the next clip is read."""
    level: ClipLevel


def read_clips(
    recording: Recorded, source: SpanSource, clip_range: ClipRange = ALL_CLIPS
) -> Iterator[Clip]:
    """Read the clips of a recording in one pass.

    A clip holds the samples from ``round(start * sample_rate)`` up to
    ``round(end * sample_rate)``.  No more than two clips are in memory, however
    long the recording is, and what lies in no clip is skipped.

    Parameters
    ----------
    recording : Recorded
        At its beginning.
    source : SpanSource
    clip_range : ClipRange
        The clips to read.

    Raises
    ------
    ClipError
        See `specimg.spans.plan.plan`.
    """
    rate, full_scale = recording.sample_rate, recording.full_scale
    first = next(source.spans(), None)
    kept = (
        _Gathered(recording.read, full_scale)
        if first is not None and math.isinf(first.end)
        else _Window(recording, looks_back=source.looks_back)
    )
    for span in plan(source, rate, kept.reach, clip_range):
        samples, level = kept.take(*span.samples(rate))
        yield Clip(span=span, samples=samples, level=level)


class _Window:
    """The samples of the current clip, and of the one before if `looks_back`."""

    def __init__(self, recording: Recorded, *, looks_back: bool) -> None:
        self._recording = recording
        self._looks_back = looks_back
        self._samples = np.empty((2, 0), np.float32)
        self._first = self._count = 0
        """The first sample that is kept, and how many are."""
        self._last_begin: int | None = None
        """The first sample of the clip before, if there is one."""

    def reach(self, begin: int, end: int) -> int:
        """Read on to the end of a clip; see `specimg.spans.plan.Reach`."""
        before, self._last_begin = self._last_begin, begin
        if not self._looks_back or before is None:
            before = begin
        if not self._forget_before(before):
            return self._first
        missing = end - self._first - self._count
        if missing > 0:
            self._make_room(end - self._first)
            have = self._count
            out = self._samples[:, have : have + missing]
            self._count += self._recording.read(out)
        return min(end, self._first + self._count)

    def take(self, begin: int, end: int) -> tuple[Waveform, ClipLevel]:
        """Return samples that are kept, and how loud they are."""
        clip = self._samples[:, begin - self._first : end - self._first]
        return clip[0], ClipLevel(self._recording.full_scale).add(clip[1])

    def _forget_before(self, begin: int) -> bool:
        """Keep nothing before `begin`; return whether the recording goes that far."""
        gone = begin - self._first
        if gone > self._count:  # between two clips
            there = self._first + self._count
            self._first = there + self._recording.skip(begin - there)
            self._count = 0
        elif gone > 0:
            self._count -= gone
            self._first += gone
            kept = self._samples[:, gone : gone + self._count]
            self._samples[:, : self._count] = kept
        return self._first >= begin

    def _make_room(self, n_samples: int) -> None:
        if n_samples > self._samples.shape[1]:
            # A clip may be a sample longer where its ends are rounded.
            grown = np.empty((2, n_samples + 1), np.float32)
            grown[:, : self._count] = self._samples[:, : self._count]
            self._samples = grown


class _Gathered:
    """All samples of a recording, for a clip that ends where the recording ends."""

    def __init__(self, read: Read, full_scale: float) -> None:
        self._read = read
        self._blocks: list[Waveform] = []
        self._level = ClipLevel(full_scale)

    def reach(self, begin: int, end: int) -> int:
        """Read to the end of the recording; see `specimg.spans.plan.Reach`."""
        block = np.empty((2, BLOCK), np.float32)
        reached = begin
        while reached < end and (n_read := self._read(block)):
            self._blocks.append(block[0, :n_read].copy())
            self._level.add(block[1, :n_read])
            reached += n_read
        return min(end, reached)

    def take(self, begin: int, end: int) -> tuple[Waveform, ClipLevel]:
        """Return the samples, and how loud they are."""
        return np.concatenate(self._blocks)[begin:end], self._level
