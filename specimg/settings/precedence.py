"""Which of several sets of settings wins, and what goes with what it replaces."""

import numbers
from typing import Any

from specimg.rendering.lengths import LENGTHS
from specimg.settings.options import (
    GRAY,
    OPTIONS,
    RGB,
    Options,
    expand_short_form,
)
from specimg.settings.presets import PRESETS

SET_BY_PRESETS = {
    "clip_duration",
    *(name for name, option in OPTIONS.items() if option.part == "mel"),
}


def merge(options: Options, winning: Options) -> dict[str, Any]:
    """Merge two sets of settings, of which the `winning` ones replace the `options`.

    They also replace what does not go with them: frontends for gray those for RGB and
    the other way round, a preset all that it sets, and all that any sets of clips and
    spectrograms, a sample rate an fmax at half of the one before, lengths in samples
    those in milliseconds and the other way round, and a window in milliseconds the
    length of the FFT, which follows it.
    """
    options, winning = expand_short_form(options), expand_short_form(winning)
    lost: set[str] = set()
    if not winning.keys().isdisjoint(RGB):
        lost |= {*GRAY}
    if not winning.keys().isdisjoint(GRAY):
        lost |= {*RGB}
    if "preset" in winning:
        lost |= SET_BY_PRESETS
        known = [p.options for name, p in PRESETS.items() if name == winning["preset"]]
        lost |= set().union(*known)
    for name, in_samples in LENGTHS.items():
        if in_samples.name in winning:
            lost.add(name)
        if name in winning:
            lost.add(in_samples.name)
    if "window_ms" in winning:
        lost.add("n_fft")
    fmax = options.get("fmax")
    if (
        "sr" in winning
        and isinstance(fmax, numbers.Real)
        and 2 * fmax == options.get("sr")
    ):
        lost.add("fmax")
    kept = {name: value for name, value in options.items() if name not in lost}
    return {**kept, **winning}
