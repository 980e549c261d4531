"""Features of a picture, from random patches of others.

After Coates, Lee and Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature
Learning", AISTATS 2011, who found that patches taken at random do nearly as well as
what is learned from them.
"""

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

COARSE_HEIGHT = 64
"""Rows of a picture that is looked at, at most; as coarse in time by `COARSE_TIME`."""

COARSE_TIME = 4
SIDE = 8
"""Of a patch, in coarse pixels."""

STEP = 2
N_PATCHES = 192
N_BANDS = 6
"""Bands of frequency in which is told apart where something was found."""

CONTRAST = np.float32(10**0.5 / 255)
"""Half of what a patch is allowed to differ without being seen: about three levels."""

Coarse = NDArray[np.float32]
"""Shape (channels, height, width)."""


def to_coarse(pixels: NDArray[np.uint8]) -> Coarse:
    """Average a picture, shape (height, width, channels), to fewer pixels in [0, 1]."""
    rows = -(-pixels.shape[0] // COARSE_HEIGHT)
    height = max(1, pixels.shape[0] // rows)
    columns = min(COARSE_TIME, max(1, pixels.shape[1] // SIDE))
    width = pixels.shape[1] // columns
    whole = pixels[: height * rows, : width * columns]
    blocks = whole.reshape(height, rows, width, columns, -1)
    coarse = blocks.mean(axis=(1, 3), dtype=np.float32) / np.float32(255)
    # A picture smaller than a patch is continued in black.
    missing = [(0, max(0, SIDE - n)) for n in coarse.shape[:2]]
    channels = np.pad(coarse, [*missing, (0, 0)]).transpose(2, 0, 1)
    return np.ascontiguousarray(channels)


def draw_patches(
    pictures: list[Coarse], generator: np.random.Generator
) -> NDArray[np.float32]:
    """Take patches of `pictures` at random, shape (N_PATCHES, patch's pixels)."""
    patches = []
    for number in generator.integers(len(pictures), size=20 * N_PATCHES):
        picture = pictures[number]
        top = generator.integers(picture.shape[1] - SIDE + 1)
        left = generator.integers(picture.shape[2] - SIDE + 1)
        patch = picture[:, top : top + SIDE, left : left + SIDE]
        patch = _normalize(patch.reshape(1, -1, SIDE * SIDE))
        # A patch of one color finds nothing.
        if np.abs(patch).max() > 0.5:
            patches.append(patch)
        if len(patches) == N_PATCHES:
            break
    if not patches:
        return np.zeros((1, SIDE * SIDE * pictures[0].shape[0]), np.float32)
    found = np.concatenate(patches)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def extract(picture: Coarse, patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Look for each patch in a picture: how much and how often it is found in a band.

    Returns
    -------
    array, shape (2 * n_patches * bands,)
        The largest similarity in each band of frequency, and the mean.
    """
    windows = sliding_window_view(picture, (SIDE, SIDE), axis=(1, 2))
    windows = windows[:, ::STEP, ::STEP].transpose(1, 2, 0, 3, 4)
    rows, columns, channels = windows.shape[:3]
    windows = windows.reshape(rows * columns, channels, SIDE * SIDE)
    similarity = _normalize(windows) @ patches.T
    np.maximum(similarity, 0.0, out=similarity)
    similarity = similarity.reshape(rows, columns, -1)
    edges = np.linspace(0, rows, min(N_BANDS, rows) + 1).round().astype(int)
    pooled = []
    for low, high in pairwise(edges.tolist()):
        band = similarity[low:high].reshape(-1, similarity.shape[2])
        pooled += [band.max(axis=0), band.mean(axis=0)]
    return np.concatenate(pooled)


def _normalize(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give each channel of each patch mean 0 and variance 1, unless it has hardly any.

    Over all channels together, the offset between a bright one and a dark one would
    count for more than what either shows.

    Parameters
    ----------
    patches : array of float32, shape (n_patches, n_channels, n_pixels)

    Returns
    -------
    array of float32, shape (n_patches, n_channels * n_pixels)
    """
    centered = patches - patches.mean(axis=2, keepdims=True)
    variance = np.square(centered).mean(axis=2, keepdims=True)
    normalized: NDArray[np.float32] = centered / np.sqrt(variance + CONTRAST**2)
    return normalized.reshape(len(patches), -1)
