"""The frontends as torch modules, equal to those of `specimg.rendering.frontends`."""

import math
from collections.abc import Callable, Mapping
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from specimg.errors import ParameterError
from specimg.learn.batches import frame_counts
from specimg.learn.pcen import pcen
from specimg.learn.smoother import log_decay
from specimg.rendering.frontends import Exponential as ExponentialFrontend
from specimg.rendering.frontends import Pcen
from specimg.rendering.frontends.parameters import Parameter, column
from specimg.rendering.frontends.smoother import Init, s_to_time_constant

Scale = Literal["linear", "log", "logit"]
"""On which scale a parameter is learned, so that it cannot leave its range."""

_LONGEST_SECONDS = 1e6
"""The longest time constant that is returned, which a file of parameters can hold."""

_Map = Mapping[str, Callable[[Tensor], Tensor]]
_TO_SCALE: _Map = {"linear": torch.clone, "log": torch.log, "logit": torch.logit}
_FROM_SCALE: _Map = {"linear": torch.clone, "log": torch.exp, "logit": torch.sigmoid}


class LearnedParameter(nn.Module):
    """One parameter of a frontend: one value for all bands, or one value per band.

    It is kept in float64: there are few of them, and a smoother with a long memory
    needs the digits.

    Parameters
    ----------
    value : float or sequence of float
        Where to start.
    n_mels : int or None
        Number of values to learn, one per band; None for as many as `value` has.
    scale : str
        See `Scale`.
    """

    def __init__(self, value: Parameter, n_mels: int | None, scale: Scale) -> None:
        super().__init__()
        start = torch.from_numpy(column(value))
        if n_mels is not None:
            if n_mels < 1:
                msg = f"n_mels={n_mels}: need 1 or more"
                raise ParameterError(msg)
            if len(start) not in (1, n_mels):
                msg = f"{len(start)} values, one per band, but n_mels={n_mels}"
                raise ParameterError(msg)
            start = start.expand(n_mels, 1)
        self.scale = scale
        self.raw = nn.Parameter(_TO_SCALE[scale](start))

    def forward(self) -> Tensor:
        """Return the value, shape (1, 1) or (n_mels, 1), float64."""
        return _FROM_SCALE[self.scale](self.raw)

    def value(self) -> Parameter:
        """Return the value as `specimg.rendering.frontends` take it."""
        value = self().detach()
        # Finite and above 0 however far it was pushed; but what began at 0 stays 0.
        value = value.clamp(min=-1e300, max=1e300)
        if self.scale != "linear":
            value = torch.where(torch.isneginf(self.raw), 0.0, value.clamp(min=1e-300))
        numbers = value.flatten().tolist()
        return numbers[0] if len(numbers) == 1 else tuple(numbers)


class Exponential(nn.Module):
    """``mel ** (1 / (1 + e**a))`` with a learned `a`.

    Equal to `specimg.rendering.frontends.Exponential`, which has the source.

    Parameters
    ----------
    n_mels : int, optional
        Number of bands, to learn one value per band; without it, one value for all.
    a : float or sequence of float
        Where to start.
    """

    def __init__(self, n_mels: int | None = None, *, a: Parameter = 0.0) -> None:
        super().__init__()
        self.a = LearnedParameter(ExponentialFrontend(a=a).a, n_mels, "linear")

    def forward(self, mel: Tensor, n_frames: Tensor | None = None) -> Tensor:  # noqa: ARG002 - all frontends are called alike
        """Compress a batch of spectrograms in [0, 1], shape (..., n_mels, n_frames)."""
        exponent = torch.sigmoid(-self.a()).to(mel.dtype)
        # For very large `a` the exponent would be 0, and 0 ** 0 is 1; but 0 stays 0.
        return mel ** exponent.clamp_min(torch.finfo(mel.dtype).tiny)

    def frontend(self) -> ExponentialFrontend:
        """Return the frontend with what has been learned."""
        return ExponentialFrontend(a=self.a.value())

    def learned(self) -> dict[str, Parameter]:
        """Return the parameters by name, as a file of learned parameters has them."""
        return {"a": self.a.value()}


class Decibel(nn.Module):
    """``log(max(mel, floor))``, with nothing to learn, for comparison."""

    def __init__(self, floor: float = 1e-6) -> None:
        super().__init__()
        self.floor = floor

    def forward(self, mel: Tensor, n_frames: Tensor | None = None) -> Tensor:  # noqa: ARG002 - all frontends are called alike
        """Compress a batch of spectrograms in [0, 1], shape (..., n_mels, n_frames)."""
        return torch.log(mel.clamp_min(self.floor))


class PCEN(nn.Module):
    """Per-channel energy normalization with learned parameters.

    Equal to `specimg.rendering.frontends.Pcen`, which has formulas and sources, from
    the same start of the smoother: by default the clip in a loop, in closed form.

    Parameters
    ----------
    n_mels : int, optional
        Number of bands, to learn one value of each parameter per band; without it,
        one value for all.
    frame_rate : float
        Frame rate of the spectrograms, in frames per second.
    init : str
        Where the smoother starts; see `specimg.rendering.frontends.smoother.Init`.
    scale : float
        The spectrogram is multiplied by it; not learned.
    **parameters : float or sequence of float
        Where gain, bias, power, eps, and time_constant or s start.  Without them it
        is at the values of Wang et al.

    Raises
    ------
    ParameterError
        An unknown parameter, one outside its range, or of another n_mels.
    """

    def __init__(
        self,
        n_mels: int | None = None,
        *,
        frame_rate: float,
        init: Init = "loop",
        scale: float = 1.0,
        **parameters: Parameter,
    ) -> None:
        super().__init__()
        if unknown := parameters.keys() - Pcen.PARAMETERS.keys():
            known = ", ".join(Pcen.PARAMETERS)
            msg = f"unknown parameter {', '.join(sorted(unknown))}: pcen has {known}"
            raise ParameterError(msg)
        if not 0 < frame_rate < math.inf:
            msg = f"frame_rate={frame_rate:g}: need frames per second, above 0"
            raise ParameterError(msg)
        start = Pcen(init=init, scale=scale, **parameters)
        self.frame_rate, self.init, self.scale = frame_rate, init, scale
        self.gain = LearnedParameter(start.gain, n_mels, "log")
        self.bias = LearnedParameter(start.bias, n_mels, "log")
        self.power = LearnedParameter(start.power, n_mels, "log")
        self.eps = LearnedParameter(start.eps, n_mels, "log")
        s = start.smoothing(frame_rate).ravel().tolist()
        self.s = LearnedParameter(tuple(s) if len(s) > 1 else s[0], n_mels, "logit")

    def forward(self, mel: Tensor, n_frames: Tensor | None = None) -> Tensor:
        """Compress a batch of spectrograms.

        Parameters
        ----------
        mel : Tensor, shape (..., n_mels, n_frames)
            In [0, 1].
        n_frames : Tensor of int, shape (...)
            Frames of each clip, where some are filled up with zeros to the longest.
        """
        scaled = mel * self.scale if self.scale != 1 else mel
        parameters = [self.gain(), self.bias(), self.power(), self.eps()]
        s = self.s()
        start = self._start(scaled, s, n_frames)
        return pcen(scaled, s, start, parameters, n_frames)

    def _start(self, mel: Tensor, s: Tensor, n_frames: Tensor | None) -> Tensor | None:
        """Return the state before the first frame, shape (..., n_mels, 1).

        None for a loop, in which `pcen` finds it itself.
        """
        if self.init == "loop":
            return None
        if self.init == "first":
            return mel[..., :1]
        if self.init == "zero":
            return torch.zeros_like(mel[..., :1])
        if self.init == "librosa":
            return torch.ones_like(mel[..., :1])
        counts = frame_counts(mel, n_frames)
        ends = torch.tensor(counts, device=mel.device).view(*mel.shape[:-2], 1, 1)
        if self.init == "mean":
            return mel.sum(-1, keepdim=True) / ends
        age = torch.arange(mel.shape[-1], dtype=s.dtype, device=s.device)
        decay = log_decay(s)
        # "reflect" plays the clip, and then the clip backwards, in a loop: the frame
        # just before the first is the first one again.
        rest = torch.exp(decay * ends)
        weights = torch.exp(decay * age)
        weights = weights + rest * torch.exp(decay * (ends - 1 - age).clamp_min(0))
        start = (mel * (s * weights).to(mel.dtype)).sum(-1, keepdim=True)
        return (start / -torch.expm1(2 * decay * ends)).to(mel.dtype)

    def frontend(self) -> Pcen:
        """Return the frontend with what has been learned."""
        return Pcen(init=self.init, scale=self.scale, **self.learned())

    def learned(self) -> dict[str, Parameter]:
        """Return the parameters by name, as a file of learned parameters has them."""
        names = ("gain", "bias", "power", "eps")
        values = {
            name: cast("LearnedParameter", getattr(self, name)).value()
            for name in names
        }
        seconds = s_to_time_constant(column(self.s.value())).ravel() / self.frame_rate
        numbers = np.minimum(seconds, _LONGEST_SECONDS).tolist()
        return values | {
            "time_constant": numbers[0] if len(numbers) == 1 else tuple(numbers)
        }
