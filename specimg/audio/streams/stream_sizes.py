"""The sizes that programs write into a header when they cannot know it yet."""

_STREAM_BITS = 0x7FFF_F000
"""All set in sizes that are not known; but in AIFF, SoX writes about another."""
_SOX_STREAM, _SOX_SLACK = 0x7F00_0000, 2**12


def is_stream_size(size: int) -> bool:
    """Whether a size is one that ffmpeg and SoX write when they cannot know it yet."""
    if size & _STREAM_BITS == _STREAM_BITS:
        return True
    # SoX: so many bytes of whole frames in AIFF, and what is before them.
    return abs(size - _SOX_STREAM) < _SOX_SLACK
