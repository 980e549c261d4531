"""`specimg.read`: the samples that the command line makes its pictures from."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import SHARED, chirps, needs_shared, read_png, rows, specimg, write

import specimg as library
from specimg import AudioReadError, ParameterError, Settings
from specimg.errors import ClipError


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", {"format": "WAV"}),
        ("a.flac", {"format": "FLAC"}),
        ("a.ogg", {"format": "OGG", "subtype": "VORBIS"}),
        ("a.opus", {"format": "OGG", "subtype": "OPUS"}),
        ("a.mp3", {"format": "MP3"}),
        ("a.aiff", {"format": "AIFF"}),
    ],
)
def test_inference_has_the_pixels_of_the_command_line(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    rate = 48_000
    sound = np.stack([chirps(7.3, rate, seed) for seed in (1, 2)], axis=1)
    path = write(tmp_path / "in" / name, sound, rate, **options)
    out = tmp_path / "out"
    spec = ("--r", "db", "--g", "pcen", "--b", "exp", "--mono", "right")
    assert specimg("convert", path, out, *spec).returncode == 0
    settings = Settings.load(out / "specimg.toml")
    table = rows(out / "manifest.csv")
    assert len(table) == 3
    for row in table:
        start, end = float(row["start"]), float(row["end"])
        samples, sample_rate = library.read(path, settings, start, end)
        assert (samples.dtype, sample_rate) == (np.float32, rate)
        assert len(samples) == round(end * rate) - round(start * rate)
        pixels = library.render(samples, sample_rate, settings)
        assert np.array_equal(pixels, read_png(out / row["file_name"]))


def test_all_of_a_recording_is_read_without_an_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    whole, rate = library.read(path)
    assert (len(whole), rate) == (4 * 22_050, 22_050)
    assert np.array_equal(whole, soundfile.read(path, dtype="float32")[0])
    rest, _ = library.read(str(path), start=3.5)
    assert np.array_equal(rest, whole[round(3.5 * rate) :])
    beyond, _ = library.read(path, start=3.5, end=100)
    assert np.array_equal(beyond, rest)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    with pytest.raises(AudioReadError, match="no such file"):
        library.read(tmp_path / "b.wav")
    with pytest.raises(ClipError, match=r"start=5 s: the recording has only 4 s"):
        library.read(path, start=5)
    with pytest.raises(ParameterError, match="start=-1: need seconds from 0 on"):
        library.read(path, start=-1)
    with pytest.raises(ParameterError, match="end=2: need seconds, more than start=2"):
        library.read(path, start=2, end=2)
    with pytest.raises(AudioReadError, match="no channel 1"):
        library.read(path, Settings.from_options({"mono": "right"}))


def test_a_recording_that_is_not_whole_warns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.warns(UserWarning, match="truncated: shorter than its header says"):
        library.read(path)
    library.read(path, end=1)


@needs_shared
def test_real_recordings_have_the_pixels_of_the_command_line(tmp_path: Path) -> None:
    clips = sorted((SHARED / "field").glob("21100_36_48.*"))
    assert specimg("convert", *clips, tmp_path).returncode == 0
    settings = Settings.load(tmp_path / "specimg.toml")
    table = rows(tmp_path / "manifest.csv")
    assert {row["source"] for row in table} == {path.name for path in clips}
    for row in table:
        samples, rate = library.read(
            SHARED / "field" / row["source"],
            settings,
            float(row["start"]),
            float(row["end"]),
        )
        pixels = library.render(samples, rate, settings)
        assert np.array_equal(pixels, read_png(tmp_path / row["file_name"]))
