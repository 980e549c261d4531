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
    """Seconds that the picture shows: what the recording lacks of them is silence.
    None: as much as there is."""

    def samples(self, sample_rate: int) -> tuple[int, int]:
        """Return the first sample, and the one behind the last."""
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

        One before the first, because what is new in a rest, and the last full clip
        of a recording, depend on the clip before.
        """
        return max(0, self.first - 1)


ALL_CLIPS = ClipRange()


class SpanSource(Protocol):
    """Says where the clips of a recording lie, before anybody knows how long it is."""

    @property
    def longest(self) -> float:
        """Seconds that a clip may have."""

    @property
    def looks_back(self) -> bool:
        """Whether `rest` may return what begins before the span that it is given."""

    def spans(self, first: int = 0) -> Iterator[Span]:
        """Yield spans from number `first` on, in the order of their starts."""

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:
        """Return what becomes of a span that the recording ends in.

        Parameters
        ----------
        number : int
            Of the span, from 0.
        end : int
            Samples that the recording has.
        n_new : int
            Samples of the span that no span before it has.
        sample_rate : int
            In Hz.

        Returns
        -------
        Span or None
            None where it becomes no clip.

        Raises
        ------
        ClipError
            It would have been the only clip: the recording is too short.
        """


def describe_too_short(seconds: float, wanted: str) -> str:
    """Say that a recording of `seconds` has no clip, beside what is `wanted`."""
    if not seconds:
        return f"too short: no audio at all, but {wanted}"
    return f"too short: {seconds:.4g} s of audio, but {wanted}"
