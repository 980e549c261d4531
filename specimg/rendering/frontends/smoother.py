"""The smoother of PCEN, which estimates the background of each band."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Spectrogram

Init = Literal["loop", "reflect", "first", "mean", "zero", "librosa"]

_MAX_EXPONENT = 600.0
"""float64 ends at e**709, which leaves room for the values of a spectrogram."""

_MAX_FRAMES = 4096
"""Frames at a time; bounds the memory where s is so small that any number would do."""


def time_constant_to_s(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficient of a smoother with a time constant of `frames` frames.

    ``(sqrt(1 + 4 T**2) - 1) / (2 T**2)`` as librosa has it, in a form that is
    also right at T = 0, where it is 1.
    """
    return 2.0 / (1.0 + np.sqrt(1.0 + 4.0 * frames**2))


def s_to_time_constant(s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time constant in frames of a smoother with coefficient `s`."""
    return np.sqrt(1.0 - s) / s


def smoother_start(
    mel: Spectrogram, s: NDArray[np.float64], init: Init
) -> NDArray[np.float64]:
    """Return the state ``M[-1]`` before the first frame, shape (n_mels, 1) or (1, 1).

    Playing the clip in a loop converges to ``Z / (1 - (1-s)**N)`` with
    ``Z = sum_k s (1-s)**(N-1-k) S[k]``, since each round multiplies what was
    there before by ``(1-s)**N``.  `reflect` is the same for the clip followed by
    itself backwards.
    """
    n_frames = mel.shape[1]
    if init == "first":
        return mel[:, :1].astype(np.float64)
    if init == "mean":
        return mel.mean(axis=1, keepdims=True, dtype=np.float64)
    if init == "zero":
        return np.zeros((1, 1))
    with np.errstate(divide="ignore"):
        log_decay = np.log1p(-s)
    # At s = 1 the decay is 0 and its zeroth power 1: only the newest frame counts.
    age = np.arange(n_frames)[::-1]
    weights = s * np.exp(np.where(age == 0, 0.0, log_decay * np.maximum(age, 1)))
    forwards = (mel * weights).sum(axis=1, keepdims=True)
    if init == "loop":
        return forwards / -np.expm1(log_decay * n_frames)
    backwards = (mel * weights[:, ::-1]).sum(axis=1, keepdims=True)
    once = np.exp(log_decay * n_frames)
    return (backwards + once * forwards) / -np.expm1(2 * log_decay * n_frames)


def smooth(
    mel: Spectrogram, s: NDArray[np.float64], start: NDArray[np.float64]
) -> Spectrogram:
    """Smooth over time: ``M[t] = (1-s) M[t-1] + s mel[t]`` from ``M[-1] = start``.

    In closed form, ``M[t] = (1-s)**(t+1) (start + sum_k s (1-s)**-(k+1) mel[k])``:
    a running sum, without a loop over frames in Python.  All its terms have one sign,
    so no digits are lost; it starts anew before the powers grow too large.
    """
    with np.errstate(divide="ignore"):
        # At s = 1 the past counts for nothing, and e**-40 of it is nothing as well.
        log_decay = np.maximum(np.log1p(-s), -40.0)
    frames_at_once = int(min(_MAX_EXPONENT / -log_decay.min(), _MAX_FRAMES))
    steps = np.arange(1, frames_at_once + 1)
    decay = np.exp(log_decay * steps)
    growth = s * np.exp(-log_decay * steps)
    smoothed = np.empty_like(mel)
    state = start
    for first in range(0, mel.shape[1], frames_at_once):
        part = mel[:, first : first + frames_at_once]
        count = part.shape[1]
        total = part * growth[:, :count]
        total[:, :1] += state
        np.cumsum(total, axis=1, out=total)
        total *= decay[:, :count]
        smoothed[:, first : first + count] = total
        state = total[:, -1:]
    return smoothed
