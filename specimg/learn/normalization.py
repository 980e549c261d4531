"""To [0, 1] by minimum and maximum, with a gradient."""

from typing import Any

import torch
from torch import Tensor

from specimg.learn.smoother import one_by_one


def min_max(values: Tensor, n_frames: Tensor | None = None) -> Tensor:
    """Scale each spectrogram so that its smallest value is 0 and its largest 1.

    Equal to `specimg.normalize.min_max`.

    Parameters
    ----------
    values : Tensor, shape (..., n_mels, n_frames)
    n_frames : Tensor of int, shape (...)
        Frames of each; what is beyond becomes 0.
    """
    counts = [values.shape[-1]] * values.shape[:-2].numel()
    if n_frames is not None:
        counts = n_frames.flatten().tolist()
    result: Tensor = _MinMax.apply(values, counts)  # type: ignore[no-untyped-call]
    return result


class _MinMax(torch.autograd.Function):
    """One spectrogram after the other: they fit into a processor's cache."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, counts: list[int]) -> Tensor:  # noqa: ANN401 - torch's
        result = torch.empty_like(values, memory_format=torch.contiguous_format)
        spans, places = [], []
        whole = zip(one_by_one(values), one_by_one(result), counts, strict=True)
        for given, scaled, count in whole:
            flat = given[:, :count].reshape(-1)
            place = flat.argmin(), flat.argmax()
            low, high = flat[place[0]], flat[place[1]]
            span = torch.where(low == high, 1.0, high - low)
            torch.sub(given[:, :count], low, out=scaled[:, :count]).div_(span)
            scaled[:, count:] = 0.0
            spans.append(span)
            places.append(place)
        ctx.save_for_backward(result)
        ctx.known = spans, places, counts
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        (result,) = ctx.saved_tensors
        for_values = torch.empty_like(result)
        whole = map(one_by_one, (gradients[0], result, for_values))
        for gradient, scaled, out, span, place, count in zip(
            *whole, *ctx.known, strict=True
        ):
            inner = gradient[:, :count]
            upwards = (inner * scaled[:, :count]).sum() / span
            downwards = inner.sum() / span - upwards
            # The largest value moves all others down, the smallest up.
            flat = (inner / span).reshape(-1)
            flat[place[1]] -= upwards
            flat[place[0]] -= downwards
            out[:, :count] = flat.view_as(inner)
            out[:, count:] = 0.0
        return for_values, None
