"""Boxes lie where the sounds are, and tools for detection read them."""

import csv
import io
import json
import math
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sounds import noise, read_png, rows, specimg, tone, write

from specimg import ParameterError, Settings, render
from specimg.encoding import encode_label
from specimg.output.boxes import FORMATS
from specimg.output.boxes.labeled import (
    BoxedImage,
    LabeledBox,
    decode_boxes,
    encode_boxes,
)
from specimg.output.boxes.yolo import label_path
from specimg.rendering.axes import PixelBox
from specimg.rendering.pipeline import render_clip

CLASSES = ["robin", 'the "wren"', "Ménage: no"]

Sound = tuple[float, float, float, float]


def two_tones(sound: Sound, seconds: float, rate: int) -> NDArray[np.float32]:
    """Silence, and in it two tones at once: the lowest of a call and the highest."""
    start, end, low, high = sound
    first, last = round(start * rate), round(end * rate)
    samples = np.zeros(round(seconds * rate), np.float32)
    burst = tone(low, seconds, rate, 0.3) + tone(high, seconds, rate, 0.3)
    samples[first:last] = burst[first:last]
    return samples


def bright(pixels: NDArray[np.generic], box: PixelBox) -> list[float]:
    """Return the edges of what is bright: left, right, and the rows of both tones."""
    values = pixels.astype(float)
    center = round(box.x + box.width / 2)
    levels = values[:, max(0, center - 3) : center + 3].mean(axis=1)
    middle = round(box.y + box.height / 2)
    top = int(np.argmax(levels[:middle]))
    bottom = middle + int(np.argmax(levels[middle:]))
    course = values[top] + values[bottom]
    columns = np.flatnonzero(course >= course.max() / 2)
    return [columns[0], columns[-1] + 1, top + 0.5, bottom + 0.5]


def edges(box: PixelBox) -> list[float]:
    return [box.x, box.x + box.width, box.y, box.y + box.height]


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", ["htk", "slaney", "linear"])
@pytest.mark.parametrize("size", ["native", "224x224", "300x64"])
@pytest.mark.parametrize(
    "sound",
    [
        (0.5, 1.7, 1500, 6000),
        (0.0, 0.4, 3000, 9000),  # at the left edge
        (2.55, 3.0, 1000, 5000),  # at the right edge
        (0.013, 0.3, 4000, 8000),
        (1.0, 1.05, 2000, 4000),
    ],
)
def test_a_box_lies_on_its_sound(
    center: bool, scale: str, size: str, sound: Sound
) -> None:
    given = {"center": center, "mel_scale": scale, "size": size, "frontend": "raw"}
    settings = Settings.from_options(given)
    for rate in (22_050, 48_000):
        pixels = render(two_tones(sound, 3, rate), rate, settings)
        box = settings.box(*sound)
        # A row of 224 is less than a band.
        allowed = [1, 1, *[max(1, pixels.shape[0] / 128)] * 2]
        gaps = np.abs(np.subtract(bright(pixels, box), edges(box)))
        assert (gaps <= allowed).all(), gaps


@pytest.mark.parametrize("options", [{}, {"center": True, "size": "200x100"}])
@pytest.mark.parametrize("kind", ["whole", "remainder", "extend", "full"])
def test_a_box_lies_on_its_sound_in_the_images_of_convert(
    tmp_path: Path, kind: str, options: dict[str, object]
) -> None:
    sound = (3.4, 4.1, 1500.0, 6000.0)
    path = write(tmp_path / "a.wav", two_tones(sound, 4.321, 32_000), 32_000)
    clips = {"clip_duration": "whole"} if kind == "whole" else {"final_clip": kind}
    options = {"frontend": "raw", **clips, **options}
    settings = Settings.from_options(options)
    arguments = [f"--{k.replace('_', '-')}={v}" for k, v in options.items()]
    arguments = ["--center" if a == "--center=True" else a for a in arguments]
    result = specimg("convert", path, tmp_path / "out", "-q", *arguments)
    assert result.returncode == 0, result.stderr
    row = rows(tmp_path / "out" / "manifest.csv")[-1]
    start = float(row["start"])
    seconds = float(row["end"]) - start + float(row["pad_seconds"])
    place = (sound[0] - start, sound[1] - start, *sound[2:])
    box = settings.box(*place, seconds=seconds)
    pixels = read_png(tmp_path / "out" / row["file_name"])
    gaps = np.abs(np.subtract(bright(pixels, box), edges(box)))
    assert gaps.max() <= 1
    assert box.visible == 1
    if kind in ("extend", "full"):
        assert settings.box(*place) == box


def settings_of(draw: st.DrawFn) -> Settings:
    options = {
        "center": draw(st.booleans()),
        "mel_scale": draw(st.sampled_from(["htk", "slaney", "linear"])),
        "size": draw(st.sampled_from(["native", "224x224", "7x1000"])),
        "fmin": draw(st.sampled_from([0, 50, 2000])),
        "clip_duration": draw(st.sampled_from([0.1, 3, 60])),
    }
    return Settings.from_options(options)


seconds = st.floats(-100, 200)
hertz = st.none() | st.floats(0, 100_000)


@st.composite
def sounds(
    draw: st.DrawFn,
) -> tuple[Settings, float, float, float | None, float | None]:
    start, end = sorted([draw(seconds), draw(seconds)])
    low, high = draw(hertz), draw(hertz)
    if low is not None and high is not None:
        low, high = sorted([low, high])
    return settings_of(draw), start, end, low, high


@given(sounds())
def test_no_box_leaves_its_image(
    sound: tuple[Settings, float, float, float | None, float | None],
) -> None:
    settings, start, end, low, high = sound
    seconds = settings.clips.duration
    size = settings.image.size
    n_frames = settings.mel.n_frames(round(seconds * settings.mel.sample_rate))
    width, height = (size.width, size.height) if size else (n_frames, 128)
    box = settings.box(start, end, low, high)
    assert 0 <= box.x <= box.x + box.width <= width
    assert 0 <= box.y <= box.y + box.height <= height
    assert min(box.width, box.height) >= 0
    assert 0 <= box.visible <= 1
    x, y, w, h = labeled(box).rounded
    assert 0 <= x <= round(x + w, 3) <= width
    assert 0 <= y <= round(y + h, 3) <= height


@given(sounds())
def test_a_box_that_is_not_cut_gives_its_sound_back(
    sound: tuple[Settings, float, float, float | None, float | None],
) -> None:
    settings, start, end, low, high = sound
    box = settings.box(start, end, low, high)
    if box.visible < 1 or low is None or high is None:
        return
    found = settings.unbox(box.x, box.y, box.width, box.height)
    assert found[:2] == pytest.approx((start, end), abs=1e-5)
    assert found[2:] == pytest.approx((low, high), rel=1e-4, abs=1e-2)


@given(
    st.floats(0, 299),
    st.floats(0, 63),
    st.sampled_from(["htk", "slaney", "linear"]),
)
def test_a_part_of_an_image_gives_its_box_back(x: float, y: float, scale: str) -> None:
    settings = Settings.from_options({"size": "300x64", "mel_scale": scale})
    box = settings.box(*settings.unbox(x, y, 300 - x, 64 - y))
    place = (box.x, box.y, box.width, box.height)
    assert place == pytest.approx((x, y, 300 - x, 64 - y), abs=1e-4)
    assert box.visible == pytest.approx(1, abs=1e-6)


def test_the_visible_share_is_that_of_the_area() -> None:
    settings = Settings.from_options({"center": True})
    hop = 128 / 22_050
    half = settings.box(-10.5 * hop, 9.5 * hop, *settings.unbox(0, -3, 1, 12)[2:])
    assert half.visible == pytest.approx(1 / 2 * 3 / 4, abs=1e-6)
    assert (half.x, half.y) == (0, 0)
    assert (half.width, half.height) == pytest.approx((10, 9), abs=1e-5)


def test_what_has_no_band_is_as_high_as_the_image() -> None:
    settings = Settings()
    box = settings.box(1, 2)
    assert (box.y, box.height, box.visible) == (0, 128, 1)
    assert settings.box(1, 2, low=2000).y == 0
    below = settings.box(1, 2, high=2000)
    assert below.y + below.height == 128
    assert (settings.box(1, 2, 2000).visible, below.visible) == (1, 1)
    # All of it is cut off: no room is left for a share.
    cut = Settings.from_options({"fmin": 1000, "fmax": 5000})
    assert (cut.box(1, 2, high=500).visible, cut.box(1, 2, low=9000).visible) == (0, 0)


def test_a_point_has_no_width_but_can_be_seen() -> None:
    settings = Settings()
    point = settings.box(1, 1, 2000, 4000)
    assert (point.width, point.visible) == (0, 1)
    assert settings.box(1, 1, 1000, 50_000).visible == pytest.approx(0.566, abs=0.001)
    assert (settings.box(9, 9).visible, settings.box(-1, -1).visible) == (0, 0)
    line = settings.box(1, 2, 3000, 3000)
    assert (line.height, line.visible) == (0, 1)
    assert not labeled(point).has_area
    assert not labeled(line).has_area


def test_what_is_not_in_the_image_has_no_size() -> None:
    box = Settings().box(4, 5, 2000, 4000)
    assert (box.x, box.width, box.visible) == (513, 0, 0)
    assert not labeled(box).has_area


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 1), "start=2, end=1: need seconds, and no end before the start"),
        ((0, math.inf), "end=inf: need seconds"),
        ((math.nan, 1), "start=nan"),
        ((0, 1, 3000, 2000), "low=3000, high=2000: need Hz from 0 on, the lower one"),
        ((0, 1, -1, 2000), "low=-1"),
        ((0, 1, None, math.nan), "high=nan"),
        ((0, 1, math.inf, None), "low=inf"),
    ],
)
def test_what_is_no_box_is_refused(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Settings().box(*arguments)


@pytest.mark.parametrize("seconds", [0, -1, 0.02, math.nan, math.inf, 1e9])
def test_what_is_no_picture_has_no_boxes(seconds: float) -> None:
    with pytest.raises(ParameterError, match="need those of a picture, 0.0232 to"):
        Settings().box(0, 1, seconds=seconds)


def test_a_whole_recording_has_boxes_only_with_its_length() -> None:
    settings = Settings.from_options({"clip_duration": "whole"})
    with pytest.raises(ParameterError, match="seconds: needed where a picture is as"):
        settings.box(0, 1)
    with pytest.raises(ParameterError, match="seconds: needed"):
        settings.unbox(0, 0, 1, 1)
    assert settings.box(1, 2, seconds=3) == Settings().box(1, 2)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("n_samples", [512, 6400, 6401, 30_000, 66_150])
def test_a_picture_knows_its_columns_whatever_its_size(
    center: bool, n_samples: int
) -> None:
    native = Settings.from_options({"center": center})
    for seconds in (None, 3):
        picture = render_clip(noise()[:n_samples], 22_050, native, seconds)
        assert picture.n_frames == picture.pixels.shape[1]
        small = Settings.from_options({"center": center, "size": "20x20"})
        resized = render_clip(noise()[:n_samples], 22_050, small, seconds)
        assert resized.n_frames == picture.n_frames
        expected = small.box(0.01, 0.02, seconds=seconds or n_samples / 22_050)
        assert small.axes(resized.n_frames).box(0.01, 0.02, None, None) == expected


# What tools for detection read.


def labeled(box: PixelBox, label: str = "robin") -> LabeledBox:
    return LabeledBox(label=label, box=box, start=1, end=2, low=None, high=None)


def in_image(
    x: float, y: float, width: float, height: float, label: str = "robin"
) -> LabeledBox:
    box = PixelBox(x=x, y=y, width=width, height=height, visible=0.75)
    return LabeledBox(label=label, box=box, start=1.5, end=2.25, low=None, high=9e3)


BOXES = [
    [in_image(0, 0, 513, 128), in_image(1 / 3, 100, 12 + 1 / 3, 28, CLASSES[2])],
    [],
    [in_image(5, 5, 0, 10), in_image(400.00051, 7, 112.99949, 2e-4)],  # no area
    [in_image(10, 20.5, 30, 40.25, CLASSES[1])],
]


def images(splits: Sequence[str] = ("", "", "", "")) -> list[BoxedImage]:
    return [
        BoxedImage(
            file_name="/".join(["images", *filter(None, [split]), f"ä{number}.png"]),
            width=513,
            height=128,
            split=split,
            boxes=boxes,
        )
        for number, (boxes, split) in enumerate(zip(BOXES, splits, strict=True))
    ]


SPLIT = ("train", "val", "train", "val")


def written(kind: str, splits: Sequence[str] = ("",) * 4) -> dict[str, bytes]:
    files = FORMATS[kind].files(lambda: iter(images(splits)), CLASSES)
    return {file.path: b"".join(file.chunks) for file in files}


def write_all(folder: Path, kind: str, splits: Sequence[str] = ("",) * 4) -> None:
    for path, data in written(kind, splits).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def test_coco_has_all_that_has_an_area() -> None:
    (data,) = written("coco").values()
    coco = json.loads(data)
    assert [image["id"] for image in coco["images"]] == [1, 2, 3, 4]
    assert coco["images"][0] == {
        "id": 1,
        "file_name": "images/ä0.png",
        "width": 513,
        "height": 128,
    }
    assert coco["categories"] == [
        {"id": 1, "name": CLASSES[0]},
        {"id": 2, "name": CLASSES[1]},
        {"id": 3, "name": CLASSES[2]},
    ]
    assert [box["id"] for box in coco["annotations"]] == [1, 2, 3]
    assert coco["annotations"][1] == {
        "id": 2,
        "image_id": 1,
        "category_id": 3,
        "bbox": [0.333, 100.0, 12.334, 28.0],
        "area": 345.352,
        "iscrowd": 0,
        "visible": 0.75,
    }


def test_coco_numbers_are_the_same_in_all_splits() -> None:
    whole = json.loads(written("coco")["boxes.json"])
    files = written("coco", SPLIT)
    assert list(files) == ["boxes_train.json", "boxes_val.json"]
    parts = [json.loads(data) for data in files.values()]
    assert [[image["id"] for image in part["images"]] for part in parts] == [
        [1, 3],
        [2, 4],
    ]
    boxes = [box for part in parts for box in part["annotations"]]
    assert boxes == whole["annotations"]


def test_pycocotools_finds_a_perfect_detector_perfect(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    write_all(tmp_path, "coco")
    truth = coco.COCO(tmp_path / "boxes.json")
    assert sorted(truth.getImgIds()) == [1, 2, 3, 4]
    assert [c["name"] for c in truth.loadCats(truth.getCatIds())] == CLASSES
    boxes = truth.loadAnns(truth.getAnnIds())
    assert len(boxes) == 3
    names = ("image_id", "category_id", "bbox")
    found = [{name: box[name] for name in names} | {"score": 0.9} for box in boxes]
    evaluation = cocoeval.COCOeval(truth, truth.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[:2] == pytest.approx([1, 1])


def test_coco_without_any_image_is_an_object_too() -> None:
    (file,) = FORMATS["coco"].files(lambda: iter(()), CLASSES)
    coco = json.loads(b"".join(file.chunks))
    assert (coco["images"], coco["annotations"]) == ([], [])


def test_classes_have_their_true_names_in_json_and_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    names = ["-", "=1+1", "50% off", "a;b\\c", "d\x07\x7f\x85\u2028 🐦"]
    classes = [encode_label(name) for name in names]
    (coco,) = FORMATS["coco"].files(lambda: iter(()), classes)
    found = json.loads(b"".join(coco.chunks))["categories"]
    assert [category["name"] for category in found] == names
    (yolo,) = FORMATS["yolo"].files(lambda: iter(()), classes)
    text = b"".join(yolo.chunks).decode()
    assert yaml.safe_load(text)["names"] == dict(enumerate(names))


def paired(image: Path) -> Path:
    """Return the labels of an image, by the rule that Ultralytics documents."""
    before, after = str(image).rsplit("/images/", 1)
    return Path(f"{before}/labels/{after}").with_suffix(".txt")


@pytest.mark.parametrize("splits", [("",) * 4, SPLIT, ("train", "train", "test", "")])
def test_yolo_has_what_its_rules_ask_for(tmp_path: Path, splits: Sequence[str]) -> None:
    yaml = pytest.importorskip("yaml")
    write_all(tmp_path, "yolo", splits)
    data = yaml.safe_load((tmp_path / "data.yaml").read_text(encoding="utf-8"))
    assert data["names"] == dict(enumerate(CLASSES))
    assert {"train", "val", "names"} <= data.keys()
    assert "path" not in data
    for image in images(splits):
        assert (tmp_path / image.file_name).is_relative_to(
            tmp_path / data[image.split or "train"]
        )
        lines = paired(tmp_path / image.file_name).read_text().splitlines()
        expected = [box for box in image.boxes if box.has_area]
        assert len(lines) == len(expected)
        for line, box in zip(lines, expected, strict=True):
            number, *numbers = line.split(" ")
            assert CLASSES[int(number)] == box.label
            x, y, width, height = map(float, numbers)
            assert all(0 < share <= 1 for share in (x, y, width, height))
            left, top = (x - width / 2) * 513, (y - height / 2) * 128
            assert (left, top) == pytest.approx((box.box.x, box.box.y), abs=0.001)
            size = (width * 513, height * 128)
            assert size == pytest.approx((box.box.width, box.box.height), abs=0.001)


def test_yolo_pairs_by_the_last_folder_of_images() -> None:
    name = "images/train/images/site/a.wav_00000.000s.png"
    assert label_path(name) == "images/train/labels/site/a.wav_00000.000s.txt"
    assert paired(Path("/x") / name) == Path("/x") / label_path(name)
    with pytest.raises(ValueError, match="x/a.png is in no folder images"):
        label_path("x/a.png")


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 100_000), st.integers(10, 4096))
def test_no_box_of_yolo_ends_outside(
    one: float, other: float, width: int, height: int
) -> None:
    first, last = sorted([one, other])
    box = in_image(first * width, first * height, 0, 0)
    size = {"width": (last - first) * width, "height": (last - first) * height}
    box = replace(box, box=replace(box.box, **size))
    image = BoxedImage(
        file_name="images/a.png", width=width, height=height, split="", boxes=[box]
    )
    labels = next(FORMATS["yolo"].files(lambda: [image], CLASSES))
    for line in b"".join(labels.chunks).decode().splitlines():
        x, y, w, h = (float(number) for number in line.split()[1:])
        assert 0 < w <= 1 >= h > 0
        assert 0 <= round(x - w / 2, 7) <= round(x + w / 2, 7) <= 1
        assert 0 <= round(y - h / 2, 7) <= round(y + h / 2, 7) <= 1


def test_the_table_has_every_box() -> None:
    (data,) = written("csv").values()
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert len(rows) == 5
    assert rows[1] == {
        "file_name": "images/ä0.png",
        "label": CLASSES[2],
        "x": "0.333",
        "y": "100.0",
        "width": "12.334",
        "height": "28.0",
        "visible": "0.75",
        "start": "1.5",
        "end": "2.25",
        "low": "",
        "high": "9000.0",
    }
    (file,) = FORMATS["csv"].files(lambda: iter(()), CLASSES)
    assert b"".join(file.chunks).startswith(b"file_name,label,x,y,")


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_the_same_images_give_the_same_files(kind: str) -> None:
    assert written(kind, SPLIT) == written(kind, SPLIT)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_many_images_are_never_in_memory_at_once(kind: str) -> None:
    def many() -> Iterator[BoxedImage]:
        for number in range(3000):
            yield replace(images()[0], file_name=f"images/train/{number}.png")

    for file in FORMATS[kind].files(lambda: iter(images()), CLASSES):
        sum(map(len, file.chunks))  # what is imported and cached once
    tracemalloc.start()
    size = sum(
        len(chunk)
        for file in FORMATS[kind].files(many, CLASSES)
        for chunk in file.chunks
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000 < size


# How a journal keeps them.

numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(
        st.builds(
            LabeledBox,
            label=st.text(),
            box=st.builds(
                PixelBox,
                x=numbers,
                y=numbers,
                width=numbers,
                height=numbers,
                visible=numbers,
            ),
            start=numbers,
            end=numbers,
            low=st.none() | numbers,
            high=st.none() | numbers,
        )
    )
)
def test_boxes_come_back_from_their_text(boxes: list[LabeledBox]) -> None:
    text = encode_boxes(boxes)
    assert text.isascii()
    assert decode_boxes(text) == boxes
    assert encode_boxes(decode_boxes(text)) == text


def test_no_boxes_are_no_text() -> None:
    assert encode_boxes([]) == ""
    assert decode_boxes("") == []


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{}x",
        "3",
        "[3]",
        "null",
        '["robin"]',
        '[["robin"]]',
        '[["robin",0,0,1,1,1,0,1,null]]',
        '[["robin",0,0,1,1,1,0,1,null,null,null]]',
        '[["robin",0,0,1,1,1,0,null,null,null]]',
        '[["robin",0,0,1,1,1,0,"1",null,null]]',
        '[["robin",0,0,1,1,1,0,true,null,null]]',
        '[["robin",0,0,1,1,1,0,NaN,null,null]]',
        '[["robin",0,0,1,1,1,0,1e999,null,null]]',
        f'[["robin",0,0,1,1,1,0,1{"0" * 400},null,null]]',
        "[[3,0,0,1,1,1,0,1,null,null]]",
        "[" * 100_000,
    ],
)
def test_what_is_no_list_of_boxes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no list of boxes"):
        decode_boxes(text)
