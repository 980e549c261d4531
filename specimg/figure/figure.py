"""The figure of a preview, drawn with matplotlib."""

import io
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from specimg.audio import Excerpt
from specimg.figure.layout import CHAR, EDGE, LEFT, TEXT, TITLE, Box, Layout
from specimg.figure.panels import Panel
from specimg.figure.scales import hz_ticks, time_extent
from specimg.figure.waveform import envelope
from specimg.rendering.mel import MelSettings
from specimg.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg")
DPI = 128
"""A power of two: inches and pixels convert without rounding."""
PIXEL = 72 / DPI
"""In points, which matplotlib measures letters and lines in."""
LABEL = 10.5 * PIXEL
SECONDS_TICK = 40
"""Pixels from tick to tick of the time axis, at least."""
DIGIT = 7
"""Width of a digit below a tick, in pixels."""
MUCH_OFFSET = 0.1
"""Share of the peak from which on a constant offset is worth a word."""


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
        Of the recording.
    clip : Excerpt
    panels : sequence of Panel
    settings : Settings
    layout : Layout
        With the size that the panels have.
    suffix : str
        One of `SUFFIXES`.
    """
    buffer = io.BytesIO()
    # The time of day is left out.
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    with _own_style():
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
    left, right = (clip.start + s for s in time_extent(settings.mel, n_frames))
    # The axes of the time begin and end with the clip, at the scale of the panels,
    # whose first column lies half a window later.
    scale = layout.columns / (right - left)
    end = clip.start + _shown_seconds(clip, settings)
    time_left, time_width = (
        LEFT + (clip.start - left) * scale,
        (end - clip.start) * scale,
    )

    seconds = f", {clip.start:.6g} to {clip.end:.6g} s"
    if end - clip.end >= 1 / settings.mel.frame_rate:
        seconds += f", extended to {end:.6g} s"
    room = int((layout.width - LEFT - EDGE) / CHAR) - len(seconds)
    header = _cut_middle(name, room) + seconds
    _write(figure, layout, (LEFT, EDGE), header, weight="bold")

    _, top, _, height = layout.waveform
    waveform = _add_axes(figure, layout, (time_left, top, time_width, height))
    waveform.set_xlim(clip.start, end)
    _draw_waveform(waveform, clip, round(time_width))
    _write(figure, layout, (LEFT, top - TITLE), _describe_level(clip))

    for index, panel in enumerate(panels):
        box = layout.panel(index)
        _write(figure, layout, (LEFT, box[1] - TITLE), panel.title)
        _write(figure, layout, (LEFT - EDGE, box[1] - TITLE), "Hz", ha="right")
        # A hair smaller than its pixels, so that no rounding makes it one larger.
        axes = _add_axes(figure, layout, box, hair=1e-4)
        _draw_panel(axes, panel, settings.mel, (left, right))
        ticks = hz_ticks(settings.mel, min_gap=TEXT * settings.mel.n_mels / box[3])
        axes.set_yticks(list(ticks), list(ticks.values()))

    below = (time_left, layout.time_axis_top, time_width, 1)
    _draw_time_axis(_add_axes(figure, layout, below), (clip.start, end), time_width)
    return figure


def _shown_seconds(clip: Excerpt, settings: Settings) -> float:
    """Return the length of what the picture shows, silence that was added included."""
    if settings.clips.is_whole or settings.clips.final == "remainder":
        return clip.end - clip.start
    return settings.clips.duration


def _draw_panel(
    axes: "Axes", panel: Panel, mel: MelSettings, extent: tuple[float, float]
) -> None:
    # Gray as colors: no color map, and no arithmetic on the way.
    is_rgb = panel.pixels.ndim == 3
    pixels = panel.pixels if is_rgb else np.stack([panel.pixels] * 3, axis=2)
    axes.imshow(
        pixels,
        aspect="auto",
        interpolation="none",
        extent=(*extent, -0.5, mel.n_mels - 0.5),
    )
    # Beside the picture: a tick that touches it would cover a column.
    axes.spines["left"].set_position(("outward", 2 * PIXEL))


def _draw_waveform(axes: "Axes", clip: Excerpt, columns: int) -> None:
    # Without its offset, as the picture is made; else it would hide the rest.
    leveled = clip.samples - np.float32(clip.samples.mean(dtype=np.float64))
    peak = float(np.abs(leveled).max()) or 1.0
    seconds, values = envelope(leveled, columns)
    axes.plot(clip.start + seconds / clip.sample_rate, values, "0.2", lw=PIXEL)
    axes.set_ylim(-1.05 * peak, 1.05 * peak)
    power = 10.0 ** math.floor(math.log10(peak))
    tick = max(factor * power for factor in (1, 2, 5) if factor * power <= peak)
    axes.set_yticks((-tick, 0, tick), (f"{-tick:.1g}", "0", f"{tick:.1g}"))


def _draw_time_axis(axes: "Axes", ends: tuple[float, float], width: float) -> None:
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
    axes.set_xlabel("seconds", fontsize=LABEL, labelpad=1, loc="left")


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
    **kw: Any,  # noqa: ANN401
) -> None:
    """Write a line in a box of `TITLE` pixels with its top left corner there."""
    left, top = corner
    figure.text(
        left / layout.width,
        1 - (top + TITLE - 5) / layout.height,
        text,
        fontsize=LABEL if kw.get("ha") else TEXT * PIXEL,
        family="sans-serif" if kw.get("ha") else "monospace",
        va="baseline",
        parse_math=False,  # a name may have dollars
        **kw,
    )


def _cut_middle(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    half = max(room - 1, 2) // 2
    return f"{text[:half]}…{text[-half:]}"


@contextmanager
def _own_style() -> Iterator[None]:
    """Draw alike for everyone: without the user's style, and without messages."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    # Also about its own folder and fonts, already while it is imported.
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an optional part

        with mpl.rc_context(), warnings.catch_warnings():
            # A name in letters that the font lacks is drawn as boxes.
            warnings.filterwarnings("ignore", "Glyph .* missing")
            mpl.rcdefaults()
            mpl.rcParams["svg.hashsalt"] = "specimg"
            yield
    finally:
        logger.setLevel(level)
