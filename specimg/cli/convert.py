"""``specimg convert``: recordings to images."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli import options


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
    from specimg.cli.run import run  # noqa: PLC0415 - keeps --help fast

    *inputs, out = paths
    run(
        inputs,
        out,
        options.read_settings(ctx.params, config),
        jobs=jobs,
        timeout=timeout,
        memory=memory,
        max_failures=max_failures,
        overwrite=overwrite,
        prune=prune,
        dry_run=dry_run,
        files_from=files_from,
        from0=from0,
        shard=shard,
        quiet=quiet,
    )
