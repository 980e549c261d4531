"""The option ``--arm``: which frontends are compared."""

from collections.abc import Iterable
from typing import Any

import typer

from specimg.cli.errors import refuse_wrong_values
from specimg.cli.picture_options import FRONTENDS
from specimg.rendering.frontends.spec import check_bands
from specimg.settings import Settings
from specimg.settings.variants import Variant, parse_variant


def arm_option(text: str, usual: Iterable[str]) -> Any:  # noqa: ANN401 - as Typer's
    """Declare ``--arm``: what each is to the command, and the arms without it."""
    return typer.Option(
        "--arm",
        metavar="SPEC",
        help="A frontend, or A+B+C for red, green and blue; any number of times. "
        + text,
        show_default=", ".join(usual),
        rich_help_panel=FRONTENDS,
    )


def read_variants(specs: Iterable[str], settings: Settings) -> list[Variant]:
    """Read what is given to ``--arm``, each a SPEC or ``A+B+C``."""
    with refuse_wrong_values("--arm"):
        variants = [parse_variant(spec) for spec in specs]
        for variant in variants:
            for frontend in variant.frontends:
                check_bands(frontend, settings.mel.n_mels)
    return variants
