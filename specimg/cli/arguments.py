"""Arguments that several commands take."""

from pathlib import Path
from typing import Annotated

import typer


def a_path(text: str) -> Path:
    """Read a path; an empty one, of an unset variable, would mean this folder."""
    if not text:
        msg = "an empty path; for the current folder, write ."
        raise typer.BadParameter(msg)
    return Path(text)


Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="A folder that specimg convert wrote.")
]
Train = Annotated[
    Path,
    typer.Argument(metavar="TRAIN", help="A folder with one folder per class."),
]
