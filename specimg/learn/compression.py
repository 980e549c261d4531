"""The compression in PCEN, and its gradient, in few passes over the spectrogram."""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

LOG2_E = math.log2(math.e)

SMALLEST_EPS = 1e-18
"""A background that is divided by less may be too large for float32."""

LARGEST_EXPONENT = 45.0
"""Exponents of 2 that are larger have too few digits behind the point in float32."""


class Compression(Protocol):
    """``(mel / (eps + background)**gain + bias)**power - bias**power``.

    Equal to `specimg.rendering.frontends.Pcen.compress`.
    """

    def forward(self, mel: Tensor, background: Tensor, out: Tensor) -> None:
        """Compress into `out`; all have the shape (n, n_mels, n_frames)."""
        ...

    def new_sums(self) -> Tensor:
        """Return zeros, to which `backward` adds what `for_parameters` needs."""
        ...

    def backward(
        self, gradient: Tensor, mel: Tensor, background: Tensor, sums: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the gradients for `mel` and `background`, and add to `sums`.

        Parameters
        ----------
        gradient, mel, background : Tensor, shape (n, n_mels, n_frames)
        sums : Tensor
            From `new_sums`; one for all spectrograms of a batch.
        """
        ...

    def for_parameters(self, sums: Tensor) -> list[Tensor]:
        """Return the gradients for gain, bias, power, eps, each in its own shape."""
        ...


def compression(parameters: Sequence[Tensor], like: Tensor) -> Compression:
    """Return the way to compress spectrograms with these parameters.

    Parameters
    ----------
    parameters : sequence of Tensor, shapes (n_mels, 1) or (1, 1)
        gain, bias, power, eps: 0 or more; eps above 0.
    like : Tensor, shape (..., n_mels, n_frames)
        A spectrogram with the type and the number of bands of all others.
    """
    gain, bias, power, eps = (value.to(like.dtype) for value in parameters)
    exponents = gain * eps.log2().abs() + bias.log2().abs()
    is_usual = (
        (like.dtype in (torch.float32, torch.float64))
        & (eps > SMALLEST_EPS)
        & (power > 0)
        & (exponents * power.clamp_min(1) < LARGEST_EXPONENT)
    )
    kind = _Usual if is_usual.all() else _AtTheLimits
    return kind(gain, bias, power, eps, like.shape[-2])


class _Usual:
    """``bias**power * ((1 + u)**power - 1)``, for nearly all parameters.

    Here ``u = mel / (eps + background)**gain / bias``, and ``eps + background`` is
    ``eps * (1 + r)`` with ``r = background / eps``.  Written like that, each logarithm
    is a ``log1p`` and each power an ``exp2``, which are torch's fastest.
    """

    def __init__(
        self, gain: Tensor, bias: Tensor, power: Tensor, eps: Tensor, rows: int
    ) -> None:
        self._parameters, self._rows = (gain, bias, power, eps), rows
        self._steepness = -gain * LOG2_E
        self._offset = -gain * eps.log2() - bias.log2()
        self._exponent, self._factor = power * LOG2_E, bias**power
        self._slope, self._to_background = power * self._factor, -gain / eps

    def forward(self, mel: Tensor, background: Tensor, out: Tensor) -> None:
        _, _, power, eps = self._parameters
        torch.div(background, eps, out=out).log1p_()
        out.mul_(self._steepness).add_(self._offset).exp2_().mul_(mel)
        out.log1p_().mul_(power).expm1_().mul_(self._factor)

    def new_sums(self) -> Tensor:
        return self._factor.new_zeros(7, self._rows)

    def backward(
        self, gradient: Tensor, mel: Tensor, background: Tensor, sums: Tensor
    ) -> tuple[Tensor, Tensor]:
        eps = self._parameters[-1]
        total, by_power, by_log_u, by_bias, by_eps, by_log_r, by_background = sums
        r = background / eps
        log_r = r.log1p()
        for_mel = (log_r * self._steepness).add_(self._offset).exp2_()
        u = for_mel * mel
        log_u = u.log1p()
        steep = (log_u * self._exponent).exp2_().mul_(gradient)
        total += gradient.sum(-1).sum(0)
        by_power += steep.sum(-1).sum(0)
        by_log_u += log_u.mul_(steep).sum(-1).sum(0)
        steep /= torch.add(u, 1, out=log_u)
        by_bias += steep.sum(-1).sum(0)
        steep *= self._slope
        for_mel *= steep
        steep *= u
        by_eps += steep.sum(-1).sum(0)
        by_log_r += log_r.mul_(steep).sum(-1).sum(0)
        for_background = steep.div_(r.add_(1)).mul_(self._to_background)
        by_background += for_background.sum(-1).sum(0)
        return for_mel, for_background

    def for_parameters(self, sums: Tensor) -> list[Tensor]:
        gain, bias, power, eps = self._parameters
        total, by_power, by_log_u, by_bias, by_eps, by_log_r, by_background = sums[
            ..., None
        ]
        found = (
            -by_log_r - eps.log() * by_eps,
            self._slope * (by_bias - total) / bias,
            self._factor * (by_log_u + bias.log() * (by_power - total)),
            by_background,
        )
        pairs = zip(found, (gain, bias, power, eps), strict=True)
        return [one.sum_to_size(value.shape) for one, value in pairs]


class _AtTheLimits:
    """The same with torch's own gradients, which take four times as long.

    It is for parameters that few ever need: a bias or a power of 0 or a number outside
    the range of `_Usual`, in one band or in all; and for numbers of 16 bits.
    """

    def __init__(
        self, gain: Tensor, bias: Tensor, power: Tensor, eps: Tensor, rows: int
    ) -> None:
        eps = eps.clamp_min(torch.finfo(eps.dtype).tiny)
        self._parameters, self._rows = (gain, bias, power, eps), rows

    def forward(self, mel: Tensor, background: Tensor, out: Tensor) -> None:
        out.copy_(_at_the_limits(mel, background, *self._parameters))

    def new_sums(self) -> Tensor:
        return self._parameters[0].new_zeros(4, self._rows)

    def backward(
        self, gradient: Tensor, mel: Tensor, background: Tensor, sums: Tensor
    ) -> tuple[Tensor, Tensor]:
        inputs = [
            value.detach().requires_grad_()
            for value in (mel, background, *self._expanded())
        ]
        with torch.enable_grad():
            compressed = _at_the_limits(*inputs)
        for_mel, for_background, *rest = torch.autograd.grad(
            compressed, inputs, gradient
        )
        sums += torch.stack(rest)[..., 0]
        return for_mel, for_background

    def for_parameters(self, sums: Tensor) -> list[Tensor]:
        pairs = zip(sums[..., None], self._parameters, strict=True)
        return [one.sum_to_size(value.shape) for one, value in pairs]

    def _expanded(self) -> list[Tensor]:
        return [value.expand(self._rows, 1) for value in self._parameters]


def _at_the_limits(
    mel: Tensor,
    background: Tensor,
    gain: Tensor,
    bias: Tensor,
    power: Tensor,
    eps: Tensor,
) -> Tensor:
    x = mel * torch.exp(-gain * torch.log(background + eps))
    # Also the branch that `where` does not take must be finite: its gradient is
    # multiplied by 0, and 0 times infinity is not a number.
    safe_bias = torch.where(bias == 0, 1.0, bias)
    safe_power = torch.where(power == 0, 1.0, power)
    root = safe_bias**safe_power * torch.expm1(safe_power * torch.log1p(x / safe_bias))
    taken = (bias == 0) & (x > 0)
    bare = torch.where(taken, torch.where(taken, x, 1.0) ** safe_power, 0.0)
    root = torch.where(bias == 0, bare, root)
    return torch.where(power == 0, torch.log1p(x), root)
