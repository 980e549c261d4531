import numpy as np
import pytest
import scipy.fft
import scipy.sparse

from specimg.rendering import fft


@pytest.mark.parametrize("kind", ["compiled", "public"])
@pytest.mark.parametrize("n_columns", [1, 3, 64])
def test_the_transform_is_that_of_scipy_to_the_bit(
    kind: str, n_columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "public":
        monkeypatch.setattr(fft, "_r2c", None)
    columns = np.random.default_rng(0).standard_normal((1024, n_columns), np.float32)
    out = np.full((513, n_columns), np.nan, np.complex64)
    fft.real_fft(columns, out)
    np.testing.assert_array_equal(out, scipy.fft.rfft(columns, axis=0))


@pytest.mark.parametrize("kind", ["compiled", "public"])
def test_the_sparse_product_is_that_of_scipy_to_the_bit(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "public":
        monkeypatch.setattr(fft, "_csr_matvecs", None)
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((5, 9)).astype(np.float32)
    matrix[rng.random((5, 9)) < 0.7] = 0
    matrix[2] = 0  # a row that holds nothing
    columns = rng.standard_normal((9, 4)).astype(np.float32)
    product = fft.sparse_product(fft.to_sparse(matrix), columns)
    expected = scipy.sparse.csr_array(matrix) @ columns
    np.testing.assert_array_equal(product, expected)


def test_both_are_found_in_the_scipy_that_is_installed() -> None:
    assert fft._r2c is not None  # noqa: SLF001
    assert fft._csr_matvecs is not None  # noqa: SLF001
