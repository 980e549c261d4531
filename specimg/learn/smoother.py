"""The smoother of PCEN, and its gradient, without a loop over frames."""

import torch
from torch import Tensor

MAX_EXPONENT = 600.0
"""e to this power, times what a spectrogram or its gradient holds, is far below the
largest number of float64."""

MAX_EXPONENT_FLOAT32 = 40.0
"""The same for float32, whose running sums torch computes in float64 on a CPU."""

ALMOST_ONE = 1.0 - 2.0**-53
"""The largest coefficient below 1.  A coefficient of 1 leaves nothing of the past, and
0 has no logarithm: there, e**-40 is taken for what is left."""


def log_decay(s: Tensor) -> Tensor:
    """Return the logarithm of the share of the past that is left after a frame."""
    return torch.where(s < 1, torch.log1p(-s.clamp_max(ALMOST_ONE)), -40.0)


class Smoother:
    """``M[t] = (1-s) M[t-1] + s mel[t]`` from ``M[-1] = start``.

    Equal to `specimg.rendering.frontends.smoother.smooth`, but in closed form:
    ``M[t] = (1-s)**(t+1) * (start + sum(s mel[k] / (1-s)**(k+1) for k <= t))``.  The
    running sum starts anew before the powers are too large.

    Parameters
    ----------
    s : Tensor of float64, shape (n_mels, 1) or (1, 1)
        Coefficient, above 0 and up to 1.
    like : Tensor, shape (..., n_mels, n_frames)
        A spectrogram with the type and the number of frames of all others.
    """

    def __init__(self, s: Tensor, like: Tensor) -> None:
        n_frames = like.shape[-1]
        self._s, self._decay = s, log_decay(s)
        fastest = -float(self._decay.min())
        once = fastest * n_frames <= MAX_EXPONENT_FLOAT32
        exact = like.dtype if once and like.dtype == torch.float32 else torch.float64
        self._longest = n_frames if once else int(MAX_EXPONENT / fastest)
        steps = torch.arange(1, n_frames + 1, dtype=s.dtype, device=s.device)
        left = torch.exp(self._decay * steps)
        self._left = left.to(like.dtype)
        """What is left of the start after each frame."""
        self._ahead = self._left.flip(-1)
        """What is left, after the last frame, of the state before each frame."""
        self._shrink = left[:, : self._longest].to(exact)
        self._growth = (s / left[:, : self._longest]).to(exact)
        self._taken: dict[int, Tensor] = {}

    def forward(
        self, mel: Tensor, start: Tensor | None, count: int, out: Tensor
    ) -> Tensor:
        """Smooth into `out`, and return the state before the first frame.

        Parameters
        ----------
        mel, out : Tensor, shape (n, n_mels, n_frames)
        start : Tensor, shape (n, n_mels, 1), or None
            The state before the first frame; without it, the one in which the clip
            ends, as if it were played in a loop.
        count : int
            Frames of each clip; those behind them are filled up.
        """
        self._run(mel, out)
        if start is None:
            start = out[..., count - 1 : count] / self._taken_by(count)
        out.addcmul_(self._left, start)
        return start

    def backward(
        self,
        gradient: Tensor,
        mel: Tensor,
        smoothed: Tensor,
        start: Tensor,
        count: int,
        *,
        in_loop: bool,
    ) -> tuple[Tensor, Tensor]:
        """Return the gradient for `mel`, and s times the one for `s`.

        It is the same recursion, backwards in time, and in a loop where `forward` was
        without a start.  The shapes are (n, n_mels, n_frames) and (n_mels, 1).
        """
        backwards = gradient.flip(-1)
        self._run(backwards, backwards)
        for_mel = backwards.flip(-1)
        if in_loop:
            # Its last frame is also the one before its first.
            again = for_mel[..., :1] / self._taken_by(count)
            for_mel[..., :count].addcmul_(self._ahead[:, -count:], again)
        change = torch.sub(mel[..., 1:], smoothed[..., :-1]).mul_(for_mel[..., 1:])
        first = for_mel[..., :1] * (mel[..., :1] - start)
        return for_mel, change.sum(-1, keepdim=True).add_(first).sum(0)

    def for_start(self, for_mel: Tensor) -> Tensor:
        """Return the gradient for a start that was given, from that for `mel`."""
        return for_mel[..., :1] * ((1 - self._s) / self._s).to(for_mel.dtype)

    def _run(self, values: Tensor, out: Tensor) -> None:
        """Smooth from a start of 0; `out` may be `values`."""
        state = None
        for first in range(0, values.shape[-1], self._longest):
            block = values[..., first : first + self._longest]
            length = block.shape[-1]
            total = block * self._growth[:, :length]
            if state is not None:
                total[..., :1] += state
            total.cumsum_(-1)
            shrink = self._shrink[:, :length]
            state = total[..., -1:] * shrink[:, -1:]
            torch.mul(total, shrink, out=out[..., first : first + length])

    def _taken_by(self, count: int) -> Tensor:
        """Return the share of what was before that is gone after `count` frames."""
        if count not in self._taken:
            taken = -torch.expm1(self._decay * count)
            self._taken[count] = taken.to(self._left.dtype)
        return self._taken[count]
