"""A clip that is planned, and what plans it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One clip, planned: where it lies in its recording, and what its picture shows."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds; infinity where it ends with the recording, whenever that is."""
    shown: float | None
    """Seconds that the picture shows, with silence where the recording has ended.
    None: as much as there is."""

    def samples(self, sample_rate: int) -> tuple[int, int]:
        """Return the number of the first sample, and of the one behind the last."""
        return round(self.start * sample_rate), round(self.end * sample_rate)


@dataclass(frozen=True, slots=True)
class ClipRange:
    """A range of the clips of a recording, by their numbers from 0."""

    first: int = 0
    stop: int | None = None
    """The first clip that is not in the range; None: up to the end."""

    @property
    def read_from(self) -> int:
        """The clip that reading begins with.

        It is the one before `first`: how much of a rest is new, and where the last
        full clip of a recording lies, depend on the clip before.
        """
        return max(0, self.first - 1)


ALL_CLIPS = ClipRange()


class SpanSource(Protocol):
    """Says where the clips of a recording lie, before anybody knows how long it is."""

    @property
    def longest(self) -> float:
        """Most seconds that a clip may have."""

    @property
    def looks_back(self) -> bool:
        """Whether `rest` may return a span that begins before the one it is given."""

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield spans from number `first` on, in the order of their starts."""

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:
        """Return what becomes of a span that the recording ends in.

        Parameters
        ----------
        number : int
            Number of the span, from 0.
        end : int
            Number of samples in the recording.
        n_new : int
            Number of samples in the span that are in no span before it.
        sample_rate : int
            In Hz.

        Returns
        -------
        Span or None
            None if no clip is made of it.

        Raises
        ------
        ClipError
            The recording is too short for any clip.
        """


def describe_too_short(seconds: float, wanted: str) -> str:
    """Say that a recording of `seconds` is too short for what is `wanted`."""
    if not seconds:
        return f"too short: no audio at all, but {wanted}"
    return f"too short: {seconds:.4g} s of audio, but {wanted}"
