"""The pictures of a preview, and the room that they take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from specimg.arms import Arm
from specimg.arrays import Pixels
from specimg.image import ImageSettings
from specimg.preview.clip import PreviewClip
from specimg.preview.layout import Layout
from specimg.rendering import render_clip
from specimg.settings import Settings

LONGEST_TITLE = 160
"""Letters; what is longer is cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A picture and its title."""

    title: str
    pixels: Pixels
    """uint8, shape (n_mels, n_frames) or (n_mels, n_frames, 3)."""


def plan(
    settings: Settings, arms: Sequence[Arm], zoom: int = 1
) -> tuple[Layout, float]:
    """Lay out the figure, and return the seconds of the longest clip that fits.

    Each pixel of a picture is `zoom` times `zoom` pixels of the figure.  Where the
    clip is as long as its recording, the layout is that of no clip at all.

    Raises
    ------
    ParameterError
        The figure would be too large.
    """
    mel, clips = settings.mel, settings.clips
    layout = Layout(
        columns=0,
        rows=mel.n_mels * zoom,
        n_panels=len(arms),
        longest_title=max(len(_title(arm)) for arm in arms),
    )
    layout.check("show fewer panels, or use a smaller --zoom or --n-mels")
    longest = layout.max_columns // zoom * mel.hop_length / mel.sample_rate
    if not clips.is_whole:
        n_frames = mel.n_frames(round(clips.duration * mel.sample_rate))
        layout = replace(layout, columns=n_frames * zoom)
        layout.check(
            f"use --clip-duration {math.floor(longest * 10) / 10:g} or less, a smaller "
            f"--zoom, or a larger --hop-length"
        )
    return layout, longest


def render_panels(
    clip: PreviewClip, settings: Settings, arms: Sequence[Arm]
) -> list[Panel]:
    """Render the clip with every frontend, as convert does.

    Raises
    ------
    ParameterError
        A frontend has another number of bands.
    RenderError
        The clip has no picture.
    """
    panels = []
    for arm in arms:
        # As PNG of 8 bits in native size, whatever files have otherwise.
        own = replace(settings, frontends=arm.frontends, image=ImageSettings())
        picture = render_clip(clip.samples, clip.sample_rate, own)
        panels.append(Panel(_title(arm), picture.pixels))
    return panels


def _title(arm: Arm) -> str:
    if len(arm.title) <= LONGEST_TITLE:
        return arm.title
    return arm.title[: LONGEST_TITLE - 1] + "…"
