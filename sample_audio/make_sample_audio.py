"""Make the recordings in this folder: synthetic, the same every time.

Run it as ``python sample_audio/make_sample_audio.py [FOLDER]``.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Sound = NDArray[np.float64]
SEED = 2021


def seconds(duration: float, rate: int) -> Sound:
    """Return the times of the samples of a sound."""
    return np.arange(round(duration * rate)) / rate


def fade(length: int) -> Sound:
    """Return an envelope that rises and falls without a click."""
    return np.sin(np.linspace(0, np.pi, length)) ** 0.7


def glide(hertz: list[float], duration: float, rate: int) -> Sound:
    """Whistle along the frequencies `hertz`."""
    time = seconds(duration, rate)
    path = np.interp(time, np.linspace(0, duration, len(hertz)), hertz)
    phase = 2 * np.pi * np.cumsum(path) / rate
    return fade(time.size) * (np.sin(phase) + 0.01 * np.sin(2 * phase))


def hiss(
    low: float, high: float, duration: float, rate: int, rng: np.random.Generator
) -> Sound:
    """Make noise between two frequencies in Hz, with a peak of 1."""
    n_samples = round(duration * rate)
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    frequencies = np.fft.rfftfreq(n_samples, 1 / rate)
    spectrum[(frequencies < low) | (frequencies > high)] = 0
    noise = np.fft.irfft(spectrum, n_samples)
    return noise / np.abs(noise).max()


def place(canvas: Sound, sound: Sound, start: float, rate: int, level: float) -> None:
    """Add `sound` to `canvas` at `start` seconds, `level` being its amplitude."""
    first = round(start * rate)
    part = sound[: canvas.size - first]
    canvas[first : first + part.size] += level * part


def three_birds(rng: np.random.Generator, rate: int = 44_100) -> Sound:
    """Sing loudly, with a quiet buzz in the middle and a faint song behind.

    After the example of Hoffman and Van Horn (2021), a goldfinch with a
    hummingbird: 50 dB lie between the loudest and the faintest of them.
    """
    canvas = 0.00002 * rng.standard_normal(round(3 * rate))
    for start in (0.15, 0.85, 1.95, 2.5):
        for step, hertz in enumerate(
            ([3200.0, 5200, 3900], [5600.0, 3600], [3000.0, 4600, 3300, 4400])
        ):
            call = glide(hertz, 0.11, rate)
            place(canvas, call, start + 0.14 * step, rate, 0.75)
    buzz = hiss(7200, 9200, 0.55, rate, rng)
    wings = 0.5 - 0.5 * np.cos(2 * np.pi * 45 * seconds(0.55, rate))
    place(canvas, buzz * wings * fade(buzz.size), 1.32, rate, 0.02)
    behind = {
        0.3: [1500.0, 2100.0],
        1.05: [2300.0, 1600.0],
        1.5: [1800.0, 1800.0],
        2.2: [1400.0, 2200.0, 1500.0],
    }
    for start, hertz in behind.items():
        place(canvas, glide(hertz, 0.32, rate), start, rate, 0.0022)
    return canvas


def insects(rng: np.random.Generator, rate: int = 44_100) -> Sound:
    """Fill a noisy evening: wind, a cicada without an end, and a few calls."""
    duration = 6.0
    canvas = 0.05 * hiss(60, 900, duration, rate, rng)
    canvas += 0.02 * hiss(60, 15_000, duration, rate, rng)
    canvas += 0.16 * hiss(5600, 7400, duration, rate, rng)
    for start in (0.7, 1.5, 3.4, 4.2, 5.1):
        place(canvas, glide([2400.0, 3300, 2700], 0.25, rate), start, rate, 0.05)
    place(canvas, glide([6300.0, 6900, 6100], 0.3, rate), 2.5, rate, 0.1)
    return canvas


def stereo(rng: np.random.Generator, rate: int = 22_050) -> Sound:
    """Call on the left, and answer on the right."""
    left, right = 0.001 * rng.standard_normal((2, round(3 * rate)))
    for start in (0.2, 1.2, 2.2):
        place(left, glide([1800.0, 2600], 0.3, rate), start, rate, 0.5)
        place(right, glide([4200.0, 3400], 0.3, rate), start + 0.5, rate, 0.3)
    return np.stack([left, right], axis=1)


def recorder(rng: np.random.Generator, rate: int = 48_000) -> Sound:
    """Record as an autonomous recorder does: 48 kHz, quiet, mostly nothing."""
    canvas = 0.003 * hiss(80, 20_000, 4.0, rate, rng)
    for start in (1.1, 1.3, 1.5, 1.7, 3.3):
        place(canvas, glide([5000.0, 7500], 0.09, rate), start, rate, 0.02)
    return canvas


def cricket(rng: np.random.Generator, rate: int = 22_050) -> Sound:
    """Chirps of three pulses at one pitch."""
    canvas = 0.002 * rng.standard_normal(round(2 * rate))
    pitch = rng.uniform(4200, 4800)
    for start in np.arange(rng.uniform(0.05, 0.2), 1.8, 0.28):
        for pulse in range(3):
            sound = glide([pitch, pitch], 0.03, rate)
            place(canvas, sound, start + 0.045 * pulse, rate, 0.3)
    return canvas


def warbler(rng: np.random.Generator, rate: int = 22_050) -> Sound:
    """Trill in falling notes."""
    canvas = 0.002 * rng.standard_normal(round(2 * rate))
    pitch = rng.uniform(5000, 6000)
    for start in np.arange(rng.uniform(0.05, 0.3), 1.7, 0.12):
        place(canvas, glide([pitch, 0.6 * pitch], 0.09, rate), start, rate, 0.3)
    return canvas


RECORDINGS: tuple[tuple[str, Callable[[np.random.Generator], Sound], int], ...] = (
    ("three_birds.flac", three_birds, 44_100),
    ("insects.flac", insects, 44_100),
    ("stereo.wav", stereo, 22_050),
    ("recorder_48khz.flac", recorder, 48_000),
    ("cricket/cricket_1.flac", cricket, 22_050),
    ("cricket/cricket_2.flac", cricket, 22_050),
    ("warbler/warbler_1.flac", warbler, 22_050),
    ("warbler/warbler_2.flac", warbler, 22_050),
)


def main(folder: Path) -> None:
    """Write all recordings below `folder`."""
    for number, (name, make, rate) in enumerate(RECORDINGS):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = make(np.random.default_rng([SEED, number]))
        soundfile.write(path, sound, rate, subtype="PCM_16")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
