"""Settings by the names of the command line: from tables, TOML, and back."""

import json
import math
import numbers
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specimg.errors import ParameterError
from specimg.frontends.spec import parse_frontend
from specimg.image import Size

Options = Mapping[str, Any]
"""Settings by name; values as TOML has them."""

GRAY = ("frontend",)
RGB = ("r", "g", "b")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError
    if math.isnan(value):
        raise ValueError
    return float(value)


def _whole(value: object) -> int:
    number = _number(value)
    if number != math.floor(number):
        raise ValueError
    return int(number)


def _seconds(value: object) -> float:
    return math.inf if value == "whole" else _number(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _channel(value: object) -> str:
    return str(_whole(value)) if isinstance(value, numbers.Real) else _text(value)


def _size(value: object) -> Size | None:
    if value is None or value == "native":
        return None
    return value if isinstance(value, Size) else Size.parse(_text(value))


@dataclass(frozen=True, slots=True)
class Option:
    """Where a setting is kept, and how its value is read."""

    part: str
    """Attribute of `Settings`; empty for `Settings` itself."""
    attribute: str
    read: Callable[[object], object]
    kind: str
    """What it needs, for the message."""


OPTIONS: Mapping[str, Option] = {
    "mono": Option("", "mono", _channel, "mean, left, right, or a channel from 0"),
    "sr": Option("mel", "sample_rate", _whole, "a whole number of Hz"),
    "clip_duration": Option("clips", "duration", _seconds, "seconds, or 'whole'"),
    "clip_overlap": Option("clips", "overlap", _number, "seconds"),
    "final_clip": Option("clips", "final", _text, "text"),
    "n_fft": Option("mel", "n_fft", _whole, "a whole number"),
    "win_length": Option("mel", "win_length", _whole, "a whole number"),
    "hop_length": Option("mel", "hop_length", _whole, "a whole number"),
    "n_mels": Option("mel", "n_mels", _whole, "a whole number"),
    "fmin": Option("mel", "fmin", _number, "a frequency in Hz"),
    "fmax": Option("mel", "fmax", _number, "a frequency in Hz"),
    "mel_scale": Option("mel", "mel_scale", _text, "text"),
    "mel_norm": Option("mel", "mel_norm", _text, "text"),
    "power": Option("mel", "power", _whole, "1 or 2"),
    "center": Option("mel", "center", _yes_no, "true or false"),
    "format": Option("image", "format", _text, "text"),
    "bit_depth": Option("image", "bit_depth", _whole, "8 or 16"),
    "size": Option("image", "size", _size, "text, WIDTHxHEIGHT"),
    "manifest": Option("", "manifest", _text, "a file name"),
}
"""All settings but the frontends."""

SET_BY_PRESETS = {
    "clip_duration",
    *(name for name, option in OPTIONS.items() if option.part == "mel"),
}

KNOWN = ("preset", *GRAY, *RGB, *OPTIONS)


def normalize(options: Options) -> dict[str, Any]:
    """Return `options` with underscores in the names, or refuse unknown names."""
    given = {name.replace("-", "_"): value for name, value in options.items()}
    if len(given) < len(options):
        twice = [
            name
            for name in given
            if sum(name == n.replace("-", "_") for n in options) > 1
        ]
        msg = f"{', '.join(twice)} given twice, with a dash and with an underscore"
        raise ParameterError(msg)
    for name in given:
        if name not in KNOWN:
            msg = f"unknown setting {name!r}: need one of {', '.join(KNOWN)}"
            raise ParameterError(msg)
    return given


def merge(options: Options, winning: Options) -> dict[str, Any]:
    """Merge two sets of settings.

    Frontends for gray win over those for RGB, and the other way round; a preset
    wins over all that presets set.  An fmax at half the sample rate follows it.
    """
    lost = {name for name in GRAY if any(channel in winning for channel in RGB)}
    lost |= {name for name in RGB if any(gray in winning for gray in GRAY)}
    if "preset" in winning:
        lost |= SET_BY_PRESETS
    if "sr" in winning and options.get("fmax") == options.get("sr", 0) / 2:
        lost.add("fmax")
    kept = {name: value for name, value in options.items() if name not in lost}
    return {**kept, **winning}


def read_part(options: Options, part: str) -> dict[str, Any]:
    """Return the values of one part of the settings, by its own names and types."""
    values: dict[str, Any] = {}
    for name, option in OPTIONS.items():
        if option.part == part and name in options:
            try:
                values[option.attribute] = option.read(options[name])
            except (TypeError, ValueError, OverflowError) as error:
                if isinstance(error, ParameterError):
                    raise
                msg = f"{name}={options[name]!r}: need {option.kind}"
                raise ParameterError(msg) from error
    return values


def read_toml(path: Path) -> dict[str, Any]:
    """Read the settings in a TOML file, by name.

    Files of learned parameters are looked for from the folder of the TOML file.
    """
    try:
        with path.open("rb") as file:
            options = normalize(tomllib.load(file))
        for name in (*GRAY, *RGB):
            if name in options:
                options[name] = parse_frontend(options[name], path.parent)
    except OSError as error:
        msg = f"{path}: cannot read settings: {error.strerror or error}"
        raise ParameterError(msg) from error
    except ParameterError as error:
        msg = f"{path}: {error}"
        raise ParameterError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: not a TOML file: {error}"
        raise ParameterError(msg) from error
    return options


def write_toml(options: Options) -> str:
    """Return the text of a TOML file with `options`."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in options.items())


def _toml(value: object) -> str:
    """Write a value as TOML, whose strings and numbers are those of JSON."""
    if isinstance(value, dict):
        items = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {items} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
