"""The column `objects`, as Hugging Face's `datasets` and `transformers` have it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from specimg.output.boxes.labeled import (
    BoxFile,
    Images,
    LabeledBox,
    find_splits,
    name_of_split,
    number_all,
)

OBJECT_TYPES: dict[str, list[Any]] = {
    "bbox": [[0.0, 0.0, 0.0, 0.0]],
    "categories": [0],
    "category": [0],
    "area": [0.0],
    "id": [0],
}
"""The types of `objects`, for a row that has nothing else; see `output.card`."""


def objects_of(
    boxes: Sequence[tuple[int, LabeledBox]], classes: Sequence[str]
) -> dict[str, list[Any]]:
    """Return the cell of one image.

    Parameters
    ----------
    boxes : sequence of tuples
        The boxes of the image with their numbers, as `number_all` gives them.
    classes : sequence of str

    Returns
    -------
    dict
        Lists that have one entry for each box.  The classes, from 0, are there twice:
        the guide to `datasets` calls them `categories`, the examples of `transformers`
        `category`.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    categories = [numbers[box.label] for _, box in boxes]
    return {
        "bbox": [list(box.rounded) for _, box in boxes],
        "categories": categories,
        "category": categories,
        "area": [box.area for _, box in boxes],
        "id": [number for number, _ in boxes],
    }


def format_huggingface(images: Images, classes: Sequence[str]) -> Iterator[BoxFile]:
    """Yield ``boxes.jsonl``, or a ``boxes_SPLIT.jsonl`` for each split.

    The images of each are named by `file_name`, as "imagefolder" wants it.
    """
    for split in find_splits(images()):
        path = name_of_split("boxes", split, ".jsonl")
        yield BoxFile(path, _rows(images, classes, split))


def _rows(images: Images, classes: Sequence[str], split: str) -> Iterator[bytes]:
    for numbered in number_all(images()):
        image = numbered.image
        if image.split == split:
            row = {
                "file_name": image.file_name,
                "image_id": numbered.number,
                "width": image.width,
                "height": image.height,
                "objects": objects_of(numbered.boxes, classes),
            }
            yield json.dumps(row, ensure_ascii=False).encode() + b"\n"
