"""What a preview compares: frontends, and combinations of three of them."""

from specimg.arms import GRAY_SPECS, RGB_SPEC, Arm, parse_arm
from specimg.frontends.spec import format_frontend
from specimg.settings import Settings


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
