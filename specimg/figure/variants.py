"""What a preview shows: frontends, and combinations of three of them."""

from specimg.settings import Settings
from specimg.settings.variants import GRAY_SPECS, RGB_SPEC, Variant, parse_variant


def chosen_variant(settings: Settings) -> Variant:
    """Return the variant that convert would make with these settings."""
    return Variant(settings.frontend_names, settings.frontends)


def default_variants(settings: Settings) -> list[Variant]:
    """Return every frontend, PCEN as librosa starts it, and three frontends together.

    Where the settings name other frontends, these are shown as well; if there are
    three, instead of the usual combination.
    """
    variants = [*map(parse_variant, GRAY_SPECS), parse_variant(RGB_SPEC)]
    chosen = settings.frontends
    if settings.is_rgb:
        variants[-1] = chosen_variant(settings)
    elif chosen not in [variant.frontends for variant in variants]:
        variants.insert(-1, chosen_variant(settings))
    return variants
