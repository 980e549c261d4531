"""``specimg preview``: one clip, and its pictures from several frontends."""

import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli import options
from specimg.cli.convert import a_path
from specimg.errors import ParameterError, SpecimgError, StorageError, UnwritableError
from specimg.streams import stderr_of_our_own

if TYPE_CHECKING:
    from specimg.arms import Arm
    from specimg.settings import Settings

File = Annotated[
    Path,
    typer.Argument(
        parser=a_path, metavar="FILE", help="A recording.", show_default=False
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        parser=a_path,
        metavar="FIGURE",
        help="Where to write the figure: .png, .pdf or .svg.",
        show_default="preview.png",
    ),
]
Arms = Annotated[
    list[str] | None,
    typer.Option(
        "--arm",
        metavar="SPEC|SPEC+SPEC+SPEC",
        help="A panel: one frontend, or three for red, green and blue. Again for "
        "more panels.",
        show_default="raw, db, exp, pcen:init=librosa, pcen, db+pcen+exp",
    ),
]
Start = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0.0, help="Where the clip begins."),
]
Zoom = Annotated[
    int,
    typer.Option(metavar="N", min=1, help="Draw each pixel as N by N pixels."),
]


def preview(
    ctx: typer.Context,
    file: File,
    *,
    output: Output = Path("preview.png"),
    arm: Arms = None,
    start: Start = 0.0,
    zoom: Zoom = 1,
    sr: options.Sr = None,
    mono: options.Mono = None,
    clip_duration: options.ClipDuration = None,
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
    config: options.Config = None,
) -> None:
    """Draw one clip of a recording: its waveform, and its picture from each frontend.

    Each panel has the pixels that "specimg convert" writes for that clip, with seconds
    and hertz beside them. Needs matplotlib: pip install "specimg[preview]".

    Exit status: 0 drawn, 1 not drawn, 2 wrong usage.
    """
    settings = options.read_settings(ctx.params, config)
    arms = _read_arms(arm, settings)
    _check(file, output, start)
    if find_spec("matplotlib") is None:
        _stop('specimg preview needs matplotlib: pip install "specimg[preview]"')
    try:
        with stderr_of_our_own():
            lines, warning = _draw(file, output, arms, settings, start, zoom)
    except ParameterError as error:
        raise typer.BadParameter(str(error)) from error
    except (StorageError, UnwritableError) as error:  # they name what they mean
        _stop(str(error), error)
    except SpecimgError as error:
        _stop(f"{file}: {error}", error)
    if warning:
        typer.echo(f"{file}: {warning}", err=True)
    typer.echo(lines)


def _draw(
    file: Path,
    output: Path,
    arms: "list[Arm]",
    settings: "Settings",
    start: float,
    zoom: int,
) -> tuple[str, str]:
    """Write the figure; return what to say about it, and what is wrong with `file`."""
    from dataclasses import replace  # noqa: PLC0415 - keeps --help fast

    from specimg import storage  # noqa: PLC0415
    from specimg.preview.clip import read_clip  # noqa: PLC0415
    from specimg.preview.figure import draw  # noqa: PLC0415
    from specimg.preview.panels import plan, render_panels  # noqa: PLC0415
    from specimg.recordings import encode_name  # noqa: PLC0415

    layout, longest = plan(settings, arms, zoom)
    clip = read_clip(file, settings, start=start, limit=longest)
    panels = render_panels(clip, settings, arms)
    height, width = panels[0].pixels.shape[:2]
    layout = replace(layout, columns=width * zoom)
    name = encode_name(file.name)
    data = draw(name, clip, panels, settings, layout, output.suffix.lower())
    storage.write_atomically(output, data, tag=encode_name(str(output)))
    what = f"{len(panels)} panels" if len(panels) > 1 else "1 panel"
    text = f"wrote {output}: {what} of {width}x{height} pixels"
    return text, clip.warning


def _read_arms(specs: list[str] | None, settings: "Settings") -> "list[Arm]":
    from specimg.arms import parse_arm  # noqa: PLC0415
    from specimg.preview.arms import default_arms  # noqa: PLC0415

    if not specs:
        return default_arms(settings)
    try:
        return [parse_arm(spec) for spec in specs]
    except ParameterError as error:
        msg = f"--arm: {error}"
        raise typer.BadParameter(msg) from error


def _check(file: Path, output: Path, start: float) -> None:
    from specimg.preview.figure import SUFFIXES  # noqa: PLC0415 - keeps --help fast

    if output.suffix.lower() not in SUFFIXES:
        msg = f"-o {output}: need a name that ends in {', '.join(SUFFIXES)}"
        raise typer.BadParameter(msg)
    if not math.isfinite(start):
        msg = f"--start {start}: need a number of seconds"
        raise typer.BadParameter(msg)
    if output.exists() and file.exists() and output.samefile(file):
        msg = f"-o {output}: that is the recording"
        raise typer.BadParameter(msg)


def _stop(message: str, cause: Exception | None = None) -> None:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1) from cause
