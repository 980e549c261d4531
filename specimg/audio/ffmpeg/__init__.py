"""Sound and film that libsndfile does not decode, by the libraries of FFmpeg.

PyAV brings them: the package ``av``, of the extra ``formats``.  It is imported where a
recording is opened, and nowhere else.
"""

from functools import cache
from importlib.util import find_spec

from specimg.audio.ffmpeg.decoder import FfmpegDecoder

__all__ = ["FfmpegDecoder", "is_installed"]


@cache
def is_installed() -> bool:
    """Whether PyAV is there."""
    return find_spec("av") is not None
