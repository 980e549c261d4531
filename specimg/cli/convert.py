"""``specimg convert``: recordings to images."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from specimg.batch import Limits, Part, Report, convert_all, list_inputs
from specimg.cli import options
from specimg.cli.console import print_summary, stderr_without_decoders, watch_on
from specimg.cli.dry import print_plan
from specimg.errors import SpecimgError
from specimg.settings import Settings

SOME_FAILED = 3
MEGABYTE = 2**20


def a_path(text: str) -> Path:
    """Refuse what an unset variable of a shell leaves: it would mean this folder."""
    if not text:
        msg = "an empty path; for the current folder, write ."
        raise typer.BadParameter(msg)
    return Path(text)


Paths = Annotated[
    list[Path],
    typer.Argument(
        parser=a_path,
        metavar="INPUT... OUT",
        help="Audio files and folders, and last the folder to write to.",
        show_default=False,
    ),
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
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0.1,
        help="Time for a recording, besides the length of its audio.",
    ),
]
Memory = Annotated[
    int | None,
    typer.Option(
        metavar="MB",
        min=64,
        help="Memory that a worker may use.",
        show_default="4/5 of the machine's, shared by the workers",
    ),
]
MaxFailures = Annotated[
    str | None,
    typer.Option(
        metavar="N|P%",
        help="Stop when more recordings have failed. Without it, stop only when the "
        "first 100 all fail.",
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Remove what OUT holds, and begin anew.")
]
Prune = Annotated[
    bool,
    typer.Option(
        "--prune", help="Remove the images of recordings that are no longer there."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be read and written; write nothing."
    ),
]
FilesFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Inputs from a file as well, one a line; - for stdin.",
        show_default=False,
    ),
]
From0 = Annotated[
    bool,
    typer.Option("--from0", help="Inputs in --files-from end in NUL, not in newlines."),
]
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="Convert only part I of N; then see specimg merge.",
        show_default=False,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress, no line for a failure.")
]


def convert(
    ctx: typer.Context,
    paths: Paths,
    *,
    frontend: options.Spec = None,
    r: options.Red = None,
    g: options.Green = None,
    b: options.Blue = None,
    sr: options.Sr = None,
    mono: options.Mono = None,
    clip_duration: options.ClipDuration = None,
    clip_overlap: options.ClipOverlap = None,
    final_clip: options.FinalClip = None,
    n_fft: options.NFft = None,
    win_length: options.WinLength = None,
    hop_length: options.HopLength = None,
    n_mels: options.NMels = None,
    fmin: options.Fmin = None,
    fmax: options.Fmax = None,
    mel_scale: options.MelScale = None,
    mel_norm: options.MelNorm = None,
    power: options.Power = None,
    center: options.Center = None,
    preset: options.Preset = None,
    format: options.Format = None,
    bit_depth: options.BitDepth = None,
    size: options.Size = None,
    manifest: options.Manifest = None,
    config: options.Config = None,
    jobs: Jobs = None,
    timeout: Timeout = 60.0,
    memory: Memory = None,
    max_failures: MaxFailures = None,
    overwrite: Overwrite = False,
    prune: Prune = False,
    dry_run: DryRun = False,
    files_from: FilesFrom = None,
    from0: From0 = False,
    shard: Shard = None,
    quiet: Quiet = False,
) -> None:
    """Write a spectrogram image for every clip of the recordings in INPUT.

    SPEC is NAME[:key=value[,key=value...]], for example db, db:top_db=80,
    pcen:preset=outdoor or pcen:@learned.json; see "specimg frontends".

    The same command again goes on where a run was stopped, and does only what is
    not done yet.

    Exit status: 0 all converted, 1 stopped or nothing converted, 2 wrong usage,
    3 finished, but some recordings failed, 128+N ended by signal N.
    """
    settings = options.read_settings(ctx.params, config)
    *inputs, out = paths
    inputs += _read_list(files_from, from0=from0) if files_from else []
    if not inputs:
        msg = "need at least one INPUT, and last the folder OUT to write to"
        raise typer.BadParameter(msg)
    part = _read_part(shard)
    jobs = jobs or _processors()
    try:
        with stderr_without_decoders() as stream:
            listing = list_inputs(inputs, out, part)
            total = len(listing.recordings) + len(listing.unreadable)
            limits = Limits(
                jobs=jobs,
                timeout=timeout,
                memory=memory or _share_of_memory(jobs),
                max_failures=_read_max_failures(max_failures, total),
            )
            if dry_run:
                failed = print_plan(listing, settings)
                raise typer.Exit(SOME_FAILED if failed else 0)
            with watch_on(stream, total, quiet=quiet) as watch:
                report = convert_all(
                    listing,
                    out,
                    settings,
                    limits,
                    watch,
                    part=part,
                    overwrite=overwrite,
                    prune=prune,
                )
    except SpecimgError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    _finish(report, settings)


def _finish(report: Report, settings: Settings) -> None:
    print_summary(report, settings.manifest)
    if report.stopped:
        line = f"{report.stopped}; the same command again goes on from here"
        typer.echo(line, err=True)
        raise typer.Exit(128 + report.signal if report.signal else 1)
    if report.failed:
        raise typer.Exit(SOME_FAILED if report.recordings + report.skipped else 1)


def _read_list(path: Path, *, from0: bool) -> list[Path]:
    """Read the paths in a file; on a terminal of any encoding, names are bytes."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot read the list of inputs: {error.strerror or error}"
        raise typer.BadParameter(msg) from error
    names = data.split(b"\0") if from0 else data.splitlines()
    if any(b"\0" in name for name in names):
        msg = f"{path}: the list of inputs has NUL in it; read it with --from0"
        raise typer.BadParameter(msg)
    return [Path(os.fsdecode(name)) for name in names if name]


def _read_part(text: str | None) -> Part:
    if text is None:
        return Part()
    index, slash, count = text.partition("/")
    is_number = (
        index.isascii() and index.isdigit() and count.isascii() and count.isdigit()
    )
    if not slash or not is_number or not 1 <= int(index) <= int(count):
        msg = f"--shard {text}: need I/N with 1 <= I <= N, for example 2/7"
        raise typer.BadParameter(msg)
    return Part(int(index), int(count))


def _read_max_failures(text: str | None, total: int) -> int | None:
    if text is None:
        return None
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit()):
        msg = f"--max-failures {text}: need a number, or a share such as 5%"
        raise typer.BadParameter(msg)
    return int(number) * total // 100 if text.endswith("%") else int(number)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _share_of_memory(jobs: int) -> int:
    """Megabytes for each of `jobs` workers, of four fifths of what there is."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        total = 8 * 2**30
    return max(512, total * 4 // 5 // jobs // MEGABYTE)
