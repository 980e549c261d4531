"""``specimg verify``: whether an output folder holds what its manifest says."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.errors import SpecimgError

Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="A folder that specimg convert wrote.")
]
Deep = Annotated[
    bool,
    typer.Option(
        "--deep", help="Render a sample of the images again from their recordings."
    ),
]


def verify(out: Out, *, deep: Deep = False) -> None:
    """Check that the images in OUT are those that its manifest lists, and whole.

    Names whatever is wrong, one line each.

    Exit status: 0 all is right, 1 something is wrong.
    """
    from specimg.verify import find_faults  # noqa: PLC0415 - keeps --help fast

    faults = 0
    try:
        for fault in find_faults(out, deep=deep):
            faults += 1
            typer.echo(fault)
    except SpecimgError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    if faults:
        raise typer.Exit(1)
    typer.echo(f"{out}: every image is as it was written")
