"""Recordings of any format, as mono samples at the rate that is wanted."""

from specimg.audio.content import judge
from specimg.audio.excerpt import Excerpt, read_excerpt
from specimg.audio.reading import AudioReader, mix
from specimg.audio.resampling import fit, resample

__all__ = [
    "AudioReader",
    "Excerpt",
    "fit",
    "judge",
    "mix",
    "read_excerpt",
    "resample",
]
