"""Images of specimg in an output folder, also those that no record names."""

import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from specimg.audio.signatures import AUDIO_SUFFIXES
from specimg.errors import ParameterError
from specimg.output.card import remove_card
from specimg.output.files import remove
from specimg.output.journal import Journal
from specimg.rendering.image import TEXT_KEY
from specimg.rendering.png import SIGNATURE
from specimg.settings import (
    FAILURES_NAME,
    PASSED_OVER_NAME,
    SETTINGS_NAME,
    Settings,
)

_CLIP = re.compile(r".+_\d{5,}\.\d{3}s", re.DOTALL)
"""What the image of one of several clips is called, without its suffix."""

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
    """Return the names of the images in an output that its journals do not name.

    The images that they name must be there: if there are as many files as names,
    nothing else is looked at.  For 100,000 images that takes 0.2 s; to ask each for
    its size, as every run that goes on does, takes 1.5 s.
    """
    named = sum(1 for journal in journals for _ in journal.file_names())
    if named == sum(1 for _ in _walk(folder)):
        return []
    known = {f"{folder}/{n}" for journal in journals for n in journal.file_names()}
    paths = find_images(folder, [settings], known)
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def remove_strays(folder: Path, settings: Settings) -> None:
    """Remove the tables of an output, its card, and its images, whoever names them.

    The settings that lie there may be others; their tables and images go as well.

    Raises
    ------
    StorageError
        They cannot be removed.
    """
    written = [settings]
    with suppress(ParameterError):  # then they are not known
        written.append(Settings.load(folder / SETTINGS_NAME))
    tables = {FAILURES_NAME, PASSED_OVER_NAME, *(each.manifest for each in written)}
    for name in sorted(tables):
        remove(folder / name)
    remove_card(folder)
    for path in list(find_images(folder, written)):
        remove(path)
        for parent in path.parents:
            if parent == folder:
                break
            with suppress(OSError):  # others are in it
                parent.rmdir()


def find_images(
    folder: Path, written: Collection[Settings], known: Collection[str] = ()
) -> Iterator[Path]:
    """Yield the images that specimg has written below a folder, without `known` ones.

    PNG files are known by the text in them.  NPY files have none: they are known by
    their names, and by a header that fits one of the settings they may be `written`
    with.
    """
    written = [settings for settings in written if settings.image.format == "npy"]
    for name in _walk(folder):
        if name in known:
            continue
        path = Path(name)
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
            yield path


def _walk(folder: Path) -> Iterator[str]:
    """Yield the paths of all files that are called like images.

    Files in hidden folders, behind links, or in another output below are left out.
    """
    for parent, folders, names in os.walk(folder):
        if parent != str(folder) and _is_output(names):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith((".png", ".npy")):
                yield f"{parent}/{name}"


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
    if settings.clips.is_whole:
        # Recordings may be called otherwise, but then files of others may be, too.
        if Path(path.stem).suffix.lower() not in AUDIO_SUFFIXES:
            return False
    elif not _CLIP.fullmatch(path.stem):
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
