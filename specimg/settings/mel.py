"""How to compute a mel spectrogram, among settings: lengths in samples or in time."""

import math
from dataclasses import replace

from specimg.errors import ParameterError
from specimg.rendering.lengths import FITTING, LENGTHS, settle_lengths
from specimg.rendering.mel import MelSettings
from specimg.settings.options import Options, read_part


def read_mel(options: Options, default: MelSettings) -> MelSettings:
    """Return how to compute a mel spectrogram; the rest is that of `default`."""
    values = {"fmax": math.nan, **read_part(options, "mel")}  # follows the sample rate
    if values.get("n_fft") == FITTING:
        msg = f"n_fft={FITTING}: need 2 or more"
        raise ParameterError(msg)
    rate = values.get("sample_rate", default.sample_rate)
    return replace(default, **settle_lengths(values, rate))


def unused_options(mel: MelSettings) -> set[str]:
    """Return the options that others stand for, or that follow from the recording."""
    if not mel.is_native:
        return {*LENGTHS}
    lost = {length.name for length in LENGTHS.values()}
    if mel.n_fft == FITTING:
        lost.add("n_fft")
    if math.isinf(mel.fmax):
        lost.add("fmax")
    return lost
