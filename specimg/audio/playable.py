"""Sounds that any browser plays."""

import io
from typing import Any

import numpy as np
import soundfile

from specimg.arrays import Waveform
from specimg.audio.resampling import resample

MAX_RATE = 48_000
"""In Hz; browsers play no more."""

AUDIBLE_RATE = 96_000
"""Above it, what was recorded is ultrasound for the most part."""

SLOWDOWN = 10
"""How many times slower ultrasound is played, as bat detectors do it."""


def slowdown_of(sample_rate: int) -> int:
    """Return how many times slower a recording of this rate, in Hz, is played."""
    return SLOWDOWN if sample_rate > AUDIBLE_RATE else 1


def encode_playable(samples: Waveform, sample_rate: int) -> bytes:
    """Return a sound as a FLAC file of 16 bits, slowed by `slowdown_of` its rate.

    Parameters
    ----------
    samples : array of float32, shape (n_samples,)
        What is beyond [-1, 1] is clipped.
    sample_rate : int
        In Hz.
    """
    rate = sample_rate // slowdown_of(sample_rate)
    if rate > MAX_RATE:
        samples, rate = resample(samples, rate, MAX_RATE), MAX_RATE
    file: Any = io.BytesIO()
    clipped = np.clip(samples, -1.0, 1.0)
    soundfile.write(file, clipped, rate, format="FLAC", subtype="PCM_16")
    data: bytes = file.getvalue()
    return data
