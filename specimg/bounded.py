"""Files that a stranger may have written, read within bounds.

A named pipe waits for ever, a device never ends, and a file may be larger than memory.
"""

import errno
import io
import stat
from pathlib import Path
from typing import BinaryIO

MAX_TEXT_BYTES = 2**22
"""The largest file of settings or of learned parameters, and text in a record.

The largest that specimg writes itself has three frontends with five parameters each,
one number per band, for at most 4,096 bands, in 20 characters per number: 1.2 MB.
"""


def open_regular(path: Path, *, buffering: int = -1) -> BinaryIO:
    """Open a regular file to read it, or what a link to one leads to.

    Raises
    ------
    OSError
        There is no such file, it is not a regular one, or may not be read.
    """
    # Opening a named pipe would wait for ever, so ask before.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    return path.open("rb", buffering=buffering)


def read_regular(path: Path, limit: int) -> bytes:
    """Return what is in a regular file of at most `limit` bytes.

    Raises
    ------
    OSError
        It cannot be opened (see `open_regular`) or read, or is larger.
    """
    with open_regular(path) as file:
        return read_stream(file, limit)


def begins_with(path: Path, start: bytes) -> bool:
    """Whether a file is a regular one, no link, and begins with some bytes."""
    if path.is_symlink():
        return False
    try:
        with open_regular(path) as file:
            return file.read(len(start)) == start
    except OSError:
        return False


def read_stream(file: BinaryIO, limit: int) -> bytes:
    """Return the rest of a file or a pipe, where that is at most `limit` bytes.

    Raises
    ------
    OSError
        It cannot be read, or there is more.
    """
    data = io.BytesIO()
    while block := file.read(min(2**20, limit + 1 - data.tell())):
        data.write(block)
    if data.tell() > limit:
        raise OSError(errno.EFBIG, f"more than {limit:,} bytes")
    return data.getvalue()
