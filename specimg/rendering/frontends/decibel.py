"""Logarithmic compression: decibels below the loudest point."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from specimg.arrays import Spectrogram
from specimg.rendering.frontends.parameters import (
    Parameter,
    ParameterInfo,
    Range,
    column,
    settle_parameters,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decibel:
    """The logarithm of the spectrogram, cut off at a floor.

    ``ln(max(mel, floor))``; for a mel spectrogram in [0, 1] that is
    ``1 + log10(max(mel, floor)) / -log10(floor)`` after the second normalization.
    """

    NAME: ClassVar[str] = "db"
    FORMULA: ClassVar[str] = "ln(max(S, floor))"
    PARAMETERS: ClassVar[Mapping[str, ParameterInfo]] = {
        "floor": ParameterInfo(
            default="1e-06",
            range=Range(low=0, high=1, above_low=True),
            meaning="values of S below it are black",
        ),
        "top_db": ParameterInfo(
            default="not set",
            range=Range(low=0, above_low=True),
            meaning="the range in dB: 20 dB a factor of 10 on magnitude, 10 on power",
            instead_of="floor",
        ),
    }

    floor: Parameter = 1e-6
    top_db: Parameter | None = None
    """Range in dB; used instead of `floor` when given."""

    def __post_init__(self) -> None:
        settle_parameters(self, self.PARAMETERS)

    def __call__(
        self,
        mel: Spectrogram,
        *,
        frame_rate: float,  # noqa: ARG002 - all frontends are called alike
        power: int,
    ) -> Spectrogram:
        """Compress `mel`, in [0, 1], which is magnitude to the `power`."""
        floor = column(self.floor)
        if self.top_db is not None:
            floor = np.exp(column(self.top_db) * (-math.log(10) * power / 20))
        # float32 has no smaller normal number, and the logarithm of 0 is no color.
        floor = np.maximum(floor, np.finfo(np.float32).tiny)
        return np.log(np.maximum(mel, floor.astype(np.float32)))
