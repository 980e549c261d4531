"""What is compared: a frontend, or three of them in color."""

import re
from dataclasses import dataclass

from specimg.errors import ParameterError
from specimg.frontends import Frontend
from specimg.frontends.spec import parse_frontend

GRAY_SPECS = ("raw", "db", "exp", "pcen:init=librosa", "pcen")
RGB_SPEC = "db+pcen+exp"

# Not the plus signs in 1e+3 or in the name of a file.
_BETWEEN_SPECS = re.compile(r"\+(?=[a-z]+(?:[:+]|$))")


@dataclass(frozen=True, slots=True)
class Arm:
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


def parse_arm(spec: str) -> Arm:
    """Read ``SPEC``, or ``SPEC+SPEC+SPEC`` for red, green and blue.

    Raises
    ------
    ParameterError
        Not one or three of them, or one that `parse_frontend` refuses.
    """
    parts = _BETWEEN_SPECS.split(spec)
    if len(parts) not in (1, 3):
        msg = (
            f"{len(parts)} frontends in {spec!r}: need one, or three for red, green "
            f"and blue, such as {RGB_SPEC}"
        )
        raise ParameterError(msg)
    return Arm(spec, tuple(map(parse_frontend, parts)))
