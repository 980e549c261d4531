"""The frontends among settings: one for gray, three for RGB."""

from specimg.errors import ParameterError
from specimg.rendering.frontends import Frontend, Pcen
from specimg.rendering.frontends.spec import parse_frontend
from specimg.rendering.mel import MelSettings
from specimg.settings.options import GRAY, RGB, Options


def read_frontends(values: Options) -> tuple[Frontend, ...]:
    """Return the frontends that are given, if any.

    Raises
    ------
    ParameterError
        They are neither one for gray nor three for RGB, or one of them is refused.
    """
    given = [name for name in RGB if name in values]
    if given and GRAY[0] in values:
        msg = f"frontend is for a gray picture: not together with {', '.join(given)}"
        raise ParameterError(msg)
    if given and len(given) < len(RGB):
        missing = " and ".join(name for name in RGB if name not in given)
        msg = f"RGB needs r, g and b: {missing} missing"
        raise ParameterError(msg)
    specs = [values[name] for name in (*GRAY, *RGB) if name in values]
    return tuple(parse_frontend(spec) for spec in specs)


def hold_at_any_rate(
    frontends: tuple[Frontend, ...], mel: MelSettings
) -> tuple[Frontend, ...]:
    """Return the frontends as they are at the frame rate of every recording.

    The coefficient of a smoother is that of one frame rate; with ``sr=native``, frame
    rates differ as hops are rounded to samples, and a time constant stands for it.
    """
    if not mel.is_native or mel.hop_ms is None:
        return frontends
    rate = 1000 / mel.hop_ms
    return tuple(f.in_seconds(rate) if isinstance(f, Pcen) else f for f in frontends)
