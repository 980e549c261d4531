"""The column `objects`, as Hugging Face's `datasets` and `transformers` have it."""

from collections.abc import Sequence
from typing import Any

from specimg.output.boxes.labeled import LabeledBox

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
