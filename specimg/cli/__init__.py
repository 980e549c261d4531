"""The command line: parses, calls, reports.  Nothing else prints or exits."""

from typing import Annotated

import typer

from specimg import __version__
from specimg.cli.convert import convert
from specimg.cli.frontends import frontends

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
    app()
