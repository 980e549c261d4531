"""The images of an output folder, as they are on the disk now.

Whoever looks at an image does so through this module, because a stranger may have put
anything in its place.
"""

import io
import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from specimg.arrays import Pixels
from specimg.bounded import open_regular, read_stream
from specimg.errors import SpecimgError
from specimg.output.containment import leads_out
from specimg.output.manifest import ImageEntry
from specimg.rendering.image import Size, decode
from specimg.rendering.settings import RenderSettings

_THREADS = 2
"""Threads that decode; with more, the caller could not keep up."""

_OTHERS_BYTES = 2**20
"""Bytes that an image file may have beside its values."""


class ImageError(SpecimgError, OSError):
    """An image that was written is gone, or is not what it was."""


def is_image(folder: Path, file_name: str, n_bytes: int) -> bool:
    """Whether an image is there, as far as can be told without opening it."""
    try:
        # As a string: a Path of its own takes longer than the question.
        path = f"{folder}/{file_name}"
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            if leads_out(folder, file_name):
                return False
            status = os.stat(path)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == n_bytes


def read_image(folder: Path, image: ImageEntry, settings: RenderSettings) -> Pixels:
    """Return the pixels of an image.

    It is opened only if it is a regular file, or a link to one in the same folder;
    read only if it has its size, and decoded only if it says of itself what its row
    says.

    Raises
    ------
    ImageError
        It is missing, no regular file or damaged, or has another size in bytes or
        pixels than when it was written.
    """
    record = image.record
    channels = len(settings.frontends)
    try:
        size = Size(record.width, record.height)
        data = _read(folder, image, size, channels)
        return decode(data, settings.image, size, channels)
    except ImageError:
        raise
    except OSError as error:
        raise ImageError(error.strerror or str(error)) from error
    except ValueError as error:
        msg = f"damaged: {error}"
        raise ImageError(msg) from error


def _read(folder: Path, image: ImageEntry, size: Size, channels: int) -> bytes:
    path = folder / image.record.file_name
    if path.is_symlink() and (target := leads_out(folder, image.record.file_name)):
        msg = f"a link to {target}, which is outside"
        raise ImageError(msg)
    with open_regular(path) as file:
        found = file.seek(0, io.SEEK_END)
        if image.n_bytes not in (None, found):
            msg = f"{found} bytes, but it was written with {image.n_bytes}"
            raise ImageError(msg)
        file.seek(0)
        # No value takes more than four bytes, nor grows to twice as many.
        limit = 8 * channels * size.width * size.height + _OTHERS_BYTES
        return read_stream(file, limit)


def read_images(
    folder: Path, images: Iterable[ImageEntry], settings: RenderSettings
) -> Iterator[tuple[ImageEntry, Pixels | ImageError]]:
    """Yield each image with its pixels, or with what is wrong with it, in order.

    A few are decoded ahead: zlib lets other threads run meanwhile.
    """

    def read(image: ImageEntry) -> Pixels | ImageError:
        try:
            return read_image(folder, image, settings)
        except ImageError as error:
            return error

    waiting: deque[tuple[ImageEntry, Future[Pixels | ImageError]]] = deque()
    with ThreadPoolExecutor(_THREADS) as threads:
        for image in images:
            waiting.append((image, threads.submit(read, image)))
            if len(waiting) > _THREADS:
                first, pixels = waiting.popleft()
                yield first, pixels.result()
        for last, pixels in waiting:
            yield last, pixels.result()
