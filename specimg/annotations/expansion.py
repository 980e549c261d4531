"""Recordings that play slower than they were made: time expansion.

Detectors of bats write what they record at 384 kHz as a file of 38.4 kHz, ten times as
long and ten times lower, so that one can hear it.  Where something lies in the file is
told in seconds of the file, in tables of annotations as in the manifest; what a picture
shows of it, in seconds and hertz of the sound as it was.
"""

from dataclasses import replace

from specimg.annotations.annotation import Annotation
from specimg.errors import ParameterError

MAX_TIME_EXPANSION = 1000
"""A bound far beyond any use: a larger number is a mistake."""

_OF_SECONDS, _OF_HERTZ = 9, 6
"""Decimals; products have digits that nobody has written."""


def check_time_expansion(factor: float) -> None:
    """Refuse what is no time expansion.

    Raises
    ------
    ParameterError
    """
    if not 1 <= factor <= MAX_TIME_EXPANSION:
        msg = f"time_expansion={factor:g}: need 1 to {MAX_TIME_EXPANSION}"
        raise ParameterError(msg)


def to_true(annotation: Annotation, factor: float) -> Annotation:
    """Return an annotation of a file in the seconds and hertz of the sound itself."""
    return _stretch(annotation, 1 / factor)


def to_file(annotation: Annotation, factor: float) -> Annotation:
    """Return an annotation in the seconds and hertz of the file, as tables have it."""
    return _stretch(annotation, factor)


def _stretch(annotation: Annotation, factor: float) -> Annotation:
    if factor == 1:
        return annotation
    low, high = annotation.low, annotation.high
    return replace(
        annotation,
        start=round(annotation.start * factor, _OF_SECONDS),
        end=round(annotation.end * factor, _OF_SECONDS),
        low=None if low is None else round(low / factor, _OF_HERTZ),
        high=None if high is None else round(high / factor, _OF_HERTZ),
    )
