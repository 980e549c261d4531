"""Arguments that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli.sections import RUN

DEVICES = ("auto", "cpu", "cuda", "mps")


def a_path(text: str) -> Path:
    """Read a path; an empty one, of an unset variable, would mean this folder."""
    if not text:
        msg = "an empty path; for the current folder, write ."
        raise typer.BadParameter(msg)
    return Path(text)


Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="A folder that specimg convert wrote.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        help="Worker processes.",
        show_default="the processors that this process may use",
        rich_help_panel=RUN,
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda|mps",
        help="Where torch computes; auto is the fastest that is there.",
        rich_help_panel=RUN,
    ),
]


def check_device(name: str) -> None:
    """Refuse a name that no device has, as wrong usage."""
    if name not in DEVICES:
        msg = f"--device {name}: need one of {', '.join(DEVICES)}"
        raise typer.BadParameter(msg)
