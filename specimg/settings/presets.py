"""Named settings that make pictures like those of other programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings that go together."""

    purpose: str
    """Whose pictures they make, or of what."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What differs from the defaults."""


PRESETS: Mapping[str, Preset] = {
    "merlin": Preset(
        "the default: close to the public converter of the group that made Merlin's "
        "Sound ID"
    ),
    "librosa": Preset(
        "what librosa.feature.melspectrogram computes when it is told nothing",
        {
            "win_length": 2048,
            "n_fft": 2048,
            "hop_length": 512,
            "fmin": 0.0,
            "mel_scale": "slaney",
            "mel_norm": "slaney",
            "power": 2,
            "center": True,
        },
    ),
    "birdnet-low": Preset(
        "BirdNET's first channel: birds that call below 3 kHz",
        {
            "sr": 48_000,
            "n_fft": 2048,
            "win_length": 2048,
            "hop_length": 278,
            "n_mels": 96,
            "fmin": 0.0,
            "fmax": 3000.0,
        },
    ),
    "birdnet-high": Preset(
        "BirdNET's second channel: birds up to 15 kHz",
        {
            "sr": 48_000,
            "n_fft": 1024,
            "win_length": 1024,
            "hop_length": 280,
            "n_mels": 96,
            "fmin": 500.0,
            "fmax": 15_000.0,
        },
    ),
    # Perch's window of 1024 samples; with an FFT of no more than that, the sixth
    # of its 160 bands would lie between two bins and stay black.
    "perch": Preset(
        "Perch, Google's bird classifier: clips of 5 s",
        {
            "sr": 32_000,
            "clip_duration": 5.0,
            "n_fft": 2048,
            "win_length": 1024,
            "hop_length": 320,
            "n_mels": 160,
            "fmin": 60.0,
            "fmax": 10_000.0,
        },
    ),
    "birdclef": Preset(
        "birds, as many entries to the BirdCLEF competitions have them: 5 s, square, "
        "for networks of images",
        {
            "sr": 32_000,
            "clip_duration": 5.0,
            "n_fft": 1024,
            "win_length": 1024,
            "hop_length": 512,
            "n_mels": 128,
            "fmin": 50.0,
            "fmax": 14_000.0,
            "size": "256x256",
        },
    ),
    # In milliseconds, so that they mean the same at any --sr.
    "bat": Preset(
        "bats, from recordings of ultrasound: 10 to 120 kHz, bands of equal width, as "
        "batdetect2 has them",
        {
            "sr": 256_000,
            "clip_duration": 0.5,
            "window_ms": 2.0,
            "hop_ms": 0.5,
            "fmin": 10_000.0,
            "fmax": 120_000.0,
            "mel_scale": "linear",
        },
    ),
}
