"""The images of an output folder, as they are on the disk now."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from specimg.arrays import Pixels
from specimg.errors import SpecimgError
from specimg.image import ImageSettings, decode
from specimg.manifest import Image

_THREADS = 2
"""That decode: it is the caller who cannot keep up with more."""


class ImageError(SpecimgError, OSError):
    """An image that was written is gone, or is not what it was."""


def read_image(folder: Path, image: Image, settings: ImageSettings) -> Pixels:
    """Return the pixels of an image.

    Raises
    ------
    ImageError
        It is missing or damaged, or has another size in bytes or pixels than when it
        was written.
    """
    record = image.record
    try:
        data = (folder / record.file_name).read_bytes()
    except OSError as error:
        raise ImageError(error.strerror or str(error)) from error
    if len(data) != image.n_bytes:
        msg = f"{len(data)} bytes, but it was written with {image.n_bytes}"
        raise ImageError(msg)
    try:
        pixels = decode(data, settings.format)
    except (ValueError, OSError, SyntaxError) as error:
        msg = f"damaged: {error}"
        raise ImageError(msg) from error
    if pixels.shape[:2] != (record.height, record.width):
        msg = f"its size is not {record.width}x{record.height}"
        raise ImageError(msg)
    return pixels


def read_images(
    folder: Path, images: Iterable[Image], settings: ImageSettings
) -> Iterator[tuple[Image, Pixels | ImageError]]:
    """Yield each image with its pixels, or with what is wrong with it, in order.

    A few are decoded ahead: zlib lets other threads run meanwhile.
    """

    def read(image: Image) -> Pixels | ImageError:
        try:
            return read_image(folder, image, settings)
        except ImageError as error:
            return error

    waiting: deque[tuple[Image, Future[Pixels | ImageError]]] = deque()
    with ThreadPoolExecutor(_THREADS) as threads:
        for image in images:
            waiting.append((image, threads.submit(read, image)))
            if len(waiting) > _THREADS:
                first, pixels = waiting.popleft()
                yield first, pixels.result()
        for last, pixels in waiting:
            yield last, pixels.result()
