"""The figure of a preview, drawn with matplotlib."""

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from specimg.audio import Excerpt
from specimg.figure.layout import CHAR, EDGE, LEFT, TEXT, TITLE, Box, Layout
from specimg.figure.panels import Panel
from specimg.figure.scales import hz_ticks
from specimg.figure.style import own_style
from specimg.figure.waveform import envelope
from specimg.rendering.axes import time_extent
from specimg.rendering.mel import MelSettings
from specimg.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg")
DPI = 128
"""Pixels per inch: a power of two, so that they convert without rounding."""
PIXEL = 72 / DPI
"""Points of a pixel; matplotlib measures letters and lines in points."""
LABEL = 10.5 * PIXEL
"""Height of the letters of an axis, in points."""
SECONDS_TICK = 40
"""Least distance of two ticks of the time axis, in pixels."""
DIGIT = 7
"""Width of a digit below a tick, in pixels."""
MUCH_OFFSET = 0.1
"""Share of the peak above which a constant offset is mentioned."""


def draw(
    name: str,
    clip: Excerpt,
    panels: Sequence[Panel],
    settings: Settings,
    layout: Layout,
    suffix: str,
) -> bytes:
    """Return the bytes of a file with the figure, the same for the same clip.

    Parameters
    ----------
    name : str
        Name of the recording.
    clip : Excerpt
    panels : sequence of Panel
    settings : Settings
    layout : Layout
        Its columns and rows are those of the panels, times the zoom.
    suffix : str
        One of `SUFFIXES`.
    """
    buffer = io.BytesIO()
    # Without the time of day, so that the same clip gives the same file.
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    with own_style():
        figure = make_figure(name, clip, panels, settings, layout)
        figure.savefig(
            buffer, format=suffix[1:], dpi=DPI, metadata=dates.get(suffix, {})
        )
    return buffer.getvalue()


def make_figure(
    name: str,
    clip: Excerpt,
    panels: Sequence[Panel],
    settings: Settings,
    layout: Layout,
) -> "Figure":
    """Draw the waveform, the panels, and the axis of time below them."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an optional part

    size = (layout.width / DPI, layout.height / DPI)
    figure = Figure(figsize=size, dpi=DPI, facecolor="white")
    n_frames = panels[0].n_frames or panels[0].pixels.shape[1]
    slower = clip.time_expansion
    left, right = (
        clip.start + seconds * slower for seconds in time_extent(settings.mel, n_frames)
    )
    # The axes of the time begin and end with the clip, at the scale of the panels,
    # whose first column lies half a window later.
    scale = layout.columns / (right - left)
    shown = settings.clips.shown_seconds(clip.samples.size, clip.sample_rate)
    end = clip.end if shown is None else clip.start + shown * slower
    time_left, time_width = (
        LEFT + (clip.start - left) * scale,
        (end - clip.start) * scale,
    )

    seconds = f", {clip.start:.6g} to {clip.end:.6g} s"
    if end - clip.end >= slower / settings.mel.frame_rate:
        seconds += f", extended to {end:.6g} s"
    room = int((layout.width - LEFT - EDGE) / CHAR) - len(seconds)
    header = _cut_middle(name, room) + seconds
    _write(figure, layout, (LEFT, EDGE), header, is_bold=True)

    _, top, _, height = layout.waveform
    waveform = _add_axes(figure, layout, (time_left, top, time_width, height))
    waveform.set_xlim(clip.start, end)
    _draw_waveform(waveform, clip, round(time_width))
    _write(figure, layout, (LEFT, top - TITLE), _describe_level(clip))

    for index, panel in enumerate(panels):
        box = layout.panel(index)
        _write(figure, layout, (LEFT, box[1] - TITLE), panel.title)
        _write_unit(figure, layout, (LEFT - EDGE, box[1] - TITLE), "Hz")
        # A hair smaller than its pixels, so that no rounding makes it one larger.
        axes = _add_axes(figure, layout, box, hair=1e-4)
        _draw_panel(axes, panel, settings.mel, (left, right))
        ticks = hz_ticks(settings.mel, min_gap=TEXT * settings.mel.n_mels / box[3])
        axes.set_yticks(list(ticks), list(ticks.values()))

    below = (time_left, layout.time_axis_top, time_width, 1)
    unit = f" of the file, which plays {slower:g} times slower" if slower != 1 else ""
    axes = _add_axes(figure, layout, below)
    _draw_time_axis(axes, (clip.start, end), time_width, unit)
    return figure


def _draw_panel(
    axes: "Axes", panel: Panel, mel: MelSettings, extent: tuple[float, float]
) -> None:
    # Gray is drawn as three equal colors, so that no color map changes a value.
    is_rgb = panel.pixels.ndim == 3
    pixels = panel.pixels if is_rgb else np.stack([panel.pixels] * 3, axis=2)
    axes.imshow(
        pixels,
        aspect="auto",
        interpolation="none",
        extent=(*extent, -0.5, mel.n_mels - 0.5),
    )
    # Beside the picture, because a tick that touches it would cover a column.
    axes.spines["left"].set_position(("outward", 2 * PIXEL))


def _draw_waveform(axes: "Axes", clip: Excerpt, columns: int) -> None:
    # Without its offset, as the picture is made: a large one would hide the rest.
    leveled = clip.samples - np.float32(clip.samples.mean(dtype=np.float64))
    peak = float(np.abs(leveled).max()) or 1.0
    seconds, values = envelope(leveled, columns)
    axes.plot(clip.start + seconds / clip.source_rate, values, "0.2", lw=PIXEL)
    axes.set_ylim(-1.05 * peak, 1.05 * peak)
    power = 10.0 ** math.floor(math.log10(peak))
    tick = max(factor * power for factor in (1, 2, 5) if factor * power <= peak)
    axes.set_yticks((-tick, 0, tick), (f"{-tick:.1g}", "0", f"{tick:.1g}"))


def _draw_time_axis(
    axes: "Axes", ends: tuple[float, float], width: float, unit: str
) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - an optional part

    axes.set_xlim(*ends)
    axes.spines["bottom"].set_visible(True)
    gap = max(SECONDS_TICK, (len(f"{ends[1]:.6g}") + 2) * DIGIT)
    n_ticks = max(1, int(width / gap))
    axes.xaxis.set_major_locator(MaxNLocator(n_ticks, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.10g}")
    axes.xaxis.set_visible(True)
    axes.set_yticks([])
    # On the left, where a wide figure begins to be read.
    axes.set_xlabel(f"seconds{unit}", fontsize=LABEL, labelpad=1, loc="left")


def _describe_level(clip: Excerpt) -> str:
    peak = float(np.abs(clip.samples).max())
    if not peak:
        return "waveform  (silence)"
    offset = float(clip.samples.mean(dtype=np.float64))
    aside = f"; its offset of {offset:.2g} is not drawn"
    level = f"peak {20 * math.log10(peak):.1f} dBFS"
    return f"waveform  ({level}{aside if abs(offset) > MUCH_OFFSET * peak else ''})"


def _add_axes(figure: "Figure", layout: Layout, box: Box, hair: float = 0.0) -> "Axes":
    """Add axes with nothing but ticks on the left, which fill a box of pixels."""
    left, top, width, height = box
    axes = figure.add_axes(
        (
            (left + hair) / layout.width,
            (layout.height - top - height + hair) / layout.height,
            (width - 2 * hair) / layout.width,
            (height - 2 * hair) / layout.height,
        )
    )
    axes.set_frame_on(True)
    axes.patch.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
        spine.set_linewidth(PIXEL)
    axes.xaxis.set_visible(False)
    axes.tick_params(length=4 * PIXEL, width=PIXEL, pad=2 * PIXEL, labelsize=LABEL)
    return axes


def _write(
    figure: "Figure",
    layout: Layout,
    corner: tuple[float, float],
    text: str,
    *,
    is_bold: bool = False,
) -> None:
    """Write a line of text into a box of `TITLE` pixels, from its top left corner."""
    figure.text(
        *_baseline(layout, corner),
        text,
        fontsize=TEXT * PIXEL,
        family="monospace",
        weight="bold" if is_bold else "normal",
        va="baseline",
        parse_math=False,  # a name may have dollars
    )


def _write_unit(
    figure: "Figure", layout: Layout, corner: tuple[float, float], text: str
) -> None:
    """Write the unit of an axis like its labels, to the left of a top right corner."""
    figure.text(
        *_baseline(layout, corner),
        text,
        fontsize=LABEL,
        family="sans-serif",
        ha="right",
        va="baseline",
    )


def _baseline(layout: Layout, corner: tuple[float, float]) -> tuple[float, float]:
    """Return where a line of text stands, as matplotlib has it: from bottom left."""
    left, top = corner
    return left / layout.width, 1 - (top + TITLE - 5) / layout.height


def _cut_middle(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    half = max(room - 1, 2) // 2
    return f"{text[:half]}…{text[-half:]}"
