"""Images with boxes, and how a journal keeps them."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from specimg.rendering.axes import PixelBox

DECIMALS = 3
"""Of pixels, in files: less than anybody sees, and less than a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledBox:
    """A box around a sound, and what it is."""

    label: str
    box: PixelBox
    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds."""
    low: float | None
    """Hz; None where only the time is known."""
    high: float | None
    """Hz; None as above."""

    @property
    def rounded(self) -> tuple[float, float, float, float]:
        """The box as files have it: x, y, width and height.

        The edges are what is rounded, so that none lies beyond the image.
        """
        x, right = _round(self.box.x), _round(self.box.x + self.box.width)
        y, bottom = _round(self.box.y), _round(self.box.y + self.box.height)
        return x, y, _round(right - x), _round(bottom - y)

    @property
    def area(self) -> float:
        """Square pixels, of the box as files have it."""
        return _round(math.prod(self.rounded[2:]))

    @property
    def has_area(self) -> bool:
        """Whether it covers any of the image; detectors fail at boxes that do not."""
        return min(self.rounded[2:]) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxedImage:
    """An image, and the boxes in it."""

    file_name: str
    """Path of the image, relative to the manifest, with forward slashes."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    split: str
    """Such as ``train``; empty where there are no splits."""
    boxes: Sequence[LabeledBox]


@dataclass(frozen=True, slots=True)
class BoxFile:
    """A file to be written, piece by piece."""

    path: str
    """Below the output folder, with forward slashes."""
    chunks: Iterable[bytes]
    is_of_image: bool = False
    """Whether it is that of one image: there are as many as images, and as small."""


Images: TypeAlias = Callable[[], Iterable[BoxedImage]]
"""Gives all images in the order of the manifest, anew at each call."""

FormatBoxes: TypeAlias = Callable[[Images, Sequence[str]], Iterator[BoxFile]]
"""Takes images and the names of all classes in their order, and yields the files.

Each label is one of the classes, both as a CSV has them; see `encode_label`.  JSON and
YAML have them as they were written.  Images of one split may lie between those of
others.  Boxes without area are left out, except from the table, which has them all.
"""


@dataclass(frozen=True, slots=True)
class BoxFormat:
    """A format, and what its files at the top of an output are known by."""

    files: FormatBoxes
    names: tuple[str, ...]
    """What they are called, as patterns."""
    mark: bytes
    """What each of them begins with."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An image and its boxes with their numbers, which count from 1."""

    number: int
    image: BoxedImage
    boxes: list[tuple[int, LabeledBox]]
    """Those with an area, each with its number among those of all images."""


def number_all(images: Iterable[BoxedImage]) -> Iterator[Numbered]:
    """Yield images with their numbers, and with those of the boxes with an area."""
    n_before = 0
    for number, image in enumerate(images, 1):
        boxes = list(enumerate(filter(_has_area, image.boxes), n_before + 1))
        n_before += len(boxes)
        yield Numbered(number, image, boxes)


def find_splits(images: Iterable[BoxedImage]) -> list[str]:
    """Return the splits in the order of their first images; one without name if none.

    Returns
    -------
    list of str
        At least one.
    """
    return list(dict.fromkeys(image.split for image in images)) or [""]


def name_of_split(stem: str, split: str, extension: str) -> str:
    """Return the name of the file for one split."""
    return f"{stem}_{split}{extension}" if split else f"{stem}{extension}"


def encode_boxes(boxes: Iterable[LabeledBox]) -> str:
    """Return boxes as compact JSON, from which `decode_boxes` makes them to the bit.

    Without boxes, it is empty.
    """
    rows = [
        (
            *(box.label, box.box.x, box.box.y, box.box.width, box.box.height),
            *(box.box.visible, box.start, box.end, box.low, box.high),
        )
        for box in boxes
    ]
    return json.dumps(rows, separators=(",", ":"), allow_nan=False) if rows else ""


def decode_boxes(text: str) -> list[LabeledBox]:
    """Return the boxes that `encode_boxes` wrote.

    Raises
    ------
    ValueError
        It has written no such text.
    """
    try:
        rows = json.loads(text) if text else []
        return [_decode(*row) for row in rows]
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        msg = "is no list of boxes"
        raise ValueError(msg) from error


def _decode(label: object, *cells: object) -> LabeledBox:
    numbers = [None if cell is None else _number(cell) for cell in cells]
    x, y, width, height, visible, start, end, low, high = numbers
    if not isinstance(label, str) or None in numbers[:-2]:
        raise TypeError
    box = PixelBox(x=x, y=y, width=width, height=height, visible=visible)  # type: ignore[arg-type]
    return LabeledBox(label=label, box=box, start=start, end=end, low=low, high=high)  # type: ignore[arg-type]


def _number(cell: object) -> float:
    if not isinstance(cell, int | float) or isinstance(cell, bool):
        raise TypeError
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError
    return number


def _has_area(box: LabeledBox) -> bool:
    return box.has_area


def _round(pixels: float) -> float:
    return round(float(pixels), DECIMALS)
