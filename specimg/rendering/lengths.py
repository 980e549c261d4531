"""Windows and hops in milliseconds, which are so many samples at a sample rate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specimg.errors import ParameterError
from specimg.rendering.bands import MAX_N_FFT

FITTING = 0
"""The length of an FFT that follows from the window; see `MelSettings`."""

NATIVE = 0
"""The sample rate that stands for that of each recording."""

MAX_HOP_LENGTH = 2**20
"""A bound far beyond any use: a larger number is a mistake."""


@dataclass(frozen=True, slots=True)
class InSamples:
    """What a length in milliseconds is another way to say, and its bounds."""

    name: str
    low: int
    high: int


LENGTHS: Mapping[str, InSamples] = {
    "window_ms": InSamples("win_length", 2, MAX_N_FFT),
    "hop_ms": InSamples("hop_length", 1, MAX_HOP_LENGTH),
}


def check_milliseconds(window_ms: float | None, hop_ms: float | None) -> None:
    """Refuse what is no length, or missing, where the sample rate is not known.

    Raises
    ------
    ParameterError
    """
    lengths = {"window_ms": window_ms, "hop_ms": hop_ms}
    if missing := [name for name, length in lengths.items() if length is None]:
        msg = (
            f"sr=native needs window_ms and hop_ms, and {' and '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} missing: as many samples last "
            f"another time at each sample rate"
        )
        raise ParameterError(msg)
    for name, length in lengths.items():
        if not 0 < (length or 0) < math.inf:
            msg = f"{name}={length:g}: need more than 0 ms"
            raise ParameterError(msg)


def to_samples(name: str, milliseconds: float, sample_rate: int) -> int:
    """Return a length in samples; `name` is a key of `LENGTHS`.

    Raises
    ------
    ParameterError
        It is too short or too long.
    """
    length = LENGTHS[name]
    samples = milliseconds * sample_rate / 1000
    if not length.low <= round(min(max(samples, 0), 2 * length.high)) <= length.high:
        low, high = (bound * 1000 / sample_rate for bound in (length.low, length.high))
        msg = (
            f"{name}={milliseconds:g} is {samples:.3g} samples at sr={sample_rate}: "
            f"need {low:.3g} to {high:.3g} ms"
        )
        raise ParameterError(msg)
    return round(samples)


def settle_lengths(values: Mapping[str, Any], sample_rate: int) -> dict[str, Any]:
    """Return values of `MelSettings`, with lengths in samples instead of milliseconds.

    A window in milliseconds brings an FFT that fits it, unless `values` have one.  With
    `NATIVE` as the sample rate, lengths stay in milliseconds.

    Raises
    ------
    ParameterError
        A length is given in both, or is too short or too long.
    """
    names = [name for name in LENGTHS if name in values]
    settled = dict(values)
    for name in names:
        in_samples = LENGTHS[name].name
        if in_samples in values:
            msg = (
                f"{name}={values[name]:g} and {in_samples}={values[in_samples]} are "
                f"two ways to say one length: give one of them"
            )
            raise ParameterError(msg)
        if sample_rate != NATIVE:
            settled[in_samples] = to_samples(name, settled.pop(name), sample_rate)
    if "window_ms" in names:
        settled.setdefault("n_fft", FITTING)
    return settled
