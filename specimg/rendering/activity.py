"""How much of a clip stands above the background of its own bands."""

import math

import numpy as np

from specimg.arrays import Spectrogram
from specimg.rendering.mel import MelSettings

ABOVE_BACKGROUND = 4.0
"""How many times the background's amplitude a cell needs to be active: 12 dB more.

The magnitude of noise has a Rayleigh distribution, of which a share of 2^-(k^2) lies
above k times the median.  So of noise alone two cells in 100,000 are active; at the
3 dB that is usual for spectrograms that were smoothed before, a fifth would be.
"""

LEAST_BACKGROUND = 1e-4
"""The background is at least this share of the amplitude of the loudest cell: -80 dB.

Between the calls of a recording that somebody cleaned is digital silence, or what
rounding and a codec leave of it, and above that stands everything.
"""


def activity(
    mel: Spectrogram, settings: MelSettings, width: int | None = None
) -> float:
    """Return the share of a picture's cells that stand above their band's background.

    A cell, one band in one frame, is active if it is more than 12 dB above the median
    of its band over the clip.  This is the acoustic activity, ACT, of Towsey ("The
    calculation of acoustic indices derived from long-duration recordings of the natural
    environment", 2017) over all bands, with the background that Lasseck's median
    clipping takes ("Bird song classification in field recordings", 2013)::

        background[band] = max(median(mel[band]), 1e-4^power * max(mel))
        activity = count(mel > 4^power * background) / (n_mels * width)

    over the frames that do not overlap, one in ``win_length / hop_length``, and with
    `center` only those that lie within the clip.

    It does not change with the gain, and depends on nothing but the clip.  A sound that
    lasts for more than half of the clip in a band is background there: a steady tone
    or wind has an activity near 0, however loud it is, and a cicada that never pauses
    has less than a cricket that chirps.

    Parameters
    ----------
    mel : array of float32, shape (n_mels, n_frames)
        Before any frontend or scaling, of the sound alone: without the silence that a
        picture is extended with.
    settings : MelSettings
        What it was computed with.
    width : int, optional
        Frames of the picture, that silence included, where it is longer than the clip.
        No silence is active, so half a call at the end of a recording does not count
        for more than a whole one.

    Returns
    -------
    float
        From 0, which is also that of digital silence, to 0.5.  Bands above half
        the sample rate of the recording are empty, and so not active.
    """
    n_frames = mel.shape[1]
    # A frame that reaches beyond the clip holds an edge that nobody recorded.
    edge = math.ceil(settings.win_length / 2 / settings.hop_length)
    inside = mel[:, edge : n_frames - edge] if settings.center else mel
    # Frames that do not overlap hold all of the sound, and take a fourth of the time.
    step = max(1, settings.win_length // settings.hop_length)
    cells = np.sort(inside[:, ::step], axis=1)
    if not cells.size:
        return 0.0
    median = cells[:, (cells.shape[1] - 1) // 2]
    least = cells[:, -1].max() * np.float32(LEAST_BACKGROUND**settings.power)
    threshold = np.maximum(median, least)
    threshold *= np.float32(ABOVE_BACKGROUND**settings.power)
    n_active = int(np.count_nonzero(cells > threshold[:, np.newaxis]))
    return n_active / cells.size * (n_frames / max(n_frames, width or 0))
