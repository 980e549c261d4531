"""Recordings of any format, as mono samples at the rate that is wanted."""

from specimg.audio.content import looks_like_recording
from specimg.audio.reading import AudioReader, mix
from specimg.audio.resampling import fit, resample

__all__ = ["AudioReader", "fit", "looks_like_recording", "mix", "resample"]
