"""Scaling to [0, 1] by minimum and maximum, with a gradient."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from specimg.learn.batches import chunks, frame_counts, spectrograms


def min_max(values: Tensor, n_frames: Tensor | None = None) -> Tensor:
    """Scale each spectrogram so that its smallest value is 0 and its largest 1.

    Equal to `specimg.rendering.normalize.min_max`.

    Parameters
    ----------
    values : Tensor, shape (..., n_mels, n_frames)
    n_frames : Tensor of int, shape (...)
        Frames of each, where some are filled up; what is behind them becomes 0.

    Returns
    -------
    Tensor, shape (..., n_mels, n_frames)
        A spectrogram that is the same everywhere becomes 0.
    """
    result: Tensor = _MinMax.apply(values, frame_counts(values, n_frames))  # type: ignore[no-untyped-call]
    return result


class _MinMax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, counts: list[int]) -> Tensor:  # noqa: ANN401 - torch's
        result = torch.empty_like(values, memory_format=torch.contiguous_format)
        given, scaled = spectrograms(values), spectrograms(result)
        ranges = []
        for part, count in chunks(counts):
            inner = given[part, :, :count]
            low = inner.amin(-1, keepdim=True).amin(-2, keepdim=True)
            high = inner.amax(-1, keepdim=True).amax(-2, keepdim=True)
            value_range = torch.where(low == high, 1.0, high - low)
            torch.sub(inner, low, out=scaled[part, :, :count]).div_(value_range)
            scaled[part, :, count:] = 0.0
            ranges.append(value_range)
        ctx.save_for_backward(result)
        ctx.known = ranges, counts
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        (result,) = ctx.saved_tensors
        ranges, counts = ctx.known
        for_values = torch.empty_like(result)
        gradient, scaled, out = map(spectrograms, (gradients[0], result, for_values))
        for (part, count), value_range in zip(chunks(counts), ranges, strict=True):
            given, inner = gradient[part, :, :count], scaled[part, :, :count]
            found = torch.div(given, value_range, out=out[part, :, :count])
            upwards = (found * inner).sum((-2, -1))
            downwards = found.sum((-2, -1)) - upwards
            # The largest value moves all others down, the smallest up.
            found[_first(inner.amax(-1), inner, torch.argmax)] -= upwards
            found[_first(inner.amin(-1), inner, torch.argmin)] -= downwards
            out[part, :, count:] = 0.0
        return for_values, None


def _first(
    extremes: Tensor, values: Tensor, find: Callable[..., Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the index of the first minimum or maximum of each spectrogram.

    Looking in one row only takes 0.03 ms for four spectrograms of 128 bands and 513
    frames, and looking in all 0.16 ms.

    Parameters
    ----------
    extremes : Tensor, shape (n, n_mels)
        The minimum or maximum of each row of `values`.
    values : Tensor, shape (n, n_mels, n_frames)
    find : callable
        ``torch.argmin`` or ``torch.argmax``.
    """
    each = torch.arange(len(extremes), device=extremes.device)
    rows = find(extremes, dim=-1)
    return each, rows, find(values[each, rows], dim=-1)
