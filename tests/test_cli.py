"""The command as users run it: options, what it writes, says, and exits with."""

import csv
import json
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
import soundfile
from sounds import SPECIMG, chirps, noise, read_png, specimg, tone, write
from typer.main import get_command
from typer.testing import CliRunner

import specimg as library
from specimg import Settings
from specimg.cli import app
from specimg.cli.options import _read_settings
from specimg.settings import PRESETS


def rows(out: Path, name: str = "manifest.csv") -> list[dict[str, str]]:
    with (out / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(out: Path) -> list[str]:
    paths = (
        p for p in out.rglob("*") if p.is_file() and not p.name.startswith(".specimg")
    )
    return sorted(path.relative_to(out).as_posix() for path in paths)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    write(folder / "robin" / "1.wav", chirps(7.5, 44_100), 44_100)
    write(folder / "wren" / "1.flac", chirps(3, 48_000, seed=1), 48_000)
    write(folder / "field.OGG", chirps(4, seed=2), format="OGG")
    (folder / "notes.txt").write_text("no audio")
    return folder


def test_convert_writes_images_a_manifest_and_the_settings(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = specimg(
        "convert", recordings, out, "--r", "db", "--g", "pcen", "--b", "exp"
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "converted 3 recordings: 6 clips, 14.5 s of audio\n"
        f"wrote 6 images and manifest.csv in {out}\n"
        "passed over 1 file: 1 .txt\n"
    )
    images = [
        "field.OGG_00000.000s.png",
        "field.OGG_00003.000s.png",
        "robin/1.wav_00000.000s.png",
        "robin/1.wav_00003.000s.png",
        "robin/1.wav_00006.000s.png",
        "wren/1.flac_00000.000s.png",
    ]
    tables = ["README.md", "manifest.csv", "specimg.png.trainset.jsonl", "specimg.toml"]
    assert files(out) == sorted([*images, *tables])
    table = rows(out)
    assert [row["file_name"] for row in table] == images
    assert table[4] == table[4] | {
        "label": "robin",
        "source": "robin/1.wav",
        "start": "6.0",
        "end": "7.5",
        "pad_seconds": "1.5",
        "mono": "mean",
        "source_sr": "44100",
        "sr": "22050",
        "width": "513",
        "height": "128",
        "frontends": "db+pcen+exp",
        "silent": "false",
        "clipped_fraction": "0.0",
        "warning": "",
    }
    assert table[0]["label"] == ""
    assert -20 < float(table[0]["peak_dbfs"]) < 0
    assert 0 <= float(table[0]["mel_min"]) < float(table[0]["mel_max"])
    for row in table:
        assert read_png(out / row["file_name"]).shape == (128, 513, 3)


def test_the_pixels_are_those_that_render_gives(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    specimg("convert", recordings, out, "--r=db", "--g=pcen:preset=leaf", "--b=raw")
    settings = Settings.load(out / "specimg.toml")
    for row in rows(out):
        rate = int(row["source_sr"])
        samples, _ = soundfile.read(recordings / row["source"], dtype="float32")
        first, last = (round(float(row[end]) * rate) for end in ("start", "end"))
        expected = library.render(samples[first:last], rate, settings)
        assert np.array_equal(read_png(out / row["file_name"]), expected)


def test_the_settings_of_a_run_make_the_same_pictures_again(
    recordings: Path, tmp_path: Path
) -> None:
    gain = np.linspace(0.2, 0.9, 64).tolist()
    learned = tmp_path / "learned.json"
    learned.write_text(json.dumps({"n_mels": 64, "parameters": {"gain": gain}}))
    first, second = tmp_path / "first", tmp_path / "second"
    given = ["--frontend", f"pcen:@{learned}", "--n_mels", "64", "--preset=librosa"]
    assert specimg("convert", recordings, first, *given).returncode == 0
    learned.unlink()
    config = ["--config", first / "specimg.toml"]
    assert specimg("convert", recordings, second, *config).returncode == 0
    assert files(first) == files(second)
    for name in files(first):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_command_line_wins_over_the_settings_file(
    recordings: Path, tmp_path: Path
) -> None:
    config = tmp_path / "my.toml"
    config.write_text('r = "db"\ng = "pcen"\nb = "exp"\nn-mels = 64\nformat = "npy"\n')
    out = tmp_path / "out"
    arguments = ("--config", config, "--frontend", "raw", "--n-mels", "32")
    assert specimg("convert", recordings, out, *arguments).returncode == 0
    image = np.load(out / "field.OGG_00000.000s.npy")
    assert (image.shape, image.dtype) == ((32, 513), np.float32)


@pytest.mark.parametrize(
    ("options", "size", "bits"),
    [
        (["--bit-depth", "16"], (513, 128), 16),
        (["--bit_depth=16", "--size", "64x32"], (64, 32), 16),
        (["--clip-duration", "whole"], (638, 128), 8),
        (["--clip_duration=2", "--clip_overlap=1", "--hop_length=256"], (171, 128), 8),
        (["--preset", "birdnet-low"], (511, 96), 8),
        (["--preset", "perch", "--fmax", "8000"], (497, 160), 8),
        (["--center", "--power=2", "--mel-scale=slaney"], (517, 128), 8),
    ],
)
def test_options_reach_the_picture(
    tmp_path: Path, options: list[str], size: tuple[int, int], bits: int
) -> None:
    path = write(tmp_path / "a.wav", chirps(3.725))
    out = tmp_path / "out"
    result = specimg("convert", path, out, *options)
    assert (result.returncode, result.stderr) == (0, "")
    row = rows(out)[0]
    pixels = read_png(out / row["file_name"])
    assert (pixels.shape[::-1], pixels.itemsize * 8) == (size, bits)
    assert (int(row["width"]), int(row["height"])) == size


def test_a_whole_recording_is_called_after_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    specimg("convert", path, tmp_path / "out", "--clip-duration", "whole")
    tables = ["manifest.csv", "specimg.png.trainset.jsonl", "specimg.toml"]
    assert files(tmp_path / "out") == ["README.md", "a.wav.png", *tables]


def test_what_fails_is_told_and_the_rest_is_converted(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write(recordings / "nan.wav", np.full(22_050, np.nan, np.float32), subtype="FLOAT")
    (recordings / "empty.wav").touch()
    late = np.concatenate([noise(5), [np.inf], noise(2)]).astype(np.float32)
    write(recordings / "late.wav", late, subtype="FLOAT")
    write(recordings / "[red]short[/].wav", noise(0.01))
    result = specimg("convert", recordings, out)
    assert result.returncode == 3
    assert [(row["source"], row["stage"]) for row in rows(out, "failures.csv")] == [
        ("[red]short[/].wav", "clip"),
        ("empty.wav", "open"),
        ("late.wav", "render"),
        ("nan.wav", "render"),
    ]
    assert "failed: empty.wav: empty: 0 bytes" in result.stderr.splitlines()
    assert "failed: [red]short[/].wav: too short" in result.stderr
    assert f"failed on 4 recordings: see {out / 'failures.csv'}" in result.stdout
    assert len(rows(out)) == 6
    # All or nothing: the first clips of late.wav are gone again.
    assert len([name for name in files(out) if name.endswith(".png")]) == 6
    for name in ("nan.wav", "empty.wav", "late.wav", "[red]short[/].wav"):
        (recordings / name).unlink()
    assert specimg("convert", recordings, out).returncode == 0
    assert not (out / "failures.csv").exists()


def test_what_is_named_and_is_not_audio_is_a_failure(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    named = (recordings / "notes.txt", recordings / "robin", recordings / "none.wav")
    result = specimg("convert", *named, out)
    assert result.returncode == 3
    assert [row["reason"].split(":")[0] for row in rows(out, "failures.csv")] == [
        "no such file",
        "not audio of a known format",
    ]
    alone = specimg("convert", recordings / "notes.txt", tmp_path / "other")
    assert alone.returncode == 1
    assert "not audio of a known format" in alone.stderr


def test_nothing_to_convert_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = specimg("convert", tmp_path / "in", tmp_path / "out")
    assert result.returncode == 1
    assert result.stderr == f"Error: no audio found in {tmp_path / 'in'}\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["verify", "merge", "stats", "gallery"])
def test_a_folder_that_cannot_be_looked_at_is_named(command: str) -> None:
    name = 300 * "x"
    result = specimg(command, name)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: cannot use {name}")
    assert result.stderr.endswith(": File name too long\n")


def test_an_empty_list_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "list.txt").touch()
    arguments = ("--files-from", tmp_path / "list.txt", tmp_path / "out")
    result = specimg("convert", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert "names no recording" in " ".join(result.stderr.replace("│", " ").split())


def test_an_output_that_cannot_be_written_is_an_error(
    recordings: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    result = specimg("convert", recordings, tmp_path / "out")
    assert result.returncode == 1
    message = "out is a file: the last argument is the folder to write to"
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_silence_is_said_and_clipping_is_measured(tmp_path: Path) -> None:
    write(tmp_path / "in" / "silence.wav", np.zeros(66_150, np.float32))
    square = np.sign(tone(100)).astype(np.float32)
    write(tmp_path / "in" / "clipped.wav", square)
    specimg("convert", tmp_path / "in", tmp_path / "out")
    clipped, silence = rows(tmp_path / "out")
    assert (silence["silent"], silence["peak_dbfs"]) == ("true", "-inf")
    assert (silence["mel_min"], silence["mel_max"]) == ("0.0", "0.0")
    assert not read_png(tmp_path / "out" / silence["file_name"]).any()
    assert float(clipped["clipped_fraction"]) > 0.9
    assert float(clipped["peak_dbfs"]) == pytest.approx(0, abs=0.01)


def test_a_clipped_channel_is_not_hidden_by_the_mean(tmp_path: Path) -> None:
    both = np.stack([np.ones(66_150), -np.ones(66_150)], axis=1).astype(np.float32)
    write(tmp_path / "a.wav", both)
    specimg("convert", tmp_path / "a.wav", tmp_path / "out")
    (row,) = rows(tmp_path / "out")
    assert (row["clipped_fraction"], row["silent"]) == ("1.0", "true")


def test_a_truncated_recording_is_converted_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(9))
    path.write_bytes(path.read_bytes()[:300_000])
    assert specimg("convert", path, tmp_path / "out").returncode == 0
    warnings = [row["warning"] for row in rows(tmp_path / "out")]
    assert len(warnings) == 3
    assert all(warning.startswith("truncated") for warning in warnings)


def test_odd_names_neither_collide_nor_break_anything(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)  # noqa: PTH102 - a path of bytes
    sources = [
        b"new\nline.wav",
        b"latin1_\xe9.wav",
        b"-rf.wav",
        b"a,b;\"c'.wav",
        b"\x1b[31mred.wav",
        b"50%.wav",
        b"Robin.wav",
        b"robin.wav",
        b"robin.flac",
        b"x" * 251 + b".wav",
        b"x" * 250 + b"y.wav",
    ]
    for source in sources:
        kind = "FLAC" if source.endswith(b".flac") else "WAV"
        with open(os.path.join(folder, source), "wb") as file:  # noqa: PTH118, PTH123
            soundfile.write(file, noise(), 22_050, format=kind)
    result = specimg("convert", tmp_path / "in", tmp_path / "out")
    assert (result.returncode, result.stderr) == (0, "")
    table = rows(tmp_path / "out")
    assert sorted(unquote_to_bytes(row["source"]) for row in table) == sorted(sources)
    assert len({row["file_name"] for row in table}) == len(sources)
    for row in table:
        assert (tmp_path / "out" / row["file_name"]).is_file()


def test_the_output_may_lie_in_the_input(recordings: Path) -> None:
    for _ in range(2):
        result = specimg("convert", ".", "out", cwd=recordings)
        assert result.returncode == 0
        assert "passed over 1 file" in result.stdout
    assert len(rows(recordings / "out")) == 6


LOAD = """
import sys
from datasets import load_dataset
out, cache = sys.argv[1:]
dataset = load_dataset("imagefolder", data_dir=out, split="train", cache_dir=cache)
print(len(dataset), dataset[0]["image"].size, dataset[4]["source"], dataset[5]["label"])
"""


@pytest.mark.skipif(not find_spec("datasets"), reason="datasets is not installed")
@pytest.mark.parametrize("manifest", ["metadata.csv", "metadata.jsonl"])
def test_hugging_face_loads_the_tree(
    recordings: Path, tmp_path: Path, manifest: str
) -> None:
    (recordings / "empty.wav").touch()  # so that there is a failures.csv as well
    out = tmp_path / "out"
    assert specimg("convert", recordings, out, "--manifest", manifest).returncode == 3
    result = subprocess.run(
        [sys.executable, "-c", LOAD, out, tmp_path / "cache"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"},
    )
    assert result.stdout == "6 (513, 128) robin/1.wav wren\n", result.stderr


def test_a_class_a_folder_tree_stays_one(tmp_path: Path) -> None:
    """torchvision's ImageFolder takes each folder below the root for a class."""
    for label in ("robin", "wren"):
        write(tmp_path / "in" / label / "1.wav", noise())
    specimg("convert", tmp_path / "in", tmp_path / "out")
    folders = [p.name for p in (tmp_path / "out").iterdir() if p.is_dir()]
    # It would take a hidden folder for a class as well.
    assert sorted(folders) == ["robin", "wren"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.wav"], "need at least one INPUT, and last the folder OUT"),
        (["a.wav", "out", "--r", "db", "--g", "db"], "RGB needs r, g and b: b missing"),
        (
            ["a.wav", "out", "--r=db", "--g=db", "--b=db", "--frontend=db"],
            "frontend is for a gray picture: not together with r, g, b",
        ),
        (["a.wav", "out", "--frontend", "mfcc"], "need one of raw, db, exp, pcen"),
        (["a.wav", "out", "--frontend", "pcen:alpha=1"], "it has gain, bias, power"),
        (["a.wav", "out", "--fmax", "20000"], "need 0 <= fmin < fmax <= 11025 Hz"),
        (["a.wav", "out", "--sr", "loud"], "sr='loud': need a whole number of Hz"),
        (["a.wav", "out", "--clip-duration", "long"], "need seconds, or 'whole'"),
        (["a.wav", "out", "--config", "none.toml"], "none.toml: cannot read settings"),
        (["a.wav", "out", "--n_mels", "500"], "(the smallest that works)"),
        (["a.wav", "out", "--speed", "9"], "No such option"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    write(tmp_path / "a.wav", noise())
    result = specimg("convert", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_frontends_are_listed_with_all_their_parameters() -> None:
    result = specimg("frontends")
    assert result.returncode == 0
    for word in ("raw", "db or decibel", "exp or exponential", "pcen", "outdoor"):
        assert word in result.stdout
    for word in ("gain", "time_constant", "top_db", "default 0.98", "reflect", ">= 0"):
        assert word in result.stdout


def test_presets_are_listed_with_all_that_they_stand_for() -> None:
    printed = CliRunner().invoke(app, ["presets"]).stdout
    blocks = printed.split("\n\n")
    for (name, preset), block in zip(PRESETS.items(), blocks, strict=True):
        text = " ".join(block.split())
        assert text.startswith(f"{name}: {preset.purpose}")
        typed = shlex.split(text.removeprefix(f"{name}: {preset.purpose}"))
        settings = Settings.from_options({"preset": name})
        if preset.options:  # what is listed can be typed instead of the name
            assert read_options(typed) == settings
    assert max(map(len, printed.splitlines())) <= 80


def read_options(arguments: list[str]) -> Settings:
    """Return the settings that `specimg convert` would make of these options."""
    group: Any = get_command(app)
    command = group.commands["convert"]
    given = command.make_context("convert", ["in", "out", *arguments]).params
    return _read_settings(given, None)


@pytest.mark.parametrize("command", [[SPECIMG], [sys.executable, "-m", "specimg"]])
def test_the_version_is_that_of_the_package(command: list[str]) -> None:
    output = subprocess.check_output([*command, "--version"], text=True)
    assert output == f"specimg {library.__version__}\n"


def test_start_up_imports_nothing_heavy() -> None:
    code = (
        "import sys, numpy, specimg; from specimg.cli import app\n"
        "specimg.render(numpy.ones(66150) * numpy.arange(66150) % 7, 22050, "
        "specimg.Settings.from_options(dict(r='db', g='pcen', b='exp')))\n"
        "print([m for m in ('librosa', 'numba', 'sklearn', 'scipy.fft', "
        "'scipy.sparse', 'scipy.signal', 'matplotlib', 'torch') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
