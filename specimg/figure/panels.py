"""The pictures of a preview, and the room that they take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from specimg.arrays import Pixels
from specimg.audio import Excerpt
from specimg.figure.layout import Layout
from specimg.rendering.image import ImageSettings
from specimg.rendering.pipeline import render_clip
from specimg.settings import Settings
from specimg.settings.variants import Variant

LONGEST_TITLE = 160
"""Letters of a title; a longer one is cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A picture and its title."""

    title: str
    pixels: Pixels
    """uint8, shape (height, width) or (height, width, 3)."""
    n_frames: int | None = None
    """Frames that the picture shows; None: one per column."""


def lay_out(
    settings: Settings, variants: Sequence[Variant], zoom: int = 1
) -> tuple[Layout, float]:
    """Lay out the figure, and return the seconds of the longest clip that fits.

    Each pixel of a picture is `zoom` times `zoom` pixels of the figure.  Where the
    clip is a whole recording, its length is not known yet, and the panels of the
    layout have no columns.

    Raises
    ------
    ParameterError
        The figure would be too large.
    """
    mel, clips, size = settings.mel, settings.clips, settings.image.size
    layout = Layout(
        columns=size.width * zoom if size else 0,
        rows=(size.height if size else mel.n_mels) * zoom,
        n_panels=len(variants),
        longest_title=max(len(_title(variant)) for variant in variants),
    )
    smaller = "--zoom or --size" if size else "--zoom or --n-mels"
    layout.check(f"show fewer panels, or use a smaller {smaller}")
    longest = mel.hops_seconds(layout.max_columns // zoom)
    if not clips.is_whole and not size:
        n_frames = mel.n_frames(round(clips.duration * mel.sample_rate))
        layout = replace(layout, columns=n_frames * zoom)
        layout.check(
            f"use --clip-duration {math.floor(longest * 10) / 10:g} or less, a smaller "
            f"--zoom, or a larger --hop-length"
        )
    return layout, longest


def render_panels(
    clip: Excerpt, settings: Settings, variants: Sequence[Variant]
) -> list[Panel]:
    """Render the clip with every frontend, as convert does.

    Raises
    ------
    ParameterError
        A frontend has another number of bands.
    RenderError
        The clip has no picture.
    """
    shown = settings.clips.shown_seconds(clip.samples.size, clip.sample_rate)
    panels = []
    for variant in variants:
        # As PNG of 8 bits, whatever files have otherwise.
        image = ImageSettings(size=settings.image.size)
        own = replace(settings, frontends=variant.frontends, image=image)
        picture = render_clip(clip.samples, clip.sample_rate, own, shown)
        panels.append(Panel(_title(variant), picture.pixels, picture.n_frames))
    return panels


def _title(variant: Variant) -> str:
    if len(variant.title) <= LONGEST_TITLE:
        return variant.title
    return variant.title[: LONGEST_TITLE - 1] + "…"
