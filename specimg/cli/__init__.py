"""The command line: parses, calls, reports.  Nothing else prints or exits."""

import io
import sys
from typing import Annotated

import typer

from specimg import __version__
from specimg.cli.compare import compare
from specimg.cli.convert import convert
from specimg.cli.errors import stop_on_system_errors
from specimg.cli.frontends import frontends
from specimg.cli.gallery import gallery
from specimg.cli.labels import labels
from specimg.cli.learn import learn
from specimg.cli.merge import merge
from specimg.cli.presets import presets
from specimg.cli.preview import preview
from specimg.cli.sections import SectionedCommand
from specimg.cli.stats import stats
from specimg.cli.terminal import say
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
app.command(cls=SectionedCommand, no_args_is_help=True)(convert)
app.command()(frontends)
app.command()(presets)
for command in (compare, labels, learn, merge, preview, verify, gallery, stats):
    app.command(cls=SectionedCommand, no_args_is_help=True)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"specimg {__version__}")
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
    with stop_on_system_errors():
        app()
