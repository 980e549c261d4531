"""From the samples of one clip to the pixels of its picture.

A pure function: the library call, the command line and the workers all go through
it, so that the same samples give the same picture everywhere.  (The module is not
called `render` because then it would hide the function `specimg.render`.)
"""

import math
import numbers
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from specimg.arrays import (
    MAX_SAMPLE_RATE,
    MIN_SAMPLE_RATE,
    Pixels,
    Spectrogram,
    Waveform,
)
from specimg.audio import fit, mix, resample
from specimg.errors import RenderError
from specimg.image import to_pixels
from specimg.mel import mel_spectrogram
from specimg.normalize import ends, min_max
from specimg.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """The picture of a clip, and what the normalization took out of it."""

    pixels: Pixels
    silent: bool
    """Whether the mel spectrogram is the same everywhere: digital silence."""
    mel_min: float
    """Smallest value of the mel spectrogram before the first normalization."""
    mel_max: float
    """Largest value of the mel spectrogram before the first normalization."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mel:
    """The mel spectrogram of a clip, and what the normalization took out of it."""

    normalized: Spectrogram
    """In [0, 1]; without the silence that the picture is extended with."""
    width: int
    """Frames of the picture."""
    smallest: float
    """Value of the mel spectrogram before it was normalized."""
    largest: float
    """As `smallest`; equal to it in digital silence."""


def render(
    samples: ArrayLike, sample_rate: int, settings: Settings | None = None
) -> Pixels:
    """Return the pixels that ``specimg convert`` writes for a clip, to the bit.

    The method is that of Hoffman and Van Horn, "From Sound to Images, Part 2:
    Spectrogram Image Processing" (Macaulay Library, 2021): mel spectrogram, to
    [0, 1], frontend, to [0, 1].

    Parameters
    ----------
    samples : array, shape (n_samples,) or (n_samples, n_channels)
        One clip as it was recorded, on any scale, real; several channels become
        one as ``settings.mono`` says.  No longer than ``settings.clips.duration``;
        a shorter clip is extended with silence, unless it is a ``whole``
        recording or ``settings.clips.final`` is ``remainder``.
    sample_rate : int
        Of `samples`, in Hz.
    settings : Settings
        Without them, the defaults.

    Returns
    -------
    array, shape (height, width) or (height, width, 3)
        uint8, or uint16 with ``bit_depth=16``; with ``format="npy"`` float32 in
        [0, 1].  Row 0 is the top, which is the highest band.

    Raises
    ------
    RenderError
        `samples` are too long, too short for one window, have no such channel,
        or are not finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import specimg
    >>> time = np.arange(3 * 22_050) / 22_050
    >>> specimg.render(np.sin(2 * np.pi * 440 * time), 22_050).shape
    (128, 513)
    """
    settings = settings or Settings()
    is_number = isinstance(sample_rate, numbers.Real)
    if not (is_number and MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE):
        msg = (
            f"sample_rate={sample_rate!r}: need {MIN_SAMPLE_RATE:,} to "
            f"{MAX_SAMPLE_RATE:,} Hz"
        )
        raise RenderError(msg)
    array = np.asarray(samples)
    is_shape = array.ndim == 1 or (array.ndim == 2 and array.shape[1] > 0)
    if array.dtype.kind not in "iuf" or not is_shape:
        msg = (
            f"samples of {array.dtype} with shape {array.shape}: "
            f"need real numbers, shape (n_samples,) or (n_samples, n_channels)"
        )
        raise RenderError(msg)
    with np.errstate(over="ignore"):  # to infinity, which is refused below
        array = array.astype(np.float32)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if settings.channel is not None:
        if settings.channel >= array.shape[1]:
            msg = f"no channel {settings.channel} in samples of shape {array.shape}"
            raise RenderError(msg)
        array = array[:, settings.channel : settings.channel + 1]
    return render_clip(mix(array), sample_rate, settings).pixels


def render_clip(samples: Waveform, source_rate: int, settings: Settings) -> Picture:
    """Render a mono clip at the sample rate of its recording; see `render`."""
    mel = mel_of_clip(samples, source_rate, settings)
    channels = [
        _extend(_compress(mel.normalized, index, settings), mel.width)
        for index in range(len(settings.frontends))
    ]
    return Picture(
        pixels=to_pixels(channels, settings.image),
        silent=mel.smallest == mel.largest,
        mel_min=mel.smallest,
        mel_max=mel.largest,
    )


def mel_of_clip(samples: Waveform, source_rate: int, settings: Settings) -> Mel:
    """Compute what the frontends get of a mono clip."""
    full_length, length = _lengths(samples.size, source_rate, settings)
    leveled, exponent = _level(samples)
    resampled = resample(leveled, source_rate, settings.mel.sample_rate)
    mel = mel_spectrogram(fit(resampled, length), settings.mel)
    low, high = ends(mel)
    unit = 2.0 ** (exponent * settings.mel.power)
    return Mel(
        normalized=min_max(mel, (low, high)),
        width=settings.mel.n_frames(full_length),
        smallest=float(low) * unit,
        largest=float(high) * unit,
    )


def _lengths(n_samples: int, source_rate: int, settings: Settings) -> tuple[int, int]:
    """Return the samples of the whole picture and of the clip, at the target rate."""
    rate = settings.mel.sample_rate
    length = round(n_samples * rate / source_rate)
    full_length = length
    if not settings.clips.is_whole:
        full = round(settings.clips.duration * source_rate)
        if n_samples > full + 1:
            msg = (
                f"{n_samples} samples at {source_rate} Hz are more than one clip of "
                f"{settings.clips.duration:g} s"
            )
            raise RenderError(msg)
        full_length = round(settings.clips.duration * rate)
        if n_samples >= full - 1:
            # Where a clip begins and ends is rounded to samples: it is complete.
            length = full_length
        elif settings.clips.final == "remainder":
            full_length = length
    if length < settings.mel.win_length:
        msg = (
            f"too short: {n_samples} samples at {source_rate} Hz, but one analysis "
            f"window is {settings.shortest:.4g} s"
        )
        raise RenderError(msg)
    return full_length, min(length, full_length)


def _level(samples: Waveform) -> tuple[Waveform, int]:
    """Scale by a power of two to about full scale, and subtract the mean.

    A power of two changes no digit, and what follows can neither overflow nor
    lose a faint recording.  The mean goes before resampling, because a filter
    would ring at the edges of a clip with an offset.
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


def _compress(mel: Spectrogram, index: int, settings: Settings) -> Spectrogram:
    frontend = settings.frontends[index]
    with np.errstate(over="ignore", invalid="ignore"):
        compressed = frontend(
            mel, frame_rate=settings.mel.frame_rate, power=settings.mel.power
        )
        low, high = ends(compressed)
        if not math.isfinite(float(high) - float(low)):
            msg = f"{frontend.NAME} with these parameters gives infinite values"
            raise RenderError(msg)
    return min_max(compressed, (low, high))


def _extend(picture: Spectrogram, width: int) -> Spectrogram:
    """Add black columns for the silence that was added to a clip."""
    if picture.shape[1] == width:
        return picture
    return np.pad(picture, ((0, 0), (0, width - picture.shape[1])))
