"""Folders of labeled recordings, of sounds that are made up."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from specimg.arrays import Waveform
from specimg.dataset.recording import Labels

SAMPLE_RATE = 22_050

Sound = Callable[[str, np.random.Generator], Waveform]
"""Makes a recording of a class."""


def write_folder(
    folder: Path, sound: Sound, *, labels: str = "ab", count: int = 12, seed: int = 0
) -> Path:
    """Write `count` recordings a class."""
    for number, label in enumerate(labels):
        (folder / label).mkdir(parents=True)
        for index in range(count):
            generator = np.random.default_rng([seed, number, index])
            # Float, because 16 bits end where some of the calls begin.
            soundfile.write(
                folder / label / f"{index}.wav",
                sound(label, generator),
                SAMPLE_RATE,
                "FLOAT",
            )
    return folder


def one_hot(classes: NDArray[np.int64], n_classes: int | None = None) -> Labels:
    """Return the labels of clips that are of one class each."""
    return classes[:, np.newaxis] == np.arange(n_classes or classes.max() + 1)


def sweep(label: str, generator: np.random.Generator) -> Waveform:
    """A call that rises in class a and falls in all others, anywhere in a second."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    start = generator.uniform(0.1, 0.5)
    inside = np.clip((time - start) / 0.3, 0, 1)
    rise = inside if label == "a" else 1 - inside
    phase = 2 * np.pi * np.cumsum(1500 + 2000 * rise) / SAMPLE_RATE
    envelope = np.sin(np.pi * inside) ** 2
    return (envelope * np.sin(phase)).astype(np.float32)


def clear_call(label: str, generator: np.random.Generator) -> Waveform:
    noise = 0.003 * generator.standard_normal(SAMPLE_RATE)
    return (0.3 * sweep(label, generator) + noise).astype(np.float32)


def call_under_noise(label: str, generator: np.random.Generator) -> Waveform:
    """A call 130 dB under stationary noise in another band."""
    spectrum = np.fft.rfft(generator.standard_normal(SAMPLE_RATE))
    hertz = np.fft.rfftfreq(SAMPLE_RATE, 1 / SAMPLE_RATE)
    # Without an edge, which the window would smear over all other bands.
    spectrum *= np.exp(-(((hertz - 8000) / 400) ** 2))
    noise = np.fft.irfft(spectrum)
    noise *= 0.5 / np.abs(noise).max()
    return (noise + 1e-7 * sweep(label, generator)).astype(np.float32)


def only_noise(label: str, generator: np.random.Generator) -> Waveform:
    return (0.1 * generator.standard_normal(SAMPLE_RATE)).astype(np.float32)
