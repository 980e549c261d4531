"""The option ``--arm``: which frontends are compared."""

from collections.abc import Iterable

from specimg.cli.errors import refuse_wrong_values
from specimg.rendering.frontends.spec import check_bands
from specimg.settings import Settings
from specimg.settings.variants import Variant, parse_variant


def read_variants(specs: Iterable[str], settings: Settings) -> list[Variant]:
    """Read what is given to ``--arm``, each ``SPEC`` or ``SPEC+SPEC+SPEC``."""
    with refuse_wrong_values("--arm"):
        variants = [parse_variant(spec) for spec in specs]
        for variant in variants:
            for frontend in variant.frontends:
                check_bands(frontend, settings.mel.n_mels)
    return variants
