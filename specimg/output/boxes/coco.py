"""COCO's format for detection: one JSON object of images, boxes and classes."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from specimg.encoding import decode_label
from specimg.output.boxes.labeled import (
    BoxFile,
    Images,
    find_splits,
    name_of_split,
    number_all,
)

MARK = b'{"info": {"description": "Spectrogram images, made by specimg"}'
"""pycocotools 2.0.9 and 2.0.10 do not load the results of a detector without it."""


def format_coco(images: Images, classes: Sequence[str]) -> Iterator[BoxFile]:
    """Yield ``boxes.json``, or a ``boxes_SPLIT.json`` for each split.

    An image has the same number in whichever file it is.
    """
    for split in find_splits(images()):
        path = name_of_split("boxes", split, ".json")
        yield BoxFile(path, _to_json(images, classes, split))


def _to_json(images: Images, classes: Sequence[str], split: str) -> Iterator[bytes]:
    """Yield the object; its lists in turn, because all of it may not fit in memory."""
    categories = [
        {"id": number, "name": decode_label(name)}
        for number, name in enumerate(classes, 1)
    ]
    yield MARK + b",\n"
    yield from _list("categories", categories)
    yield b",\n"
    yield from _list("images", _images(images, split))
    yield b",\n"
    yield from _list("annotations", _annotations(images, classes, split))
    yield b"}\n"


def _images(images: Images, split: str) -> Iterator[dict[str, Any]]:
    for numbered in number_all(images()):
        image = numbered.image
        if image.split == split:
            yield {
                "id": numbered.number,
                "file_name": image.file_name,
                "width": image.width,
                "height": image.height,
            }


def _annotations(
    images: Images, classes: Sequence[str], split: str
) -> Iterator[dict[str, Any]]:
    numbers = {name: number for number, name in enumerate(classes, 1)}
    for numbered in number_all(images()):
        if numbered.image.split != split:
            continue
        for number, box in numbered.boxes:
            yield {
                "id": number,
                "image_id": numbered.number,
                "category_id": numbers[box.label],
                "bbox": box.rounded,
                "area": box.area,
                "iscrowd": 0,
                "visible": round(box.box.visible, 4),
            }


def _list(name: str, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield _encode(name) + b": ["
    comma = b"\n"
    for row in rows:
        yield comma + _encode(row)
        comma = b",\n"
    yield b"\n]"


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
