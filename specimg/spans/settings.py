"""How a recording is to be cut into clips."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from specimg.errors import ParameterError, check_choice

FinalClip = Literal["extend", "remainder", "full", "drop"]

MIN_STEP = 0.001
"""Seconds: file names give the start of a clip in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSettings:
    """How to cut a recording into clips.  Durations in seconds."""

    duration: float = 3.0
    """Infinity: the whole recording is one clip."""
    overlap: float = 0.0
    """How much of the end of a clip the next one repeats."""
    final: FinalClip = "extend"
    """What becomes of the rest of a recording that is shorter than a clip.

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

    def shown_seconds(self, n_samples: int, sample_rate: int) -> float | None:
        """Return how many seconds the picture of a clip shows; None for all it has.

        A clip that lacks one sample, by the rounding of its ends, is still complete.
        """
        if self.is_whole:
            return None
        is_rest = n_samples < round(self.duration * sample_rate) - 1
        return None if is_rest and self.final == "remainder" else self.duration
