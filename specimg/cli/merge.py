"""``specimg merge``: one manifest for the parts of a sharded run."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli.console import count
from specimg.errors import SpecimgError

SOME_FAILED = 3

Out = Annotated[
    Path,
    typer.Argument(metavar="OUT", help="The folder that all parts were written to."),
]


def merge(out: Out) -> None:
    """Write the manifest of a run that was made in parts with --shard.

    Checks that all parts are there, finished, and made with the same settings.

    Exit status: 0 complete, 1 not complete, 3 complete, but some recordings failed.
    """
    from specimg.batch.tables import merge_parts  # noqa: PLC0415 - keeps --help fast

    try:
        merged = merge_parts(out)
    except SpecimgError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"merged {count(merged.parts, 'part')}: {count(merged.images, 'image')}, "
        f"{count(merged.failures, 'failure')}, {merged.manifest} in {out}"
    )
    if merged.failures:
        raise typer.Exit(SOME_FAILED)
