"""The recordings that ``compare`` and ``learn`` take: folders of classes, or tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli.arguments import a_path
from specimg.cli.sections import INPUT_AND_OUTPUT

if TYPE_CHECKING:
    from specimg.dataset.labeled import Dataset
    from specimg.dataset.table import Parts

Train = Annotated[
    Path,
    typer.Argument(
        metavar="TRAIN",
        help="A folder with one folder per class; or an output of specimg convert, or "
        "a table like its manifest.",
    ),
]
Recordings = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where the recordings are that the table names.",
        show_default="where they were converted, else beside the table",
        parser=a_path,
        rich_help_panel=INPUT_AND_OUTPUT,
    ),
]


def read_table(train: Path, recordings: Path | None) -> "Parts | None":
    """Read a table, or the output that it lies in; None if TRAIN is a folder."""
    from specimg.dataset.table import read_parts  # noqa: PLC0415 - keeps --help fast
    from specimg.output.listing import is_listing  # noqa: PLC0415

    if is_listing(train):
        return read_parts(train, recordings)
    if recordings is not None:
        msg = (
            f"--recordings {recordings} is for a table of clips, but {train} is none: "
            f"recordings in a folder are where they are"
        )
        raise typer.BadParameter(msg)
    return None


def find_train(folder: Path, out: Path) -> "Parts":
    """List the recordings of a folder with one folder per class."""
    from specimg.dataset.labeled import find_dataset  # noqa: PLC0415 - as above
    from specimg.dataset.table import Parts  # noqa: PLC0415

    return Parts(find_dataset(folder, leave_out=out), {}, ())


def name_tests(texts: list[str], table: "Parts | None") -> dict[str, Path]:
    """Read the values of ``--test``, which have other names than the table's parts."""
    from specimg.dataset.trial import FOLDS_TEST  # noqa: PLC0415 - as above

    known = {FOLDS_TEST, *(table.tests if table else ())}
    tests: dict[str, Path] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            msg = f"--test {text}: need NAME=DIR, for example noisy=recordings/noisy"
            raise typer.BadParameter(msg)
        if name in tests or name in known:
            msg = f"--test {text}: there is a test called {name} already"
            raise typer.BadParameter(msg)
        tests[name] = Path(folder)
    return tests


def find_tests(paths: dict[str, Path], out: Path) -> "dict[str, Dataset]":
    """Find the recordings of each test, which is a folder, an output or a table."""
    from specimg.dataset.labeled import find_dataset  # noqa: PLC0415 - as above
    from specimg.dataset.table import read_test  # noqa: PLC0415
    from specimg.output.listing import is_listing  # noqa: PLC0415

    return {
        name: read_test(path) if is_listing(path) else find_dataset(path, leave_out=out)
        for name, path in paths.items()
    }
