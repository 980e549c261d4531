"""Other programs, which make and decode recordings for the tests."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip a test where a program is not installed, and say which."""
    missing = [name for name in names if shutil.which(name) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"not installed: {', '.join(missing)}"
    )


def run(*arguments: object) -> bytes:
    """Run a program, and return what it wrote to stdout."""
    return subprocess.run(
        list(map(str, arguments)), check=True, capture_output=True
    ).stdout


def encode(sound: Path, path: Path, *options: str) -> Path:
    """Make another format of a sound with ffmpeg; the name says which."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("ffmpeg", "-v", "error", "-y", "-i", sound, *options, path)
    return path


def decode(path: Path, sample_rate: int) -> NDArray[np.float32]:
    """Decode what ffmpeg can of a recording, to the mean of its channels."""
    command = ["ffmpeg", "-v", "quiet", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-ar", str(sample_rate), "-c:a", "pcm_f32le", "-fflags", "+bitexact"]
    command += ["-map_metadata", "-1", "-f", "wav", "-"]
    wav = subprocess.run(command, check=False, capture_output=True).stdout
    if not wav:
        return np.empty(0, np.float32)
    channels = int.from_bytes(wav[22:24], "little")
    data = wav[wav.index(b"data") + 8 :]
    data = data[: len(data) // (4 * channels) * 4 * channels]
    return np.frombuffer(data, np.float32).reshape(-1, channels).mean(axis=1)
