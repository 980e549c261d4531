"""Files that appear whole or not at all, under names that fit."""

import errno
import filecmp
import hashlib
import os
import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from specimg.audio.signatures import AUDIO_SUFFIXES
from specimg.errors import SpecimgError, StorageError, UnwritableError
from specimg.settings.labels import LabelSettings

PARTIAL_PREFIX = ".specimg-"
"""The beginning of the hidden names under which files are written."""

MAX_NAME_BYTES = 255
_DIGEST_CHARS = 16
_LONGEST_SUFFIX = 24
"""Characters that may be added to a name: ``_00003.000s.png`` and more."""

_CLIP_NAME = re.compile(r".+_\d{5,}\.\d{3}s", re.DOTALL)
"""What the image of one of several clips is called, without its suffix."""

_TABLE_SUFFIXES = (".csv", ".json", ".jsonl", ".md", ".toml", ".yaml")
"""Of what lies at the top of an output, where no folder may be called so."""

_OWN_FAULT = {
    errno.EISDIR,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.EEXIST,
    errno.EINVAL,
}
"""Errors that concern one name, not the whole output folder."""


def image_name(source: str, suffix: str) -> str:
    """Name an image after its source, so that no two sources share one.

    Parameters
    ----------
    source : str
        Encoded path of the recording, with forward slashes.
    suffix : str
        Which clip, and the extension: ``_00003.000s.png``.

    Returns
    -------
    str
        The same path with `suffix` added.  A part of it that would be longer than
        file systems allow is cut and ends in a digest of the whole.
    """
    *folders, name = source.split("/")
    return "/".join([*map(_fit, folders), _fit(name) + suffix])


def in_folder(folder: str, source: str) -> str:
    """Return what images of a recording are named after where they have a folder."""
    return f"{folder}/{source}" if folder else source


def image_folder(split: str, label: str, settings: LabelSettings) -> str:
    """Return the folder that images lie in besides that of their recording.

    That is one for the part of the data, and in it one for the label; either may be
    empty.  YOLO wants all images in a folder of their own.
    """
    name = label.replace("/", "%2F")
    if name.startswith("."):
        name = name.replace(".", "%2E", 1)
    if name.endswith(_TABLE_SUFFIXES):
        name = "%2E".join(name.rsplit(".", 1))
    above = ("images",) if settings.boxes == "yolo" else ()
    return "/".join(filter(None, (*above, split, "" if above else name)))


def clip_suffix(start: float | None, extension: str) -> str:
    """Return what an image's name adds to its source's.

    `start` is in seconds, or None where the whole recording is one image.
    """
    return ("" if start is None else f"_{start:09.3f}s") + f".{extension}"


def is_image_stem(stem: str, *, is_whole: bool) -> bool:
    """Whether an image may be called so, without its extension.

    One of a whole recording is called after that, if by its name that is audio:
    recordings may be called otherwise, but then files of others may be, too.
    """
    if is_whole:
        return Path(stem).suffix.lower() in AUDIO_SUFFIXES
    return _CLIP_NAME.fullmatch(stem) is not None


def remove_images(
    out: Path, source: str, keep: Collection[str] = (), folder: str = ""
) -> None:
    """Remove whatever a recording may have left: images, and partial files.

    For a recording that was not finished, or not at the first try, so that nobody
    knows what it has besides the images that are named in `keep`.  They lie in
    `folder` of the output, if not in its own.
    """
    stem = out / image_name(in_folder(folder, source), "")
    partial = _partial_prefix(source)
    pattern = re.compile(re.escape(stem.name) + r"(_\d{5,}\.\d{3}s)?\.(png|npy)")
    try:
        names = os.listdir(stem.parent)  # noqa: PTH208 - only the names
    except (FileNotFoundError, NotADirectoryError):
        return
    kept = {out / name for name in keep}
    for name in names:
        path = stem.parent / name
        if name.startswith(partial) or (pattern.fullmatch(name) and path not in kept):
            remove(path)


def remove_partials(folder: Path, tag: str) -> None:
    """Remove what a kill left of the files that were written with `tag`."""
    for path in folder.glob(_partial_prefix(tag) + "*"):
        remove(path)


def write_atomically(path: Path, data: bytes, tag: str) -> None:
    """Put `data` into a file, which appears whole or not at all.

    Parameters
    ----------
    path : Path
        Folders that are missing are made.
    data : bytes
    tag : str
        The recording that the file is made from: by it, `remove_images` finds what
        a kill left.

    Raises
    ------
    StorageError
        The output folder is full, read-only, or gone.
    UnwritableError
        This name cannot be written; others can.
    """
    with _errors_named(path), _partial(path, tag) as partial:
        partial.write_bytes(data)
        partial.replace(path)


def check_writable(path: Path) -> None:
    """Raise what writing a file will raise, before there is something to write.

    Raises
    ------
    StorageError, UnwritableError
        As from `write_atomically`.
    """
    with _errors_named(path), _partial(path, "check") as partial:
        partial.touch()
        partial.unlink()
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def write_table(path: Path, chunks: Iterable[bytes], tag: str) -> None:
    """Put a table into a file, piece by piece, which appears whole or not at all.

    `tag` says who writes it: by it, `remove_partials` finds what a kill left.

    It is on the disk when this returns.  Where the file already holds just that, it
    is left alone, so that its time of modification says when it last changed.

    Raises
    ------
    StorageError, UnwritableError
        As from `write_atomically`.
    """
    with _errors_named(path), _partial(path, tag) as partial:
        with partial.open("wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and filecmp.cmp(partial, path, shallow=False):
            partial.unlink()
        else:
            partial.replace(path)


@contextmanager
def _partial(path: Path, tag: str) -> Iterator[Path]:
    """Yield a hidden name beside `path`, under which nothing stays behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / (_partial_prefix(tag) + uuid.uuid4().hex)
    try:
        yield partial
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except SpecimgError:
        raise
    except OSError as error:
        kind = UnwritableError if error.errno in _OWN_FAULT else StorageError
        msg = f"cannot write {path}: {error.strerror or error}"
        raise kind(msg) from error


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises
    ------
    StorageError, UnwritableError
        As from `write_atomically`.
    """
    if path.is_dir() and not path.is_symlink():
        return  # no file of ours, though it has its name
    with _errors_named(path):
        path.unlink(missing_ok=True)


def _partial_prefix(tag: str) -> str:
    digest = hashlib.sha256(tag.encode()).hexdigest()
    return f"{PARTIAL_PREFIX}{digest[:_DIGEST_CHARS]}-"


def _fit(part: str) -> str:
    limit = MAX_NAME_BYTES - _LONGEST_SUFFIX
    data = part.encode()
    if len(data) <= limit:
        return part
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS]
    room = limit - _DIGEST_CHARS - 1
    return data[:room].decode(errors="ignore") + "~" + digest
