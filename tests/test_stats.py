"""The figures of a set of images are those of its files and of its manifest."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sounds import chirps, noise, read_png, specimg, tone, write

Read = Callable[[Path], NDArray[Any]]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    write(folder / "wren" / "1.wav", chirps(1))
    write(folder / "wren" / "2.wav", 0 * tone(440, 0.5))
    write(folder / "robin" / "1.wav", (3 * noise(1.2, seed=2)).clip(-1, 1))
    write(folder / "robin" / "2.wav", 4 * tone(2000, 1))  # clipped when it is written
    whole = write(folder / "short.wav", chirps(1, seed=3))
    whole.write_bytes(whole.read_bytes()[:-20_000])
    (folder / "damaged.wav").write_bytes(b"no audio")
    return folder


def convert(recordings: Path, out: Path, *options: object) -> Path:
    result = specimg("convert", recordings, out, "--clip-duration=0.5", *options)
    assert result.returncode == 3, result.stderr
    return out


def stats(out: Path, *options: object) -> dict[str, Any]:
    result = specimg("stats", out, "--json", *options)
    assert (result.returncode, result.stderr) == (0, "")
    values: dict[str, Any] = json.loads(result.stdout)
    return values


@pytest.mark.parametrize(
    ("options", "suffix", "read", "full_scale"),
    [
        (["--frontend=pcen"], "png", read_png, 255),
        (["--r=db", "--g=pcen", "--b=exp"], "png", read_png, 255),
        (["--bit-depth=16"], "png", read_png, 65535),
        (["--format=npy"], "npy", np.load, 1),
        (["--format=npy", "--r=db", "--g=pcen", "--b=exp"], "npy", np.load, 1),
        (["--final-clip=remainder"], "png", read_png, 255),
    ],
)
def test_mean_and_deviation_are_those_that_numpy_finds_in_the_files(
    recordings: Path,
    tmp_path: Path,
    options: list[str],
    suffix: str,
    read: Read,
    full_scale: int,
) -> None:
    out = convert(recordings, tmp_path / "out", *options)
    arrays = [read(path) for path in sorted(out.rglob(f"*.{suffix}"))]
    channels = stats(out)["channels"]
    depth = len(channels)
    values = np.concatenate([array.reshape(-1, depth) for array in arrays])
    scaled = values.astype(np.float64) / full_scale
    assert [c["mean"] for c in channels] == pytest.approx(scaled.mean(0), rel=1e-12)
    assert [c["std"] for c in channels] == pytest.approx(scaled.std(0), rel=1e-12)
    if full_scale > 1:
        # Sums of integers: not a digit is lost.
        sums = [int(total) for total in values.sum(axis=0, dtype=np.int64)]
        assert [c["mean"] for c in channels] == [
            total / len(values) / full_scale for total in sums
        ]


def test_counts_are_those_of_the_manifest(recordings: Path, tmp_path: Path) -> None:
    out = convert(recordings, tmp_path / "out")
    figures = stats(out)
    expected = {
        "images": 10,
        "clips": 10,
        "recordings": 5,
        "silent": 1,
        "padded": 2,
        "truncated": 2,
        "failures": 1,
        "faults": 0,
        "labels": {"robin": 5, "wren": 3, "": 2},
    }
    assert figures | expected == figures
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    clipped = sum(float(row["clipped_fraction"]) > 0 for row in rows)
    assert 2 <= clipped < 10
    assert figures["clipped"] == clipped
    audio = 1 + 0.5 + 1.2 + 1 + (1 - 10_000 / 22_050)
    assert figures["hours"] == pytest.approx(audio / 3600, abs=1e-4 / 3600)
    assert [channel["frontend"] for channel in figures["channels"]] == ["db"]


def test_the_tables_say_what_the_json_says(recordings: Path, tmp_path: Path) -> None:
    out = convert(recordings, tmp_path / "out", "--r=db", "--g=pcen", "--b=exp")
    values = stats(out)
    result = specimg("stats", out)
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["images", "10"] in lines
    assert ["padded", "2", "20.0%"] in lines
    assert ["wren", "3", "30.0%"] in lines
    assert ["(none)", "2", "20.0%"] in lines
    for channel in values["channels"]:
        row = [channel["frontend"], f"{channel['mean']:.6f}", f"{channel['std']:.6f}"]
        assert row in lines
    assert not any(line.endswith(" ") for line in result.stdout.splitlines())


def test_a_label_that_looks_like_markup_is_printed_as_it_is(tmp_path: Path) -> None:
    label = "[red]wren[bold] " + "of a long name " * 8 + "end"
    write(tmp_path / "in" / label / "a.wav", tone(440, 1))
    assert specimg("convert", tmp_path / "in", tmp_path / "out").returncode == 0
    assert f"{label}  " in specimg("stats", tmp_path / "out").stdout


def test_missing_and_damaged_images_are_named_and_left_out(
    recordings: Path, tmp_path: Path
) -> None:
    out = convert(recordings, tmp_path / "out")
    missing, damaged = sorted(out.rglob("*.png"))[:2]
    missing.unlink()
    damaged.write_bytes(bytes(damaged.stat().st_size))
    result = specimg("stats", out, "--json")
    assert result.returncode == 3
    first, second = result.stderr.splitlines()
    assert first == f"{missing.relative_to(out).as_posix()}: No such file or directory"
    assert second.startswith(f"{damaged.relative_to(out).as_posix()}: damaged: ")
    figures = json.loads(result.stdout)
    assert (figures["images"], figures["faults"]) == (8, 2)
    rest = np.concatenate(
        [read_png(path).ravel() for path in out.rglob("*.png") if path != damaged]
    )
    assert figures["channels"][0]["mean"] == pytest.approx(rest.mean() / 255, rel=1e-12)
    for path in out.rglob("*.png"):
        path.unlink()
    result = specimg("stats", out, "--json")
    assert (result.returncode, json.loads(result.stdout)["channels"]) == (1, [])


@pytest.mark.parametrize("command", ["stats", "gallery"])
def test_what_is_no_finished_output_is_refused(tmp_path: Path, command: str) -> None:
    result = specimg(command, tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "holds no output of specimg" in result.stderr
    write(tmp_path / "in" / "a.wav", tone(440, 1))
    out = tmp_path / "out"
    assert specimg("convert", tmp_path / "in", out, "--shard=1/2").returncode == 0
    result = specimg(command, out)
    assert (result.returncode, result.stdout) == (1, "")
    assert "is not complete: part-2-of-2 missing" in result.stderr
    shutil.rmtree(out)
    assert specimg(command, out).returncode == 1
    assert not out.exists()


@pytest.mark.parametrize("command", ["stats", "gallery"])
def test_a_run_in_which_all_failed_has_nothing_to_show(
    tmp_path: Path, command: str
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no audio")
    out = tmp_path / "out"
    assert specimg("convert", bad, out).returncode == 1
    result = specimg(command, out)
    assert (result.returncode, result.stderr) == (1, "")
    assert re.search(r"images +0$|: 0 images$", result.stdout, re.MULTILINE)


CALLS = """file,start,end,low,high,label
0.wav,0.1,0.9,2000,5000,wren
0.wav,0.2,0.8,1000,3000,robin
0.wav,1.1,1.9,1000,3000,robin
1.wav,0.1,0.9,1000,3000,owl
2.wav,0.1,0.9,1000,3000,robin
"""


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings to train with and one for a test, of two clips each."""
    folder = tmp_path_factory.mktemp("annotated")
    for number in range(3):
        write(folder / "in" / f"{number}.wav", chirps(2, seed=number))
    (folder / "calls.csv").write_text(CALLS)
    parts = "source,split\n0.wav,train\n1.wav,test\n2.wav,train\n"
    (folder / "splits.csv").write_text(parts)
    result = specimg(
        *("convert", folder / "in", folder / "out", "--clip-duration=1"),
        *("--annotations", folder / "calls.csv", "--split", folder / "splits.csv"),
    )
    assert result.returncode == 0, result.stderr
    return folder / "out"


def test_a_clip_counts_for_each_of_its_labels_and_for_its_split(
    annotated: Path,
) -> None:
    figures = stats(annotated)
    assert figures["clips"] == 6
    assert figures["labels"] == {"robin": 3, "wren": 1, "owl": 1, "": 2}
    assert figures["splits"] == {"train": 4, "test": 2}
    assert figures["labels_of_splits"] == {
        "train": {"robin": 3, "wren": 1, "": 1},
        "test": {"owl": 1, "": 1},
    }
    lines = [line.split() for line in specimg("stats", annotated).stdout.splitlines()]
    first = lines.index(["split", "clips", "share"])
    assert lines[first + 1 : first + 3] == [
        ["train", "4", "66.7%"],
        ["test", "2", "33.3%"],
    ]
    first = lines.index(["label", "clips", "share", "train", "test"])
    assert lines[first + 1 : first + 5] == [
        ["(none)", "2", "33.3%", "1", "1"],
        ["owl", "1", "16.7%", "0", "1"],
        ["robin", "3", "50.0%", "3", "0"],
        ["wren", "1", "16.7%", "1", "0"],
    ]


def test_the_numbers_of_a_split_are_of_its_images_alone(annotated: Path) -> None:
    figures = stats(annotated, "--split", "train")
    expected = {
        "images": 4,
        "clips": 4,
        "recordings": 2,
        "labels": {"robin": 3, "wren": 1, "": 1},
        "splits": {"train": 4},
        "failures": None,
    }
    assert figures | expected == figures
    assert figures["seconds"] == pytest.approx(4)

    def mean_and_std(split: str) -> tuple[float, float]:
        paths = (annotated / split).rglob("*.png")
        values = np.stack([read_png(path) for path in paths]) / 255
        return float(values.mean()), float(values.std())

    (channel,) = figures["channels"]
    mean, std = mean_and_std("train")
    assert (channel["mean"], channel["std"]) == pytest.approx((mean, std), rel=1e-12)
    assert mean_and_std("test") != pytest.approx((mean, std), rel=1e-4)
    printed = specimg("stats", annotated, "--split=train").stdout
    assert ["db", f"{mean:.6f}", f"{std:.6f}"] in map(str.split, printed.splitlines())
    assert "failures" not in printed


@pytest.mark.parametrize("damaged", ["train", "test"])
def test_only_the_images_of_the_split_are_read(
    annotated: Path, tmp_path: Path, damaged: str
) -> None:
    out = shutil.copytree(annotated, tmp_path / "out")
    next((out / damaged).rglob("*.png")).unlink()
    result = specimg("stats", out, "--split=train")
    assert result.returncode == (3 if damaged == "train" else 0)


def test_an_unknown_split_is_refused_with_those_that_there_are(
    annotated: Path, recordings: Path, tmp_path: Path
) -> None:
    result = specimg("stats", annotated, "--split", "val")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: {annotated} has no split 'val': its splits are train, test\n"
    )
    out = convert(recordings, tmp_path / "out")
    assert stats(out)["splits"] == {}
    assert not re.search("^split", specimg("stats", out).stdout, re.MULTILINE)
    for name in ("train", ""):
        result = specimg("stats", out, "--split", name)
        assert (result.returncode, result.stdout) == (1, "")
        assert f"has no split '{name}': it has none" in result.stderr
