"""The images on a page, and what is found by reading them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from specimg.arrays import Pixels
from specimg.gallery.page import shorten, tabulate
from specimg.gallery.pictures import MeanImage, picture_uri
from specimg.output.images import ImageError, read_images
from specimg.output.manifest import ImageEntry
from specimg.output.stats import OnProgress, PixelStats, Summary
from specimg.settings import Settings

MEANS = 200
"""Labels that get a mean image, of those with the most images."""


class ShownImages:
    """The images on the page, and what is found by reading them."""

    def __init__(
        self, folder: Path, images: list[ImageEntry], settings: Settings
    ) -> None:
        self._folder = folder
        self._images = images
        self._settings = settings
        self._pixels = PixelStats(settings)
        self._brightness: list[float | None] = [None] * len(images)
        self._faults = [""] * len(images)
        self._pictures: list[str | None] = [None] * len(images)
        self._means: dict[str, dict[str, Any]] = {}
        self._shown = Counter(chain.from_iterable(map(_labels_of, images)))

    @property
    def n_faults(self) -> int:
        """How many images are missing or damaged."""
        return sum(map(bool, self._faults))

    def read(self, on_progress: OnProgress) -> None:
        """Read all images, label by label, so as to keep few mean images at a time."""
        averaged = {label for label, _ in self._shown.most_common(MEANS)}
        self._means = {label: {"shown": n} for label, n in self._shown.items()}
        sizes: dict[str, Counter[tuple[int, int]]] = {
            name: Counter() for name in averaged
        }
        for image in self._images:
            for label in averaged.intersection(_labels_of(image)):
                sizes[label][image.record.width, image.record.height] += 1
        means: dict[str, MeanImage] = {}
        waiting = self._shown.copy()
        rows = sorted(range(len(self._images)), key=self._labels)
        for row, pixels in self._read_rows(rows, on_progress):
            self._add(row, pixels)
            for label in averaged.intersection(self._labels(row)):
                mean = means.setdefault(label, MeanImage(sizes[label]))
                if not isinstance(pixels, ImageError):
                    mean.add(pixels)
                waiting[label] -= 1
                if not waiting[label]:
                    self._means[label] |= means.pop(label).describe()

    def _add(self, row: int, pixels: Pixels | ImageError) -> None:
        """Take in what is found of one image."""
        if isinstance(pixels, ImageError):
            self._faults[row] = str(pixels)
            return
        self._brightness[row] = round(self._pixels.add(pixels), 4)
        if self._settings.image.format == "npy":
            self._pictures[row] = picture_uri(pixels)

    def _labels(self, row: int) -> list[str]:
        return _labels_of(self._images[row])

    def _read_rows(
        self, rows: list[int], on_progress: OnProgress
    ) -> Iterator[tuple[int, Pixels | ImageError]]:
        """Yield each row with its pixels, or with what is wrong with its image."""
        images: Iterable[ImageEntry] = (self._images[row] for row in rows)
        stored = read_images(self._folder, images, self._settings)
        for done, (row, (image, pixels)) in enumerate(
            zip(rows, stored, strict=True), 1
        ):
            yield row, pixels
            fault = isinstance(pixels, ImageError)
            text = f"{image.record.file_name}: {pixels}" if fault else ""
            on_progress(done, len(rows), text)

    def describe(self, summary: Summary) -> dict[str, Any]:
        """Return what the page says of the images, and its table of them."""
        pixels = self._pixels
        columns = tabulate(image.record for image in self._images)
        for name, cells in (
            ("brightness", self._brightness),
            ("fault", self._faults),
            ("picture", self._pictures),
        ):
            columns[name] = shorten(cells)
        channels = zip(
            pixels.names, pixels.mean, pixels.std, pixels.histogram, strict=True
        )
        return {
            "shown": len(self._images),
            "faults": self.n_faults,
            "labels": [
                {"label": label, "clips": clips, "shown": 0, "mean": None}
                | self._means.get(label, {})
                for label, clips in sorted(summary.labels.items())
            ],
            "channels": [
                {"name": name, "mean": mean, "std": std, "histogram": bins.tolist()}
                for name, mean, std, bins in channels
                if pixels.images
            ],
            "columns": columns,
        }


def _labels_of(image: ImageEntry) -> list[str]:
    """Return the labels that an image is shown under."""
    return image.record.list_labels() or [""]
