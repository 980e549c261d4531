"""Per-channel energy normalization, with a smoother that starts right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self, get_args

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Spectrogram
from specimg.errors import ParameterError, check_choice
from specimg.rendering.frontends.parameters import (
    Parameter,
    ParameterInfo,
    Range,
    column,
    settle_parameters,
    to_parameter,
)
from specimg.rendering.frontends.smoother import (
    Init,
    s_to_time_constant,
    smooth,
    smoother_start,
    time_constant_to_s,
)

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
            msg = "scale is one number for all bands, not one per band"
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

    def in_seconds(self, frame_rate: float) -> Self:
        """Return the same at `frame_rate`, with a time constant instead of `s`."""
        if self.s is None:
            return self
        seconds = s_to_time_constant(np.asarray(self.s, np.float64)) / frame_rate
        return replace(self, s=None, time_constant=to_parameter("s", seconds))

    def smoothing(self, frame_rate: float) -> NDArray[np.float64]:
        """Return the coefficient s of the smoother, shape (1, 1) or (n_mels, 1)."""
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
        # small number is formed on the way.  Each step overwrites the one before.
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


def _librosa_pcen(pcen: Pcen, scaled: Spectrogram, frame_rate: float) -> Spectrogram:
    """Compress by `librosa.pcen` itself, whose smoother starts in its own way."""
    import librosa  # noqa: PLC0415 - takes over a second to import

    s = pcen.smoothing(frame_rate)
    names = ("gain", "bias", "power", "eps")
    values = [column(getattr(pcen, name)) for name in names]
    # librosa takes one number for all bands: the bands that share their parameters
    # go together, which is all of them unless there is one value per band.
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
