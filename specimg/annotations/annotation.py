"""One annotation: what is heard from when to when, and in which band."""

import math
from dataclasses import dataclass
from typing import TypeAlias

Times: TypeAlias = tuple[float, float]
"""Start and end, in seconds from the beginning of a recording."""

ALL_TIMES: Times = (0.0, math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A stretch of a recording that somebody, or a program, gave a name to."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds; as `start` where it is a point in time."""
    label: str
    low: float | None = None
    """The lowest frequency in Hz; None where only the time is known."""
    high: float | None = None
    """The highest frequency in Hz; None as above."""
    channel: int | None = None
    """The channel that it was heard in, from 0; None where it does not say."""
    confidence: float | None = None
    """How sure whoever wrote it was, mostly from 0 to 1; None where it does not say."""
    table: str = ""
    """The name of the table that it is from, to be told of."""
    line: int = 0
    """Its line there, from 1."""

    @property
    def has_box(self) -> bool:
        """Whether it has a band besides its time."""
        return self.low is not None and self.high is not None
