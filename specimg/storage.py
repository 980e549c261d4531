"""Files that appear whole or not at all, under names that fit."""

import errno
import hashlib
import uuid
from pathlib import Path

from specimg.errors import StorageError, UnwritableError

PARTIAL_PREFIX = ".specimg-"
"""What the hidden names begin with under which files are written."""

MAX_NAME_BYTES = 255
_DIGEST_CHARS = 16
_LONGEST_SUFFIX = 24
"""Of what is added to a name, in characters: ``_00003.000s.png`` and more."""

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


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` into a file, which appears whole or not at all.

    Raises
    ------
    StorageError
        The output folder is full, read-only, or gone.
    UnwritableError
        This name cannot be written; others can.
    """
    partial = path.parent / f"{PARTIAL_PREFIX}{uuid.uuid4().hex}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        kind = UnwritableError if error.errno in _OWN_FAULT else StorageError
        msg = f"cannot write {path}: {error.strerror or error}"
        raise kind(msg) from error


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    path.unlink(missing_ok=True)


def _fit(part: str) -> str:
    limit = MAX_NAME_BYTES - _LONGEST_SUFFIX
    data = part.encode()
    if len(data) <= limit:
        return part
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS]
    room = limit - _DIGEST_CHARS - 1
    return data[:room].decode(errors="ignore") + "~" + digest
