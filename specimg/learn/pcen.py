"""PCEN of a batch, with gradients of its own: a third of the time of torch's.

A few spectrograms at a time, and computing twice what would have to be kept.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from specimg.learn.batches import chunks, frame_counts, spectrograms
from specimg.learn.compression import compression
from specimg.learn.smoother import Smoother

SMALLEST_S = 1e-30
"""Of a smaller coefficient float32 has nothing left."""


def pcen(
    mel: Tensor,
    s: Tensor,
    start: Tensor | None,
    parameters: Sequence[Tensor],
    n_frames: Tensor | None = None,
) -> Tensor:
    """Smooth and compress.

    Parameters
    ----------
    mel : Tensor, shape (..., n_mels, n_frames)
    s : Tensor, shape (n_mels, 1) or (1, 1)
        Coefficient of the smoother, above 0 and up to 1.
    start : Tensor, shape (..., n_mels, 1)
        State of the smoother before the first frame; without it each clip is played
        in a loop.
    parameters : sequence of Tensor of float64, shapes (n_mels, 1) or (1, 1)
        gain, bias, power, eps: 0 or more; eps above 0.
    n_frames : Tensor of int, shape (...)
        Frames of each clip, where some are filled up with zeros to the longest.
    """
    counts = frame_counts(mel, n_frames)
    s = s.double().clamp_min(SMALLEST_S)
    result: Tensor = _Pcen.apply(mel, s, start, counts, *parameters)  # type: ignore[no-untyped-call]
    return result


class _Pcen(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's
        mel: Tensor,
        s: Tensor,
        start: Tensor | None,
        counts: list[int],
        *parameters: Tensor,
    ) -> Tensor:
        smoother, compressor = Smoother(s, mel), compression(parameters, mel)
        background = torch.empty_like(mel, memory_format=torch.contiguous_format)
        result, starts = torch.empty_like(background), []
        given = None if start is None else spectrograms(start)
        loud, quiet, out = map(spectrograms, (mel, background, result))
        for part, count in chunks(counts):
            before = None if given is None else given[part]
            starts.append(smoother.forward(loud[part], before, count, quiet[part]))
            compressor.forward(loud[part], quiet[part], out[part])
        ctx.save_for_backward(mel, s, background)
        ctx.known = smoother, compressor, starts, counts, start is None
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        mel, s, background = ctx.saved_tensors
        smoother, compressor, starts, counts, in_loop = ctx.known
        wanted, _, start_wanted, *_ = ctx.needs_input_grad
        for_mel = torch.empty_like(background) if wanted else None
        for_start = torch.empty_like(background[..., :1]) if start_wanted else None
        by_s, sums = s.new_zeros(mel.shape[-2], 1), compressor.new_sums()
        gradient, loud, quiet = map(spectrograms, (gradients[0], mel, background))
        for (part, count), start in zip(chunks(counts), starts, strict=True):
            direct, rest = compressor.backward(
                gradient[part], loud[part], quiet[part], sums
            )
            through, steps = smoother.backward(
                rest, loud[part], quiet[part], start, count, in_loop=in_loop
            )
            by_s += steps
            if for_start is not None:
                spectrograms(for_start)[part] = smoother.for_start(through)
            if for_mel is not None:
                torch.add(direct, through, out=spectrograms(for_mel)[part])
        for_s = (by_s / s).sum_to_size(s.shape)
        for_parameters = compressor.for_parameters(sums)
        return for_mel, for_s, for_start, None, *for_parameters
