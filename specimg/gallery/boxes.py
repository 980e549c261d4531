"""The boxes over the images of a page."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from specimg.errors import RefusedError
from specimg.output.boxes.labeled import LabeledBox, decode_boxes
from specimg.output.manifest import ImageEntry

MAX_BOXES = 100_000
"""Boxes on one page, of about 25 bytes each; or `MEAN_BOXES` for each image."""

MEAN_BOXES = 5

MAX_PER_IMAGE = 200
"""Boxes over one image: of more, none can be told from the others."""

_DECIMALS = 1
"""Of pixels, which is finer than a screen."""


def gather_boxes(images: Sequence[ImageEntry]) -> dict[str, Any] | None:
    """Return the boxes in each image, as the script of the page takes them.

    Where all are too many for a page, each image has so many of its largest ones that
    they fit.

    Returns
    -------
    dict or None
        The ``labels``; in ``rows``, for each image, the number of the label, x, y,
        width and height of one box after the other, the largest first, in pixels of the
        image; and how many boxes were ``left_out``.  None without any box.

    Raises
    ------
    RefusedError
        The record of an image says what cannot be.
    """
    numbers: dict[str, int] = {}
    most = _most_per_image(len(_read(image)) for image in images)
    rows, n_left_out = [], 0
    for image in images:
        boxes = sorted(_read(image), key=_area, reverse=True)
        n_left_out += len(boxes[most:])
        cells: list[float] = []
        for box in boxes[:most]:
            cells.append(numbers.setdefault(box.label, len(numbers)))
            cells += (round(edge, _DECIMALS) for edge in box.rounded)
        rows.append(cells)
    if not any(rows):
        return None
    return {"labels": [*numbers], "rows": rows, "left_out": n_left_out}


def _read(image: ImageEntry) -> list[LabeledBox]:
    """Return the boxes in an image that one can see."""
    try:
        boxes = [box for box in decode_boxes(image.boxes) if box.has_area]
        is_sane = all(math.isfinite(edge) for box in boxes for edge in box.rounded)
    except ValueError:
        is_sane = False
    if not is_sane:
        name = image.record.file_name
        msg = f"{name}: the record of its boxes is damaged; begin anew with --overwrite"
        raise RefusedError(msg)
    return boxes


def _area(box: LabeledBox) -> float:
    return box.area


def _most_per_image(lengths: Iterable[int]) -> int:
    """Return how many boxes an image may have, so that those of all fit on a page."""
    counts = Counter(lengths)
    room = max(MAX_BOXES, MEAN_BOXES * counts.total())
    for most in range(MAX_PER_IMAGE):
        # So many images have one box more.
        room -= sum(n for length, n in counts.items() if length > most)
        if room < 0:
            return most
    return MAX_PER_IMAGE
