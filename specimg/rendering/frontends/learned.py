"""Files of learned parameters: ``learned.json`` and ``learned.npz``."""

import io
import json
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specimg.bounded import MAX_TEXT_BYTES, read_regular
from specimg.errors import ParameterError, quote
from specimg.rendering.frontends import ALIASES
from specimg.rendering.frontends.parameters import (
    Parameter,
    to_numbers,
    to_parameter,
)
from specimg.rendering.frontends.smoother import s_to_time_constant
from specimg.rendering.npy import decode_npy

PARAMETER_ALIASES: Mapping[str, tuple[str, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    "alpha": ("gain", np.asarray),
    "delta": ("bias", np.asarray),
    "r": ("power", np.asarray),
    "root": ("power", np.reciprocal),
    "smooth": ("s", np.asarray),
}
"""Names of parameters in other implementations: ours, and how to convert the values."""

ABOUT = ("frontend", "n_mels", "frame_rate")
"""Entries of a ``.npz`` that are not parameters."""


def read_learned(path: Path, frontend: str) -> dict[str, Parameter]:
    """Read the parameters of `frontend` from a file.

    A ``.json`` file holds ``{"frontend": "pcen", "n_mels": 128, "parameters":
    {"gain": [...], ...}}``, each parameter a number or one number per band.  A
    ``.npz`` file holds the same as arrays: one for each parameter, and
    optionally ``frontend`` and ``n_mels``.  With the ``frame_rate`` (frames per second)
    for which an ``s`` was learned, it is turned into a time constant, which is right
    for every other frame rate as well.  Parameters may have the names of
    `PARAMETER_ALIASES`, and ``log_NAME`` for the logarithm of NAME.

    Raises
    ------
    ParameterError
        The file cannot be read, is for another frontend, or its lengths differ.
    """
    about, arrays = _read(path)
    name = str(about.get("frontend", frontend))
    if name != frontend and ALIASES.get(name) != frontend:
        msg = f"{path}: parameters of {name[:80]}, not of {frontend}"
        raise ParameterError(msg)
    parameters = dict(_canonical(str(path), name, a) for name, a in arrays.items())
    if len(parameters) < len(arrays):
        msg = f"{path}: one parameter under two names: {quote(', '.join(arrays))}"
        raise ParameterError(msg)
    lengths = {len(p) for p in parameters.values() if isinstance(p, tuple)}
    n_mels = about.get("n_mels")
    if len(lengths) > 1 or (lengths and n_mels not in (None, *lengths)):
        known = quote(n_mels)
        msg = f"{path}: n_mels={known}, but one value per band has lengths {lengths}"
        raise ParameterError(msg)
    frame_rate = about.get("frame_rate")
    is_rate = isinstance(frame_rate, int | float) and 0 < frame_rate < math.inf
    if frame_rate is not None and not is_rate:
        msg = f"{path}: frame_rate={quote(frame_rate)}: need frames per second, above 0"
        raise ParameterError(msg)
    if frame_rate is not None and "s" in parameters:
        with np.errstate(all="ignore"):  # the range of the time constant is checked
            frames = s_to_time_constant(np.asarray(parameters.pop("s")))
            seconds = frames / frame_rate
        parameters["time_constant"] = to_parameter("time_constant", seconds)
    return parameters


def format_learned(
    frontend: str, n_mels: int, parameters: Mapping[str, Parameter]
) -> bytes:
    """Return the contents of a file that `read_learned` reads."""
    table = {"frontend": frontend, "n_mels": n_mels, "parameters": dict(parameters)}
    return (json.dumps(table, indent=1) + "\n").encode()


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the file says about itself, and its parameters."""
    readers = {".json": _read_json, ".npz": _read_npz}
    if path.suffix.lower() not in readers:
        msg = f"{path}: need a .json or a .npz file of learned parameters"
        raise ParameterError(msg)
    try:
        data = read_regular(path, MAX_TEXT_BYTES)
        about, arrays = readers[path.suffix.lower()](data)
    except OSError as error:
        msg = f"{path}: cannot read learned parameters: {error.strerror or error}"
        raise ParameterError(msg) from error
    except (
        *(AttributeError, EOFError, KeyError, RecursionError, TypeError, ValueError),
        *(NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error),
    ) as error:
        why = type(error).__name__ if error.__class__ is not ValueError else error
        msg = f"{path}: not a file of learned parameters: {why}"
        raise ParameterError(msg) from error
    if not arrays:
        msg = f"{path}: holds no parameters"
        raise ParameterError(msg)
    return about, arrays


def _read_json(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    about = json.loads(data, object_pairs_hook=_without_duplicates)
    return about, dict(about["parameters"].items())


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        msg = "a name is given twice"
        raise ValueError(msg)
    return table


def _read_npz(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays: dict[str, Any] = {}
    left = MAX_TEXT_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                msg = "it is compressed in a way that numpy does not write"
                raise ValueError(msg)
            # What it says of its size need not be true.
            with archive.open(member) as file:
                content = file.read(left + 1)
            left -= len(content)
            if left < 0:
                msg = f"its arrays take more than {MAX_TEXT_BYTES:,} bytes"
                raise ValueError(msg)
            name = member.filename.removesuffix(".npy")
            if name in arrays:
                msg = "a name is given twice"
                raise ValueError(msg)
            arrays[name] = decode_npy(content)
    return {k: arrays.pop(k).item() for k in ABOUT if k in arrays}, arrays


def _canonical(path: str, name: str, value: object) -> tuple[str, Parameter]:
    """Return the name and value that specimg uses for a parameter of a file."""
    plain = name.removeprefix("log_")
    key, convert = PARAMETER_ALIASES.get(plain, (plain, np.asarray))
    try:
        numbers = to_numbers(value)
        with np.errstate(over="ignore", divide="ignore"):
            numbers = convert(np.exp(numbers) if plain != name else numbers)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{path}: {name[:80]} is not a number, nor one number per band"
        raise ParameterError(msg) from error
    try:
        return key, to_parameter(name, numbers)
    except ParameterError as error:
        msg = f"{path}: {error}"
        raise ParameterError(msg) from error
