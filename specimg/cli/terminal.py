"""How the command line prints: nothing in it is a command to the terminal."""

import typer

from specimg.encoding import encode_text


def say(text: str, *, err: bool = False) -> None:
    """Print lines to stdout, or to stderr, with control characters percent-encoded.

    Names of files, and reasons that quote them, may hold anything.
    """
    typer.echo(printable(text), err=err)


def printable(text: str) -> str:
    """Return lines with their control characters percent-encoded."""
    return encode_text(text, keep="\n")
