"""From tables of annotations to labeled images: ``convert --annotations``."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import QUICK, rows, tree
from sounds import SPECIMG, chirps, specimg, write

from specimg.annotations.annotation import Annotation
from specimg.annotations.overlap import OverlapRule, find_rescuers
from specimg.annotations.plan import LabelPlan

RATE = 16_000
SECONDS = 5.0
CALLS = {
    "north/1.wav": [("robin", 0.2, 0.9), ("wren", 2.1, 2.4), ("robin", 4.9, 5.0)],
    "north/2.wav": [("wren", 1.0, 1.2)],
    "south/3.wav": [("robin", 3.1, 3.4), ("wren", 3.2, 3.3)],
    "south/4.wav": [],
    "south/5.wav": None,
}
"""What is heard in each recording; None where nobody has listened."""

HALF = ("--clip-duration", "0.5", "--n-mels", "32", "--hop-length", "256")


def write_table(path: Path, calls: dict[str, list[tuple[str, float, float]]]) -> Path:
    """Write annotations as plain CSV, with a row for what has none."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "start", "end", "low", "high", "label"])
        for name, its in calls.items():
            for label, start, end in its:
                table.writerow([name, start, end, 1000, 3000, label])
            if not its:
                table.writerow([name, "", "", "", "", ""])
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("labels")
    for seed, name in enumerate(CALLS):
        samples = chirps(SECONDS, RATE, seed=seed)
        write(folder / "in" / name, samples, RATE)
    known = {name: calls for name, calls in CALLS.items() if calls is not None}
    return folder / "in", write_table(folder / "table.csv", known)


def convert(made: tuple[Path, Path], out: Path, *options: object) -> str:
    result = specimg("convert", made[0], out, "--annotations", made[1], *HALF, *options)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout


def labels_of(out: Path) -> dict[tuple[str, float], str]:
    table = rows(out / "manifest.csv")
    return {(row["source"], float(row["start"])): row["labels"] for row in table}


# The rule.

seconds = st.integers(0, 80).map(lambda n: n / 8)


@st.composite
def calls_and_clips(
    draw: st.DrawFn,
) -> tuple[list[Annotation], list[tuple[float, float]], OverlapRule]:
    calls = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(seconds)
        length = draw(st.sampled_from([0.0, 0.125, 0.25, 0.5, 1.0, 2.5, 7.0]))
        label = draw(st.sampled_from("abc"))
        calls.append(Annotation(start=start, end=start + length, label=label))
    duration = draw(st.sampled_from([0.5, 1.0, 3.0]))
    step = draw(st.sampled_from([duration, duration / 2]))
    clips = [(n * step, n * step + duration) for n in range(draw(st.integers(0, 12)))]
    rule = OverlapRule(
        min_overlap=draw(st.sampled_from([0.0, 0.25, 0.3, 1.0])),
        min_fraction=draw(st.sampled_from([None, 0.2, 0.5, 1.0])),
    )
    return calls, clips, rule


@given(calls_and_clips())
def test_clips_are_labeled_by_what_they_hold_enough_of(
    case: tuple[list[Annotation], list[tuple[float, float]], OverlapRule],
) -> None:
    calls, clips, rule = case
    starts, ends = (np.array([clip[i] for clip in clips], np.float64) for i in (0, 1))
    rescued = find_rescuers(calls, starts, ends, rule)
    plan = LabelPlan(
        annotations=tuple(calls),
        rule=rule,
        rescued=tuple((n, starts[c]) for n, c in rescued.items() if c >= 0),
    )
    expected: list[set[str]] = [set() for _ in clips]
    lost = set()
    for number, call in enumerate(calls):
        held = [min(call.end, end) - max(call.start, start) for start, end in clips]
        length = call.end - call.start
        enough = [
            n
            for n, overlap in enumerate(held)
            if overlap > 0
            and (
                overlap >= rule.min_overlap
                or (rule.min_fraction and overlap / length >= rule.min_fraction)
            )
        ]
        if not length:
            enough = [n for n, (s, e) in enumerate(clips) if s <= call.start < e][:1]
        elif not enough and max(held, default=0) > 0:
            enough = [held.index(max(held))]
        for n in enough:
            expected[n].add(call.label)
        if not enough:
            lost.add(number)
    assert [plan.labels(*clip) for clip in clips] == [
        tuple(sorted(one)) for one in expected
    ]
    assert {number for number, clip in rescued.items() if clip < 0} == lost


def test_the_grid_is_labeled(made: tuple[Path, Path], tmp_path: Path) -> None:
    text = convert(made, tmp_path / "out")
    found = labels_of(tmp_path / "out")
    assert len(found) == 40
    assert {clip: labels for clip, labels in found.items() if labels} == {
        ("north/1.wav", 0.0): "robin",
        ("north/1.wav", 0.5): "robin",
        ("north/1.wav", 2.0): "wren",
        # Shorter than a quarter of a second, but in no other clip.
        ("north/1.wav", 4.5): "robin",
        ("north/2.wav", 1.0): "wren",
        ("south/3.wav", 3.0): "robin;wren",
    }
    assert "no table speaks of 1 recording: left out" in text
    assert "images are not in a folder for each label" in text
    table = rows(tmp_path / "out" / "labels.csv")
    assert list(table[0]) == ["file_name", "robin", "wren"]
    flags = {row["file_name"]: row["robin"] + row["wren"] for row in table}
    for row in rows(tmp_path / "out" / "manifest.csv"):
        names = row["labels"].split(";")
        assert flags[row["file_name"]] == "".join(
            str(int(name in names)) for name in ("robin", "wren")
        )


def test_clips_lie_around_annotations(made: tuple[Path, Path], tmp_path: Path) -> None:
    convert(made, tmp_path / "out", "--clips", "annotation")
    assert labels_of(tmp_path / "out") == {
        ("north/1.wav", 0.3): "robin",
        ("north/1.wav", 2.0): "wren",
        ("north/1.wav", 4.5): "robin",  # moved inside of the recording
        ("north/2.wav", 0.85): "wren",
        ("south/3.wav", 3.0): "robin;wren",  # one clip, because both have the same
    }


def test_images_lie_in_folders_of_labels_where_each_has_one(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    text = convert(made, tmp_path / "out", "--negatives", "drop", "--classes", "robin")
    names = [row["file_name"] for row in rows(tmp_path / "out" / "manifest.csv")]
    assert len(names) == 4
    assert all(name.startswith("robin/") for name in names)
    assert "2 annotations of other labels" not in text
    assert "3 annotations of other labels than --classes" in text
    options = ("--classes", "robin", "--negative-label", "noise")
    convert(made, tmp_path / "noise", *options, "--negatives", "2.0")
    names = [row["file_name"] for row in rows(tmp_path / "noise" / "manifest.csv")]
    assert sum(name.startswith("noise/") for name in names) == 8
    assert sum(name.startswith("robin/") for name in names) == 4


IMAGE_FOLDER = """
import json, sys
import torch
torch.library.custom_op  # before torchvision is imported
sys.modules["torchvision._meta_registrations"] = type(sys)("stub")
from torchvision.datasets import ImageFolder
found = ImageFolder(sys.argv[1])
json.dump([[path, found.classes[number]] for path, number in found.samples], sys.stdout)
"""


@pytest.mark.skipif(not find_spec("torchvision"), reason="torchvision is not there")
def test_torchvision_loads_a_split(made: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--classes", "robin", "--negative-label", "noise")
    convert(made, out, *options, "--split", "train=50,test=50")
    table = rows(out / "manifest.csv")
    for split in ("train", "test"):
        output = subprocess.check_output(
            [sys.executable, "-c", IMAGE_FOLDER, out / split], text=True
        )
        assert sorted(json.loads(output)) == sorted(
            [str(out / row["file_name"]), row["label"]]
            for row in table
            if row["split"] == split
        )
    assert {row["label"] for row in table} == {"robin", "noise"}


LOAD = """
import json, sys
from datasets import load_dataset
found = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
json.dump({n: [r | {"image": r["image"].size} for r in s] for n, s in found.items()},
          sys.stdout, default=str)
"""


@pytest.mark.skipif(not find_spec("datasets"), reason="datasets is not installed")
def test_datasets_loads_labels_splits_and_objects(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    convert(made, out, "--split", "train=50,val=25,test=25", "--boxes", "hf")
    env = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    output = subprocess.check_output(
        [sys.executable, "-c", LOAD, out, tmp_path / "cache"],
        env=os.environ | env,
        text=True,
    )
    found = json.loads(output)
    assert list(found) == ["train", "validation", "test"]
    table = {(row["source"], row["start"]): row for row in rows(out / "manifest.csv")}
    loaded = [row for split in found.values() for row in split]
    assert len(loaded) == len(table)
    n_boxes = 0
    for row in loaded:
        labels = table[row["source"], str(row["start"])]["labels"]
        assert ";".join(row["labels"]) == labels
        n_boxes += len(row["objects"]["bbox"])
        assert len(row["objects"]["category"]) >= len(row["labels"])
    # One call lies in two clips, and one in three.
    assert n_boxes == 9 or n_boxes >= 6


def test_groups_stay_whole_and_parts_stay_when_recordings_come(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(made[0], folder)
    there = (folder, made[1])
    options = ("--split", "train=50,test=50", "--unannotated", "keep")
    convert(there, out, *options)
    before = {row["source"]: row["split"] for row in rows(out / "splits.csv")}
    assert set(before.values()) == {"train", "test"}
    for number in range(6, 12):
        write(folder / f"west/{number}.wav", chirps(1.0, RATE, seed=number), RATE)
    text = convert(there, out, *options)
    assert "already converted: 5 recordings" in text
    after = {row["source"]: row["split"] for row in rows(out / "splits.csv")}
    assert before.items() <= after.items()
    for row in rows(out / "manifest.csv"):
        assert row["split"] == after[row["source"]]
        assert row["file_name"].startswith(f"{row['split']}/")
    # A fresh run with the table equals the one that has grown.
    fresh = tmp_path / "fresh"
    convert(
        there,
        fresh,
        "--unannotated",
        "keep",
        "--split",
        shutil.copy(out / "splits.csv", tmp_path / "splits.csv"),
    )
    assert tree(fresh) == tree(out)
    sites = tmp_path / "sites"
    convert(there, sites, *options, "--label", "none", "--group", "first")
    parts: dict[str, set[str]] = {}
    for row in rows(sites / "splits.csv"):
        parts.setdefault(row["source"].partition("/")[0], set()).add(row["split"])
    assert all(len(one) == 1 for one in parts.values())
    refused = specimg("convert", folder, out, "--annotations", made[1], *HALF)
    assert refused.returncode == 1
    assert "give --split as before" in refused.stderr


def test_a_changed_table_redoes_what_has_changed(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    calls = {n: c for n, c in CALLS.items() if c is not None}
    table = write_table(tmp_path / "table.csv", calls)
    out = tmp_path / "out"
    convert((made[0], table), out)
    again = convert((made[0], table), out)
    assert "already converted: 4 recordings" in again
    assert "converted 0" not in again.splitlines()[0]
    calls["north/2.wav"] = [("wren", 1.0, 1.2), ("robin", 4.0, 4.4)]
    write_table(table, calls)
    text = convert((made[0], table), out)
    assert "converted 1 recording: 10 clips" in text
    assert "already converted: 3 recordings" in text
    fresh = tmp_path / "fresh"
    convert((made[0], table), fresh)
    assert tree(fresh) == tree(out)


@pytest.mark.parametrize(
    "options",
    [
        ("--negatives", "1.5", "--max-per-label", "2", "--boxes", "coco"),
        ("--negatives", "drop", "--split", "train=60,test=40", "--boxes", "yolo"),
        ("--clips", "annotation", "--select", "1:loudest"),
        ("--select", "3", "--min-clip", "0.5", "--skip-silent"),
    ],
)
def test_trees_are_equal_over_jobs_and_shards(
    made: tuple[Path, Path], tmp_path: Path, options: tuple[str, ...]
) -> None:
    one, two, parts = (tmp_path / name for name in ("one", "two", "parts"))
    convert(made, one, *options, "-j1")
    convert(made, two, *options, "-j2")
    for part in ("1/3", "2/3", "3/3"):
        result = specimg(
            *("convert", made[0], parts, "--annotations", made[1], *HALF),
            *(*options, "--shard", part),
        )
        assert result.returncode in (0, 1), result.stderr
    assert specimg("merge", parts).returncode == 0
    assert tree(one) == tree(two)
    assert tree(one) == tree(parts)
    assert specimg("verify", one, "--deep").returncode == 0
    before = tree(one)
    again = convert(made, one, *options)
    assert "converted" not in again.replace("already converted", "")
    assert tree(one) == before
    is_selected = "select=" in before.get("passed_over.csv", b"").decode()
    assert is_selected == ("--select" in options)


def test_what_labels_nothing_is_told(made: tuple[Path, Path], tmp_path: Path) -> None:
    calls = {
        "north/1.wav": [("robin", 0.2, 0.9), ("wren", 7.0, 8.0)],
        "elsewhere/9.wav": [("wren", 1.0, 1.2), ("wren", 2.0, 2.2)],
    }
    table = write_table(tmp_path / "table.csv", calls)
    with table.open("a") as file:
        file.write("north/2.wav,3,2,,,wren\n")
    text = convert((made[0], table), tmp_path / "out")
    assert "4 annotations that label nothing: see" in text
    found = {
        row["source"]: row["reason"] for row in rows(tmp_path / "out/passed_over.csv")
    }
    assert set(found) == {f"{table}:{line}" for line in (3, 4, 6)}
    assert (
        "wren from 7 to 8 s is in no clip of north/1.wav, which is 5 s"
        in found[f"{table}:3"]
    )
    assert "2 annotations of elsewhere/9.wav: there is no such" in found[f"{table}:4"]
    nowhere = write_table(tmp_path / "nowhere.csv", {"x/9.wav": [("wren", 1.0, 1.2)]})
    result = specimg("convert", made[0], tmp_path / "x", "--annotations", nowhere)
    assert result.returncode == 1
    assert "no annotation is of a recording that is there" in result.stderr


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--negatives", "some"), "negatives=some: need keep, drop, or how many"),
        (("--min-label-fraction", "2"), "min_label_fraction=2: need more than 0"),
        (("--split", "train=70"), "the shares add up to 70"),
        (("--split", "nowhere.csv"), "cannot read nowhere.csv"),
        (("--boxes", "voc"), "boxes="),
        (("--max-per-label", "0"), "max_per_label=0"),
        (("--select", "0"), "select=0"),
        (("--classes", "a;b"), "label"),
        (("--clips", "annotation", "--clip-duration", "whole"), "clips=annotation"),
        (("--group", "(", "--split", "a=50,b=50"), "--group ("),
    ],
)
def test_wrong_options_are_sentences(
    made: tuple[Path, Path], tmp_path: Path, options: tuple[str, ...], what: str
) -> None:
    command = ("convert", made[0], tmp_path / "out", "--annotations", made[1])
    result = specimg(*command, *options)
    assert result.returncode in (1, 2)
    assert what in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_dry_run_counts_what_a_run_writes(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    options = ("--negatives", "1.0", "--split", "train=50,test=50")
    text = convert(made, tmp_path / "out", *options, "--dry-run")
    assert not (tmp_path / "out").exists()
    convert(made, tmp_path / "out", *options)
    counts: dict[str, int] = {}
    for row in rows(tmp_path / "out" / "manifest.csv"):
        for label in row["labels"].split(";"):
            key = f"{row['split']} {label or '(no label)'}"
            counts[key] = counts.get(key, 0) + 1
    for key, number in counts.items():
        image = "image" if number == 1 else "images"
        assert f"would write {number} {image} of {key}\n" in text + "\n"


def test_the_folder_is_the_label_where_there_are_no_tables(tmp_path: Path) -> None:
    for name in ("train/robin/x/1.wav", "robin/2.wav", "3.wav"):
        write(tmp_path / "in" / name, chirps(0.6, RATE), RATE)
    expected = {
        None: ["", "robin", "robin"],
        "parent": ["", "robin", "x"],
        "none": ["", "", ""],
        r"(\d)\.wav": ["3", "2", "1"],
    }
    for number, (rule, labels) in enumerate(expected.items()):
        out = tmp_path / f"out{number}"
        options = ("--label", rule) if rule else ()
        result = specimg("convert", tmp_path / "in", out, *QUICK, *options)
        assert result.returncode == 0, result.stderr
        assert [row["label"] for row in rows(out / "manifest.csv")][::2] == labels


def test_the_page_goes_from_raven_tables_to_a_model(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "labels.md").read_text("utf-8")
    begin = page.partition("## From a table to a model")[2].partition("\n## ")[0]
    command, script, *_ = re.findall(
        r"^```(?:sh|py)\n(.*?)^```$", begin, re.DOTALL | re.MULTILINE
    )
    assert len(script.splitlines()) <= 21
    time = np.arange(RATE) / RATE
    (tmp_path / "tables").mkdir()
    head = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tSpecies\n"
    for number in range(12):
        noise = np.random.default_rng(number).standard_normal(6 * RATE)
        samples = 0.01 * noise.astype(np.float32)
        lines = []
        for label, start, hertz in (("robin", 1.0, 2000), ("wren", 4.0, 5000)):
            if number % 3 == 0 or (number % 3 == 1) == (label == "robin"):
                call = 0.3 * np.sin(2 * np.pi * hertz * time[: RATE // 2])
                samples[int(start * RATE) :][: call.size] += call
                cells = (len(lines) + 1, "Spectrogram 1", 1, start, start + 0.5, label)
                lines.append("\t".join(map(str, cells)) + "\n")
        write(tmp_path / "recordings" / f"{number}.wav", samples, RATE)
        table = tmp_path / "tables" / f"{number}.Table.1.selections.txt"
        table.write_text(head + "".join(lines))
    path = f"{Path(SPECIMG).parent}:/usr/bin:/bin"
    env = {"PATH": path, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    subprocess.check_output(["sh", "-c", command], cwd=tmp_path, env=env)
    output = subprocess.check_output(
        [sys.executable, "-W", "ignore", "-c", script], cwd=tmp_path, env=env, text=True
    )
    assert float(output) > 0.9


def test_folders_of_labels_have_names_that_can_be(tmp_path: Path) -> None:
    labels = ("a/b", "x;y", "=1+1", ".hidden", "..", "manifest.csv", "n" * 300, "train")
    for number in range(len(labels)):
        write(tmp_path / f"in/{number}.wav", chirps(0.6, RATE), RATE)
    calls = {f"{n}.wav": [(label, 0.1, 0.5)] for n, label in enumerate(labels)}
    table = write_table(tmp_path / "table.csv", calls)
    out = tmp_path / "out"
    convert((tmp_path / "in", table), out, "--negatives", "drop")
    found = {row["source"]: row for row in rows(out / "manifest.csv")}
    folders = [
        Path(row["file_name"]).parent.as_posix() for _, row in sorted(found.items())
    ]
    assert [name[:20] for name in folders] == [
        *("a%2Fb", "x%3By", "%3D1+1", "%2Ehidden", "%2E.", "manifest%2Ecsv"),
        *("n" * 20, "train"),
    ]
    assert specimg("verify", out).returncode == 0


def test_labels_that_a_part_lacks_are_told(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    options = ("--split", "a=50,b=30,c=20", "--negatives", "drop")
    text = convert(made, tmp_path / "out", *options, "--dry-run")
    assert "2 labels not in every part: for example, wren, of 3 groups" not in text
    assert "1 label not in every part: for example, robin, of 2 groups, is not" in text
    missing = re.search(r"is not in ([abc])$", text, re.MULTILINE)
    assert missing
    convert(made, tmp_path / "out", *options)
    table = rows(tmp_path / "out" / "manifest.csv")
    has = {row["split"] for row in table if "robin" in row["labels"].split(";")}
    assert has == {*"abc"} - {missing[1]}
