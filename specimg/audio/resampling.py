"""Samples at another sample rate."""

import numpy as np
import soxr

from specimg.arrays import Waveform


def resample(samples: Waveform, source_rate: int, sample_rate: int) -> Waveform:
    """Resample one clip by itself, so that nothing of its neighbors reaches into it.

    Parameters
    ----------
    samples : array of float32, shape (n_samples,)
    source_rate, sample_rate : int
        In Hz.

    Returns
    -------
    array of float32, shape (round(n_samples * sample_rate / source_rate),)
    """
    if source_rate == sample_rate:
        return samples
    n_samples = round(samples.size * sample_rate / source_rate)
    resampled = soxr.resample(samples, source_rate, sample_rate, quality="HQ")
    return fit(np.asarray(resampled, np.float32), n_samples)


def fit(samples: Waveform, n_samples: int) -> Waveform:
    """Cut or zero-pad `samples` to exactly `n_samples`."""
    if samples.size >= n_samples:
        return samples[:n_samples]
    return np.pad(samples, (0, n_samples - samples.size))
