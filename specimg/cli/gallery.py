"""``specimg gallery``: a page to look at the images with."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli.merge import SOME_FAILED
from specimg.errors import SpecimgError

Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="A folder that specimg convert wrote.")
]
Limit = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Show at most N images: beyond it a sample, the same each time.",
        show_default="20000, for NPY 2000",
    ),
]


def gallery(out: Out, *, limit: Limit = None) -> None:
    """Write OUT/gallery.html: the images by label, to filter, sort and look at.

    The page needs no server and no network, only the images beside it. It also shows
    counts, the settings, a histogram of the pixel values, and the mean image of each
    label. No browser can show NPY: their pictures are in the page itself, in 8 bits
    and at most 256 pixels wide and 128 high.

    Exit status: 0 all images were read, 1 refused or none, 3 some are missing or
    damaged, which the page says as well.
    """
    from specimg.cli.progress import watch_images  # noqa: PLC0415 - keeps --help fast
    from specimg.gallery import write_gallery  # noqa: PLC0415

    try:
        with watch_images("reading") as watch:
            made = write_gallery(out, limit, watch)
    except SpecimgError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    sample = f", a sample of {made.clips}" if made.shown < made.clips else ""
    typer.echo(f"wrote {made.path}: {made.shown} images{sample}")
    if made.faults:
        typer.echo(f"{made.faults} of them missing or damaged", err=True)
    if made.faults == made.shown:
        raise typer.Exit(1)
    if made.faults:
        raise typer.Exit(SOME_FAILED)
