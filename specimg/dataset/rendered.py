"""All clips of a dataset as images, as `convert` would render them."""

import statistics
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Pixels, Waveform
from specimg.dataset.labeled import Dataset, Labels
from specimg.errors import DatasetError
from specimg.rendering.pipeline import render_clip
from specimg.settings import Settings
from specimg.settings.variants import Variant


@dataclass(frozen=True, slots=True, eq=False)
class RenderedDataset:
    """All clips of a dataset, as images."""

    pixels: NDArray[np.uint8]
    """Shape (n_clips, height, width, 1 or 3)."""
    labels: Labels
    """The class of each clip, shape (n_clips,)."""
    sources: NDArray[np.int64]
    """The number of each clip's recording, shape (n_clips,)."""
    seconds: float
    """Median time to render one clip."""


def render_dataset(
    dataset: Dataset, settings: Settings, variant: Variant
) -> RenderedDataset:
    """Render all clips of a dataset with the frontends of a variant.

    Raises
    ------
    DatasetError
        A clip has no picture, or pictures are of different widths.
    ParameterError
        The frontends do not fit the settings: one value per band, of another n_mels.
    """
    image = replace(settings.image, format="png", bit_depth=8)
    settings = replace(settings, frontends=variant.frontends, image=image)
    pixels, sources, seconds = [], [], []
    for number, (made, taken) in dataset.each_clip(settings, _timed):
        seconds.append(taken)
        pixels.append(np.atleast_3d(made))
        sources.append(number)
    check_widths([p.shape[1] for p in pixels], settings)
    return RenderedDataset(
        pixels=np.stack(pixels),
        labels=dataset.labels[sources],
        sources=np.array(sources),
        seconds=statistics.median(seconds),
    )


def _timed(
    samples: Waveform, sample_rate: int, settings: Settings, shown: float | None
) -> tuple[Pixels, float]:
    begin = time.perf_counter()
    picture = render_clip(samples, sample_rate, settings, shown)
    return picture.pixels, time.perf_counter() - begin


def check_widths(widths: list[int], settings: Settings) -> None:
    """Refuse pictures of different widths.

    Raises
    ------
    DatasetError
    """
    if len(set(widths)) > 1:
        why = (
            "clip_duration=whole"
            if settings.clips.is_whole
            else f"final_clip={settings.clips.final}"
        )
        msg = (
            f"pictures of {min(widths)} to {max(widths)} pixels width, because of "
            f"{why}: a model needs them alike, for example with final_clip=extend"
        )
        raise DatasetError(msg)
