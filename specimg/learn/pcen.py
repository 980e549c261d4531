"""PCEN of a batch, with gradients of its own, in a third of the time of torch's.

A few spectrograms are computed at a time, and what their gradients need is computed
again instead of being kept.
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
"""A smaller coefficient would be too close to 0 for float32."""


def pcen(
    mel: Tensor,
    s: Tensor,
    start: Tensor | None,
    parameters: Sequence[Tensor],
    n_frames: Tensor | None = None,
) -> Tensor:
    """Smooth a batch of spectrograms over time, and compress it by the result.

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
        mels, backgrounds, out = map(spectrograms, (mel, background, result))
        for part, count in chunks(counts):
            before = None if given is None else given[part]
            smoothed = backgrounds[part]
            starts.append(smoother.forward(mels[part], before, count, smoothed))
            compressor.forward(mels[part], smoothed, out[part])
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
        s_times_gradient = s.new_zeros(mel.shape[-2], 1)
        sums = compressor.new_sums()
        gradient, mels, backgrounds = map(spectrograms, (gradients[0], mel, background))
        for (part, count), start in zip(chunks(counts), starts, strict=True):
            directly, for_background = compressor.backward(
                gradient[part], mels[part], backgrounds[part], sums
            )
            by_smoother, for_log_s = smoother.backward(
                for_background,
                mels[part],
                backgrounds[part],
                start,
                count,
                in_loop=in_loop,
            )
            s_times_gradient += for_log_s
            if for_start is not None:
                spectrograms(for_start)[part] = smoother.for_start(by_smoother)
            if for_mel is not None:
                torch.add(directly, by_smoother, out=spectrograms(for_mel)[part])
        for_s = (s_times_gradient / s).sum_to_size(s.shape)
        for_parameters = compressor.for_parameters(sums)
        return for_mel, for_s, for_start, None, *for_parameters
