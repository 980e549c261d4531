"""Recordings that play slower than they were made: pictures of the sound as it was."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sounds import noise, read_png, rows, specimg, tone, write

from specimg import ParameterError, Settings, read, render
from specimg.annotations.options import ReadingOptions, parse_frequencies
from specimg.annotations.tables import read_tables
from specimg.dataset.labeled import find_dataset
from specimg.errors import AudioReadError
from specimg.figure.clip import read_clip
from specimg.output.compatibility import are_equal
from specimg.output.verify import find_faults
from specimg.rendering.bands import band_edges
from specimg.rendering.pipeline import mel_of_clip

RATE = 384_000
BAT = Settings.from_options({"preset": "bat"})
SLOWED = Settings.from_options({"preset": "bat", "time_expansion": 10})


def pulses() -> NDArray[np.float32]:
    """A pulse of 5 ms at 45 kHz every 0.1 s, for 1.2 s."""
    samples = 0.01 * noise(1.2, RATE)
    pulse = tone(45_000, 0.005, RATE)
    for first in range(round(0.05 * RATE), samples.size - pulse.size, RATE // 10):
        samples[first : first + pulse.size] += pulse * np.hanning(pulse.size)
    return samples.astype(np.float32)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert one sound twice: as it was recorded, and ten times slower."""
    folder = tmp_path_factory.mktemp("bats")
    for name, slower, options in (("true", 1, ()), ("slow", 10, ("10",))):
        write(folder / name / "a.wav", pulses(), RATE // slower)
        table = "file,start,end,low,high,label\n"
        for start, low in ((0.05, 44_000), (0.65, 43_210.5)):
            times = [start * slower, (start + 0.005) * slower]
            cells = ["a.wav", *times, low / slower, 46_000 / slower, "bat"]
            table += ",".join(map(str, cells)) + "\n"
        (folder / f"{name}.csv").write_text(table)
        given = [f"--time-expansion={text}" for text in options]
        result = specimg(
            *("convert", folder / name, folder / f"{name}-out", "--preset", "bat"),
            *("--annotations", folder / f"{name}.csv", "--boxes", "csv", *given),
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert "not shown" not in result.stdout
    return folder


def manifest(folder: Path, name: str) -> list[dict[str, str]]:
    return rows(folder / f"{name}-out" / "manifest.csv")


def test_a_slowed_recording_has_the_pictures_of_the_true_one(converted: Path) -> None:
    true, slow = manifest(converted, "true"), manifest(converted, "slow")
    assert len(true) == len(slow) == 3
    for one, other in zip(true, slow, strict=True):
        pixels = read_png(converted / "true-out" / one["file_name"])
        again = read_png(converted / "slow-out" / other["file_name"])
        assert np.array_equal(pixels, again)
        for name in ("start", "end", "pad_seconds"):  # are those of the file
            assert float(other[name]) == pytest.approx(10 * float(one[name]), abs=1e-9)
        for name in ("label", "sr", "source_fmax", "activity", "peak_dbfs", "warning"):
            assert other[name] == one[name]
    assert (slow[1]["start"], slow[1]["end"]) == ("5.0", "10.0")
    assert slow[1]["file_name"].endswith("a.wav_00005.000s.png")
    assert (slow[0]["source_sr"], slow[0]["source_fmax"]) == ("38400", "192000.0")
    assert list(find_faults(converted / "slow-out", deep=True)) == []


def test_pulses_at_45_khz_lie_at_45_khz(converted: Path) -> None:
    row = manifest(converted, "slow")[0]
    pixels = read_png(converted / "slow-out" / row["file_name"]).astype(float)
    band = len(pixels) - 1 - int(pixels.max(axis=1).argmax())
    edges = band_edges(BAT.mel)
    assert edges[band] < 45_000 < edges[band + 2]
    # By hertz of the file, its columns would begin at 0.05 s of 5, not of 0.5.
    course = pixels[len(pixels) - 1 - band]
    first = int(np.flatnonzero(course > 200)[0])
    assert SLOWED.box(0.05, 0.055).x == pytest.approx(first, abs=4)


def test_boxes_lie_where_those_of_the_true_one_do(converted: Path) -> None:
    tables = [
        rows(converted / f"{name}-out" / "boxes.csv") for name in ("true", "slow")
    ]
    assert len(tables[0]) == len(tables[1]) == 2
    for one, other in zip(*tables, strict=True):
        for name in ("x", "y", "width", "height", "low", "high", "label"):
            assert other[name] == one[name]
        assert float(other["start"]) == pytest.approx(10 * float(one["start"]))


def test_the_same_pixels_in_python(converted: Path) -> None:
    for row in manifest(converted, "slow"):
        place = (float(row["start"]), float(row["end"]))
        samples, rate = read(converted / "slow" / "a.wav", SLOWED, *place)
        assert rate == RATE
        pixels = read_png(converted / "slow-out" / row["file_name"])
        assert np.array_equal(render(samples, rate, SLOWED), pixels)


def test_a_preview_and_a_comparison_see_the_same(tmp_path: Path) -> None:
    slow = write(tmp_path / "slow" / "bat" / "a.wav", pulses(), RATE // 10)
    true = write(tmp_path / "true" / "bat" / "a.wav", pulses(), RATE)
    clip = read_clip(slow, SLOWED, start=5.0, limit=1.0)
    same = read_clip(true, BAT, start=0.5, limit=1.0)
    assert np.array_equal(clip.samples, same.samples)
    assert (clip.sample_rate, clip.start, clip.end) == (RATE, 5.0, 10.0)
    mels = [
        [mel.normalized for _, mel in find_dataset(path).each_clip(one, mel_of_clip)]
        for path, one in ((tmp_path / "slow", SLOWED), (tmp_path / "true", BAT))
    ]
    assert all(map(np.array_equal, *mels))
    assert len(mels[0]) == 3


def test_older_settings_are_those_without_expansion() -> None:
    text = BAT.to_toml()
    older = text.replace("time_expansion = 1.0\n", "")
    assert older != text
    assert are_equal(older, BAT)
    assert not are_equal(older, SLOWED)
    # Images have only what is not as it always was.
    assert "time_expansion" not in BAT.to_text()
    assert json.loads(SLOWED.to_text())["time_expansion"] == 10
    assert Settings.from_options(SLOWED.to_options()) == SLOWED


@pytest.mark.parametrize("factor", [0, 0.5, -10, 1001, float("inf")])
def test_what_is_no_expansion_is_refused(factor: float) -> None:
    with pytest.raises(ParameterError, match="time_expansion=.*: need 1 to 1000"):
        Settings.from_options({"time_expansion": factor})


def test_a_recording_that_cannot_be_so_fast_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(440, 0.1), 48_000)
    settings = Settings.from_options({"time_expansion": 100})
    with pytest.raises(AudioReadError, match="sample rate 48000 x 100 Hz: need 100 to"):
        read(path, settings)


CALL = "file,start,end,low,high,label\na.wav,0.5,0.55,44,46,bat\n"


@pytest.mark.parametrize(
    ("given", "expansion", "band"),
    [
        ("khz", None, (44_000, 46_000)),
        ("khz,file", None, (44_000, 46_000)),
        ("khz,true", 10, (4400, 4600)),
        ("true, khz", 10, (4400, 4600)),
        ("true", 10, (4.4, 4.6)),
    ],
)
def test_true_frequencies_of_a_table_become_those_of_the_file(
    tmp_path: Path, given: str, expansion: float | None, band: tuple[float, float]
) -> None:
    (tmp_path / "a.csv").write_text(CALL)
    unit, factor = parse_frequencies(given, expansion)
    options = ReadingOptions(frequencies=unit, time_expansion=factor)
    (found,) = read_tables([tmp_path / "a.csv"], options).annotated
    (one,) = found.annotations
    assert (one.start, one.low, one.high) == (0.5, *band)


def test_a_table_that_says_its_expansion_is_taken_at_its_word(tmp_path: Path) -> None:
    call = {"start_time": 0.05, "end_time": 0.06, "low_freq": 44e3, "high_freq": 46e3}
    document = {"id": "a.wav", "time_exp": 10, "annotated": True}
    document |= {"annotation": [{**call, "class": "bat"}]}
    (tmp_path / "a.wav.json").write_text(json.dumps(document))
    options = ReadingOptions(time_expansion=10)
    (found,) = read_tables([tmp_path / "a.wav.json"], options).annotated
    (one,) = found.annotations
    assert (one.start, one.low, one.high) == (0.5, 4400, 4600)


@pytest.mark.parametrize(
    ("given", "expansion", "message"),
    [
        ("mhz", None, "annotation_frequencies=mhz: need one of hz, khz, file, true"),
        ("hz,khz", None, "annotation_frequencies=hz,khz: need one of hz, khz, and of"),
        ("true", None, "annotation_frequencies=true and time_expansion=N go together"),
        ("file", 10, "annotation_frequencies=true and time_expansion=N go together"),
        (None, 10, "annotation_frequencies=true and time_expansion=N go together"),
    ],
)
def test_frequencies_that_cannot_be_read_so_are_refused(
    given: str | None, expansion: float | None, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        parse_frequencies(given, expansion)


def test_the_command_writes_frequencies_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CALL)
    out = tmp_path / "out.csv"
    options = ("--annotation-frequencies", "khz,true", "--time-expansion", 10)
    result = specimg("labels", tmp_path / "a.csv", "-o", out, *options)
    assert (result.returncode, result.stderr) == (0, "")
    (row,) = rows(out)
    assert (float(row["low"]), float(row["high"])) == (4400, 4600)
