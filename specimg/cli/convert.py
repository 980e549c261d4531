"""``specimg convert``: recordings to images."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.batch import convert_all, list_inputs
from specimg.cli import options
from specimg.cli.console import print_summary, progress_on, stderr_without_decoders
from specimg.errors import SpecimgError

SOME_FAILED = 3

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT... OUT",
        help="Audio files and folders, and last the folder to write to.",
        show_default=False,
    ),
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
) -> None:
    """Write a spectrogram image for every clip of the recordings in INPUT.

    SPEC is NAME[:key=value[,key=value...]], for example db, db:top_db=80,
    pcen:preset=outdoor or pcen:@learned.json; see "specimg frontends".

    Exit status: 0 all converted, 1 stopped or nothing converted, 2 wrong usage,
    3 finished, but some recordings failed.
    """
    settings = options.read_settings(ctx.params, config)
    if len(paths) < 2:
        msg = "need at least one INPUT, and last the folder OUT to write to"
        raise typer.BadParameter(msg)
    *inputs, out = paths
    try:
        with stderr_without_decoders() as stream:
            listing = list_inputs(inputs, out)
            total = len(listing.recordings) + len(listing.unreadable)
            with progress_on(stream, total) as progress:
                report = convert_all(listing, out, settings, progress)
    except SpecimgError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    print_summary(report, settings.manifest)
    if report.failures:
        raise typer.Exit(SOME_FAILED if report.records else 1)
