"""Settings by the names of the command line's options: read, completed, merged."""

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from specimg.errors import ParameterError, quote, shorten
from specimg.rendering.frontends.spec import channel_specs, split_spec
from specimg.rendering.image import Size
from specimg.rendering.lengths import NATIVE
from specimg.spans.selection import Select

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


def _rate(value: object) -> int:
    if value == "native":
        return NATIVE
    if value == NATIVE:
        raise ValueError
    return _whole(value)


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


def _number_or_none(value: object) -> float | None:
    return None if value in (None, "none") else _number_in_text(value)


def _number_or_text(value: object) -> float | str:
    if not isinstance(value, str):
        return _number(value)
    try:
        return _number(float(value))  # the command line has text only
    except ValueError:
        return value


def _number_in_text(value: object) -> float:
    return _number(_number_or_text(value))


def _select(value: object) -> Select | None:
    if value in (None, "none"):
        return None
    return value if isinstance(value, Select) else Select.parse(str(value))


def _whole_or_none(value: object) -> int | None:
    return None if value in (None, "none") else _whole(_number_or_text(value))


def _level(value: object) -> float:
    return -math.inf if value in (None, "none") else _number_in_text(value)


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(text.strip() for text in value.split(",") if text.strip())
    if not isinstance(value, list | tuple):
        raise TypeError
    return tuple(map(_text, value))


@dataclass(frozen=True, slots=True)
class Option:
    """Where a setting is kept, and how its value is read."""

    part: str
    """Attribute of `Settings`; empty for `Settings` itself."""
    attribute: str
    read: Callable[[object], object]
    kind: str
    """What values it takes, for an error message."""


OPTIONS: Mapping[str, Option] = {
    "mono": Option("", "mono", _channel, "mean, left, right, or a channel from 0"),
    "time_expansion": Option("", "time_expansion", _number, "a number"),
    "sr": Option("mel", "sample_rate", _rate, "a whole number of Hz, or 'native'"),
    "clip_duration": Option("clips", "duration", _seconds, "seconds, or 'whole'"),
    "clip_overlap": Option("clips", "overlap", _number, "seconds"),
    "final_clip": Option("clips", "final", _text, "text"),
    "n_fft": Option("mel", "n_fft", _whole, "a whole number"),
    "win_length": Option("mel", "win_length", _whole, "a whole number"),
    "hop_length": Option("mel", "hop_length", _whole, "a whole number"),
    "window_ms": Option("mel", "window_ms", _number_in_text, "milliseconds"),
    "hop_ms": Option("mel", "hop_ms", _number_in_text, "milliseconds"),
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
    "metadata": Option("", "metadata", _text, "full, names or none"),
    "label": Option("labels", "folder", _text, "text"),
    "clips": Option("labels", "clips", _text, "text"),
    "min_label_overlap": Option("labels", "min_overlap", _number, "seconds"),
    "min_label_fraction": Option(
        "labels", "min_fraction", _number_or_none, "a number up to 1, or 'none'"
    ),
    "classes": Option("labels", "classes", _texts, "labels"),
    "negatives": Option(
        "labels", "negatives", _number_or_text, "keep, drop, or a number"
    ),
    "negative_label": Option("labels", "negative_label", _text, "text"),
    "unannotated": Option("labels", "unannotated", _text, "text"),
    "boxes": Option("labels", "boxes", _text, "text"),
    "max_per_label": Option(
        "labels", "max_per_label", _whole_or_none, "a whole number, or 'none'"
    ),
    "min_clip": Option("selection", "min_clip", _number, "seconds"),
    "skip_silent": Option("selection", "skip_silent", _yes_no, "true or false"),
    "min_peak_dbfs": Option("selection", "min_peak_dbfs", _level, "dB, or 'none'"),
    "select": Option("selection", "select", _select, "a number, or 'none'"),
    "seed": Option("labels", "seed", _whole, "a whole number"),
}
"""All settings but the frontends."""

LABEL_OPTIONS = (
    *(name for name, o in OPTIONS.items() if o.part in ("labels", "selection")),
    "metadata",
)
"""Those that decide what images are called, and what is known of them, not how they
look."""

KNOWN = ("preset", *GRAY, *RGB, *OPTIONS)


def normalize(options: Options) -> dict[str, Any]:
    """Return `options` with underscores in the names, or refuse unknown names.

    A `frontend` that is ``A+B+C`` becomes what it is short for: `r`, `g` and `b`.
    """
    for name in options:
        if name.replace("-", "_") not in KNOWN:
            msg = f"unknown setting {quote(name)}: need one of {', '.join(KNOWN)}"
            raise ParameterError(msg)
    given = {name.replace("-", "_"): value for name, value in options.items()}
    if len(given) < len(options):
        twice = [
            name
            for name in given
            if sum(name == n.replace("-", "_") for n in options) > 1
        ]
        msg = f"{', '.join(twice)} given twice, with a dash and with an underscore"
        raise ParameterError(msg)
    return expand_short_form(given)


def expand_short_form(options: Options) -> dict[str, Any]:
    """Return `options` with `r`, `g` and `b` where `frontend` is ``A+B+C``."""
    for name in RGB:
        spec = options.get(name)
        if isinstance(spec, str) and len(split_spec(spec)) > 1:
            msg = f"{name}={shorten(spec)}: need a single frontend; "
            msg += "A+B+C is for frontend"
            raise ParameterError(msg)
    spec = options.get(GRAY[0])
    parts = channel_specs(spec) if isinstance(spec, str) else [spec]
    if len(parts) == 1:
        return dict(options)
    given = [name for name in RGB if name in options]
    if given:
        msg = (
            f"frontend={spec} is red, green and blue already: not together with "
            f"{', '.join(given)}"
        )
        raise ParameterError(msg)
    others = {name: value for name, value in options.items() if name not in GRAY}
    return {**others, **dict(zip(RGB, parts, strict=True))}


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
                msg = f"{name}={quote(options[name])}: need {option.kind}"
                raise ParameterError(msg) from error
    return values
