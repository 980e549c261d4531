"""The output loads in `datasets` and in torchvision, with all that the manifest has."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from runs import QUICK
from sounds import chirps, noise, rows, specimg, write

from specimg import Settings
from specimg.output.card import find_splits, format_card, format_table
from specimg.output.manifest import NUMBERS, ImageEntry, Record
from specimg.settings import SPLIT_TABLES

needs_datasets = pytest.mark.skipif(
    not find_spec("datasets"), reason="datasets is not installed"
)
needs_torchvision = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("torchvision")),
    reason="torchvision is not installed",
)

LOAD = """
import hashlib, json, sys
from datasets import disable_progress_bars, load_dataset

def describe(image):
    if image is None:
        return None
    digest = hashlib.sha256(image.tobytes()).hexdigest()
    return [image.mode, *image.size, digest]

disable_progress_bars()
out, cache, columns = sys.argv[1:]
loaded = []
for streaming in (False, True):
    splits = load_dataset(out, cache_dir=cache, streaming=streaming)
    if columns:
        splits = {name: s.select_columns([columns]) for name, s in splits.items()}
    loaded.append({
        name: [row | {"image": describe(row.get("image"))} for row in split]
        for name, split in splits.items()
    })
json.dump(loaded, sys.stdout)
"""

Loaded = dict[str, list[dict[str, Any]]]


def load(out: Path, columns: str = "") -> Loaded:
    """Return what ``load_dataset(out)`` gives, streaming or not."""
    around = out.parent / f"{out.name} cache"
    env = {"HF_HOME": str(around / "hf"), "HF_HUB_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", LOAD, out, around / "data", columns],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | env,
    )
    assert result.returncode == 0, result.stderr
    at_once, streamed = json.loads(result.stdout)
    assert at_once == streamed
    return at_once


def read_image(path: Path) -> list[Any]:
    with Image.open(path) as image:
        digest = hashlib.sha256(image.tobytes()).hexdigest()
        return [image.mode, *image.size, digest]


def wanted(out: Path, folder: str = "", manifest: str = "manifest.csv") -> list[Any]:
    """Return what a split has, by the manifest and the images below a folder."""
    found: list[dict[str, Any]] = []
    for row in read_manifest(out / manifest):
        name = row.pop("file_name")
        if name.startswith(folder):
            found.append(row | {"image": read_image(out / name)})
    return found


def read_manifest(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".jsonl":
        yield from map(json.loads, path.read_text("utf-8").splitlines())
        return
    record = Record.__annotations__
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cells = {n: read_cell(record.get(n, str), cell) for n, cell in row.items()}
            for name in NUMBERS:
                cells[name] = float(row[name]) if row[name] else None
            yield cells | {"labels": row["labels"].split(";") if row["labels"] else []}


def read_cell(kind: type, cell: str) -> object:
    if kind is bool:
        return {"true": True, "false": False}[cell]
    return None if cell == "-inf" else kind(cell)


def fill(folder: Path, *names: str, seconds: float = 0.8) -> Path:
    for number, name in enumerate(names):
        kind = {"ogg": "OGG", "flac": "FLAC"}.get(name.rpartition(".")[2], "WAV")
        write(folder / name, chirps(seconds, 16_000, number), 16_000, format=kind)
    return folder


PLAIN = ("robin/1.wav", "wren/1.flac")
LIKE_SPLITS = ("robin/test.wav", "val-1/dev_2.flac", "test_site/eval/3.ogg", "x.wav")
ODD = ("x y/[a]*?.wav", "=%3D#.wav", "a::b/c.wav", "été/ü ~{}.wav", "'\"/&.wav")
DATES = ("2024-05-01/1.wav", "2024-05-02/1.wav")
RGB = ("--r=db", "--g=pcen", "--b=exp")


@needs_datasets
@pytest.mark.parametrize(
    ("names", "options"),
    [
        pytest.param(PLAIN, (), id="a class a folder"),
        pytest.param(LIKE_SPLITS, (), id="names like splits"),
        pytest.param(("test/a.wav", "b.wav"), (), id="a split and more"),
        pytest.param(("test.wav", "val.wav"), (), id="flat"),
        pytest.param(ODD, (), id="odd names"),
        pytest.param(DATES, (), id="dates for labels"),
        pytest.param(("1/007.wav", "2/008.wav"), (), id="numbers for labels"),
        pytest.param(PLAIN, RGB, id="RGB"),
        pytest.param(PLAIN, ("--bit-depth", "16"), id="16 bits"),
        # The endings in robin.wav.png say sound as often as image.
        pytest.param(("a.wav", "b.wav"), ("--clip-duration=whole",), id="whole"),
        # One image, beside two or three tables.
        pytest.param(("a.wav",), ("--clip-duration=whole",), id="a single image"),
        pytest.param(PLAIN, ("--manifest=metadata.csv",), id="metadata.csv"),
        pytest.param(PLAIN, ("--manifest=metadata.jsonl",), id="metadata.jsonl"),
    ],
)
def test_datasets_loads_all_images_with_all_columns(
    tmp_path: Path, names: tuple[str, ...], options: tuple[str, ...]
) -> None:
    folder, out = fill(tmp_path / "in", *names), tmp_path / "out"
    (folder / "empty.wav").touch()  # so that there is a failures.csv
    days = folder / "days.csv"
    days.write_text(f"file,day\n{names[0]},2024-05-01\n")
    joined = ("--join", days)
    assert specimg("convert", folder, out, *QUICK, *options, *joined).returncode == 3
    assert specimg("gallery", out).returncode == 0
    manifest = Settings.load(out / "specimg.toml").manifest
    loaded = load(out)
    assert loaded == {"train": wanted(out, manifest=manifest)}
    assert len({row["source"] for row in loaded["train"]}) == len(names)
    assert {row["day"] for row in loaded["train"]} - {""} == {"2024-05-01"}


@needs_datasets
@pytest.mark.parametrize(
    "folders",
    [
        {"train": ["train"], "validation": ["val"], "test": ["test"]},
        {"train": ["training"], "validation": ["dev", "validation"]},
        {"test": ["evaluation"]},
    ],
    ids=lambda folders: " ".join(chain(*folders.values())),
)
def test_datasets_loads_folders_called_after_splits_as_splits(
    tmp_path: Path, folders: dict[str, list[str]]
) -> None:
    # Labels that are dates, but for one split.
    days = ("2024-05-01", "2024-05-02")
    names = [f"{day}/{name}" for day in days for name in ("val.wav", "[a]*? ü.flac")]
    tops = [*chain(*folders.values())]
    for top in tops:
        fill(tmp_path / "in" / top, *names)
    # What only one of them has: another label, silence, a warning.
    only = tmp_path / "in" / tops[-1] / "test"
    write(only / "silent.wav", np.zeros(16_000, np.float32), 16_000)
    cut = fill(only, "cut.wav") / "cut.wav"
    cut.write_bytes(cut.read_bytes()[:20_000])
    out = tmp_path / "out"
    assert specimg("convert", tmp_path / "in", out, *QUICK).returncode == 0
    loaded = load(out)
    assert list(loaded) == list(folders)
    for split, members in folders.items():
        parts = [wanted(out, f"{member}/") for member in members]
        assert loaded[split] == [*chain(*parts)]
        assert len(loaded[split]) >= 8 * len(members)
    everything = [*chain(*loaded.values())]
    assert any(row["warning"] for row in everything)
    assert any(row["peak_dbfs"] is None for row in everything)


@needs_datasets
@pytest.mark.parametrize("where", [0, 29_999])
def test_the_types_of_a_large_table_do_not_depend_on_what_comes_first(
    tmp_path: Path, where: int
) -> None:
    """30,000 rows are more than `datasets` reads at once, and infers types from."""
    out = tmp_path / "out"
    fill(tmp_path / "in", "a.wav")
    specimg("convert", tmp_path / "in", out, *QUICK, "--clip-duration", "whole")
    row = json.loads((out / SPLIT_TABLES["train"]).read_text().splitlines()[1])
    labels = ["2024-05-01"] * 30_000
    labels[where] = "robin"
    records = (Record(**row | {"label": label}) for label in labels)
    images = (ImageEntry(record=record, n_bytes=0, digest="") for record in records)
    table = b"".join(format_table(images, [""]))
    (out / SPLIT_TABLES["train"]).write_bytes(table)
    assert len(table) > 10 << 20
    assert [row["label"] for row in load(out, "label")["train"]] == labels


IMAGE_FOLDER = """
import json, sys, types

# The operators fit one build of torch, and its data sets need none.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("stub")
from torchvision.datasets import ImageFolder

folder = ImageFolder(sys.argv[1])
found = [[path, folder.classes[number]] for path, number in folder.samples]
json.dump([found, folder[0][0].size], sys.stdout)
"""


@needs_torchvision
@pytest.mark.parametrize("below", ["", "train"])
def test_torchvision_loads_a_class_a_folder(tmp_path: Path, below: str) -> None:
    names = ("robin/1.wav", "robin/2.flac", "test/1.wav", "wren/val.wav")
    folder, out = fill(tmp_path / "in" / below, *names), tmp_path / "out"
    (folder / "empty.wav").touch()
    (folder / "frog.ofr").write_bytes(b"OFR " + bytes(18))
    assert specimg("convert", tmp_path / "in", out, *QUICK).returncode == 3
    for name in ("README.md", "failures.csv", "passed_over.csv", ".specimg.sqlite"):
        assert (out / name).is_file(), name
    output = subprocess.check_output(
        [sys.executable, "-c", IMAGE_FOLDER, out / below], text=True
    )
    found, size = json.loads(output)
    table = rows(out / "manifest.csv")
    assert sorted(found) == sorted(
        [str(out / row["file_name"]), row["label"]] for row in table
    )
    assert size == [int(table[0]["width"]), int(table[0]["height"])]


@needs_datasets
def test_datasets_loads_what_a_shell_copies(recordings: Path, tmp_path: Path) -> None:
    """``cp -r out/* elsewhere`` leaves all hidden files behind."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    assert specimg("convert", recordings, out, *QUICK).returncode == 0
    hidden = shutil.ignore_patterns(".*")
    shutil.copytree(out, elsewhere, ignore=hidden)
    assert load(elsewhere) == {
        name: wanted(out, f"{name}/") for name in ("train", "test")
    }


def test_tables_that_were_hidden_are_visible_after_the_next_run(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    specimg("convert", recordings, out, *QUICK)
    before = card_of(out)
    for name in ("train", "test"):
        table = out / SPLIT_TABLES[name]
        table.rename(out / f".specimg.{name}.png.jsonl")
    specimg("convert", recordings, out, *QUICK)
    assert card_of(out) == before


def card_of(out: Path) -> dict[str, bytes]:
    """Return the card and its tables."""
    paths = [*out.glob("*specimg.*.jsonl"), *out.glob("README.md")]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    names = ("train/robin/1.wav", "train/wren/2.flac", "test/robin/3.wav", "test/4.ogg")
    return fill(tmp_path / "in", *names)


def test_parts_of_a_run_have_the_card_of_a_whole_run(
    recordings: Path, tmp_path: Path
) -> None:
    one, more, parts = (tmp_path / name for name in ("one", "more", "parts"))
    specimg("convert", recordings, one, *QUICK, "--jobs", 1)
    specimg("convert", recordings, more, *QUICK, "--jobs", 3)
    for number in (1, 2, 3):
        specimg("convert", recordings, parts, *QUICK, "--shard", f"{number}/3")
    assert card_of(parts) == {}
    assert specimg("merge", parts).returncode == 0
    assert sorted(card_of(one)) == [
        *("README.md", "specimg.png.testset.jsonl", "specimg.png.trainset.jsonl")
    ]
    assert card_of(one) == card_of(more) == card_of(parts)
    assert specimg("verify", parts).returncode == 0


def test_a_run_with_nothing_to_do_leaves_the_card_alone_or_writes_it_again(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    specimg("convert", recordings, out, *QUICK)
    before = card_of(out)
    times = {name: (out / name).stat().st_mtime_ns for name in before}
    specimg("convert", recordings, out, *QUICK)
    assert {name: (out / name).stat().st_mtime_ns for name in before} == times
    for name, data in before.items():
        (out / name).unlink()
        specimg("convert", recordings, out, *QUICK)
        (out / name).write_bytes(data + b"more")
        verified = specimg("verify", out)
        told = f"{name}: more lines than were written" in verified.stdout
        assert told == (name != "README.md")
        specimg("convert", recordings, out, *QUICK)
        assert card_of(out) == before


def test_no_table_stays_of_a_split_that_is_gone(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    specimg("convert", recordings, out, *QUICK)
    for path in (recordings / "test").rglob("*.*"):
        path.unlink()
    specimg("convert", recordings, out, *QUICK, "--prune")
    assert sorted(card_of(out)) == ["README.md", "specimg.png.trainset.jsonl"]
    assert b"test" not in card_of(out)["README.md"]
    # With a recording beside the folders, they are no splits any more.
    fill(recordings, "train.wav")
    specimg("convert", recordings, out, *QUICK)
    assert b"train/" not in card_of(out)["README.md"]
    assert len(card_of(out)["specimg.png.trainset.jsonl"].splitlines()) == 1 + len(
        rows(out / "manifest.csv")
    )
    assert specimg("verify", out).returncode == 0


def test_arrays_have_no_card_and_none_stays(recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    specimg("convert", recordings, out, *QUICK)
    assert card_of(out)
    options = ("--format", "npy", "--overwrite")
    assert specimg("convert", recordings, out, *QUICK, *options).returncode == 0
    assert card_of(out) == {}
    assert specimg("verify", out).returncode == 0


MARK = b"# specimg writes this file anew; without this line, it is yours.\n"


def test_a_card_of_somebody_else_is_left_alone(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    card = out / "README.md"
    specimg("convert", recordings, out, *QUICK)
    ours = card.read_bytes()
    assert ours.count(MARK) == 1
    for theirs in (b"", b"# My birds\n", ours.replace(MARK, b""), b"\n" + ours):
        card.write_bytes(theirs)
        for option in ((), ("--overwrite",), ("--format=npy", "--overwrite")):
            specimg("convert", recordings, out, *QUICK, *option)
            assert card.read_bytes() == theirs
        specimg("convert", recordings, out, *QUICK, "--overwrite")
        # A card that was ours goes on to work.
        assert len(card_of(out)) == 3


def test_what_is_no_file_in_the_place_of_the_card_is_left_alone(
    recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    card = out / "README.md"
    specimg("convert", recordings, out, *QUICK)
    elsewhere = tmp_path / "elsewhere.md"
    card.rename(elsewhere)
    before = elsewhere.read_bytes()
    makers = (
        lambda: card.symlink_to(elsewhere),
        lambda: card.symlink_to(tmp_path / "nowhere"),
        card.mkdir,
        lambda: os.mkfifo(card),
    )
    for make in makers:
        make()
        kind = card.lstat().st_mode
        for option in ((), ("--overwrite",)):
            result = specimg("convert", recordings, out, *QUICK, *option)
            assert (result.returncode, result.stderr) == (0, "")
            assert card.lstat().st_mode == kind
        assert specimg("verify", out).returncode == 0
        card.rmdir() if card.is_dir() else card.unlink()
    assert elsewhere.read_bytes() == before


def test_where_there_is_no_image_there_is_no_card(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in", "a.wav"), tmp_path / "out"
    specimg("convert", folder, out, *QUICK)
    assert card_of(out)
    write(folder / "a.wav", noise(0.001))
    assert specimg("convert", folder, out, *QUICK).returncode == 1
    assert card_of(out) == {}


def test_the_card_names_the_manifest() -> None:
    settings = Settings.from_options({"manifest": "clips.jsonl"})
    text = b"".join(format_card({"train": [""]}, settings)).decode()
    assert "`clips.jsonl` has a row for every image" in text
    assert find_splits([]) == {}
