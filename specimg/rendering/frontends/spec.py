"""Specifications of frontends: ``pcen:gain=0.8,bias=10``, and tables in TOML.

The grammar is the same wherever a SPEC is given: ``A``, or ``A+B+C`` for red, green and
blue, where A, B and C are ``NAME[:key=value[,key=value...]]``.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from specimg.errors import ParameterError, quote, shorten
from specimg.rendering.frontends import ALIASES, FRONTENDS, PRESETS, Frontend
from specimg.rendering.frontends.learned import read_learned
from specimg.rendering.frontends.parameters import Parameter, Range, to_parameter

RGB_SPEC = "db+pcen+exp"
"""The usual three, as an example."""

# Not the plus sign in 1e+3.
_BETWEEN_SPECS = re.compile(r"\+(?=[A-Za-z]+(?:[:+]|$))")
_FILE_SUFFIXES = (".json", ".npz")


def split_spec(spec: str) -> list[str]:
    """Split ``A+B+C`` at the plus signs between the specifications of frontends."""
    parts: list[str] = []
    for part in _BETWEEN_SPECS.split(spec):
        if parts and _ends_inside_file_name(parts[-1]):
            parts[-1] += f"+{part}"
        else:
            parts.append(part)
    return parts


def channel_specs(spec: str) -> list[str]:
    """Return the specification of gray, or those of red, green and blue.

    Raises
    ------
    ParameterError
        `spec` does not hold one or three of them.
    """
    parts = split_spec(spec)
    if len(parts) not in (1, 3):
        msg = (
            f"{len(parts)} frontends in {quote(spec)}: need one, or three for red, "
            f"green and blue, such as {RGB_SPEC}"
        )
        raise ParameterError(msg)
    return parts


def _ends_inside_file_name(spec: str) -> bool:
    """Whether `spec` ends in an ``@FILE`` whose name goes on behind the plus sign."""
    last = spec.partition(":")[2].rpartition(",")[2]
    return last.startswith("@") and not last.lower().endswith(_FILE_SUFFIXES)


def parse_frontend(
    spec: str | Mapping[str, Any] | Frontend, folder: Path = Path()
) -> Frontend:
    """Make a frontend from its specification.

    Parameters
    ----------
    spec : str, mapping or Frontend
        ``NAME[:key=value[,key=value...]]``, where ``preset=NAME`` and ``@FILE`` (a
        file of learned parameters) stand for several keys, and keys that are given
        as well win over them.  Or a table ``{"frontend": NAME, key: value, ...}``,
        whose values can be lists of one number per band.  A Frontend is returned.
    folder : Path
        Where a relative FILE is looked for.

    Raises
    ------
    ParameterError
        An unknown name or key, or a value outside its range; the message names
        the known ones.
    """
    if isinstance(spec, tuple(FRONTENDS.values())):
        return cast("Frontend", spec)
    if isinstance(spec, Mapping):
        items = dict(spec)
        name = _known_name(str(items.pop("frontend", "")))
        preset = _preset(name, items.pop("preset")) if "preset" in items else {}
        return _make(name, _replace(name, preset, items))
    if not isinstance(spec, str):
        msg = f"frontend={quote(spec)}: need text such as 'pcen:gain=0.8', or a table"
        raise ParameterError(msg)
    name, _, rest = spec.partition(":")
    base: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for item in filter(None, rest.split(",")):
        key, equals, value = item.partition("=")
        if item.startswith("@"):
            learned = read_learned(folder / item[1:], _known_name(name))
            base = _replace(name, base, learned)
        elif not equals:
            msg = f"{quote(item)} in {quote(spec)}: need key=value, or @FILE"
            raise ParameterError(msg)
        elif key == "preset":
            base = _replace(name, base, _preset(_known_name(name), value))
        elif key in given:
            msg = f"{shorten(key)} is given twice in {quote(spec)}"
            raise ParameterError(msg)
        else:
            given[key] = value
    return _make(name, _replace(name, base, given))


def format_frontend(frontend: Frontend, *, full: bool = False) -> str:
    """Return the specification of a frontend, without defaults unless it is `full`.

    Parameters with one value per band appear as ``128@1a2b3c4d``: the number of
    values, and the beginning of their SHA-256.
    """
    values = _all(frontend) if full else _given(frontend)
    items = ",".join(f"{k}={_format_value(v)}" for k, v in values.items())
    return f"{frontend.NAME}:{items}" if items else frontend.NAME


def tabulate_frontend(frontend: Frontend) -> str | dict[str, Any]:
    """Return all of `frontend`, as `parse_frontend` reads it back without loss.

    It is a string, or a table where a parameter has one value per band.
    """
    values = _all(frontend)
    if not any(isinstance(value, tuple) for value in values.values()):
        return format_frontend(frontend, full=True)
    return {"frontend": frontend.NAME, **values}


def check_bands(frontend: Frontend, n_mels: int) -> None:
    """Raise a ParameterError unless parameters per band have `n_mels` values."""
    for key, value in _given(frontend).items():
        if isinstance(value, tuple) and len(value) != n_mels:
            msg = (
                f"{frontend.NAME}: {key} has {len(value)} values, one per band, "
                f"but n_mels={n_mels}"
            )
            raise ParameterError(msg)


def _known_name(name: str) -> str:
    name = ALIASES.get(name, name)
    if name not in FRONTENDS:
        known = ", ".join([*FRONTENDS, *ALIASES])
        msg = f"unknown frontend {quote(name)}: need one of {known}"
        raise ParameterError(msg)
    return name


def _replace(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Merge parameters; the `new` ones win, also over those that they replace."""
    infos = FRONTENDS[_known_name(name)].PARAMETERS
    pairs = [(key, info.instead_of) for key, info in infos.items()]
    lost = {other for key, other in pairs if key in new}
    lost |= {key for key, other in pairs if other in new}
    return {key: value for key, value in old.items() if key not in lost} | dict(new)


def _preset(name: str, preset: object) -> Mapping[str, float]:
    known = PRESETS.get(name, {})
    if not isinstance(preset, str) or preset not in known:
        names = ", ".join(known) or "none"
        msg = f"unknown preset {quote(preset)} of {name}: its presets are {names}"
        raise ParameterError(msg)
    return known[preset]


def _make(name: str, items: Mapping[str, Any]) -> Frontend:
    name = _known_name(name)
    infos = FRONTENDS[name].PARAMETERS
    values: dict[str, Any] = {}
    for key, value in items.items():
        if key not in infos:
            keys = [*infos, "preset"] if name in PRESETS else [*infos]
            msg = (
                f"unknown parameter {quote(key)} of {name}: it has {', '.join(keys)}"
                if keys
                else f"unknown parameter {quote(key)} of {name}: it has none"
            )
            raise ParameterError(msg)
        if infos[key].instead_of in items:
            msg = f"{name}: give {key} or {infos[key].instead_of}, not both"
            raise ParameterError(msg)
        is_number = isinstance(infos[key].range, Range)
        values[key] = to_parameter(key, value) if is_number else value
    try:
        return FRONTENDS[name](**values)
    except ParameterError as error:
        msg = f"{name}: {error}"
        raise ParameterError(msg) from error


def _given(frontend: Frontend) -> dict[str, Any]:
    """Return the parameters that differ from the defaults."""
    default = type(frontend)()
    return {k: v for k, v in _all(frontend).items() if v != getattr(default, k)}


def _all(frontend: Frontend) -> dict[str, Any]:
    """Return the parameters that have a value and are in use."""
    infos = frontend.PARAMETERS
    values = {name: getattr(frontend, name) for name in infos}
    unused = {info.instead_of for k, info in infos.items() if values[k] is not None}
    return {k: v for k, v in values.items() if v is not None and k not in unused}


def _format_value(value: Parameter | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        digest = hashlib.sha256(np.asarray(value, "<f8").tobytes()).hexdigest()
        return f"{len(value)}@{digest[:8]}"
    return f"{value:.0f}" if value.is_integer() else repr(value)
