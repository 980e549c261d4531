"""``specimg compare``: which frontend suits one's own recordings."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli.arguments import Train
from specimg.cli.errors import stop_on_errors
from specimg.cli.options import with_picture_options
from specimg.cli.picture_options import FILE_NAMES, FRONTEND_NAMES
from specimg.cli.progress import show_steps
from specimg.cli.sections import INPUT_AND_OUTPUT
from specimg.cli.summary import count
from specimg.cli.terminal import say
from specimg.cli.variants import arm_option, read_variants
from specimg.settings import Settings
from specimg.settings.variants import GRAY_SPECS, RGB_SPEC, Variant

if TYPE_CHECKING:
    from specimg.evaluate.verdicts import Summary

USUAL_SPECS = ("db", *(spec for spec in GRAY_SPECS if spec != "db"), RGB_SPEC)
"""Decibel is the first, because the others are compared with the first."""

MODEL = "Model"

Tests = Annotated[
    list[str],
    typer.Option(
        "--test",
        metavar="NAME=DIR",
        help="Other recordings of these classes; any number of times.",
        show_default=False,
        rich_help_panel=INPUT_AND_OUTPUT,
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="The folder to write to.",
        rich_help_panel=INPUT_AND_OUTPUT,
    ),
]
Arms = Annotated[
    list[str] | None,
    arm_option("The others are compared with the first.", USUAL_SPECS),
]
Model = Annotated[
    str,
    typer.Option(
        metavar="ridge|cnn", help="What learns; cnn needs torch.", rich_help_panel=MODEL
    ),
]
Seeds = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, help="How often, with other draws.", rich_help_panel=MODEL
    ),
]


@stop_on_errors()
@with_picture_options(leave_out=(*FRONTEND_NAMES, *FILE_NAMES))
def compare(
    train: Train,
    *,
    test: Tests,
    output: Output,
    arm: Arms = None,
    model: Model = "ridge",
    seeds: Seeds = 5,
    settings: Settings,
) -> None:
    """Compare frontends on recordings in TRAIN, by models that are tested on others.

    Each arm's images train the same model, once a seed. OUT gets compare.csv with a
    row for each arm, seed and test, and with matplotlib compare.png.

    The score is macro average precision: of each class, averaged over the classes
    that the test has.

    Exit status: 0 compared, 1 not, 2 wrong usage.
    """
    arms = read_variants(dict.fromkeys(arm or USUAL_SPECS), settings)
    folders = _read_tests(test)
    _run(train, folders, output, arms, settings, model=model, seeds=seeds)


def _read_tests(texts: list[str]) -> dict[str, Path]:
    tests: dict[str, Path] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            msg = f"--test {text}: need NAME=DIR, for example noisy=recordings/noisy"
            raise typer.BadParameter(msg)
        if name in tests:
            msg = f"--test {text}: there is a test called {name} already"
            raise typer.BadParameter(msg)
        tests[name] = Path(folder)
    return tests


def _run(
    train_folder: Path,
    test_folders: dict[str, Path],
    out: Path,
    arms: list[Variant],
    settings: Settings,
    *,
    model: str,
    seeds: int,
) -> None:
    from specimg.dataset.labeled import check_test, check_training, find_dataset  # noqa: PLC0415
    from specimg.evaluate.experiment import run  # noqa: PLC0415 - keeps --help fast
    from specimg.evaluate.models import MODELS, check_model  # noqa: PLC0415
    from specimg.evaluate.table import format_scores  # noqa: PLC0415
    from specimg.evaluate.verdicts import summarize  # noqa: PLC0415
    from specimg.output.files import check_writable, remove, write_atomically  # noqa: PLC0415

    if model not in MODELS:
        msg = f"--model {model}: need one of {', '.join(MODELS)}"
        raise typer.BadParameter(msg)
    check_model(model)
    train = find_dataset(train_folder, leave_out=out)
    check_training(train)
    tests = {
        name: find_dataset(folder, leave_out=out)
        for name, folder in test_folders.items()
    }
    for test in tests.values():
        check_test(test, train, settings)
    for name in ("compare.csv", "compare.png"):
        check_writable(out / name)
    scores = []
    with show_steps(len(arms) * seeds) as on_progress:
        for found in run(train, tests, arms, settings, model=model, seeds=seeds):
            scores += found
            on_progress(found[0].arm)
    write_atomically(out / "compare.csv", format_scores(scores, model), "compare")
    summaries = summarize(scores)
    _print(summaries, model, seeds)
    try:
        from specimg.evaluate.chart import draw  # noqa: PLC0415

        write_atomically(out / "compare.png", draw(summaries), "compare")
        say(f"wrote compare.csv and compare.png in {out}")
    except ImportError:
        remove(out / "compare.png")  # of another comparison
        say(f"wrote compare.csv in {out}")
        say('compare.png needs matplotlib: pip install "specimg[preview]"')


def _print(summaries: "list[Summary]", model: str, seeds: int) -> None:
    from rich.box import SIMPLE  # noqa: PLC0415 - keeps --help fast
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    first = summaries[0].arm
    table = Table(
        title=f"{model}, {count(seeds, 'seed')}", title_justify="left", box=SIMPLE
    )
    for name in ("arm", "test"):
        table.add_column(name, overflow="fold")
    for name in ("macro AP", "minus first", "", "ms/clip", "train s"):
        table.add_column(name, justify="right", no_wrap=True)
    for summary in summaries:
        is_first = summary.arm == first
        table.add_row(
            Text(summary.arm),
            Text(summary.test),
            _with_error(f"{summary.mean:.3f}", summary.deviation),
            ""
            if is_first
            else _with_error(f"{summary.difference:+.3f}", summary.error),
            summary.verdict,
            f"{1000 * summary.render_seconds:.1f}",
            f"{summary.training_seconds:.1f}",
        )
    # A file has no width; what reads it wants a row a line.
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(table)
    others = [summary for summary in summaries if summary.arm != first]
    if not others:
        return
    significant = [summary for summary in others if summary.verdict != "undecided"]
    lines = [
        f"{s.arm} is {s.verdict} than {first} on {s.test}" for s in significant
    ] or [f"no arm can be told from {first}"]
    console.print(Text("; ".join(lines) + "."))
    if len(significant) < len(others):
        console.print(
            "undecided: cannot be told from chance, which includes other draws of the "
            "training and of the test."
        )


def _with_error(text: str, error: float) -> str:
    """Add the error to a number; with a single seed there is none."""
    return text if math.isnan(error) else f"{text} ± {error:.3f}"
