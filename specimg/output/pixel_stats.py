"""Mean, deviation and histogram of the pixels of many images, one at a time."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Pixels
from specimg.settings import Settings

BINS = 256
"""Bins of a histogram of pixel values."""

_BLOCK = 2**20
"""Values that are counted at a time: counting takes eight bytes for each."""


class PixelStats:
    """Mean, deviation and histogram of the pixel values of many images.

    In the units of a tensor that a model is fed with: value/255 for an image of
    8 bits, value/65535 for one of 16, and what an NPY file holds as it is.  Memory
    does not grow with the images.  Sums of integers are exact.
    """

    def __init__(self, settings: Settings) -> None:
        self.names = settings.frontend_names.split("+")
        """The frontend of each channel."""
        self.images = 0
        channels = len(settings.frontends)
        if settings.image.format == "npy":
            self._sums: _Levels | _Floats = _Floats(channels)
        else:
            self._sums = _Levels(channels, 2**settings.image.bit_depth)

    def add(self, pixels: Pixels) -> float:
        """Take in an image, and return the mean of all its values."""
        self.images += 1
        flat = pixels.reshape(-1, self._sums.channels)
        return self._sums.add(flat)

    @property
    def mean(self) -> list[float]:
        """The mean of each channel; NaN where there is no image."""
        return self._sums.mean()

    @property
    def std(self) -> list[float]:
        """The standard deviation of each channel, divided by n as numpy does."""
        return self._sums.std()

    @property
    def histogram(self) -> NDArray[np.int64]:
        """How many values lie in each of `BINS` equal parts of [0, 1].

        Shape (channels, bins).
        """
        return self._sums.histogram()


class _Levels:
    """How often each level of an integer image occurs: all else follows, exactly."""

    def __init__(self, channels: int, levels: int) -> None:
        self.channels = channels
        self._levels = levels
        self._values = np.arange(levels)
        self._counts = np.zeros((channels, levels), np.int64)

    def add(self, flat: Pixels) -> float:
        total = 0
        for block in _blocks(flat):
            for channel in range(self.channels):
                counts = np.bincount(block[:, channel], minlength=self._levels)
                self._counts[channel] += counts
                total += int(counts @ self._values)
        return total / max(flat.size, 1) / (self._levels - 1)

    def mean(self) -> list[float]:
        top = self._levels - 1
        return [first / n / top if n else math.nan for n, first, _ in self._moments()]

    def std(self) -> list[float]:
        top = self._levels - 1
        return [
            math.sqrt(second * n - first**2) / n / top if n else math.nan
            for n, first, second in self._moments()
        ]

    def histogram(self) -> NDArray[np.int64]:
        return self._counts.reshape(self.channels, BINS, -1).sum(axis=2)

    def _moments(self) -> Iterator[tuple[int, int, int]]:
        """Yield for each channel how many values there are, their sum, and of squares.

        In Python's integers: squares of 16 bits outgrow the 64 of numpy.
        """
        for counts in self._counts.tolist():
            yield (
                sum(counts),
                sum(level * count for level, count in enumerate(counts)),
                sum(level**2 * count for level, count in enumerate(counts)),
            )


class _Floats:
    """Mean and squared deviation, merged image by image.

    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances", 1979: a sum of squares would lose digits.
    """

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self._n = 0
        self._mean = np.zeros(channels)
        self._deviation = np.zeros(channels)
        self._counts = np.zeros((channels, BINS), np.int64)

    def add(self, flat: Pixels) -> float:
        total = 0.0
        for block in _blocks(flat):
            values = block.astype(np.float64)
            mean = values.mean(axis=0)
            deviation = np.square(values - mean).sum(axis=0)
            n, both = len(values), self._n + len(values)
            shift = mean - self._mean
            self._mean += shift * (n / both)
            self._deviation += deviation + shift**2 * (self._n * n / both)
            self._n = both
            bins = (values * BINS).astype(np.intp).clip(0, BINS - 1)
            for channel in range(self.channels):
                counts = np.bincount(bins[:, channel], minlength=BINS)
                self._counts[channel] += counts
            total += float(values.sum())
        return total / max(flat.size, 1)

    def mean(self) -> list[float]:
        return [float(mean) if self._n else math.nan for mean in self._mean]

    def std(self) -> list[float]:
        n = self._n
        return [math.sqrt(d / n) if n else math.nan for d in self._deviation.tolist()]

    def histogram(self) -> NDArray[np.int64]:
        return self._counts


def _blocks(flat: Pixels) -> Iterator[Pixels]:
    return (flat[first : first + _BLOCK] for first in range(0, len(flat), _BLOCK))
