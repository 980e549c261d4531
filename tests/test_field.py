"""What recorders say of their recordings reaches the manifest, and the picture."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from sounds import read_png, rows, specimg, tone, write

import specimg as package
from specimg.settings import Settings

BATS = ("--preset=bat", "--clip-duration=0.5", "-j1")


def add_guano(path: Path, *lines: str) -> Path:
    """Append a chunk of GUANO to a WAV, as recorders do."""
    text = "\n".join(("GUANO|Version: 1.0", *lines)).encode()
    text += b" " * (len(text) % 2)
    data = path.read_bytes() + b"guan" + struct.pack("<I", len(text)) + text
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


@pytest.fixture
def slowed(tmp_path: Path) -> Path:
    """Half a second at 45 kHz, written ten times slower."""
    path = write(tmp_path / "in" / "bat.wav", tone(45_000, 0.5, 384_000), 38_400)
    return add_guano(
        path,
        "TE: 10",
        "Timestamp: 2024-05-17T22:30:00+02:00",
        "Loc Position: 60.1699 24.9384",
        "Make: Pettersson",
        "Model: M500",
        "Serial: 12",
        "Temperature Int: 11.5",
    )


def test_a_time_expansion_in_the_file_puts_a_call_where_it_was(slowed: Path) -> None:
    out = slowed.parents[1] / "out"
    made = specimg("convert", slowed.parent, out, *BATS, "--metadata=none")
    assert made.returncode == 0, made.stderr
    (row,) = rows(out / "manifest.csv")
    assert (row["source_fmax"], row["end"]) == ("192000.0", "5.0")
    pixels = read_png(out / row["file_name"])
    settings = Settings.load(out / "specimg.toml")
    loudest = int(pixels.mean(axis=1).argmax())
    box = settings.box(0, 0.5, 44_900, 45_100)
    assert abs(loudest + 0.5 - (box.y + box.height / 2)) <= 1
    samples, rate = package.read(slowed, settings)
    assert rate == 384_000
    np.testing.assert_array_equal(package.render(samples, rate, settings), pixels)
    assert specimg("verify", "--deep", out).returncode == 0


def test_an_option_does_not_overrule_the_file(slowed: Path) -> None:
    out = slowed.parents[1] / "out"
    options = (*BATS, "--metadata=none", "--time-expansion=8")
    assert specimg("convert", slowed.parent, out, *options).returncode == 0
    (row,) = rows(out / "manifest.csv")
    assert row["source_fmax"] == "192000.0"
    assert row["warning"] == (
        "the file says that it plays 10 times slower, not 8 times"
    )


def test_when_and_where_reach_the_manifest(slowed: Path) -> None:
    folder = slowed.parent
    write(folder / "AB12_20240518_031500.wav", tone(40_000, 0.5, 256_000), 256_000)
    out = folder.parent / "out"
    options = ("--clip-duration=0.3", "--preset=bat", "-j1", "--manifest=m.jsonl")
    assert specimg("convert", folder, out, *options).returncode == 0
    lines = (out / "m.jsonl").read_text().splitlines()
    named, _, first, second = map(json.loads, lines)
    assert named["recorded_at"] == "2024-05-18T03:15:00"
    assert (named["latitude"], named["metadata_from"]) == (None, "name")
    assert first["recorded_at"] == "2024-05-17T22:30:00+02:00"
    assert second["start"] == 3.0  # in seconds of the file
    assert second["recorded_at"] == "2024-05-17T22:30:00.300+02:00"
    assert (first["latitude"], first["longitude"]) == (60.1699, 24.9384)
    assert (first["recorder"], first["device_id"]) == ("Pettersson M500", "12")
    assert (first["temperature_c"], first["battery_v"]) == (11.5, None)
    assert first["metadata_from"] == "guano"


@pytest.mark.parametrize(
    ("level", "times"),
    [("full", ["2024-05-17T22:30:00+02:00"]), ("names", [""]), ("none", [""])],
)
def test_how_far_to_look_is_an_option(
    slowed: Path, level: str, times: list[str]
) -> None:
    out = slowed.parents[1] / "out"
    options = (*BATS, f"--metadata={level}")
    assert specimg("convert", slowed.parent, out, *options).returncode == 0
    assert [row["recorded_at"] for row in rows(out / "manifest.csv")] == times


def test_another_level_is_refused(slowed: Path) -> None:
    out = slowed.parents[1] / "out"
    done = specimg("convert", slowed.parent, out, "--metadata=all")
    assert done.returncode == 2
    assert "metadata=all: need one of full, names, none" in done.stderr
