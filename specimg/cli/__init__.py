"""The command line: parses, calls, reports.  Nothing else prints or exits."""

import io
import os
import sys
from typing import Annotated

import typer

from specimg import __version__
from specimg.cli.compare import compare
from specimg.cli.convert import convert
from specimg.cli.frontends import frontends
from specimg.cli.gallery import gallery
from specimg.cli.learn import learn
from specimg.cli.merge import merge
from specimg.cli.preview import preview
from specimg.cli.stats import stats
from specimg.cli.verify import verify

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # Every option is also understood with the underscores of Python.
        "token_normalize_func": lambda token: token.replace("_", "-"),
    },
)
app.command(no_args_is_help=True)(convert)
app.command()(frontends)
app.command(no_args_is_help=True)(compare)
app.command(no_args_is_help=True)(learn)
app.command(no_args_is_help=True)(merge)
app.command(no_args_is_help=True)(preview)
app.command(no_args_is_help=True)(verify)
app.command(no_args_is_help=True)(gallery)
app.command(no_args_is_help=True)(stats)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"specimg {__version__}")
        raise typer.Exit


@app.callback()
def specimg(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Turn recordings into spectrogram images for image models."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal cannot show must not end a run.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except OSError as error:
        # Everything else that can be read or written has an error of its own.
        what = "write to stdout" if error.filename is None else f"use {error.filename}"
        typer.echo(f"Error: cannot {what}: {error.strerror}", err=True)
        # What could not be written is still in its buffer, and tried again at exit.
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
            os.dup2(nothing.fileno(), 1)
        sys.exit(1)
