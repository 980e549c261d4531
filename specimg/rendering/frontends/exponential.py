"""Compression by a root whose exponent can be learned."""

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
class Exponential:
    """A power of the spectrogram between 0 and 1.

    ``mel ** (1 / (1 + e**a))``, from Schlüter, "Bird Identification from
    Timestamped, Geotagged Audio Recordings", CLEF 2018, with the sign of Hoffman
    and Van Horn (2021): a larger `a` compresses more.
    """

    NAME: ClassVar[str] = "exp"
    FORMULA: ClassVar[str] = "S ** (1 / (1 + e**a))"
    PARAMETERS: ClassVar[Mapping[str, ParameterInfo]] = {
        "a": ParameterInfo(
            default="0",
            range=Range(),
            meaning="0 is the square root; a = ln(1/p - 1) gives the exponent p",
        ),
    }

    a: Parameter = 0.0

    def __post_init__(self) -> None:
        settle_parameters(self, self.PARAMETERS)

    def __call__(
        self,
        mel: Spectrogram,
        *,
        frame_rate: float,  # noqa: ARG002 - all frontends are called alike
        power: int,  # noqa: ARG002
    ) -> Spectrogram:
        """Compress `mel`, in [0, 1]."""
        a = column(self.a)
        # e**-|a| never overflows, whatever the sign of a.
        small = np.exp(-np.abs(a))
        exponent = np.where(a > 0, small, 1.0) / (1.0 + small)
        # The exponent stays above 0, because 0 ** 0 would be 1.
        smallest = np.finfo(np.float32).tiny
        result: Spectrogram = mel ** np.maximum(exponent, smallest).astype(np.float32)
        return result
