"""The scales on which the bands of a spectrogram are equally spaced."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MelScale = Literal["htk", "slaney", "linear"]


def hz_to_mel(frequency: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Convert Hz to mel.

    ``htk`` is 2595 log10(1 + f/700) (O'Shaughnessy, as in HTK); ``slaney`` is
    linear with 200/3 Hz per mel below 1 kHz and logarithmic with 27 mel to a
    factor of 6.4 above (Slaney's Auditory Toolbox); ``linear`` is Hz itself.
    """
    if scale == "linear":
        return frequency
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + frequency / 700.0)
    above = np.log(np.maximum(frequency, 1000.0) / 1000.0) * (27.0 / math.log(6.4))
    return np.minimum(frequency, 1000.0) * 3.0 / 200.0 + above


def mel_to_hz(mel: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Convert mel to Hz, the inverse of `hz_to_mel`."""
    if scale == "linear":
        return mel
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    above = np.exp(np.maximum(mel - 15.0, 0.0) * (math.log(6.4) / 27.0))
    return np.minimum(mel, 15.0) * 200.0 / 3.0 * above
