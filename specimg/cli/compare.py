"""``specimg compare``: which frontend suits one's own recordings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli.compare_options import CompareOptions
from specimg.cli.errors import stop_on_errors
from specimg.cli.labeled_input import (
    Recordings,
    Train,
    find_tests,
    find_train,
    name_tests,
    read_table,
)
from specimg.cli.options import with_options, with_picture_options
from specimg.cli.picture_options import FILE_NAMES, FRONTEND_NAMES
from specimg.cli.progress import show_stages
from specimg.cli.sections import INPUT_AND_OUTPUT
from specimg.cli.terminal import say
from specimg.cli.variants import arm_option, read_variants
from specimg.errors import count
from specimg.settings import SPLITS_NAME, Settings
from specimg.settings.variants import GRAY_SPECS, RGB_SPEC, Variant

if TYPE_CHECKING:
    from specimg.dataset.table import Parts
    from specimg.evaluate.clips import ArmScores
    from specimg.evaluate.experiment import Experiment
    from specimg.evaluate.scoring import Options
    from specimg.evaluate.summary import Summary

USUAL_SPECS = (
    "db",
    "db:top_db=60",
    *(spec for spec in GRAY_SPECS if spec != "db"),
    "pcen:preset=perch",
    RGB_SPEC,
)
"""Decibel is the first, because the others are compared with the first."""

Tests = Annotated[
    list[str] | None,
    typer.Option(
        "--test",
        metavar="NAME=DIR",
        help="Other recordings of these classes, in folders or a table; any number of "
        "times. With --folds, copies of those in TRAIN, such as noisy ones.",
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
Format = Annotated[
    str,
    typer.Option(
        metavar="text|md",
        help="Of the table that is printed; md is Markdown.",
        rich_help_panel=INPUT_AND_OUTPUT,
    ),
]


@stop_on_errors()
@with_options(CompareOptions)
@with_picture_options(leave_out=(*FRONTEND_NAMES, *FILE_NAMES), of="train")
def compare(
    train: Train,
    *,
    output: Output,
    test: Tests = None,
    recordings: Recordings = None,
    arm: Arms = None,
    options: CompareOptions,
    format: Format = "text",
    settings: Settings,
) -> None:
    """Compare frontends by models that learn from recordings in TRAIN.

    Each arm's images train the same model, once a seed. It is tested on recordings that
    it has not learned from: other parts of TRAIN, or those of each --test. OUT gets
    compare.csv with a row for each arm, seed and test, and with matplotlib compare.png.
    The same command again goes on where it ended.

    A table has the clips, their labels, and perhaps splits: train and val are learned
    from, and test is asked about. Settings are those of specimg.toml beside it, unless
    they are given.

    The score is macro average precision: of each class, averaged over the classes
    that the test has.

    Exit status: 0 compared, 1 not, 2 wrong usage.
    """
    arms = read_variants(dict.fromkeys(arm or USUAL_SPECS), settings)
    table = read_table(train, recordings)
    tests = name_tests(test or [], table)
    if format not in ("text", "md"):
        msg = f"--format {format}: need one of text, md"
        raise typer.BadParameter(msg)
    chosen = options.read(has_tests=bool(tests or (table and table.tests)))
    _run(
        table or find_train(train, output),
        tests,
        output,
        arms,
        settings,
        chosen,
        as_markdown=format == "md",
    )


def _run(
    parts: "Parts",
    test_paths: dict[str, Path],
    out: Path,
    arms: list[Variant],
    settings: Settings,
    options: "Options",
    *,
    as_markdown: bool,
) -> None:
    from specimg.dataset.labeled import check_training  # noqa: PLC0415 - keeps --help fast
    from specimg.evaluate.experiment import Experiment  # noqa: PLC0415
    from specimg.evaluate.summary import summarize  # noqa: PLC0415
    from specimg.evaluate.table import format_scores  # noqa: PLC0415
    from specimg.output.files import check_writable, write_atomically  # noqa: PLC0415
    from specimg.splits.groups import BY_SOURCE  # noqa: PLC0415

    train = parts.train
    check_training(train)
    tests = {**parts.tests, **find_tests(test_paths, out)}
    found: list[ArmScores] = []
    names = [arm.spec for arm in arms]
    with show_stages() as on_progress:
        experiment = Experiment(
            train, tests, arms, settings, options, out, on_progress, say
        )
        for name in ("compare.csv", "compare.png"):
            check_writable(out / name)
        for one in experiment.run():
            found.append(one)
            # Workers are done in no order, but the table has one.
            found.sort(key=lambda one: (names.index(one.arm), one.seed))
            data = format_scores(found, experiment.known_clips, options.model)
            write_atomically(out / "compare.csv", data, "compare")
    group = options.group or (SPLITS_NAME if train.groups else BY_SOURCE)
    summary = summarize(experiment.known_clips, found, names, group)
    _print(summary, experiment, options, as_markdown=as_markdown)
    for note in (*parts.notes, *experiment.trial.notes):
        say(note)
    _draw(summary, out)


def _draw(summary: "Summary", out: Path) -> None:
    from specimg.figure.style import own_style  # noqa: PLC0415 - keeps --help fast
    from specimg.output.files import remove, write_atomically  # noqa: PLC0415

    try:
        with own_style():
            from specimg.evaluate.chart import draw  # noqa: PLC0415

            chart = draw(summary.rows)
    except ImportError:
        remove(out / "compare.png")  # of another comparison
        say(f"wrote compare.csv in {out}")
        say('compare.png needs matplotlib: pip install "specimg[preview]"')
    else:
        write_atomically(out / "compare.png", chart, "compare")
        say(f"wrote compare.csv and compare.png in {out}")


def _print(
    summary: "Summary",
    experiment: "Experiment",
    options: "Options",
    *,
    as_markdown: bool,
) -> None:
    from specimg.evaluate.summary import REASONS  # noqa: PLC0415 - keeps --help fast
    from specimg.evaluate.table import format_markdown  # noqa: PLC0415

    title = f"{options.model}, {count(options.seeds, 'seed')}"
    if options.folds:
        title += f", {options.folds} folds"
    say(title)
    if as_markdown:
        say("\n" + format_markdown(summary.rows) + "\n")
    else:
        _print_table(summary)
    for note in summary.notes:
        say(note)
    if joined := experiment.trial.n_joined:
        say(
            f"{count(joined, 'recording')} hold the same sound as another: they are "
            f"kept on the same side."
        )
    trial = experiment.trial
    for name, number in trial.namesakes.items():
        if 2 * number > len(trial.tests[name]):
            say(
                f"{name}: {count(number, 'recording')} are called as in TRAIN. If they "
                f"are copies, give --folds as well, which keeps them apart."
            )
    reasons = dict.fromkeys(row.why for row in summary.rows if row.why)
    for reason in reasons:
        say(f"undecided: {reason}: {REASONS[reason]}.")


def _print_table(summary: "Summary") -> None:
    from rich.box import SIMPLE  # noqa: PLC0415 - keeps --help fast
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from specimg.evaluate.table import COLUMNS, cells  # noqa: PLC0415

    table = Table(box=SIMPLE)
    for name in COLUMNS:
        is_text = name in ("arm", "test", "verdict")
        table.add_column(
            name,
            justify="left" if is_text else "right",
            no_wrap=not is_text,
            overflow="fold",
        )
    for row in summary.rows:
        table.add_row(*map(Text, cells(row)))
    # A file has no width; what reads it wants a row a line.
    Console(width=None if sys.stdout.isatty() else 120).print(table)
