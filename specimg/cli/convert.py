"""``specimg convert``: recordings to images."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli.arguments import a_path
from specimg.cli.errors import stop_on_errors
from specimg.cli.options import with_options, with_picture_options
from specimg.cli.run_options import RunOptions
from specimg.settings import Settings

Paths = Annotated[
    list[Path],
    typer.Argument(
        parser=a_path,
        metavar="INPUT... OUT",
        help="Audio files and folders, and last the folder to write to.",
        show_default=False,
    ),
]


@stop_on_errors()
@with_picture_options()
@with_options(RunOptions)
def convert(paths: Paths, *, settings: Settings, options: RunOptions) -> None:
    """Write a spectrogram image for every clip of the recordings in INPUT.

    SPEC is NAME[:key=value[,key=value...]], for example db, db:top_db=80,
    pcen:preset=outdoor or pcen:@learned.json; see "specimg frontends".

    The same command again goes on where a run was stopped, and does only what is
    not done yet.

    Exit status: 0 all converted, 1 stopped or nothing converted, 2 wrong usage,
    3 finished, but some recordings failed, 128+N ended by signal N.
    """
    from specimg.cli.run import run  # noqa: PLC0415 - keeps --help fast

    *inputs, out = paths
    run(inputs, out, settings, options)
