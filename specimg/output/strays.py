"""Images of specimg in an output folder, also those that no record names."""

import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from specimg.errors import ParameterError
from specimg.output.card import remove_card
from specimg.output.compatibility import load_settings
from specimg.output.files import is_image_stem, remove
from specimg.output.journal import Journal
from specimg.output.label_files import remove_label_files
from specimg.output.reading import read_columns
from specimg.rendering.image import TEXT_KEY
from specimg.rendering.png import SIGNATURE
from specimg.settings import (
    FAILURES_NAME,
    PASSED_OVER_NAME,
    SETTINGS_NAME,
    SPLITS_NAME,
    Settings,
)

_JOURNAL = re.compile(r"\.specimg.*\.sqlite", re.DOTALL)

_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': False, "
    rb"'shape': \((\d{1,9}), (\d{1,9})(, 3)?\), \}",
    re.DOTALL,
)
"""What an image in NPY begins with: height, width, and perhaps three channels."""

_IHDR_BYTES = 25
"""Bytes of the first chunk of a PNG, with its length and its checksum."""


def find_strays(
    folder: Path, journals: Sequence[Journal], settings: Settings
) -> list[str]:
    """Return the names of the images in an output that its journals do not name."""
    known = {name for journal in journals for name in journal.file_names()}
    return sorted(find_images(folder, [settings], known))


def remove_strays(folder: Path, settings: Settings) -> None:
    """Remove the tables of an output, its card, and its images, whoever names them.

    The settings that lie there may be others; their tables and images go as well.

    Raises
    ------
    StorageError
        They cannot be removed.
    """
    written = [settings]
    with suppress(ParameterError):  # then nobody knows
        written.append(load_settings(folder))
    tables = {FAILURES_NAME, PASSED_OVER_NAME, *(each.manifest for each in written)}
    for name in sorted(tables):
        remove(folder / name)
    for each in written:
        remove_label_files(folder, each)
    if read_columns(folder / SPLITS_NAME) == ["source", "split", "group"]:
        remove(folder / SPLITS_NAME)
    remove_card(folder)
    for name in list(find_images(folder, written)):
        remove(folder / name)
        for parent in (folder / name).parents:
            if parent == folder:
                break
            with suppress(OSError):  # others are in it
                parent.rmdir()


def find_images(
    folder: Path, written: Collection[Settings], known: Collection[str] = ()
) -> Iterator[str]:
    """Yield the images below a folder that specimg has written, but for `known` ones.

    By their names, with forward slashes.

    PNG files are known by the text in them.  NPY files have none: they are known by
    their names, and by a header that fits one of the settings they may be `written`
    with.
    """
    written = [settings for settings in written if settings.image.format == "npy"]
    for name in list_images(folder):
        if name in known:
            continue
        path = folder / name
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            if path.suffix == ".npy":
                is_ours = any(_fits(path, settings) for settings in written)
            else:
                is_ours = _has_our_text(path)
        except OSError:
            continue
        if is_ours:
            yield name


def list_images(folder: Path) -> Iterator[str]:
    """Yield the names of all files below a folder that are called like images.

    Files in hidden folders, behind links, or in another output below are left out.
    """
    for parent, folders, names in os.walk(folder):
        if parent != str(folder) and _is_output(names):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = os.path.relpath(parent, folder).replace(os.sep, "/")
        above = "" if below == os.curdir else f"{below}/"
        for name in names:
            if name.endswith((".png", ".npy")):
                yield above + name


def _is_output(names: list[str]) -> bool:
    return SETTINGS_NAME in names or any(map(_JOURNAL.fullmatch, names))


def _has_our_text(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(128)
    text = start[len(SIGNATURE) + _IHDR_BYTES + 4 :]
    return start.startswith(SIGNATURE) and text.startswith(
        b"tEXt" + TEXT_KEY.encode() + b"\0"
    )


def _fits(path: Path, settings: Settings) -> bool:
    """Whether an NPY file is called, and shaped, like the images of `settings`."""
    if not is_image_stem(path.stem, is_whole=settings.clips.is_whole):
        return False
    with path.open("rb") as file:
        header = _HEADER.match(file.read(128))
    if header is None:
        return False
    height, width, is_rgb = int(header[1]), int(header[2]), bool(header[3])
    size = settings.image.size
    is_as_wide = size is None or width == size.width
    is_as_high = height == (size.height if size else settings.mel.n_mels)
    return is_as_wide and is_as_high and is_rgb == settings.is_rgb
