"""What becomes of an error: one line on stderr, and the right exit status."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from specimg.cli import exit_codes
from specimg.cli.terminal import printable, say
from specimg.errors import ParameterError, SpecimgError
from specimg.resources import is_shortage


@contextmanager
def stop_on_errors() -> Iterator[None]:
    """End the command where specimg raises an error on purpose, and say which.

    This is for whole commands, so it is used as their decorator.
    """
    try:
        yield
    except SpecimgError as error:
        say(f"Error: {error}", err=True)
        raise typer.Exit(exit_codes.STOPPED) from error


@contextmanager
def refuse_wrong_values(option: str = "") -> Iterator[None]:
    """Turn a setting that is refused into wrong usage.

    The message begins with the name of the `option`, if one is given.
    """
    try:
        yield
    except ParameterError as error:
        message = f"{option}: {error}" if option else str(error)
        raise typer.BadParameter(printable(message)) from error


@contextmanager
def stop_on_system_errors() -> Iterator[None]:
    """End the command line where the operating system refuses something.

    Everything that can be read or written has a `SpecimgError` of its own; what is
    left are stdout and names that cannot be looked at.
    """
    try:
        yield
    except OSError as error:
        if is_shortage(error):
            raise
        what = "write to stdout" if error.filename is None else f"use {error.filename}"
        say(f"Error: cannot {what}: {error.strerror}", err=True)
        # What could not be written is still in its buffer, and tried again at exit.
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
            os.dup2(nothing.fileno(), 1)
        sys.exit(exit_codes.STOPPED)
