"""``specimg preview``: one clip, and its pictures from several frontends."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from specimg.cli.arguments import a_path
from specimg.cli.errors import refuse_wrong_values, stop_on_errors
from specimg.cli.options import with_picture_options
from specimg.cli.picture_options import FILE_NAMES, FRONTEND_NAMES
from specimg.cli.terminal import say
from specimg.cli.variants import arm_option, read_variants
from specimg.encoding import encode_name
from specimg.errors import (
    MissingExtraError,
    ParameterError,
    SpecimgError,
    join_warnings,
)
from specimg.rendering.image import ImageSettings
from specimg.settings import Settings
from specimg.settings.variants import GRAY_SPECS, RGB_SPEC, Variant
from specimg.stderr import private_stderr

FIGURE = "Figure"
CLIP_NAMES = ("clip_overlap", "final_clip")
"""Options that mean nothing for a single clip."""

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
        rich_help_panel=FIGURE,
    ),
]
Arms = Annotated[
    list[str] | None, arm_option("Each is a panel.", (*GRAY_SPECS, RGB_SPEC))
]
Start = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        help="Where the clip begins.",
        rich_help_panel=FIGURE,
    ),
]
Zoom = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        help="Draw each pixel as N by N pixels.",
        rich_help_panel=FIGURE,
    ),
]


@stop_on_errors()
@with_picture_options(leave_out=(*FILE_NAMES, *CLIP_NAMES), optional=FRONTEND_NAMES)
def preview(
    ctx: typer.Context,
    file: File,
    *,
    output: Output = Path("preview.png"),
    arm: Arms = None,
    start: Start = 0.0,
    zoom: Zoom = 1,
    settings: Settings,
) -> None:
    """Draw one clip of a recording: its waveform, and its picture from each frontend.

    Each panel has the pixels that "specimg convert" writes for that clip, with seconds
    and hertz beside them. With --frontend, or --r, --g and --b, that is the only panel.
    Needs matplotlib: pip install "specimg[preview]".

    Exit status: 0 drawn, 1 not drawn, 2 wrong usage.
    """
    arms = _choose_arms(arm, settings, ctx.params)
    # Pixels and frames are one to one, whatever a settings file says of images.
    size = settings.image.size if ctx.params["size"] else None
    settings = replace(settings, image=ImageSettings(size=size))
    _check(file, output, start)
    if find_spec("matplotlib") is None:
        command = "specimg preview"
        raise MissingExtraError(command, "matplotlib", "preview")
    with refuse_wrong_values(), private_stderr():
        lines, warning = _draw(file, output, arms, settings, start, zoom)
    if warning:
        say(f"{file}: {warning}", err=True)
    say(lines)


def _draw(
    file: Path,
    output: Path,
    arms: list[Variant],
    settings: Settings,
    start: float,
    zoom: int,
) -> tuple[str, str]:
    """Write the figure; return what to say about it, and what is wrong with `file`."""
    from specimg.figure.clip import read_clip, settings_for  # noqa: PLC0415
    from specimg.figure.figure import draw  # noqa: PLC0415
    from specimg.figure.panels import lay_out, render_panels  # noqa: PLC0415
    from specimg.output import files  # noqa: PLC0415 - keeps --help fast
    from specimg.rendering.bandwidth import (  # noqa: PLC0415
        describe_bandwidth,
        describe_ultrasound,
    )

    with _naming(file):
        settings = settings_for(file, settings)
        layout, longest = lay_out(settings, arms, zoom)
        clip = read_clip(file, settings, start=start, limit=longest)
        panels = render_panels(clip, settings, arms)
    height, width = panels[0].pixels.shape[:2]
    layout = replace(layout, columns=width * zoom)
    name = encode_name(file.name)
    data = draw(name, clip, panels, settings, layout, output.suffix.lower())
    files.write_atomically(output, data, tag=encode_name(str(output)))
    what = f"{len(panels)} panels" if len(panels) > 1 else "1 panel"
    text = f"wrote {output}: {what} of {width}x{height} pixels"
    rate, mel = clip.sample_rate, settings.mel
    about = describe_ultrasound(rate, mel) or describe_bandwidth(rate, mel)
    return text, join_warnings(clip.warning, about)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Begin an error about the recording with its path."""
    try:
        yield
    except ParameterError:  # is about the options
        raise
    except SpecimgError as error:
        msg = f"{file}: {error}"
        raise SpecimgError(msg) from error


def _choose_arms(
    specs: list[str] | None, settings: Settings, given: dict[str, Any]
) -> list[Variant]:
    from specimg.figure.variants import chosen_variant, default_variants  # noqa: PLC0415

    frontends = [f"--{name}" for name in FRONTEND_NAMES if given[name] is not None]
    if specs and frontends:
        msg = (
            f"{', '.join(frontends)} makes a figure with one panel: not together with "
            f"--arm, which takes A+B+C as well"
        )
        raise typer.BadParameter(msg)
    if specs:
        return read_variants(specs, settings)
    return [chosen_variant(settings)] if frontends else default_variants(settings)


def _check(file: Path, output: Path, start: float) -> None:
    from specimg.figure.figure import SUFFIXES  # noqa: PLC0415 - keeps --help fast

    if output.suffix.lower() not in SUFFIXES:
        msg = f"-o {output}: need a name that ends in {', '.join(SUFFIXES)}"
        raise typer.BadParameter(msg)
    if not math.isfinite(start):
        msg = f"--start {start}: need a number of seconds"
        raise typer.BadParameter(msg)
    if output.exists() and file.exists() and output.samefile(file):
        msg = f"-o {output}: that is the recording"
        raise typer.BadParameter(msg)
