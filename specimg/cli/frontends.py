"""``specimg frontends``: the frontends that can be chosen."""

from specimg.cli.terminal import say
from specimg.rendering.frontends import ALIASES, FRONTENDS, PRESETS, Frontend
from specimg.rendering.frontends.parameters import Range


def frontends() -> None:
    """List the frontends with their formulas, parameters, ranges and presets.

    S is the mel spectrogram in [0, 1]; what a frontend gives is normalized to
    [0, 1] again. Each parameter but scale and init can also be one value per band,
    from a file: pcen:@learned.json.
    """
    say("\n\n".join(_describe(name, kind) for name, kind in FRONTENDS.items()))


def _describe(name: str, frontend: type[Frontend]) -> str:
    aliases = [alias for alias, target in ALIASES.items() if target == name]
    names = " or ".join([name, *aliases])
    lines = [f"{names}:  {frontend.FORMULA}"]
    for key, info in frontend.PARAMETERS.items():
        allowed = info.range if isinstance(info.range, Range) else ", ".join(info.range)
        instead = f", instead of {info.instead_of}" if info.instead_of else ""
        lines.append(f"  {key:<14} default {info.default}{instead}; {allowed}")
        lines.append(f"  {'':<14} {info.meaning}")
    for preset, values in PRESETS.get(name, {}).items():
        pairs = ", ".join(f"{key}={value:g}" for key, value in values.items())
        lines.append(f"  preset={preset:<7} {pairs or 'the defaults'}")
    return "\n".join(lines)
