"""Which clips of a recording are worth a picture: what a user can ask for."""

import math
import re
from dataclasses import dataclass
from typing import Literal, Self, cast, get_args

from specimg.errors import ParameterError, check_choice, shorten
from specimg.spans.settings import ClipSettings

Order = Literal["activity", "loudest", "random", "first"]


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
