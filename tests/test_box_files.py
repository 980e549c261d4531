"""Files of labels and boxes in an output: whose they are, and what becomes of them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runs import QUICK
from sounds import noise, specimg, write
from test_files import RECORD

from specimg import Settings
from specimg.cli.summary import describe_points
from specimg.errors import RefusedError
from specimg.output.boxes.labeled import LabeledBox, encode_boxes
from specimg.output.entries import FileStamp
from specimg.output.files import PARTIAL_PREFIX
from specimg.output.foreign import check_others
from specimg.output.journal import Journal
from specimg.output.label_files import (
    ANNOTATED,
    count_points,
    remove_label_files,
    write_label_files,
)
from specimg.output.manifest import ImageEntry
from specimg.output.strays import remove_strays
from specimg.rendering.axes import PixelBox
from specimg.rendering.image import encode

STAMP = FileStamp(path="x", size=1, modified=1)
TREES = ("labels/a.txt", "labels/train/a.wav_00000.000s.txt", "images/mine.png")


def settings_of(kind: str, **options: object) -> Settings:
    return Settings.from_options({"boxes": kind, **options})


def box(label: str, start: float = 1.0, end: float = 2.0) -> LabeledBox:
    place = PixelBox(x=start, y=2, width=end - start, height=4, visible=1)
    return LabeledBox(label=label, box=place, start=start, end=end, low=None, high=None)


def image(name: str, split: str = "", boxes: Sequence[LabeledBox] = ()) -> ImageEntry:
    labels = ";".join(sorted({one.label for one in boxes}))
    record = replace(RECORD, file_name=name, split=split, label="", labels=labels)
    return ImageEntry(record=record, n_bytes=1, digest="x", boxes=encode_boxes(boxes))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal")) as made:
        made.set(ANNOTATED, "yes")
        yield made


def put(journal: Journal, *images: ImageEntry) -> None:
    """Let these be all images of the only recording."""
    journal.forget(RECORD.source)
    journal.finish(RECORD.source, STAMP, images)


def names(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("csv", "boxes.csv"),
        ("coco", "boxes.json"),
        ("coco", "boxes_train.json"),
        ("yolo", "data.yaml"),
        *(("yolo", name) for name in TREES),
    ],
)
def test_files_of_others_are_not_written_over(out: Path, kind: str, name: str) -> None:
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("file_name,label\nmy,own\n")
    (out / "labels").mkdir(exist_ok=True)
    (out / "labels" / "train.cache").touch()  # which Ultralytics leaves there
    with pytest.raises(RefusedError, match=f"{path} is not of specimg"):
        check_others(out, settings_of(kind))
    # Nor where specimg has written something else.
    (out / "specimg.toml").write_text(settings_of("none").to_toml())
    with pytest.raises(RefusedError, match=f"{path} is not of specimg"):
        check_others(out, settings_of(kind))
    check_others(out, settings_of("hf"))
    if path.parent == out:
        remove_strays(out, settings_of(kind))
    assert path.read_text().startswith("file_name")


@pytest.mark.parametrize("kind", ["coco", "yolo", "csv"])
def test_what_specimg_wrote_is_known_without_a_record(
    out: Path, journal: Journal, kind: str
) -> None:
    name = "images/a.wav_00000.000s.png" if kind == "yolo" else "a.wav_00000.000s.png"
    settings = settings_of(kind)
    data = encode(np.zeros((9, 9), np.uint8), settings.image, settings.to_text())
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_bytes(data)
    put(journal, image(name, boxes=[box("wren")]))
    write_label_files(out, settings, [journal], "1/1")
    written = names(out)
    assert len(written) == (4 if kind == "yolo" else 3)
    check_others(out, settings)
    remove_label_files(out, settings)
    assert names(out) == [name]
    assert not (out / "labels").exists()


def test_boxes_of_parts_that_are_gone_do_not_stay(out: Path, journal: Journal) -> None:
    settings = settings_of("coco")
    (out / "boxes_mine.json").write_text("{}")
    put(journal, image("a.png"))
    write_label_files(out, settings, [journal], "1/1")
    assert names(out) == ["boxes.json", "boxes_mine.json", "labels.csv"]
    put(journal, image("a/1.png", "a"), image("b/1.png", "b"))
    write_label_files(out, settings, [journal], "1/1")
    assert names(out) == [
        *("boxes_a.json", "boxes_b.json", "boxes_mine.json", "labels.csv")
    ]


@pytest.mark.parametrize("folder", ["images", "images/train/images/site"])
@pytest.mark.parametrize("whole", [False, True])
def test_boxes_of_images_that_are_gone_do_not_stay(
    out: Path, journal: Journal, folder: str, *, whole: bool
) -> None:
    settings = settings_of("yolo", **({"clip_duration": "whole"} if whole else {}))
    suffix = "" if whole else "_00000.000s"
    paths = [f"{folder}/{name}.wav{suffix}.png" for name in "ab"]
    put(journal, *map(image, paths))
    write_label_files(out, settings, [journal], "1/1")
    labels = [name for name in names(out) if name.endswith(".txt")]
    assert len(labels) == 2
    (out / labels[0]).with_name("mine.txt").touch()
    put(journal, image(paths[1]))
    write_label_files(out, settings, [journal], "1/1")
    assert {name for name in names(out) if name.endswith(".txt")} == {
        labels[1],
        str(Path(labels[1]).with_name("mine.txt")),
    }


def test_what_a_kill_left_among_the_boxes_is_removed(
    out: Path, journal: Journal
) -> None:
    put(journal, image("images/train/a/b.wav_00000.000s.png"))
    for folder in ("labels/train/a", "images/train/images/labels"):
        (out / folder).mkdir(parents=True)
        (out / folder / f"{PARTIAL_PREFIX}0123-4567").touch()
    write_label_files(out, settings_of("yolo"), [journal], "1/1")
    assert names(out) == [
        *("data.yaml", "labels.csv", "labels/train/a/b.wav_00000.000s.txt")
    ]


def test_boxes_of_many_images_are_not_synced_one_by_one_nor_written_twice(
    out: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [f"images/a.wav_{number:09.3f}s.png" for number in range(50)]
    put(journal, *(image(path, boxes=[box("wren")]) for path in paths))
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    write_label_files(out, settings_of("yolo"), [journal], "1/1")
    assert len(synced) == 2  # labels.csv and data.yaml
    before = {path: path.stat().st_ino for path in (out / "labels").iterdir()}
    changed = out / "labels/a.wav_00003.000s.txt"
    text = changed.read_bytes()
    changed.write_bytes(text.replace(b"0 ", b"1 "))
    write_label_files(out, settings_of("yolo"), [journal], "1/1")
    assert changed.read_bytes() == text
    after = {path: path.stat().st_ino for path in (out / "labels").iterdir()}
    assert {path for path in after if after[path] != before[path]} == {changed}


def test_without_annotations_no_labels_of_theirs_stay(tmp_path: Path) -> None:
    write(tmp_path / "in/a.wav", noise(0.6, 16_000), 16_000)
    table = tmp_path / "table.csv"
    table.write_text("file,start,end,label\na.wav,0,0.3,wren\n")
    command = ("convert", tmp_path / "in", tmp_path / "out", *QUICK, "--boxes", "coco")
    assert specimg(*command, "--annotations", table).returncode == 0
    assert {"boxes.json", "labels.csv"} <= {*names(tmp_path / "out")}
    assert specimg(*command).returncode == 0
    assert not {"boxes.json", "labels.csv"} & {*names(tmp_path / "out")}


def test_points_in_time_are_counted_with_the_images_of_nothing_else(
    journal: Journal,
) -> None:
    point, call = box("wren", 1, 1), box("robin")
    put(
        journal,
        image("0.png"),
        image("1.png", boxes=[point]),
        image("2.png", boxes=[point, box("wren", 3, 3)]),  # overlaps with the first
        image("3.png", boxes=[point, call]),
        image("4.png", boxes=[call]),
    )
    for kind in ("coco", "yolo", "hf"):
        assert count_points(settings_of(kind), [journal]) == (2, 2)
    assert count_points(settings_of("csv"), [journal]) == (0, 0)


def test_points_in_time_are_told_in_a_sentence() -> None:
    assert describe_points(0, 0) == []
    assert describe_points(1, 1) == [
        "1 annotation is a point in time and has no box: 1 image holds only such"
    ]
    assert describe_points(3, 2) == [
        "3 annotations are points in time and have no box: 2 images hold only such"
    ]
