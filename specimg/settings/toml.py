"""Settings as TOML.  A file may come from a stranger, so what it can do is bounded."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from specimg.bounded import MAX_TEXT_BYTES, read_regular, read_stream
from specimg.errors import ParameterError
from specimg.rendering.frontends.spec import parse_frontend
from specimg.settings.options import GRAY, RGB, Options, normalize

_STREAMS = (Path("/dev"), Path("/proc"))
"""Where a shell shows the pipes that it has opened: ``/dev/stdin``, ``<(...)``."""

_QUOTED = re.compile(
    r"""
    \"{3} [^"\\]*+ (?: (?: \\. | "{1,2}(?!") ) [^"\\]*+ )*+ (?: \"{3} | \Z )
    | '{3} .*? (?: '{3} | \Z )
    | " [^"\\\n]*+ (?: \\. [^"\\\n]*+ )*+ "?
    | ' [^'\n]*+ '?
    | \# [^\n]*+
    """,
    re.DOTALL | re.VERBOSE,
)
"""Strings and comments; a string without an end stops the parser, and so ends here."""

_DOTTED = re.compile(
    r"(?<![\w-]) (?: [\w-]++ [\ \t]*+ \. [\ \t]*+ ){9}", re.ASCII | re.VERBOSE
)
"""A key of ten parts, outside of strings.  For such a key `tomllib` takes memory by the
square of its parts, gigabytes for a file of 100 kB; no setting has more than two."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read the settings in a TOML file, by name.

    Relative names of files of learned parameters start from the folder of the TOML
    file.

    Raises
    ------
    ParameterError
        The file cannot be read, is not TOML, or holds an unknown name or frontend.
    """
    try:
        options = normalize(parse_toml(_read(path)))
        for name in (*GRAY, *RGB):
            if name in options:
                options[name] = parse_frontend(options[name], path.parent)
    except OSError as error:
        msg = f"{path}: cannot read settings: {error.strerror or error}"
        raise ParameterError(msg) from error
    except ParameterError as error:
        msg = f"{path}: {error}"
        raise ParameterError(msg) from error
    return options


def _read(path: Path) -> str:
    """Return the text of a regular file, or of a pipe that the shell has opened.

    Any other named pipe is refused, because it may have no writer.
    """
    if any(path.is_relative_to(folder) for folder in _STREAMS):
        with path.open("rb") as file:
            data = read_stream(file, MAX_TEXT_BYTES)
    else:
        data = read_regular(path, MAX_TEXT_BYTES)
    try:
        return data.decode("utf-8-sig")  # editors on Windows write the mark
    except UnicodeDecodeError as error:
        msg = f"not a TOML file: {error}"
        raise ParameterError(msg) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return what is in the text of a TOML file.

    Raises
    ------
    ParameterError
        It is not TOML, or would take unbounded memory to parse.
    """
    if _DOTTED.search(_QUOTED.sub("_", text)):
        msg = "not a TOML file of settings: a name of ten parts or more"
        raise ParameterError(msg)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        msg = "not a TOML file of settings: too many brackets in each other"
        raise ParameterError(msg) from error
    except ValueError as error:  # a number of too many digits is no TOMLDecodeError
        msg = f"not a TOML file: {error}"
        raise ParameterError(msg) from error


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
