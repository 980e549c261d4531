"""Parameters of a frontend: one number, or one number per band."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from specimg.errors import ParameterError, quote

Parameter: TypeAlias = float | tuple[float, ...]
"""A number for the whole spectrogram, or one number for each band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The numbers for which a parameter is defined."""

    low: float = -math.inf
    high: float = math.inf
    above_low: bool = False
    """Whether `low` itself is left out."""

    def __contains__(self, value: float) -> bool:
        if not math.isfinite(value) or value > self.high:
            return False
        return value > self.low if self.above_low else value >= self.low

    def __str__(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            return "any finite number"
        low = f"{'>' if self.above_low else '>='} {self.low:g}"
        return low if math.isinf(self.high) else f"{low} and <= {self.high:g}"

    def check(self, name: str, value: Parameter) -> None:
        """Raise a ParameterError that names parameter, band, value and range."""
        for band, number in enumerate(np.atleast_1d(value).tolist()):
            if number not in self:
                where = f" in band {band}" if isinstance(value, tuple) else ""
                msg = f"{name}={number:g}{where}: need {self}"
                raise ParameterError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInfo:
    """What a user needs to know about one parameter."""

    default: str
    range: Range | tuple[str, ...]
    """The numbers, or the words, that it takes."""
    meaning: str
    instead_of: str = ""
    """Another parameter that this one replaces when it is given."""


def column(value: Parameter) -> NDArray[np.float64]:
    """Shape `value` so that it multiplies (n_mels, n_frames): (1, 1) or (n_mels, 1)."""
    return np.atleast_1d(np.asarray(value, np.float64))[:, np.newaxis]


def to_numbers(value: object) -> NDArray[np.float64]:
    """Return the numbers of a parameter, in whatever shape.

    Raises
    ------
    TypeError, ValueError, OverflowError
        They are not numbers, or complex numbers, or truth values.
    """
    numbers = cast("ArrayLike", value)
    if isinstance(value, bool) or np.iscomplexobj(numbers):
        msg = "not a real number"
        raise TypeError(msg)
    return np.asarray(numbers, np.float64)


def to_parameter(name: str, value: object) -> Parameter:
    """Turn a number, or an array with one number per band, into a Parameter.

    Raises
    ------
    ParameterError
        It is neither; the message calls it `name`.
    """
    try:
        numbers = to_numbers(value)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{name}={quote(value)}: need a number, or one number per band"
        raise ParameterError(msg) from error
    if numbers.size == 0 or numbers.size != max(numbers.shape, default=1):
        msg = f"{name} has shape {numbers.shape}: need a number, or one number per band"
        raise ParameterError(msg)
    if numbers.ndim == 0:
        return float(numbers)
    return tuple(numbers.ravel().tolist())


def settle_parameters(
    frontend: Any,  # noqa: ANN401 - any dataclass
    infos: Mapping[str, ParameterInfo],
) -> None:
    """Check the numbers of a new `frontend` against their ranges.

    Numbers, lists and arrays of any type become floats and tuples of floats, so that
    equal frontends compare and hash alike.
    """
    for name, info in infos.items():
        value = getattr(frontend, name)
        if value is not None and info.instead_of:
            default = type(frontend).__dataclass_fields__[info.instead_of].default
            if getattr(frontend, info.instead_of) != default:
                msg = f"give {name} or {info.instead_of}, not both"
                raise ParameterError(msg)
        if isinstance(info.range, Range) and value is not None:
            parameter = to_parameter(name, value)
            info.range.check(name, parameter)
            object.__setattr__(frontend, name, parameter)
