"""What PCEN does with its background, and its gradient, in few passes.

A spectrogram fits into a processor's cache, a batch of them does not: going through
them one by one, and computing twice what would have to be kept, takes a third of the
time of torch's own gradient.
"""

from typing import Any

import torch
from torch import Tensor

from specimg.learn.smoother import one_by_one


def compress(
    mel: Tensor,
    background: Tensor,
    gain: Tensor,
    bias: Tensor,
    power: Tensor,
    eps: Tensor,
) -> Tensor:
    """Return ``(mel / (eps + background)**gain + bias)**power - bias**power``.

    Equal to `specimg.frontends.Pcen.compress`, with gradients for all six.

    Parameters
    ----------
    mel, background : Tensor, shape (..., n_mels, n_frames)
    gain, bias, power, eps : Tensor, shape (n_mels, 1) or (1, 1)
        0 or more; eps above 0.
    """
    parameters = [p.to(mel.dtype) for p in (gain, bias, power, eps)]
    parameters[-1] = parameters[-1].clamp_min(torch.finfo(mel.dtype).tiny)
    if any((parameter == 0).any() for parameter in parameters[1:3]):
        return _at_the_limits(mel, background, *parameters)
    result: Tensor = _Compression.apply(mel, background, *parameters)  # type: ignore[no-untyped-call]
    return result


def _at_the_limits(
    mel: Tensor,
    background: Tensor,
    gain: Tensor,
    bias: Tensor,
    power: Tensor,
    eps: Tensor,
) -> Tensor:
    """Compress where a bias or a power is 0, as few ever need it."""
    x = mel * torch.exp(-gain * torch.log(background + eps))
    # What is not taken must be harmless as well: its gradient is multiplied by 0.
    safe_bias = torch.where(bias == 0, 1.0, bias)
    safe_power = torch.where(power == 0, 1.0, power)
    root = safe_bias**safe_power * torch.expm1(safe_power * torch.log1p(x / safe_bias))
    bare = torch.where(x > 0, torch.where(x > 0, x, 1.0) ** safe_power, 0.0)
    root = torch.where(bias == 0, bare, root)
    return torch.where(power == 0, torch.log1p(x), root)


class _Compression(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's
        mel: Tensor,
        background: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        gain, bias, power, eps = parameters
        result = torch.empty_like(mel, memory_format=torch.contiguous_format)
        factor = bias**power
        whole = map(one_by_one, (mel, background, result))
        for loud, quiet, root in zip(*whole, strict=True):
            torch.add(quiet, eps, out=root)
            root.log_().mul_(-gain).exp_().mul_(loud)
            root.div_(bias).log1p_().mul_(power).expm1_().mul_(factor)
        ctx.save_for_backward(mel, background, *parameters)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        mel, background, gain, bias, power, eps = ctx.saved_tensors
        for_mel = torch.empty_like(mel) if ctx.needs_input_grad[0] else None
        for_background = torch.empty_like(background)
        sums = mel.new_zeros(4, background.shape[-2], 1)
        whole = map(one_by_one, (mel, background, gradients[0], for_background))
        for index, (loud, quiet, gradient, out) in enumerate(zip(*whole, strict=True)):
            level = quiet + eps
            log_level = level.log()
            x = (log_level * -gain).exp_()
            if for_mel is not None:
                one_by_one(for_mel)[index] = x
            x *= loud
            base = x + bias
            log_base = base.log()
            # (x + bias)**(power - 1), from which the other power follows.
            steep = (log_base * (power - 1)).exp_().mul_(gradient)
            sums[1] += steep.sum(-1, keepdim=True)
            sums[2] += base.mul_(steep).mul_(log_base).sum(-1, keepdim=True)
            steep *= power
            if for_mel is not None:
                one_by_one(for_mel)[index] *= steep
            steep *= x
            sums[0] += log_level.mul_(steep).sum(-1, keepdim=True)
            torch.div(steep, level, out=out).mul_(-gain)
            sums[3] += out.sum(-1, keepdim=True)
        total = one_by_one(gradients[0]).sum((0, -1))[:, None]
        for_gain, for_eps = -sums[0], sums[3]
        for_bias = power * (sums[1] - total * bias ** (power - 1))
        for_power = sums[2] - total * bias**power * bias.log()
        parameters = zip(
            (for_gain, for_bias, for_power, for_eps),
            (gain, bias, power, eps),
            strict=True,
        )
        return (
            for_mel,
            for_background,
            *(found.sum_to_size(value.shape) for found, value in parameters),
        )
