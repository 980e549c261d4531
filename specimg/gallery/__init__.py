"""A page to look at the images of an output folder with: one file, no server."""

import os
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from math import isinf
from pathlib import Path
from typing import Any
from urllib.parse import quote

from specimg.encoding import encode_name
from specimg.gallery.boxes import gather_boxes
from specimg.gallery.page import format_page
from specimg.gallery.shown import ShownImages
from specimg.gallery.sounds import sound_folder, write_sounds
from specimg.output.contents import Contents, read_contents
from specimg.output.files import check_writable, remove_partials, write_atomically
from specimg.output.manifest import ImageEntry
from specimg.output.stats import OnProgress, Summary, summarize
from specimg.rendering.image import ImageFormat

PAGE_NAME = "gallery.html"

LIMITS: dict[ImageFormat, int] = {"png": 20_000, "npy": 2_000}
"""Images on one page by default; pictures of NPY files are in the page itself."""

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
    sounds: Path | None
    """The folder of their sounds, if they were asked for."""
    silent: int
    """Images that were to have a sound, and have none."""


def write_gallery(
    folder: Path,
    limit: int | None,
    on_progress: OnProgress,
    *,
    page: Path | None = None,
    on_sound: OnProgress | None = None,
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
    on_sound : callable, optional
        If given, what is heard in each image is written as well, and this called for
        each; see `write_sounds`.

    Raises
    ------
    RefusedError
        The folder is no complete output, or its record is damaged; or it has none,
        and sounds are asked for.
    StorageError, UnwritableError
        The page cannot be written.
    """
    path = page or folder / PAGE_NAME
    with read_contents(folder) as contents:
        check_writable(path)
        settings = contents.settings
        summary = summarize(contents)
        images = _sample(contents, summary, limit or LIMITS[settings.image.format])
        boxes = gather_boxes(images)
        shown = ShownImages(folder, images, settings)
        shown.read(on_progress)
        recordings = contents.recordings() if contents.journals or on_sound else {}
        sounds = (
            write_sounds(folder, images, recordings, settings, on_sound)
            if on_sound
            else []
        )
        data = {
            **_describe(contents, summary),
            "base": _base(folder, path.parent),
            **shown.describe(summary),
            "boxes": boxes,
            "sounds": sounds,
            "sounds_base": _base(sound_folder(folder), path.parent),
            "recordings": _addresses(images, recordings, path.parent),
        }
        remove_partials(path.parent, path.name)
        write_atomically(path, format_page(data), path.name)
    return WrittenPage(
        path=path,
        clips=summary.clips,
        shown=len(images),
        faults=shown.n_faults,
        sounds=sound_folder(folder) if on_sound else None,
        silent=sounds.count(""),
    )


def _base(folder: Path, page_folder: Path) -> str:
    """Return the address of a folder, relative to a page that lies in `page_folder`."""
    address = _address(folder, page_folder)
    return "" if address == os.curdir else address + "/"


def _address(path: Path, page_folder: Path) -> str:
    """Return the address of a file or folder, relative to a page in `page_folder`."""
    try:
        relative = os.path.relpath(path, page_folder)
    except ValueError:  # another drive of Windows
        return path.absolute().as_uri()
    return quote(os.fsencode(Path(relative).as_posix()))


def _addresses(
    images: list[ImageEntry], recordings: Mapping[str, Path], page_folder: Path
) -> dict[str, str]:
    """Return the addresses of the recordings of images, by their names."""
    sources = {image.record.source for image in images} & recordings.keys()
    folder = page_folder.resolve()
    return {name: _address(recordings[name], folder) for name in sorted(sources)}


def _sample(contents: Contents, summary: Summary, limit: int) -> list[ImageEntry]:
    """Choose the images to show, in the manifest's order."""
    if summary.clips <= limit:
        return list(contents.images())
    chosen = set(random.Random(_SEED).sample(range(summary.clips), limit))  # noqa: S311
    return [image for i, image in enumerate(contents.images()) if i in chosen]


def _describe(contents: Contents, summary: Summary) -> dict[str, Any]:
    """Return what the page says of the output as a whole, by its tables."""
    folder, settings = contents.folder, contents.settings
    counts = asdict(summary)
    for tables in ("splits", "labels_of_splits", "times"):
        del counts[tables]
    return {
        "title": encode_name(folder.resolve().name),
        "summary": {**counts, "labels": len(summary.labels)},
        "splits": [*summary.splits],
        "settings": settings.to_toml(),
        "format": settings.image.format,
        "fmin": settings.mel.fmin,
        "fmax": None if isinf(settings.mel.fmax) else settings.mel.fmax,
        "failures": [asdict(f) for f in islice(contents.failures(), _FAILURES)],
    }
