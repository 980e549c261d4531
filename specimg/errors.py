"""Errors whose message is meant for the user."""

from collections.abc import Iterable


class SpecimgError(Exception):
    """Base of all errors that specimg raises on purpose."""


class ParameterError(SpecimgError, ValueError):
    """A setting is outside the range that the algorithm is defined for."""


class MissingExtraError(SpecimgError, ImportError):
    """A part of specimg needs a package that is not installed."""

    def __init__(self, part: str, package: str, extra: str) -> None:
        super().__init__(f'{part} needs {package}: pip install "specimg[{extra}]"')


class RecordingError(SpecimgError):
    """One recording cannot be converted; the others can.

    `stage` says what failed: ``open``, ``decode``, ``clip``, ``render`` or ``write``;
    or how the worker ended: ``memory``, ``timeout`` or ``crash``.
    """

    stage = "open"


class AudioReadError(RecordingError, OSError):
    """An input file is missing, empty, or not audio that we can decode."""


class DecodeError(AudioReadError):
    """A recording opens, but what it holds is damaged or not finite."""

    stage = "decode"


class ClipError(RecordingError, ValueError):
    """A recording holds no clip: it is too short."""

    stage = "clip"


class RenderError(RecordingError, ValueError):
    """A clip has no picture: its samples are not finite numbers."""

    stage = "render"


class UnwritableError(RecordingError, OSError):
    """The images of one recording cannot have the names that they would get."""

    stage = "write"


class WorkerError(RecordingError):
    """The process that converted a recording ended before it was done."""

    def __init__(self, message: str, stage: str = "crash") -> None:
        super().__init__(message, stage)
        self.stage = stage

    def __str__(self) -> str:
        return str(self.args[0])


class RefusedError(SpecimgError, ValueError):
    """The output folder holds something other than this run would write."""


class ResourceError(SpecimgError, OSError):
    """The machine allows too few open files or processes, or too little memory."""


class DatasetError(SpecimgError, ValueError):
    """Labeled recordings that nothing can be learned from, or compared on."""


class StorageError(SpecimgError, OSError):
    """The output folder takes nothing more: full, read-only, or gone."""


def join_warnings(*texts: str) -> str:
    """Join warnings about a recording for one cell of a table, each of them once."""
    parts = [part for text in texts for part in text.split("; ")]
    return "; ".join(dict.fromkeys(filter(None, parts)))


def quote(value: object) -> str:
    """Return a value as a message shows it: in one line, and short, whatever it is."""
    try:
        return shorten(repr(value))
    except ValueError:  # Python refuses to print a number of over 4,300 digits
        return "a number of thousands of digits"


def shorten(text: str, limit: int = 80) -> str:
    """Return a text as a message shows it: not longer than a line of a terminal."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in ``2 clips``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Raise a ParameterError that names the `choices` unless `value` is one."""
    known = list(choices)
    if value not in known:
        shown = shorten(value) if isinstance(value, str) else quote(value)
        msg = f"{name}={shown}: need one of {', '.join(map(str, known))}"
        raise ParameterError(msg)
