"""Small pictures that travel inside the page."""

import base64
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Pixels
from specimg.rendering.png import encode_png

MAX_WIDTH, MAX_HEIGHT = 256, 128
"""Largest size in pixels of a picture in the page, which may hold thousands."""

MAX_AVERAGED = 2**22
"""Pixels of the largest image that is averaged, which takes 8 bytes per value."""


class MeanImage:
    """The mean of those images of one label that have its most frequent size.

    It is as small as the picture that it becomes: there is one for each label.

    Parameters
    ----------
    sizes : Counter
        How many images there are of each (width, height).
    """

    def __init__(self, sizes: Counter[tuple[int, int]]) -> None:
        (self._size, _), *_ = sizes.most_common(1)
        self._sizes = len(sizes)
        self._sum: NDArray[np.float64] | None = None
        self._count = 0
        self._top = 1.0

    def add(self, pixels: Pixels) -> None:
        """Take in an image, if it has the right size."""
        height, width = pixels.shape[:2]
        if (width, height) != self._size or width * height > MAX_AVERAGED:
            return
        if self._sum is None:
            self._sum = np.zeros(_small_shape(pixels.shape))
            self._top = _full_scale(pixels)
        self._sum += _shrink(pixels)
        self._count += 1

    def describe(self) -> dict[str, Any]:
        """Return the mean as a picture, and what it is the mean of."""
        if self._sum is None:
            return {"mean": None}
        width, height = self._size
        return {
            "mean": _encode(self._sum / self._count / self._top),
            "averaged": self._count,
            "size": f"{width}x{height}",
            "sizes": self._sizes,
        }


def picture_uri(pixels: Pixels) -> str:
    """Return a small picture of an image, as a data URI."""
    return _encode(_shrink(pixels / _full_scale(pixels)))


def _full_scale(pixels: Pixels) -> float:
    """Return the value of a pixel that is white; floats are in [0, 1]."""
    return {"uint8": 255.0, "uint16": 65535.0}.get(pixels.dtype.name, 1.0)


def _shrink(picture: NDArray[Any]) -> NDArray[Any]:
    """Average neighboring pixels where the picture is higher or wider than allowed."""
    for axis, limit in enumerate((MAX_HEIGHT, MAX_WIDTH)):
        length = picture.shape[axis]
        if length > limit:
            edges = np.arange(limit) * length // limit
            widths = np.diff(edges, append=length)
            shape = [-1 if a == axis else 1 for a in range(picture.ndim)]
            sums = np.add.reduceat(picture, edges, axis=axis, dtype=np.float64)
            picture = sums / widths.reshape(shape)
    return picture


def _small_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of what `_shrink` makes."""
    return (min(shape[0], MAX_HEIGHT), min(shape[1], MAX_WIDTH), *shape[2:])


def _encode(picture: NDArray[Any]) -> str:
    """Return the data URI of a picture in [0, 1]."""
    pixels = np.rint(picture.clip(0, 1) * 255).astype(np.uint8)
    data = encode_png(pixels, "specimg", "gallery")
    return "data:image/png;base64," + base64.b64encode(data).decode()
