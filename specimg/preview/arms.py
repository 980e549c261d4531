"""What a preview compares: frontends, and combinations of three of them."""

import re
from dataclasses import dataclass

from specimg.errors import ParameterError
from specimg.frontends import Frontend
from specimg.frontends.spec import format_frontend, parse_frontend
from specimg.settings import Settings

GRAY_SPECS = ("raw", "db", "exp", "pcen:init=librosa", "pcen")
RGB_SPEC = "db+pcen+exp"

# Not the plus signs in 1e+3 or in the name of a file.
_BETWEEN_SPECS = re.compile(r"\+(?=[a-z]+(?:[:+]|$))")


@dataclass(frozen=True, slots=True)
class Arm:
    """One panel: what it is called, and what it shows."""

    spec: str
    frontends: tuple[Frontend, ...]
    """One for a gray picture, or three for red, green and blue."""

    @property
    def title(self) -> str:
        """What stands above the panel."""
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


def default_arms(settings: Settings) -> list[Arm]:
    """Return every frontend, librosa's PCEN, and three together.

    Where the settings name other frontends, theirs are shown as well: three of
    them instead of the usual combination.
    """
    arms = [*map(parse_arm, GRAY_SPECS), parse_arm(RGB_SPEC)]
    chosen = settings.frontends
    if settings.is_rgb:
        arms[-1] = Arm(settings.frontend_names, chosen)
    elif chosen not in [arm.frontends for arm in arms]:
        arms.insert(-1, Arm(format_frontend(*chosen), chosen))
    return arms
