"""``specimg gallery``: a page to look at the images with."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli import exit_codes
from specimg.cli.arguments import Out, a_path
from specimg.cli.errors import stop_on_errors
from specimg.cli.terminal import say
from specimg.errors import StorageError, count

Limit = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Show at most N images: beyond it a sample, the same each time.",
        show_default="20000, for NPY 2000",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        parser=a_path,
        metavar="PAGE",
        help="Where to write the page, in .html; it shows the images where they are.",
        show_default="OUT/gallery.html",
    ),
]
Audio = Annotated[
    bool,
    typer.Option(
        "--audio",
        help="Write what is heard in each image as well, into a hidden folder beside "
        "OUT, to play it on the page.",
    ),
]


@stop_on_errors()
def gallery(
    out: Out, *, limit: Limit = None, output: Output = None, audio: Audio = False
) -> None:
    """Write a page of the images in OUT by label, to filter, sort and look at.

    The page needs no server and no network, only the images. Boxes around
    annotations, if there are any, are drawn over them. It also shows counts,
    the settings, a histogram of the pixel values, and the mean image of each label. No
    browser can show NPY: their pictures are in the page itself, in 8 bits and at most
    256 pixels wide and 128 high. Recordings are linked where they were when they were
    converted; with --audio, clips are played on the page, ultrasound 10 times slower.

    Exit status: 0 all images were read, 1 refused or none, 3 some are missing or
    damaged, which the page says as well, or have no sound.
    """
    from specimg.cli.progress import show_images  # noqa: PLC0415 - keeps --help fast
    from specimg.gallery import write_gallery  # noqa: PLC0415

    if output and output.suffix.lower() != ".html":
        msg = f"-o {output}: need a name that ends in .html"
        raise typer.BadParameter(msg)
    try:
        with show_images("reading") as on_progress:
            made = write_gallery(
                out,
                limit,
                on_progress,
                page=output,
                on_sound=on_progress if audio else None,
            )
    except StorageError as error:
        if output:
            raise
        msg = f"{error}; with -o, the page can be written somewhere else"
        raise StorageError(msg) from error
    sample = f", a sample of {made.clips}" if made.shown < made.clips else ""
    say(f"wrote {made.path}: {count(made.shown, 'image')}{sample}")
    if made.faults:
        say(f"{made.faults} of them missing or damaged", err=True)
    if made.sounds:
        say(f"wrote {made.sounds}: {made.shown - made.silent} sounds")
    if made.silent:
        have = "has" if made.silent == 1 else "have"
        say(f"{count(made.silent, 'image')} {have} no sound", err=True)
    if made.faults == made.shown:
        raise typer.Exit(exit_codes.STOPPED)
    if made.faults or made.silent:
        raise typer.Exit(exit_codes.SOME_FAILED)
