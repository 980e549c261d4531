"""A page to look at the images of an output folder with: one file, no server."""

import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from specimg.encoding import encode_name
from specimg.gallery.page import format_page, shorten, tabulate
from specimg.gallery.pictures import MeanImage, picture_uri
from specimg.output.contents import Contents, read_contents
from specimg.output.files import check_writable, remove_partials, write_atomically
from specimg.output.images import ImageError, read_images
from specimg.output.manifest import ImageEntry
from specimg.output.stats import OnProgress, PixelStats, Summary, summarize
from specimg.rendering.image import ImageFormat
from specimg.settings import Settings

PAGE_NAME = "gallery.html"

LIMITS: dict[ImageFormat, int] = {"png": 20_000, "npy": 2_000}
"""Images on one page by default; pictures of NPY files are in the page itself."""

MEANS = 200
"""Labels that get a mean image, of those with the most images."""

_FAILURES = 200
"""Failures that the page names; `failures.csv` has all."""

_SEED = 0
"""Seed of the sample that a page of too many images shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPage:
    """A page that was written."""

    path: Path
    clips: int
    """Images of the output."""
    shown: int
    """Images on the page."""
    faults: int
    """Images on the page that are missing or damaged."""


def write_gallery(
    folder: Path,
    limit: int | None,
    on_progress: OnProgress,
    *,
    page: Path | None = None,
) -> WrittenPage:
    """Write the page of a finished output folder.

    Parameters
    ----------
    folder : Path
    limit : int or None
        Images to show at most: of more, a sample is shown, the same each time.  None
        for the default of the format; see `LIMITS`.
    on_progress : callable
        Called for every image that is read.
    page : Path, optional
        Where to write it; by default beside the manifest.

    Raises
    ------
    RefusedError
        The folder is no complete output.
    StorageError, UnwritableError
        The page cannot be written.
    """
    path = page or folder / PAGE_NAME
    with read_contents(folder) as contents:
        check_writable(path)
        settings = contents.settings
        summary = summarize(contents)
        images = _sample(contents, summary, limit or LIMITS[settings.image.format])
        shown = _ShownImages(folder, images, settings)
        shown.read(on_progress)
        data = {
            **_describe(contents, summary),
            "base": _base(folder, path.parent),
            **shown.describe(summary),
        }
        remove_partials(path.parent, path.name)
        write_atomically(path, format_page(data), path.name)
    return WrittenPage(
        path=path, clips=summary.clips, shown=len(images), faults=shown.n_faults
    )


def _base(folder: Path, page_folder: Path) -> str:
    """Return the address of a folder, relative to a page that lies in `page_folder`."""
    try:
        path = os.path.relpath(folder, page_folder)
    except ValueError:  # another drive of Windows
        return folder.absolute().as_uri() + "/"
    return "" if path == os.curdir else quote(os.fsencode(Path(path).as_posix())) + "/"


def _sample(contents: Contents, summary: Summary, limit: int) -> list[ImageEntry]:
    """Choose the images to show, in the manifest's order."""
    if summary.clips <= limit:
        return list(contents.images())
    chosen = set(random.Random(_SEED).sample(range(summary.clips), limit))  # noqa: S311
    return [image for i, image in enumerate(contents.images()) if i in chosen]


def _describe(contents: Contents, summary: Summary) -> dict[str, Any]:
    """Return what the page says of the output as a whole, by its tables."""
    folder, settings = contents.folder, contents.settings
    return {
        "title": encode_name(folder.resolve().name),
        "summary": {**asdict(summary), "labels": len(summary.labels)},
        "settings": settings.to_toml(),
        "format": settings.image.format,
        "fmin": settings.mel.fmin,
        "fmax": settings.mel.fmax,
        "failures": [asdict(f) for f in islice(contents.failures(), _FAILURES)],
    }


class _ShownImages:
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

    @property
    def n_faults(self) -> int:
        """How many images are missing or damaged."""
        return sum(map(bool, self._faults))

    def read(self, on_progress: OnProgress) -> None:
        """Read all images, label by label, so as to keep one mean image at a time."""
        by_label = Counter(image.record.label for image in self._images)
        averaged = {label for label, _ in by_label.most_common(MEANS)}
        rows = sorted(range(len(self._images)), key=self._label)
        stored = self._read_rows(rows, on_progress)
        for label, members in groupby(rows, key=self._label):
            numbers = list(members)
            records = (self._images[row].record for row in numbers)
            mean = MeanImage(Counter((r.width, r.height) for r in records))
            for row, pixels in islice(stored, len(numbers)):
                if isinstance(pixels, ImageError):
                    self._faults[row] = str(pixels)
                    continue
                self._brightness[row] = round(self._pixels.add(pixels), 4)
                if self._settings.image.format == "npy":
                    self._pictures[row] = picture_uri(pixels)
                if label in averaged:
                    mean.add(pixels)
            self._means[label] = {"shown": by_label[label], **mean.describe()}

    def _label(self, row: int) -> str:
        return self._images[row].record.label

    def _read_rows(
        self, rows: list[int], on_progress: OnProgress
    ) -> Iterator[tuple[int, Any]]:
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
