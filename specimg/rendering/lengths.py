"""Windows and hops in milliseconds, which are so many samples at a sample rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specimg.errors import ParameterError
from specimg.rendering.bands import MAX_N_FFT

FITTING = 0
"""The length of an FFT that follows from the window; see `MelSettings`."""

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

    A window in milliseconds brings an FFT that fits it, unless `values` have one.

    Raises
    ------
    ParameterError
        A length is given in both, or is too short or too long.
    """
    settled = {name: value for name, value in values.items() if name not in LENGTHS}
    for name in LENGTHS.keys() & values.keys():
        in_samples = LENGTHS[name].name
        if in_samples in values:
            msg = (
                f"{name}={values[name]:g} and {in_samples}={values[in_samples]} are "
                f"two ways to say one length: give one of them"
            )
            raise ParameterError(msg)
        settled[in_samples] = to_samples(name, values[name], sample_rate)
    if "window_ms" in values:
        settled.setdefault("n_fft", FITTING)
    return settled
