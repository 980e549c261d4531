"""`specimg.read` and `specimg.render`: what ``specimg convert`` does, in Python."""

import math
import numbers
import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from specimg.arrays import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, Pixels, Waveform
from specimg.audio import mix, read_excerpt
from specimg.errors import ClipError, ParameterError, RenderError
from specimg.rendering.pipeline import render_clip
from specimg.settings import Settings


def read(
    path: str | os.PathLike[str],
    settings: Settings | None = None,
    start: float = 0.0,
    end: float | None = None,
) -> tuple[Waveform, int]:
    """Read samples as ``specimg convert`` reads them, for `specimg.render`.

    The recording is decoded in one pass and to its true end, and its channels are mixed
    as ``settings.mono`` says; the sample rate stays its own.  Other readers give other
    samples for MP3, Vorbis and Opus, and so other pixels.

    Parameters
    ----------
    path : str or path
        A recording in any format that the command line reads.
    settings : Settings, optional
        The defaults if not given.
    start, end : float
        Seconds in the recording, such as those of a row of the manifest; where it is
        time-expanded, those of its file.  Without `end`, all of the rest is read into
        memory.

    Returns
    -------
    samples : array of float32, shape (n_samples,)
        From ``round(start * sample_rate)`` up to ``round(end * sample_rate)``, or to
        the end of the recording, by the rate of its file.
    sample_rate : int
        In Hz; of a time-expanded recording, the rate of its file times
        ``settings.time_expansion``, which is the one that `specimg.render` needs.

    Raises
    ------
    AudioReadError
        The recording cannot be read, or is damaged.
    ClipError
        The recording ends before `start`.
    ParameterError
        `start` is negative or not finite, or `end` is not after `start`.

    Warns
    -----
    UserWarning
        The recording is truncated or otherwise not whole, which is known only where
        it is read to its end.

    Examples
    --------
    >>> import specimg
    >>> samples, sample_rate = specimg.read("sample_audio/insects.flac", start=3, end=6)
    >>> specimg.render(samples, sample_rate).shape
    (128, 513)
    """
    settings = settings or Settings()
    if not 0 <= start < math.inf:
        msg = f"start={start}: need seconds from 0 on"
        raise ParameterError(msg)
    if end is not None and not start < end:
        msg = f"end={end}: need seconds, more than start={start:g}"
        raise ParameterError(msg)
    if end is not None and math.isinf(end):
        end = None
    excerpt = read_excerpt(
        Path(path),
        settings.channel,
        start,
        end,
        time_expansion=settings.time_expansion,
    )
    if excerpt.first and not excerpt.samples.size:
        total = excerpt.last / excerpt.source_rate
        msg = f"start={start:g} s: the recording has only {total:.4g} s"
        raise ClipError(msg)
    if excerpt.warning:
        warnings.warn(f"{path}: {excerpt.warning}", stacklevel=2)
    return excerpt.samples, excerpt.sample_rate


def render(
    samples: ArrayLike, sample_rate: int, settings: Settings | None = None
) -> Pixels:
    """Return the pixels that ``specimg convert`` writes for a clip, to the bit.

    The method is that of Hoffman and Van Horn, "From Sound to Images, Part 2:
    Spectrogram Image Processing" (Macaulay Library, 2021): mel spectrogram, scaled
    to [0, 1], frontend, scaled to [0, 1] again.

    Parameters
    ----------
    samples : array, shape (n_samples,) or (n_samples, n_channels)
        One clip as it was recorded: real numbers on any scale, no longer than
        ``settings.clips.duration``.  Several channels are mixed as ``settings.mono``
        says.  A shorter clip is extended with silence, unless it is a ``whole``
        recording or ``settings.clips.final`` is ``remainder``.
    sample_rate : int
        Sample rate of `samples` in Hz.
    settings : Settings, optional
        The defaults if not given.

    Returns
    -------
    array, shape (height, width) or (height, width, 3)
        uint8, or uint16 with ``bit_depth=16``; with ``format="npy"`` float32 in
        [0, 1].  Row 0 is the top, which is the highest band.

    Raises
    ------
    RenderError
        `samples` are longer than a clip or shorter than one window, lack the channel
        of ``settings.mono``, or are not finite real numbers; or `sample_rate` is out of
        range, or with ``sr=native`` none that the settings are possible at.

    Examples
    --------
    >>> import numpy as np
    >>> import specimg
    >>> time = np.arange(3 * 22_050) / 22_050
    >>> specimg.render(np.sin(2 * np.pi * 440 * time), 22_050).shape
    (128, 513)
    """
    is_number = isinstance(sample_rate, numbers.Real)
    if not (is_number and MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE):
        msg = (
            f"sample_rate={sample_rate!r}: need {MIN_SAMPLE_RATE:,} to "
            f"{MAX_SAMPLE_RATE:,} Hz"
        )
        raise RenderError(msg)
    settings = (settings or Settings()).at(int(sample_rate))
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
    if array.ndim == 1:  # one channel already, as `specimg.read` gives it
        array = array[:, np.newaxis]
    elif settings.channel is not None:
        if settings.channel >= array.shape[1]:
            msg = f"no channel {settings.channel} in samples of shape {array.shape}"
            raise RenderError(msg)
        array = array[:, settings.channel : settings.channel + 1]
    seconds = settings.clips.shown_seconds(len(array), sample_rate)
    return render_clip(mix(array), sample_rate, settings, seconds).pixels
