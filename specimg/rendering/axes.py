"""Where seconds and hertz lie in a picture, and which of them a part of it shows."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from specimg.errors import ParameterError
from specimg.rendering.image import Size
from specimg.rendering.mel import MelSettings
from specimg.rendering.mel_scale import hz_to_mel, mel_to_hz

_STEPS = 2.0**20
"""Edges lie at whole multiples of this part of a pixel.  Sums of those are exact, so
that no box ends an ulp beyond its image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelBox:
    """A part of an image, in pixels: pixel k covers k to k + 1."""

    x: float
    """The left edge, from the left of the image."""
    y: float
    """The upper edge, from the top of the image, where the high frequencies are."""
    width: float
    """0 where the sound is a point in time, or is not in the image."""
    height: float
    """0 where the sound has one frequency, or is not in the image."""
    visible: float
    """Share of the whole box, from 0 to 1, that is not cut off by the image's edges."""


class Region(NamedTuple):
    """A stretch of time and a band of frequencies."""

    start: float
    """Seconds from the beginning of the clip."""
    end: float
    """Seconds."""
    low: float
    """Hz."""
    high: float
    """Hz."""


def time_extent(settings: MelSettings, n_frames: int) -> tuple[float, float]:
    """Return where the columns of a picture begin and end.

    A column lies around the middle of its frame, which is half a window after its
    first sample; or, with ``center``, at a whole number of hops.

    Returns
    -------
    tuple of float
        Seconds from the beginning of the clip.
    """
    middle = 0.0 if settings.center else settings.win_length / 2
    left = middle - settings.hop_length / 2
    right = left + n_frames * settings.hop_length
    return left / settings.sample_rate, right / settings.sample_rate


def hz_to_band(
    hertz: NDArray[np.float64], settings: MelSettings
) -> NDArray[np.float64]:
    """Return where frequencies in Hz lie, in bands; band k has its peak at k."""
    first, step = _mel_of_bands(settings)
    return (hz_to_mel(hertz, settings.mel_scale) - first) / step


def band_to_hz(
    bands: NDArray[np.float64], settings: MelSettings
) -> NDArray[np.float64]:
    """Return frequencies in Hz, the inverse of `hz_to_band`."""
    first, step = _mel_of_bands(settings)
    return mel_to_hz(first + bands * step, settings.mel_scale)


def _mel_of_bands(settings: MelSettings) -> tuple[float, float]:
    """Return the peak of band 0 in mel, and how far the next peak is from it."""
    ends = np.array([settings.fmin, settings.fmax])
    low, high = hz_to_mel(ends, settings.mel_scale).tolist()
    step = (high - low) / (settings.n_mels + 1)
    return low + step, step


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes of one picture, as it is in its file."""

    mel: MelSettings
    n_frames: int
    """Columns of the picture before it got another size."""
    size: Size | None = None
    """Of the image; None: one pixel per frame and band."""

    @property
    def width(self) -> int:
        """Pixels of the image."""
        return self.size.width if self.size else self.n_frames

    @property
    def height(self) -> int:
        """Pixels of the image."""
        return self.size.height if self.size else self.mel.n_mels

    def box(
        self, start: float, end: float, low: float | None, high: float | None
    ) -> PixelBox:
        """Return where a sound lies; see `specimg.Settings.box`."""
        _check(start, end, low, high)
        left, right = time_extent(self.mel, self.n_frames)
        scale = self.width / (right - left)
        x, width, share = _clip(
            (start - left) * scale, (end - left) * scale, self.width
        )
        # What has no highest or lowest frequency reaches to the edge, and is not cut.
        top = 0.0 if high is None else self._y(high)
        bottom = float(self.height) if low is None else self._y(low)
        if low is None:
            bottom = max(top, bottom)
        elif high is None:
            top = min(top, bottom)
        y, height, share_of_height = _clip(top, bottom, self.height)
        visible = share * share_of_height
        return PixelBox(x=x, y=y, width=width, height=height, visible=visible)

    def unbox(self, x: float, y: float, width: float, height: float) -> Region:
        """Return what a part of the image shows; see `specimg.Settings.unbox`."""
        left, right = time_extent(self.mel, self.n_frames)
        scale = (right - left) / self.width
        edges = np.array([y + height, y]) * (self.mel.n_mels / self.height)
        bands = self.mel.n_mels - 0.5 - edges
        low, high = np.maximum(band_to_hz(bands, self.mel), 0.0).tolist()
        return Region(left + x * scale, left + (x + width) * scale, low, high)

    def _y(self, hertz: float) -> float:
        band = float(hz_to_band(np.array([hertz]), self.mel)[0])
        return (self.mel.n_mels - 0.5 - band) * self.height / self.mel.n_mels


def _check(start: float, end: float, low: float | None, high: float | None) -> None:
    """Refuse what is no box."""
    hertz = [edge for edge in (low, high) if edge is not None]
    is_band = all(0 <= edge < math.inf for edge in hertz) and hertz == sorted(hertz)
    if not -math.inf < start <= end < math.inf:
        msg = f"start={start}, end={end}: need seconds, and no end before the start"
        raise ParameterError(msg)
    if not is_band:
        msg = f"low={low}, high={high}: need Hz from 0 on, the lower one first"
        raise ParameterError(msg)


def _clip(begin: float, end: float, length: int) -> tuple[float, float, float]:
    """Clip an interval to [0, length].

    Returns
    -------
    tuple of float
        Where it begins then, how long it is, and what share of it that is; of a point,
        which has no length, all or nothing.
    """
    first, last = (min(max(edge, 0.0), length) for edge in (begin, end))
    if end > begin:
        share = (last - first) / (end - begin)
    else:
        share = float(0.0 <= begin <= length)
    first, last = (round(edge * _STEPS) / _STEPS for edge in (first, last))
    return first, last - first, share
