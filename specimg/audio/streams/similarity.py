"""Whether what is behind the end that a header names is the same sound, going on."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from specimg.audio.streams.forms import Form
from specimg.audio.streams.pieces import Span
from specimg.audio.tags import read_at

_SIDE = 2**16
"""Bytes on either side of an end that are compared."""


def is_alike(file: BinaryIO, form: Form, sound: Span, behind: Span) -> bool:
    """Whether what is behind a sound goes on as it ends.

    It does if its level is within about 30 dB of the sound's, and its roughness (the
    level of the differences of samples over that of the samples) within a factor of
    about 4.  What a program appends is seldom both.
    """
    if not form.sample or not form.frame:
        return False
    begin = max(sound.start, sound.stop - _SIDE // form.frame * form.frame)
    before = _samples(read_at(file, begin, sound.stop - begin), form)
    after = _samples(read_at(file, behind.start, min(_SIDE, len(behind))), form)
    if min(before.size, after.size) < 64:
        return False
    loud = [float(np.sqrt(np.mean(side**2))) for side in (before, after)]
    rough = [float(np.sqrt(np.mean(np.diff(side) ** 2))) for side in (before, after)]
    if not all(np.isfinite(loud)) or not all(loud):
        return False
    smoothness = [r / level for r, level in zip(rough, loud, strict=True)]
    return (
        1 / 30 < loud[1] / loud[0] < 30
        and 1 / 4 < (smoothness[1] + 0.01) / (smoothness[0] + 0.01) < 4
    )


def _samples(data: bytes, form: Form) -> NDArray[np.float64]:
    """Read the first channel of plain samples, on any scale."""
    width = int(form.sample[-1])
    data = data[: len(data) // form.frame * form.frame]
    table = np.frombuffer(data, np.uint8).reshape(-1, form.frame)[:, :width]
    if width == 3:  # its upper bytes
        table = table[:, 1:] if form.sample[0] == "<" else table[:, :2]
    kind = form.sample.replace("i3", "i2")
    with np.errstate(invalid="ignore"):
        values = np.ascontiguousarray(table).view(kind)[:, 0].astype(np.float64)
    return values - 128 if kind.endswith("u1") else values
