"""Variants of a picture, to be compared: one frontend in gray, or three in color."""

from dataclasses import dataclass

from specimg.rendering.frontends import Frontend
from specimg.rendering.frontends.spec import RGB_SPEC, channel_specs, parse_frontend

__all__ = ["GRAY_SPECS", "RGB_SPEC", "Variant", "parse_variant"]

GRAY_SPECS = ("raw", "db", "exp", "pcen:init=librosa", "pcen")


@dataclass(frozen=True, slots=True)
class Variant:
    """One or three frontends, and how the user wrote them."""

    spec: str
    frontends: tuple[Frontend, ...]
    """One for a gray picture, or three for red, green and blue."""

    @property
    def title(self) -> str:
        """The title above its picture."""
        is_rgb = len(self.frontends) > 1
        return f"{self.spec}  (red+green+blue)" if is_rgb else self.spec


def parse_variant(spec: str) -> Variant:
    """Read a SPEC, or ``A+B+C`` for red, green and blue.

    Raises
    ------
    ParameterError
        It does not hold one or three of them, or `parse_frontend` refuses one.
    """
    return Variant(spec, tuple(map(parse_frontend, channel_specs(spec))))
