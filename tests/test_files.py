import csv
import errno
import io
import json
import math
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from sounds import chirps

import specimg
from specimg import Settings
from specimg.encoding import (
    decode_label,
    encode_label,
    encode_label_of_name,
    encode_name,
)
from specimg.errors import StorageError, UnwritableError
from specimg.output.files import image_name, write_atomically
from specimg.output.manifest import Failure, ImageEntry, Record
from specimg.output.reading import read_manifest
from specimg.output.writing import format_failures, format_manifest
from specimg.rendering.image import encode
from specimg.rendering.png import encode_png

RECORD = Record(
    file_name="a/robin.wav_00003.000s.png",
    label="a",
    source='a/robin, "the" first.wav',
    start=3.0,
    end=6.0,
    pad_seconds=0.0,
    mono="mean",
    source_sr=44_100,
    sr=22_050,
    width=513,
    height=128,
    frontends="db+pcen:gain=0.8,bias=10+exp",
    silent=True,
    clipped_fraction=0.25,
    peak_dbfs=-math.inf,
    mel_min=0.0,
    mel_max=1e30,
    warning="",
)
IMAGE = ImageEntry(record=RECORD)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bit_depth": 16},
        {"r": "db", "g": "pcen", "b": "exp"},
        {"size": "40x30"},
        {"format": "npy"},
        {"format": "npy", "r": "db", "g": "pcen", "b": "exp"},
    ],
)
def test_an_image_file_holds_its_pixels(options: dict[str, object]) -> None:
    settings = Settings.from_options(options)
    pixels = specimg.render(chirps(), 22_050, settings)
    data = encode(pixels, settings.image, settings.to_text())
    if settings.image.format == "npy":
        stored = np.load(io.BytesIO(data), allow_pickle=False)
    else:
        image = Image.open(io.BytesIO(data))
        assert image.mode == {2: "I;16", 1: "L"}.get(
            pixels.itemsize if pixels.ndim == 2 else 0, "RGB"
        )
        text = json.loads(image.text["specimg"])
        assert text.pop("specimg") == specimg.__version__
        assert Settings.from_options(text) == settings
        stored = np.asarray(image)
    assert stored.dtype == pixels.dtype
    assert np.array_equal(stored, pixels)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_files_are_little_larger_than_those_of_pillow(channels: int) -> None:
    spec = {"r": "db", "g": "pcen", "b": "exp"} if channels == 3 else {}
    settings = Settings.from_options(spec)
    pixels = specimg.render(chirps(), 22_050, settings)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    ours = encode(pixels, settings.image, "")
    assert len(ours) < 1.1 * len(buffer.getvalue())


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (3, 2, 3), (1, 1, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_png_files_of_any_shape_read_back(
    shape: tuple[int, ...], kind: type[np.uint8] | type[np.uint16]
) -> None:
    if kind is np.uint16 and len(shape) == 3:
        return  # which no setting asks for
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)
    with Image.open(io.BytesIO(encode_png(pixels, "key", "text"))) as image:
        image.verify()
    with Image.open(io.BytesIO(encode_png(pixels, "key", "text"))) as image:
        assert image.text == {"key": "text"}
        assert np.array_equal(np.asarray(image), pixels)


def test_a_manifest_reads_back_as_csv() -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(b"".join(format_manifest([IMAGE], "m.csv")).decode())
        )
    )
    assert len(rows) == 1
    assert rows[0]["source"] == RECORD.source
    assert rows[0]["silent"] == "true"
    assert float(rows[0]["peak_dbfs"]) == -math.inf
    assert float(rows[0]["mel_max"]) == 1e30


LABELS = ("-", "=1+1", "@x", "50% off", "%41", "a;b", "c\\d", "e\x07\u2028", "ü 🐦")


@given(st.text())
@example("%41")
@example("50%")
def test_labels_are_told_apart_in_csv_and_come_back(label: str) -> None:
    encoded = encode_label(label)
    assert encoded.isprintable()
    assert ";" not in encoded
    assert not encoded.startswith(("=", "+", "-", "@"))
    assert decode_label(encoded) == label
    # As the name of a folder, which is encoded already.
    assert encode_label_of_name(encode_name(label)) == encoded


def test_labels_are_encoded_in_csv_and_true_in_json(tmp_path: Path) -> None:
    encoded = [encode_label(label) for label in LABELS]
    many = replace(RECORD, label="", labels=";".join(encoded))
    records = [many, replace(many, label=encoded[1], labels=encoded[1])]
    path = tmp_path / "m.jsonl"
    images = [ImageEntry(record=record) for record in records]
    path.write_bytes(b"".join(format_manifest(images, path.name)))
    first, second = map(json.loads, path.read_bytes().splitlines())
    assert first["labels"] == [*LABELS]
    assert (second["label"], second["labels"]) == ("=1+1", ["=1+1"])
    assert [*read_manifest(path)] == records
    table = tmp_path / "m.csv"
    table.write_bytes(b"".join(format_manifest(images, table.name)))
    assert "%3D1+1" in table.read_text(encoding="utf-8")
    assert [*read_manifest(table)] == records


def test_a_label_in_json_lines_of_an_earlier_version_stays_as_it_is() -> None:
    record = replace(RECORD, label="50%25", labels="50%25")
    columns = [field.name for field in fields(Record) if field.name != "labels"]
    (line,) = format_manifest([ImageEntry(record=record)], "m.jsonl", columns)
    assert json.loads(line)["label"] == "50%25"


def test_a_manifest_reads_back_as_json_lines() -> None:
    lines = b"".join(format_manifest([IMAGE, IMAGE], "m.jsonl")).decode().splitlines()
    assert len(lines) == 2
    row = json.loads(lines[0])
    assert row["source"] == RECORD.source
    assert row["silent"] is True
    assert row["peak_dbfs"] is None


def test_failures_read_back() -> None:
    failure = Failure(source="a.wav", stage="open", reason='empty, "0" bytes')
    (row,) = csv.DictReader(io.StringIO(b"".join(format_failures([failure])).decode()))
    assert row == {"source": "a.wav", "stage": "open", "reason": 'empty, "0" bytes'}


def test_images_mirror_their_sources_and_keep_the_extension() -> None:
    suffix = "_00003.000s.png"
    assert image_name("a/robin.wav", suffix) == "a/robin.wav_00003.000s.png"


def test_names_that_would_be_too_long_stay_apart() -> None:
    suffix = "_00003.000s.png"
    sources = [f"{'d' * 300}/{'é' * 127}{end}" for end in ("a", "b", "")]
    images = [image_name(source, suffix) for source in sources]
    assert len(set(images)) == 3
    for image in images:
        assert all(len(part.encode()) <= 255 for part in image.split("/"))
        assert image.endswith(suffix)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.png"
    write_atomically(path, b"old", "a")
    write_atomically(path, b"new", "a")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["b.png"]


def test_a_full_disk_stops_the_run_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="cannot write .*b.png: No space left"):
        write_atomically(tmp_path / "b.png", b"data", "b")
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken_by_a_folder_concerns_one_recording(
    tmp_path: Path,
) -> None:
    (tmp_path / "b.png").mkdir()
    with pytest.raises(UnwritableError, match="cannot write .*b.png: Is a directory"):
        write_atomically(tmp_path / "b.png", b"data", "b")
    assert [p.name for p in tmp_path.iterdir()] == ["b.png"]


ENCODE = """
import hashlib
import numpy as np
from specimg.rendering.png import encode_png

draw = np.random.default_rng(0)
digest = hashlib.sha256()
for _ in range(400):
    pixels = draw.integers(0, 256, (1, 40), dtype=np.uint8)
    pixels[0, 30:38] = pixels[0, :8]  # so that the first bytes are looked for again
    digest.update(encode_png(pixels, "key", "text"))
print(digest.hexdigest())
"""


def test_a_picture_has_the_same_bytes_in_every_process() -> None:
    """Without a block of their own for the first bytes, 7 of 8 processes differed."""
    command = [sys.executable, "-c", ENCODE]
    digests = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for _ in range(8)
    ]
    assert len(set(digests)) == 1
