"""The options of ``specimg convert`` that decide how it runs, not what it shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from specimg.cli.arguments import Jobs, a_path
from specimg.cli.sections import INPUT_AND_OUTPUT, LABELS, RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Each is an option of the command, by its name and with its default."""

    jobs: Jobs = None
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.1,
            help="Time for a recording, besides the length of its audio.",
            rich_help_panel=RUN,
        ),
    ] = 60.0
    memory: Annotated[
        int | None,
        typer.Option(
            metavar="MB",
            min=64,
            help="Memory that a worker may use.",
            show_default="4/5 of the machine's, shared by the workers",
            rich_help_panel=RUN,
        ),
    ] = None
    max_failures: Annotated[
        str | None,
        typer.Option(
            metavar="N|P%",
            help="Stop when more recordings have failed. Without it, stop only when "
            "the first 100 all fail.",
            show_default=False,
            rich_help_panel=RUN,
        ),
    ] = None
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Remove what OUT holds, and begin anew.",
            rich_help_panel=INPUT_AND_OUTPUT,
        ),
    ] = False
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove the images of recordings that are no longer there.",
            rich_help_panel=INPUT_AND_OUTPUT,
        ),
    ] = False
    recheck: Annotated[
        bool,
        typer.Option(
            "--recheck",
            help="Look into every image that is there, and convert anew what is "
            "damaged.",
            rich_help_panel=INPUT_AND_OUTPUT,
        ),
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what would be read and written; write nothing.",
            rich_help_panel=RUN,
        ),
    ] = False
    annotations: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="TABLE|DIR",
            parser=a_path,
            help="Tables that say who calls where, any number of times; see specimg "
            "labels.",
            show_default=False,
            rich_help_panel=LABELS,
        ),
    ] = None
    join: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            parser=a_path,
            help="A table of your own with a row for each recording; the manifest gets "
            "its columns.",
            show_default=False,
            rich_help_panel=LABELS,
        ),
    ] = None
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=PERCENT,...|FILE",
            help="Divide recordings into parts, such as train=70,val=15,test=15, or as "
            "in a splits.csv.",
            show_default=False,
            rich_help_panel=LABELS,
        ),
    ] = None
    group: Annotated[
        str,
        typer.Option(
            metavar="source|first|COLUMN|REGEX",
            help="Which recordings stay in one part: those with the same value in a "
            "column of --join; else see --group of specimg compare.",
            rich_help_panel=LABELS,
        ),
    ] = "source"
    files_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Inputs from a file as well, one a line; - for stdin.",
            show_default=False,
            rich_help_panel=INPUT_AND_OUTPUT,
        ),
    ] = None
    from0: Annotated[
        bool,
        typer.Option(
            "--from0",
            help="Inputs in --files-from end in NUL, not in newlines.",
            rich_help_panel=INPUT_AND_OUTPUT,
        ),
    ] = False
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Convert only part I of N; then see specimg merge.",
            show_default=False,
            rich_help_panel=RUN,
        ),
    ] = None
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="No progress, no line for a failure.",
            rich_help_panel=RUN,
        ),
    ] = False
