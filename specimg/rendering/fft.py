"""Two compiled functions of scipy, without the packages that are around them.

Importing `scipy.fft` and `scipy.sparse` takes 0.2 s, as long as converting some 80
clips, and their functions return new memory each time.  Where a version of scipy keeps
the compiled functions elsewhere, the public ones are used: they give the same values,
to the bit.
"""

import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
)
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import numpy as np
import scipy  # quick; prepares what its compiled modules need
from numpy.typing import NDArray

SparseRows: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]
"""A sparse matrix (CSR): where each row begins in the following, columns, values."""


def _load(package: str, name: str) -> ModuleType | None:
    """Return a compiled module of scipy; None where there is none of this name."""
    full_name = f"scipy.{package}.{name}"
    if full_name in sys.modules:
        return sys.modules[full_name]
    folder = Path(scipy.__file__).parent.joinpath(*package.split("."))
    finder = FileFinder(str(folder), (ExtensionFileLoader, EXTENSION_SUFFIXES))
    spec = finder.find_spec(full_name)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# scipy 1.18 went over to the successor of pocketfft, which is called alike.
_fft = _load("fft._duccfft", "pyduccfft") or _load("fft._pocketfft", "pypocketfft")
_r2c = getattr(_fft, "r2c", None)
_csr_matvecs = getattr(_load("sparse", "_sparsetools"), "csr_matvecs", None)


def real_fft(columns: NDArray[np.float32], out: NDArray[np.complex64]) -> None:
    """Transform each column into a column of `out`, as `scipy.fft.rfft` does.

    Parameters
    ----------
    columns : array, shape (n_fft, n_columns)
    out : array, shape (n_fft // 2 + 1, n_columns)
    """
    if _r2c is None:
        out[...] = scipy.fft.rfft(columns, axis=0)
    else:
        forward, unscaled, threads = True, 0, 1
        _r2c(columns, (0,), forward, unscaled, out, threads)


def to_sparse(matrix: NDArray[np.float32]) -> SparseRows:
    """Return a matrix, shape (n_rows, n), without its zeros."""
    rows, columns = np.nonzero(matrix)
    begins = np.searchsorted(rows, np.arange(len(matrix) + 1))
    values = matrix[rows, columns]
    return begins.astype(np.int32), columns.astype(np.int32), values


def sparse_product(
    matrix: SparseRows, columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Multiply a sparse matrix with a dense one, adding in the order of the columns.

    Parameters
    ----------
    matrix : SparseRows
        Shape (n_rows, n).
    columns : array, shape (n, n_columns)
        C-contiguous.

    Returns
    -------
    array, shape (n_rows, n_columns)
    """
    begins, indices, values = matrix
    n_rows, n = len(begins) - 1, len(columns)
    if _csr_matvecs is None:
        array = scipy.sparse.csr_array((values, indices, begins), (n_rows, n))
        product: NDArray[np.float32] = array @ columns
        return product
    n_columns = columns.shape[1]
    out = np.zeros((n_rows, n_columns), np.float32)
    flat_in, flat_out = columns.reshape(-1), out.reshape(-1)
    _csr_matvecs(n_rows, n, n_columns, begins, indices, values, flat_in, flat_out)
    return out
