"""What a decoder is to be given of a file, so that no second of sound is lost.

Decoders stop where a header says that the sound ends, and pass over what is behind; or
they lose the thread at a hole.  For each container there is a module that looks at its
bytes, and yields what is to be decoded one after the other.
"""

from collections.abc import Iterator
from typing import BinaryIO

from specimg.audio.foreign.codecs import is_stereo_svx
from specimg.audio.foreign.probing import Probe
from specimg.audio.signatures import is_mpeg_frame
from specimg.audio.streams.chunks import chunk_streams
from specimg.audio.streams.flac import MARKER, flac_streams
from specimg.audio.streams.forms import style_of
from specimg.audio.streams.mpeg import mpeg_streams
from specimg.audio.streams.nist import NIST, nist_streams
from specimg.audio.streams.ogg import NO_LAST_PAGE, Count, ogg_streams
from specimg.audio.streams.pages import has_last_page
from specimg.audio.streams.pieces import (
    MAX_HOLE_SECONDS,
    TRUNCATED,
    Leftover,
    Pieces,
    Stream,
    describe_holes,
    describe_leftover,
)
from specimg.audio.streams.stream_sizes import is_stream_size
from specimg.audio.tags import has_id3, read_at, skip_tags

__all__ = [
    "MAX_HOLE_SECONDS",
    "NO_LAST_PAGE",
    "TRUNCATED",
    "Leftover",
    "Pieces",
    "Stream",
    "describe_holes",
    "describe_leftover",
    "find_streams",
    "has_last_page",
    "is_stream_size",
]

MPEG_SUFFIXES = (".mp3", ".mp2", ".mp1", ".mpga")
"""What begins with something else is taken for MPEG audio only by its name."""


def find_streams(
    file: BinaryIO, head: bytes, suffix: str, count: Count
) -> Iterator[Stream | Leftover]:
    """Yield what is to be decoded of a file, at least one stream, in order of time.

    The next one is to be asked for only when the one before was decoded to its end.

    Parameters
    ----------
    file : binary file
        Unbuffered.
    head : bytes
        Its first bytes.
    suffix : str
        Extension of its name.
    count : callable
        Decodes a file to learn its length; see `specimg.audio.streams.ogg.Count`.
    """
    begin = head
    if has_id3(head):
        begin = read_at(file, skip_tags(file, 0, 2**62), 4)
    if head.startswith(b"OggS"):
        yield from ogg_streams(file, count)
    elif begin.startswith(MARKER):
        yield from flac_streams(file)
    elif head.startswith(NIST):
        yield from nist_streams(file)
    elif is_stereo_svx(Probe(file), 0):
        yield Stream(source=Pieces(file, []))  # which is refused
    elif style_of(head) is not None:
        yield from chunk_streams(file)
    else:
        is_called = suffix.lower() in MPEG_SUFFIXES or has_id3(head)
        streams: Iterator[Stream | Leftover] = iter(())
        if is_called or is_mpeg_frame(head):
            streams = mpeg_streams(file, search=is_called)
        yield next(streams, Stream())
        yield from streams
