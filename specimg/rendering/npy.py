"""NPY files, checked against their headers before anything is allocated."""

import io
import math
import tokenize
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_NUMBERS_AND_TEXT = "biufcSU"
"""Kinds of types that an array may have: no objects, which run code when they are
read, and nothing whose values take no bytes."""


def decode_npy(data: bytes) -> NDArray[Any]:
    """Return the array in the bytes of an NPY file.

    It takes no more memory than `data`, because the header has to agree with that.

    Raises
    ------
    ValueError
        The file is damaged, or holds something other than numbers or text.
    """
    file = io.BytesIO(data)
    try:
        version = npy.read_magic(file)
        read = {
            (1, 0): npy.read_array_header_1_0,
            (2, 0): npy.read_array_header_2_0,
        }[version]
        shape, is_fortran, dtype = read(file)
    except KeyError as error:
        msg = "an NPY file of an unknown version"
        raise ValueError(msg) from error
    except (
        *(EOFError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError),
        *(AttributeError, OverflowError, IndexError, tokenize.TokenError),
    ) as error:
        msg = "the header of the NPY file is damaged"
        raise ValueError(msg) from error
    if dtype.kind not in _NUMBERS_AND_TEXT or dtype.itemsize == 0:
        msg = f"an NPY file of {dtype.name}, not of numbers"
        raise ValueError(msg)
    n_bytes = len(data) - file.tell()
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != n_bytes:
        msg = f"the header of the NPY file does not fit the {n_bytes} bytes behind it"
        raise ValueError(msg)
    array = np.frombuffer(data, dtype, offset=file.tell())
    return array.reshape(shape, order="F" if is_fortran else "C")
