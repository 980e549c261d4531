"""The recordings that come with the project, and what the README says of them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import specimg
from specimg import Settings

SAMPLES = Path(__file__).parents[1] / "sample_audio"
BUZZ = (slice(6, 20), slice(235, 310))
"""Rows and columns of the picture where the quiet buzz is, and nothing else."""
BEHIND = (slice(68, 76), slice(265, 305))
"""Where the faint whistle is."""


def test_the_script_makes_the_recordings(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, SAMPLES / "make_sample_audio.py", tmp_path], check=True
    )
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")}
    kept = {path.relative_to(SAMPLES) for path in SAMPLES.rglob("*.*")}
    assert made == {path for path in kept if path.suffix in (".flac", ".wav")}
    for name in made:
        one, one_rate = soundfile.read(tmp_path / name, dtype="int16")
        other, other_rate = soundfile.read(SAMPLES / name, dtype="int16")
        assert one_rate == other_rate
        # The last digit of a sine may differ between machines.
        assert np.abs(one.astype(int) - other).max() <= 1


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*.*")) < 3_000_000


def picture(frontend: str) -> np.ndarray:
    samples, rate = soundfile.read(SAMPLES / "three_birds.flac", dtype="float32")
    settings = Settings.from_options({"frontend": frontend})
    return specimg.render(samples, rate, settings).astype(float)


@pytest.mark.parametrize("place", [BUZZ, BEHIND])
def test_only_raw_hides_the_faint_birds(place: tuple[slice, slice]) -> None:
    rows, columns = place
    beside = (rows, slice(columns.stop + 15, columns.stop + 20))
    raw = picture("raw")
    assert raw[place].max() < 5
    assert raw.max() == 255
    for frontend in ("db", "pcen"):
        pixels = picture(frontend)
        assert pixels[place].mean() > 3 * pixels[beside].mean() + 10


def test_the_loud_song_is_in_every_picture() -> None:
    for frontend in ("raw", "db", "exp", "pcen"):
        assert picture(frontend)[:, :80].max() > 150
