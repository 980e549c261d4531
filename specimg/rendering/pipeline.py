"""From the samples of one clip to the pixels of its picture: the stages in order.

Pure functions: `specimg.render`, the command line and the workers all go through them,
so that the same samples give the same picture everywhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specimg.arrays import Pixels, Spectrogram, Waveform
from specimg.audio import fit, resample
from specimg.errors import RenderError
from specimg.rendering.activity import activity
from specimg.rendering.frontends import Frontend
from specimg.rendering.image import to_pixels
from specimg.rendering.mel import mel_spectrogram
from specimg.rendering.normalize import min_max, value_range
from specimg.rendering.settings import RenderSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RenderedClip:
    """The picture of a clip, and the range that normalization removed from it."""

    pixels: Pixels
    n_frames: int
    """Columns of the picture before it got another size."""
    silent: bool
    """Whether the mel spectrogram is the same everywhere: digital silence."""
    mel_min: float
    """Smallest value of the mel spectrogram before the first normalization."""
    mel_max: float
    """Largest value of the mel spectrogram before the first normalization."""
    activity: float
    """Share of the picture that stands above its bands' background."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mel:
    """The mel spectrogram of a clip, and the range that normalization removed."""

    normalized: Spectrogram
    """Values in [0, 1], without the silence that the picture is extended with."""
    width: int
    """Frames of the picture, that silence included."""
    smallest: float
    """Smallest value before normalization."""
    largest: float
    """Largest value before normalization; equal to `smallest` in digital silence."""
    activity: float
    """See `specimg.rendering.activity`."""


def render_clip(
    samples: Waveform,
    source_rate: int,
    settings: RenderSettings,
    seconds: float | None = None,
) -> RenderedClip:
    """Render a mono clip.

    Parameters
    ----------
    samples : array of float32, shape (n_samples,)
    source_rate : int
        Sample rate of `samples` in Hz.
    settings : RenderSettings
    seconds : float, optional
        Duration of the picture; a shorter clip is extended with silence.  Without it,
        the picture is as long as the clip.

    Raises
    ------
    RenderError
        `samples` are longer than `seconds`, shorter than one window, or not finite.
    """
    mel = mel_of_clip(samples, source_rate, settings, seconds)
    return RenderedClip(
        pixels=render_mel(mel, settings.frontends, settings),
        n_frames=mel.width,
        silent=mel.smallest == mel.largest,
        mel_min=mel.smallest,
        mel_max=mel.largest,
        activity=mel.activity,
    )


def render_mel(
    mel: Mel, frontends: Sequence[Frontend], settings: RenderSettings
) -> Pixels:
    """Render the mel spectrogram of a clip with these frontends.

    Raises
    ------
    RenderError
        A frontend gives infinite values.
    """
    channels = [
        _extend(_compress(mel.normalized, frontend, settings), mel.width)
        for frontend in frontends
    ]
    return to_pixels(channels, settings.image)


def mel_of_clip(
    samples: Waveform,
    source_rate: int,
    settings: RenderSettings,
    seconds: float | None = None,
) -> Mel:
    """Compute the mel spectrogram of a mono clip; parameters as in `render_clip`."""
    full_length, length = _lengths(samples.size, source_rate, settings, seconds)
    leveled, exponent = _remove_offset_and_scale(samples)
    resampled = resample(leveled, source_rate, settings.mel.sample_rate)
    mel = mel_spectrogram(fit(resampled, length), settings.mel)
    low, high = value_range(mel)
    unit = 2.0 ** (exponent * settings.mel.power)
    width = settings.mel.n_frames(full_length)
    return Mel(
        normalized=min_max(mel, (low, high)),
        width=width,
        smallest=float(low) * unit,
        largest=float(high) * unit,
        activity=activity(mel, settings.mel, width),
    )


def _lengths(
    n_samples: int, source_rate: int, settings: RenderSettings, seconds: float | None
) -> tuple[int, int]:
    """Return the lengths of picture and clip, in samples after resampling."""
    rate = settings.mel.sample_rate
    length = round(n_samples * rate / source_rate)
    full_length = length
    if seconds is not None:
        full = round(seconds * source_rate)
        if n_samples > full + 1:
            msg = (
                f"{n_samples} samples at {source_rate} Hz are more than one clip of "
                f"{seconds:g} s"
            )
            raise RenderError(msg)
        full_length = round(seconds * rate)
        if n_samples >= full - 1:
            # Its ends are rounded to samples, so the clip is complete.
            length = full_length
    if length < settings.mel.win_length:
        msg = (
            f"too short: {n_samples} samples at {source_rate} Hz, but one analysis "
            f"window is {settings.shortest:.4g} s"
        )
        raise RenderError(msg)
    return full_length, min(length, full_length)


def _remove_offset_and_scale(samples: Waveform) -> tuple[Waveform, int]:
    """Scale by a power of two to about full scale, and subtract the mean.

    A power of two changes no digit, and keeps what follows from overflow and
    underflow.  The mean is removed before resampling, because the filter would ring
    at the edges of a clip with an offset.
    """
    peak = float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))
    if not math.isfinite(peak):
        count = int(np.count_nonzero(~np.isfinite(samples)))
        msg = f"{count} of {samples.size} samples are not finite (NaN or infinity)"
        raise RenderError(msg)
    exponent = math.frexp(peak)[1]
    leveled = np.ldexp(samples, -exponent)
    leveled -= np.float32(leveled.mean(dtype=np.float64))
    return leveled, exponent


def _compress(
    mel: Spectrogram, frontend: Frontend, settings: RenderSettings
) -> Spectrogram:
    with np.errstate(over="ignore", invalid="ignore"):
        compressed = frontend(
            mel, frame_rate=settings.mel.frame_rate, power=settings.mel.power
        )
        low, high = value_range(compressed)
        if not math.isfinite(float(high) - float(low)):
            msg = f"{frontend.NAME} with these parameters gives infinite values"
            raise RenderError(msg)
    return min_max(compressed, (low, high))


def _extend(picture: Spectrogram, width: int) -> Spectrogram:
    """Add black columns for the silence that was added to a clip."""
    if picture.shape[1] == width:
        return picture
    return np.pad(picture, ((0, 0), (0, width - picture.shape[1])))
