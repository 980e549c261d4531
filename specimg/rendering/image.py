"""From [0, 1] to pixels, and from pixels to the bytes of a file."""

import hashlib
import io
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, cast, get_args

import numpy as np

from specimg.arrays import Pixels, Spectrogram
from specimg.errors import ParameterError, check_choice
from specimg.rendering.npy import decode_npy

if TYPE_CHECKING:
    from specimg.rendering.png import PngPixels

ImageFormat = Literal["png", "npy"]

MAX_PIXELS = 178_956_970
"""Pillow takes a larger image for a decompression bomb, and refuses to open it."""

TEXT_KEY = "specimg"
"""Keyword of the text chunk in a PNG file."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of an image, in pixels."""

    width: int
    height: int

    def __post_init__(self) -> None:
        """Reject images that nobody could open."""
        if min(self.width, self.height) < 1 or self.width * self.height > MAX_PIXELS:
            msg = (
                f"size={self}: need at least 1x1 and at most {MAX_PIXELS:,} pixels, "
                f"which is what Pillow opens"
            )
            raise ParameterError(msg)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``WIDTHxHEIGHT``."""
        match = re.fullmatch(r"(\d+)[xX](\d+)", text.strip(), re.ASCII)
        if not match:
            msg = f"size={text}: need WIDTHxHEIGHT in pixels, for example 224x224"
            raise ParameterError(msg)
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """How to store a picture."""

    format: ImageFormat = "png"
    bit_depth: int = 8
    """Bits per value of a PNG: 8, or 16 for a gray picture."""
    size: Size | None = None
    """None: one pixel per frame and band."""

    def __post_init__(self) -> None:
        """Reject what the format cannot hold."""
        check_choice("format", self.format, get_args(ImageFormat))
        check_choice("bit_depth", self.bit_depth, (8, 16))
        if self.bit_depth == 16 and self.format != "png":
            msg = "bit_depth=16 is for PNG: an NPY file holds float32 in [0, 1]"
            raise ParameterError(msg)


def to_pixels(channels: list[Spectrogram], settings: ImageSettings) -> Pixels:
    """Draw one spectrogram, or one for each color channel.

    Parameters
    ----------
    channels : list of 1 or 3 arrays of float32, shape (n_mels, n_frames)
        In [0, 1]; row 0 is the lowest band.
    settings : ImageSettings

    Returns
    -------
    array, shape (height, width) or (height, width, 3)
        Low frequencies at the bottom, time to the right.  uint8 or uint16 for PNG,
        ``rint(255 * value)`` or ``rint(65535 * value)``; float32 in [0, 1] for NPY.
    """
    planes = [channel[::-1] for channel in channels]
    if settings.size is not None:
        planes = [_resize(plane, settings.size) for plane in planes]
    picture = np.empty((*planes[0].shape, len(planes)), _dtype(settings))
    for index, plane in enumerate(planes):
        if picture.dtype.kind == "u":
            plane = plane * np.float32(np.iinfo(picture.dtype).max)  # noqa: PLW2901
            np.rint(plane, out=plane)
        picture[..., index] = plane
    return picture[..., 0] if len(planes) == 1 else picture


def encode(pixels: Pixels, settings: ImageSettings, text: str) -> bytes:
    """Return the bytes of an image file.

    Parameters
    ----------
    pixels : array
        As `to_pixels` returns it with the same settings.
    settings : ImageSettings
    text : str
        ASCII; stored in a PNG, under the keyword ``specimg``.
    """
    if settings.format == "npy":
        buffer = io.BytesIO()
        np.save(buffer, pixels, allow_pickle=False)
        return buffer.getvalue()
    from specimg.rendering.png import encode_png  # noqa: PLC0415 - keeps --help fast

    return encode_png(cast("PngPixels", pixels), TEXT_KEY, text)


def decode(data: bytes, settings: ImageSettings, size: Size, channels: int) -> Pixels:
    """Return the pixels in the bytes of an image file.

    The header of the file is compared with what it has to be before its pixels are
    unpacked, so that memory is bounded by `size`.

    Parameters
    ----------
    data : bytes
        As `encode` returns them.
    settings : ImageSettings
        The settings with which it was encoded.
    size : Size
    channels : int
        1 or 3.

    Raises
    ------
    ValueError
        The file is damaged, or is another image.
    """
    if settings.format == "npy":
        pixels: Pixels = decode_npy(data)
        _check_size(size, *reversed(pixels.shape[:2]))
    else:
        from specimg.rendering.png import read_png_header  # noqa: PLC0415 - as above

        header = read_png_header(data)
        _check_size(size, header.width, header.height)
        if (header.bit_depth, header.channels) != (settings.bit_depth, channels):
            msg = (
                f"{header.bit_depth} bits in {header.channels} channels, "
                f"not {settings.bit_depth} in {channels}"
            )
            raise ValueError(msg)
        pixels = _unpack_png(data)
    shape = (size.height, size.width) + ((channels,) if channels > 1 else ())
    if (pixels.shape, pixels.dtype) != (shape, np.dtype(_dtype(settings))):
        msg = f"holds {pixels.dtype} of shape {pixels.shape}"
        raise ValueError(msg)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        msg = "holds what is no number"
        raise ValueError(msg)
    return pixels


def _check_size(size: Size, *actual: int) -> None:
    if actual != (size.width, size.height):
        msg = f"its size is {'x'.join(map(str, actual))}, not {size}"
        raise ValueError(msg)


def _unpack_png(data: bytes) -> Pixels:
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415 - keeps --help fast

    try:
        # Not by Image.open, which warns of images that specimg may write.
        with PngImageFile(io.BytesIO(data)) as image:
            return np.asarray(image)
    except (OSError, SyntaxError, EOFError, struct.error, IndexError) as error:
        raise ValueError(str(error)) from error


def digest(pixels: Pixels) -> str:
    """Return the SHA-256 of `pixels`, with their shape and type."""
    whole = hashlib.sha256(f"{pixels.shape} {pixels.dtype.str} ".encode())
    whole.update(np.ascontiguousarray(pixels).data)
    return whole.hexdigest()


def _dtype(settings: ImageSettings) -> type[np.uint8 | np.uint16 | np.float32]:
    """Return the type of the values in a file."""
    if settings.format == "npy":
        return np.float32
    return np.uint8 if settings.bit_depth == 8 else np.uint16


def _resize(plane: Spectrogram, size: Size) -> Spectrogram:
    """Resample a picture; a triangular filter, so that nothing leaves [0, 1]."""
    from PIL import Image  # noqa: PLC0415 - keeps --help fast

    image = Image.fromarray(np.ascontiguousarray(plane))
    resized = image.resize((size.width, size.height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32).clip(0.0, 1.0)
