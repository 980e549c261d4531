"""Sounds and recordings that the tests make, and the command that they run."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

from specimg.audio import AudioReader

SHARED = Path(__file__).parents[2] / "shared" / "audio"
SPECIMG = str(Path(sys.executable).with_name("specimg"))

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared recordings are not beside the project"
)


def tone(
    hertz: float, seconds: float = 3.0, rate: int = 22_050, level: float = 0.5
) -> NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(
    seconds: float = 3.0, rate: int = 22_050, seed: int = 0
) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(seconds * rate))).astype(np.float32)


def chirps(
    seconds: float = 3.0, rate: int = 22_050, seed: int = 0
) -> NDArray[np.float32]:
    """Noise with a few calls in it, so that time and band both matter."""
    samples = 0.01 * noise(seconds, rate, seed)
    rng = np.random.default_rng(seed)
    for start in rng.uniform(0, max(seconds - 0.2, 0.01), 8):
        call = tone(float(rng.uniform(1000, 0.4 * rate)), 0.15, rate)
        first = round(float(start) * rate)
        part = samples[first : first + call.size]
        part += call[: part.size] * np.hanning(call.size)[: part.size]
    return samples


def write(
    path: Path, samples: NDArray[np.float32], rate: int = 22_050, **kwargs: str
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **kwargs)
    return path


def specimg(
    *arguments: object, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the installed command, as a user would."""
    return subprocess.run(
        [SPECIMG, *map(str, arguments)],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
    )


def specimg_and_peak(
    *arguments: object,
) -> tuple["subprocess.CompletedProcess[str]", int]:
    """Run the command; return also the peak memory of its largest process, in kB."""
    code = (
        "import resource, subprocess, sys\n"
        "status = subprocess.run(sys.argv[1:]).returncode\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(status)"
    )
    command = [sys.executable, "-c", code, SPECIMG, *map(str, arguments)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    *lines, peak = result.stdout.splitlines(keepends=True)
    result.stdout = "".join(lines)
    return result, int(peak)


def read_samples(path: Path) -> tuple[NDArray[np.float32], int, str]:
    """Return a recording as specimg reads it, its rate, and what is wrong with it."""
    parts = [np.empty(0, np.float32)]
    block = np.empty((2, 100_003), np.float32)
    with AudioReader(path) as reader:
        while n_read := reader.read(block):
            parts.append(block[0, :n_read].copy())
        samples = np.concatenate(parts)
        assert reader.frames_read == samples.size
        return samples, reader.sample_rate, reader.warning


def same_sound(
    one: NDArray[np.float32], two: NDArray[np.float32], reach: int = 2400
) -> float:
    """Return the correlation of two recordings at the lag where they agree best."""
    n = min(len(one), len(two))
    spectrum = np.fft.rfft(one[:n], 2 * n) * np.fft.rfft(two[:n], 2 * n).conj()
    lags = np.fft.irfft(spectrum)
    near = np.concatenate([lags[-reach:], lags[:reach]])
    lag = int(np.argmax(near)) - reach
    first, second = one[max(0, lag) :], two[max(0, -lag) :]
    n = min(len(first), len(second))
    first, second = first[:n].astype(float), second[:n].astype(float)
    energy = (first @ first) * (second @ second)
    return float(first @ second / np.sqrt(energy)) if energy else 0.0


def rows(path: Path) -> list[dict[str, str]]:
    """Read a table that specimg wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_png(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    with Image.open(path) as image:
        assert image.mode in ("L", "I;16", "RGB")
        return np.asarray(image)
