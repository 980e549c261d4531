"""What is compared: a frontend, or three of them in color."""

from dataclasses import dataclass

from specimg.rendering.frontends import Frontend
from specimg.rendering.frontends.spec import RGB_SPEC, channel_specs, parse_frontend

__all__ = ["GRAY_SPECS", "RGB_SPEC", "Variant", "parse_variant"]

GRAY_SPECS = ("raw", "db", "exp", "pcen:init=librosa", "pcen")


@dataclass(frozen=True, slots=True)
class Variant:
    """Pictures of one kind."""

    spec: str
    """As the user wrote it."""
    frontends: tuple[Frontend, ...]
    """One for a gray picture, or three for red, green and blue."""

    @property
    def title(self) -> str:
        """What stands above a picture of it."""
        is_rgb = len(self.frontends) > 1
        return f"{self.spec}  (red+green+blue)" if is_rgb else self.spec


def parse_variant(spec: str) -> Variant:
    """Read a SPEC, or ``A+B+C`` for red, green and blue.

    Raises
    ------
    ParameterError
        Not one or three of them, or one that `parse_frontend` refuses.
    """
    return Variant(spec, tuple(map(parse_frontend, channel_specs(spec))))
