"""Files of learned parameters: ``learned.json`` and ``learned.npz``."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specimg.errors import ParameterError
from specimg.frontends.parameters import Parameter, to_parameter
from specimg.frontends.pcen import s_to_time_constant

ALIASES: Mapping[str, tuple[str, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    "alpha": ("gain", np.asarray),
    "delta": ("bias", np.asarray),
    "r": ("power", np.asarray),
    "root": ("power", np.reciprocal),
    "smooth": ("s", np.asarray),
}
"""What other implementations call the parameters, and how theirs become ours."""

ABOUT = ("frontend", "n_mels", "frame_rate")
"""Entries of a ``.npz`` that are not parameters."""


def read_learned(path: Path, frontend: str) -> dict[str, Parameter]:
    """Read the parameters of `frontend` from a file.

    A ``.json`` file holds ``{"frontend": "pcen", "n_mels": 128, "parameters":
    {"gain": [...], ...}}``, each parameter a number or one number a band.  A
    ``.npz`` file holds the same as arrays: one for each parameter, and
    optionally ``frontend`` and ``n_mels``.  ``frame_rate`` (frames per second)
    says for which one an ``s`` was learned; then it is kept as a time constant,
    which is right for every other one as well.  Parameters may have the names of
    `ALIASES`, and ``log_NAME`` for the logarithm of NAME.

    Raises
    ------
    ParameterError
        The file cannot be read, is for another frontend, or its lengths differ.
    """
    about, arrays = _read(path)
    if about.get("frontend", frontend) != frontend:
        msg = f"{path}: parameters of {about['frontend']}, not of {frontend}"
        raise ParameterError(msg)
    parameters = dict(_canonical(str(path), name, a) for name, a in arrays.items())
    lengths = {len(p) for p in parameters.values() if isinstance(p, tuple)}
    n_mels = about.get("n_mels")
    if len(lengths) > 1 or (lengths and n_mels not in (None, *lengths)):
        msg = f"{path}: n_mels={n_mels}, but one value a band has lengths {lengths}"
        raise ParameterError(msg)
    frame_rate = about.get("frame_rate")
    if frame_rate is not None and "s" in parameters:
        seconds = s_to_time_constant(np.asarray(parameters.pop("s"))) / frame_rate
        parameters["time_constant"] = to_parameter("time_constant", seconds)
    return parameters


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the file says about itself, and its parameters."""
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            about = {k: arrays.pop(k).item() for k in ABOUT if k in arrays}
        elif path.suffix.lower() == ".json":
            about = json.loads(path.read_bytes())
            arrays = about["parameters"]
            arrays.items()
        else:
            msg = f"{path}: need a .json or a .npz file of learned parameters"
            raise ParameterError(msg)
    except OSError as error:
        msg = f"{path}: cannot read learned parameters: {error.strerror or error}"
        raise ParameterError(msg) from error
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
    ) as error:
        msg = f"{path}: not a file of learned parameters: {error}"
        raise ParameterError(msg) from error
    return about, arrays


def _canonical(path: str, name: str, value: object) -> tuple[str, Parameter]:
    """Return the name and value that specimg uses for a parameter of a file."""
    plain = name.removeprefix("log_")
    key, convert = ALIASES.get(plain, (plain, np.asarray))
    try:
        numbers = np.asarray(value, np.float64)
        with np.errstate(over="ignore", divide="ignore"):
            numbers = convert(np.exp(numbers) if plain != name else numbers)
    except (TypeError, ValueError) as error:
        msg = f"{path}: {name} is not a number, nor one number a band"
        raise ParameterError(msg) from error
    try:
        return key, to_parameter(name, numbers)
    except ParameterError as error:
        msg = f"{path}: {error}"
        raise ParameterError(msg) from error
