"""Per-channel energy normalization, with a smoother that starts right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Spectrogram
from specimg.errors import ParameterError, check_choice
from specimg.frontends.parameters import (
    Parameter,
    ParameterInfo,
    Range,
    column,
    settle_parameters,
)

Init = Literal["loop", "reflect", "first", "mean", "zero", "librosa"]

_MAX_EXPONENT = 600.0
"""e to this power, times what a spectrogram holds, is far from what float64 ends at."""

_MAX_FRAMES = 4096

PRESETS: Mapping[str, Mapping[str, float]] = {
    "wang": {},
    "outdoor": {
        "gain": 0.8,
        "bias": 10.0,
        "power": 0.25,
        "time_constant": 0.06,
        "scale": 2.0**31,
    },
    "leaf": {
        "gain": 0.96,
        "bias": 2.0,
        "power": 0.5,
        "time_constant": 0.245,
        "eps": 1e-12,
    },
    "perch": {"gain": 0.5, "bias": 2.0, "power": 0.5, "time_constant": 0.095},
}
"""Published parameters.

``wang``: Wang et al. 2017.  ``outdoor``: Lostanlen et al. 2019, for field
recordings, whose bias supposes samples of 32-bit integers; hence the scale.
``leaf``: where LEAF (Zeghidour et al. 2021) starts to learn.  ``perch``: Google's
bird classifier.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pcen:
    """Adaptive gain control in each band, then root compression.

    ``(S / (eps + M)**gain + bias)**power - bias**power`` of ``S = scale * mel``,
    where ``M[t] = (1 - s) M[t-1] + s S[t]`` is S smoothed over time.  Defaults are
    those of Wang et al., "Trainable frontend for robust and far-field keyword
    spotting", ICASSP 2017, where gain is alpha, bias is delta, power is r, and
    0.4 s is s = 0.025 at their 100 frames per second.

    ``M[-1]``, where the smoother starts, decides how the first half second looks.
    ``init`` chooses it; the default ``loop`` is the state after the clip has been
    played in a loop for ever (Hoffman and Van Horn, "From Sound to Images, Part 2",
    2021), here in closed form.
    """

    NAME: ClassVar[str] = "pcen"
    FORMULA: ClassVar[str] = (
        "(S / (eps + M)**gain + bias)**power - bias**power,  "
        "M[t] = (1 - s) M[t-1] + s S[t]"
    )
    PARAMETERS: ClassVar[Mapping[str, ParameterInfo]] = {
        "gain": ParameterInfo(
            default="0.98",
            range=Range(low=0),
            meaning="how much of the background M is divided away",
        ),
        "bias": ParameterInfo(
            default="2",
            range=Range(low=0),
            meaning="added before the root, so that what is faint stays faint",
        ),
        "power": ParameterInfo(
            default="0.5", range=Range(low=0), meaning="exponent of the root"
        ),
        "eps": ParameterInfo(
            default="1e-06",
            range=Range(low=0, above_low=True),
            meaning="the background of a silent band",
        ),
        "time_constant": ParameterInfo(
            default="0.4",
            range=Range(low=0, high=1e6),
            meaning="seconds over which M follows S",
        ),
        "s": ParameterInfo(
            default="not set",
            range=Range(low=0, high=1, above_low=True),
            meaning="the smoother's coefficient, for this hop_length only",
            instead_of="time_constant",
        ),
        "scale": ParameterInfo(
            default="1",
            range=Range(low=0, above_low=True),
            meaning="S is multiplied by it",
        ),
        "init": ParameterInfo(
            default="loop",
            range=get_args(Init),
            meaning="M before the first frame: the clip in a loop, its reflection, "
            "its first frame, its mean, 0, or 1 as librosa has it",
        ),
    }

    gain: Parameter = 0.98
    bias: Parameter = 2.0
    power: Parameter = 0.5
    eps: Parameter = 1e-6
    time_constant: Parameter = 0.4
    """Seconds over which the background estimate ``M`` adapts."""
    s: Parameter | None = None
    """Used instead of `time_constant` when given."""
    scale: float = 1.0
    init: Init = "loop"

    def __post_init__(self) -> None:
        settle_parameters(self, self.PARAMETERS)
        if isinstance(self.scale, tuple):
            msg = "scale is one number for all bands, not one a band"
            raise ParameterError(msg)
        check_choice("init", self.init, get_args(Init))

    def __call__(
        self,
        mel: Spectrogram,
        *,
        frame_rate: float,
        power: int,  # noqa: ARG002 - all frontends are called alike
    ) -> Spectrogram:
        """Compress `mel`, in [0, 1], at `frame_rate` frames per second."""
        scaled = mel * np.float32(self.scale)
        if self.init == "librosa":
            return _librosa_pcen(self, scaled, frame_rate)
        s = self.smoothing(frame_rate)
        start = smoother_start(scaled, s, self.init)
        return self.compress(scaled, smooth(scaled, s, start))

    def smoothing(self, frame_rate: float) -> NDArray[np.float64]:
        """Coefficient s of the smoother, shape (1, 1) or (n_mels, 1)."""
        if self.s is not None:
            return column(self.s)
        return time_constant_to_s(column(self.time_constant) * frame_rate)

    def compress(self, mel: Spectrogram, background: Spectrogram) -> Spectrogram:
        """Divide by the background, then take the root."""
        gain, bias, power, eps = (
            column(value).astype(np.float32)
            for value in (self.gain, self.bias, self.power, self.eps)
        )
        # x / (eps + M)**gain, as exp(-gain log(eps + M)) so that no power of a
        # small number is formed on the way.  Each step in the memory of the last.
        x = background + np.maximum(eps, np.finfo(np.float32).tiny)
        np.log(x, out=x)
        x *= -gain
        np.exp(x, out=x)
        x *= mel
        with np.errstate(divide="ignore", invalid="ignore"):
            # b**p * ((x/b + 1)**p - 1): keeps the digits that (x+b)**p - b**p loses.
            root = x / bias
            np.log1p(root, out=root)
            root *= power
            np.expm1(root, out=root)
            root *= bias**power
            if not bias.all():
                root = np.where(bias == 0, x**power, root)
            if not power.all():
                # The limit for power towards 0, without its factor, as in librosa.
                root = np.where(power == 0, np.log1p(x), root)
        return root


def time_constant_to_s(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficient of a smoother with a time constant of `frames` frames.

    ``(sqrt(1 + 4 T**2) - 1) / (2 T**2)`` as librosa has it, in a form that is
    also right at T = 0, where it is 1.
    """
    return 2.0 / (1.0 + np.sqrt(1.0 + 4.0 * frames**2))


def s_to_time_constant(s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Time constant in frames of a smoother with coefficient `s`."""
    return np.sqrt(1.0 - s) / s


def smoother_start(
    mel: Spectrogram, s: NDArray[np.float64], init: Init
) -> NDArray[np.float64]:
    """State ``M[-1]`` before the first frame, shape (n_mels, 1).

    Playing the clip in a loop converges to ``Z / (1 - (1-s)**N)`` with
    ``Z = sum_k s (1-s)**(N-1-k) S[k]``, since each round multiplies what was
    there before by ``(1-s)**N``.  `reflect` is the same for the clip followed by
    itself backwards.
    """
    n_frames = mel.shape[1]
    if init == "first":
        return mel[:, :1].astype(np.float64)
    if init == "mean":
        return mel.mean(axis=1, keepdims=True, dtype=np.float64)
    if init == "zero":
        return np.zeros((1, 1))
    with np.errstate(divide="ignore"):
        log_decay = np.log1p(-s)
    # At s = 1 the decay is 0 and its zeroth power 1: only the newest frame counts.
    age = np.arange(n_frames)[::-1]
    weights = s * np.exp(np.where(age == 0, 0.0, log_decay * np.maximum(age, 1)))
    forwards = (mel * weights).sum(axis=1, keepdims=True)
    if init == "loop":
        return forwards / -np.expm1(log_decay * n_frames)
    backwards = (mel * weights[:, ::-1]).sum(axis=1, keepdims=True)
    once = np.exp(log_decay * n_frames)
    return (backwards + once * forwards) / -np.expm1(2 * log_decay * n_frames)


def smooth(
    mel: Spectrogram, s: NDArray[np.float64], start: NDArray[np.float64]
) -> Spectrogram:
    """Smooth over time: ``M[t] = (1-s) M[t-1] + s mel[t]`` from ``M[-1] = start``.

    In closed form, ``M[t] = (1-s)**(t+1) (start + sum_k s (1-s)**-(k+1) mel[k])``:
    a running sum, so without a loop over frames in Python.  All its terms have one
    sign, so no digits are lost; it starts anew before the powers are too large.
    """
    with np.errstate(divide="ignore"):
        # At s = 1 the past counts for nothing, and e**-40 of it is nothing as well.
        log_decay = np.maximum(np.log1p(-s), -40.0)
    frames_at_once = int(min(_MAX_EXPONENT / -log_decay.min(), _MAX_FRAMES))
    steps = np.arange(1, frames_at_once + 1)
    decay = np.exp(log_decay * steps)
    growth = s * np.exp(-log_decay * steps)
    smoothed = np.empty_like(mel)
    state = start
    for first in range(0, mel.shape[1], frames_at_once):
        part = mel[:, first : first + frames_at_once]
        count = part.shape[1]
        total = part * growth[:, :count]
        total[:, :1] += state
        np.cumsum(total, axis=1, out=total)
        total *= decay[:, :count]
        smoothed[:, first : first + count] = total
        state = total[:, -1:]
    return smoothed


def _librosa_pcen(pcen: Pcen, scaled: Spectrogram, frame_rate: float) -> Spectrogram:
    """Compress by `librosa.pcen` itself, start and all."""
    import librosa  # noqa: PLC0415 - costs over a second: only for who asks for it

    s = pcen.smoothing(frame_rate)
    names = ("gain", "bias", "power", "eps")
    values = [column(getattr(pcen, name)) for name in names]
    # librosa takes one number for all bands: the bands that share their parameters
    # go together, which is all of them unless there is one value a band.
    rows = np.broadcast_arrays(s, *values)
    table = np.concatenate(rows, axis=1)
    if table.shape[0] == 1:
        table = np.repeat(table, scaled.shape[0], axis=0)
    result = np.empty_like(scaled)
    for row in np.unique(table, axis=0):
        bands = np.flatnonzero((table == row).all(axis=1))
        parameters = dict(zip(names, row[1:].tolist(), strict=True))
        result[bands] = librosa.pcen(scaled[bands], b=float(row[0]), **parameters)
    return result
