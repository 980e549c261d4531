"""The smoother of PCEN, and its gradient, without a loop over frames."""

from typing import Any

import torch
from torch import Tensor

MAX_EXPONENT = 600.0
"""e to this power, times what a spectrogram holds, is far from what float64 ends at."""

ALMOST_ONE = 1.0 - 2.0**-53
"""A coefficient of 1 leaves no past at all, whose logarithm is not a number; e**-40 is
taken for what is left."""


def smooth(mel: Tensor, s: Tensor) -> Tensor:
    """Smooth over time: ``M[t] = (1-s) M[t-1] + s mel[t]`` from ``M[-1] = 0``.

    Equal to `specimg.frontends.smoother.smooth`, with gradients for both.

    Parameters
    ----------
    mel : Tensor, shape (..., n_mels, n_frames)
    s : Tensor of float64, shape (n_mels, 1) or (1, 1)
        Coefficient, above 0 and up to 1.
    """
    result: Tensor = _Smoother.apply(mel, s)  # type: ignore[no-untyped-call]
    return result


def log_decay(s: Tensor) -> Tensor:
    """Logarithm of what is left of the past after a frame."""
    return torch.where(s < 1, torch.log1p(-s.clamp_max(ALMOST_ONE)), -40.0)


def _running(values: Tensor, s: Tensor, *, backwards: bool = False) -> Tensor:
    """Return ``y[t] = (1-s) y[t-1] + values[t]``, with 0 before the first frame.

    With `backwards`, from the last frame to the first.

    In closed form and float64, as a running sum of what grows, scaled down again; it
    starts anew before the powers are too large.  One spectrogram after the other,
    because they fit into a processor's cache one at a time.
    """
    decay = log_decay(s)
    longest = int(min(MAX_EXPONENT / -float(decay.min()), values.shape[-1]))
    steps = torch.arange(1, longest + 1, dtype=torch.float64, device=values.device)
    shrink, growth = torch.exp(decay * steps), torch.exp(-decay * steps)
    result = torch.empty_like(values, memory_format=torch.contiguous_format)
    pairs = zip(one_by_one(values), one_by_one(result), strict=True)
    for spectrogram, smoothed in pairs:
        source = spectrogram.flip(-1) if backwards else spectrogram
        target = torch.empty_like(source) if backwards else smoothed
        state = None
        for first in range(0, values.shape[-1], longest):
            block = source[:, first : first + longest]
            count = block.shape[-1]
            total = block * growth[:, :count]
            if state is not None:
                total[:, :1] += state
            torch.cumsum(total, dim=-1, out=total)
            total *= shrink[:, :count]
            state = total[:, -1:]
            target[:, first : first + count] = total
        if backwards:
            smoothed.copy_(target.flip(-1))
    return result


def one_by_one(batch: Tensor) -> Tensor:
    """View a batch of any shape as a row of spectrograms."""
    return batch.reshape(-1, *batch.shape[-2:])


class _Smoother(torch.autograd.Function):
    """The recursion; its gradient is the same recursion, backwards in time."""

    @staticmethod
    def forward(ctx: Any, mel: Tensor, s: Tensor) -> Tensor:  # noqa: ANN401 - torch's
        smoothed = _running(mel, s) * s.to(mel.dtype)
        ctx.save_for_backward(mel, s, smoothed)
        return smoothed

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:  # noqa: ANN401
        mel, s, smoothed = ctx.saved_tensors
        # What each frame contributes to all that follow it.
        reach = _running(gradients[0], s, backwards=True)
        for_mel = reach * s.to(mel.dtype) if ctx.needs_input_grad[0] else None
        for_s = None
        if ctx.needs_input_grad[1]:
            change = mel.clone()
            change[..., 1:] -= smoothed[..., :-1]
            change *= reach
            for_s = change.sum(-1, keepdim=True).double().sum_to_size(s.shape)
        return for_mel, for_s
