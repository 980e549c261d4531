"""No compression: the mel spectrogram itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from specimg.arrays import Spectrogram
from specimg.rendering.frontends.parameters import ParameterInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The mel spectrogram as it is."""

    NAME: ClassVar[str] = "raw"
    FORMULA: ClassVar[str] = "S"
    PARAMETERS: ClassVar[Mapping[str, ParameterInfo]] = {}

    def __call__(
        self,
        mel: Spectrogram,
        *,
        frame_rate: float,  # noqa: ARG002 - all frontends are called alike
        power: int,  # noqa: ARG002
    ) -> Spectrogram:
        """Return `mel`."""
        return mel
