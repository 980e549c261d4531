"""Batches of spectrograms, a few at a time.

A few of them fit into a processor's cache, a batch of them does not; one alone is soon
done beside what each call of torch costs.
"""

from collections.abc import Iterator
from itertools import groupby

from torch import Tensor

from specimg.errors import ParameterError

AT_ONCE = 4


def spectrograms(batch: Tensor) -> Tensor:
    """Return a batch of any shape as a row of spectrograms, (n, n_mels, n_frames).

    A view, if it is contiguous: what is written to must be.
    """
    return batch.reshape(-1, *batch.shape[-2:])


def frame_counts(batch: Tensor, n_frames: Tensor | None) -> list[int]:
    """Return how many frames of each spectrogram count: without `n_frames` all.

    Raises
    ------
    ParameterError
        They are not one for each, or not in the spectrogram.
    """
    each, width = batch.shape[:-2], batch.shape[-1]
    if n_frames is None:
        return [width] * each.numel()
    try:
        counts: list[int] = n_frames.expand(each).flatten().tolist()
    except RuntimeError as error:
        msg = f"n_frames of shape {tuple(n_frames.shape)}: need {tuple(each)}"
        raise ParameterError(msg) from error
    if wrong := [count for count in counts if not 1 <= count <= width]:
        msg = f"n_frames={wrong[0]}: need 1 to {width}, the frames of the batch"
        raise ParameterError(msg)
    return counts


def chunks(counts: list[int]) -> Iterator[tuple[slice, int]]:
    """Yield the places of neighbors with equally many frames, and how many."""
    first = 0
    for count, equal in groupby(counts):
        end = first + len(list(equal))
        for start in range(first, end, AT_ONCE):
            yield slice(start, min(start + AT_ONCE, end)), count
        first = end
