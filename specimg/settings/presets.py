"""Named settings that make pictures like those of other programs."""

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "merlin": {},
    "librosa": {
        "win_length": 2048,
        "n_fft": 2048,
        "hop_length": 512,
        "fmin": 0.0,
        "mel_scale": "slaney",
        "mel_norm": "slaney",
        "power": 2,
        "center": True,
    },
    "birdnet-low": {
        "sr": 48_000,
        "n_fft": 2048,
        "win_length": 2048,
        "hop_length": 278,
        "n_mels": 96,
        "fmin": 0.0,
        "fmax": 3000.0,
    },
    "birdnet-high": {
        "sr": 48_000,
        "n_fft": 1024,
        "win_length": 1024,
        "hop_length": 280,
        "n_mels": 96,
        "fmin": 500.0,
        "fmax": 15_000.0,
    },
    # Perch's window of 1024 samples; with an FFT of no more than that, the sixth
    # of its 160 bands would lie between two bins and stay black.
    "perch": {
        "sr": 32_000,
        "clip_duration": 5.0,
        "n_fft": 2048,
        "win_length": 1024,
        "hop_length": 320,
        "n_mels": 160,
        "fmin": 60.0,
        "fmax": 10_000.0,
    },
}
"""What differs from the defaults, which are ``merlin``: close to the public
converter of the group that made Merlin's Sound ID."""
