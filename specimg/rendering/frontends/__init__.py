"""Frontends, which compress the range of a mel spectrogram, by name.

A frontend is a frozen set of parameters that can be called:
``frontend(mel, frame_rate=..., power=...)`` takes a mel spectrogram in [0, 1],
shape (n_mels, n_frames), and returns one of the same shape on any scale.
"""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from specimg.arrays import Spectrogram
from specimg.rendering.frontends.decibel import Decibel
from specimg.rendering.frontends.exponential import Exponential
from specimg.rendering.frontends.parameters import Parameter, ParameterInfo
from specimg.rendering.frontends.pcen import PRESETS as PCEN_PRESETS
from specimg.rendering.frontends.pcen import Pcen
from specimg.rendering.frontends.raw import Raw

__all__ = [
    "ALIASES",
    "FRONTENDS",
    "PRESETS",
    "Decibel",
    "Exponential",
    "Frontend",
    "Parameter",
    "ParameterInfo",
    "Pcen",
    "Raw",
]


class Frontend(Protocol):
    """A named, parametrized compression of a mel spectrogram."""

    NAME: ClassVar[str]
    FORMULA: ClassVar[str]
    PARAMETERS: ClassVar[Mapping[str, ParameterInfo]]

    def __call__(
        self, mel: Spectrogram, *, frame_rate: float, power: int
    ) -> Spectrogram:
        """Compress `mel`, in [0, 1], shape (n_mels, n_frames).

        `frame_rate` is in frames per second; `power` is 1 where `mel` was made
        from magnitudes, 2 where from their squares.
        """
        ...


FRONTENDS: Mapping[str, type[Frontend]] = {
    Raw.NAME: Raw,
    Decibel.NAME: Decibel,
    Exponential.NAME: Exponential,
    Pcen.NAME: Pcen,
}
ALIASES: Mapping[str, str] = {"decibel": Decibel.NAME, "exponential": Exponential.NAME}
PRESETS: Mapping[str, Mapping[str, Mapping[str, float]]] = {Pcen.NAME: PCEN_PRESETS}
"""Named sets of parameters of a frontend."""
