"""The chunks behind the samples of a file, and how to tell them from samples."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from specimg.audio.streams.forms import MAX_CHUNKS, Form, Style, style_of
from specimg.audio.streams.stream_sizes import is_stream_size
from specimg.audio.tags import is_blank, read_at, skip_tags

SAMPLES = (b"data", b"SSND")
"""Chunks of samples."""

_COMPANIONS = (
    *(b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"guan", b"fact", b"cue ", b"wamd"),
    *(b"JUNK", b"junk", b"PAD ", b"FLLR", b"_PMX", b"afsp", b"axml", b"cart", b"umid"),
    *(b"smpl", b"inst", b"DISP", b"PEAK", b"plst", b"chna", b"NAME", b"ANNO", b"AUTH"),
    *(b"MARK", b"APPL", b"COMT", b"info", b"free", b"strg", b"mark", b"uuid", b"peak"),
)
"""Chunks that may stand behind the samples, also when they are cut off."""

_COMPANION = re.compile(b"|".join(_COMPANIONS))
BLOCK = 2**22


def is_unknown(form: Form) -> bool:
    """Whether a header names no length: a stream's, or of a recorder without power."""
    is_nothing = form.claimed < max(1, form.frame)
    return is_nothing or is_stream_size(form.claimed) or form.claimed >= 2**63


def end_of_samples(file: BinaryIO, form: Form, size: int) -> int:
    """Return where the samples end: by the header, or else before the last chunks."""
    if is_unknown(form):
        return begin_of_chunks(file, form, size)
    return min(form.begin + form.claimed, size)


def begin_of_chunks(file: BinaryIO, form: Form, size: int) -> int:
    """Return where the chunks begin that a file ends with, or else its end.

    Samples may be any bytes, the names of chunks among them: only chunks of which the
    last one ends with the file are believed.
    """
    begin = max(form.begin, size - BLOCK)
    block = read_at(file, begin, BLOCK)
    refuted: set[int] = set()
    for found in _COMPANION.finditer(block):
        if _leads_to_end(file, form.style, begin, block, found.start(), refuted):
            return begin + found.start()
    return size


def _leads_to_end(
    file: BinaryIO, style: Style, begin: int, block: bytes, at: int, refuted: set[int]
) -> bool:
    """Whether chunks follow each other from a place on, exactly to the end of `block`.

    `begin` is where in the file it begins, and `refuted` are places that do not.
    """
    while at not in refuted:
        refuted.add(at)
        head = block[at : at + style.own]
        if len(head) < style.own or not _is_name(head):
            return False
        _, length = style.read(head)
        stop = at + style.own + length
        at += style.own + style.padded(length)
        # The last one may be filled up or not, and a tag may follow it.
        if stop <= len(block) <= at:
            return True
        tagged = begin + at
        if at < len(block) and skip_tags(file, tagged, begin + len(block)) > tagged:
            return skip_tags(file, tagged, begin + len(block)) == begin + len(block)
    return False


def following_form(file: BinaryIO, form: Form, stop: int, size: int) -> int | None:
    """Return where another file begins behind the samples, or the chunks there."""
    for here in chunks_behind(file, form, stop, size):
        if style_of(read_at(file, here, 12)) is not None:
            return here
    return None


def has_only_chunks(file: BinaryIO, form: Form, stop: int, size: int) -> bool:
    """Whether nothing is behind the samples but chunks, tags and zeros.

    Zeros behind a header that names no samples at all are samples.
    """
    *_, last = (stop, *chunks_behind(file, form, stop, size))
    if size - last < 8:
        return True
    return form.claimed > 0 and is_blank(file, last, size)


def chunks_behind(file: BinaryIO, form: Form, stop: int, size: int) -> Iterator[int]:
    """Yield where chunks begin behind the samples, and at last where they end."""
    here = stop
    if not _chunk_length(file, form.style, here, size):
        # Behind what makes a length even, which some forget.
        here += form.style.padded(form.claimed) - form.claimed
    for _ in range(MAX_CHUNKS):
        here = skip_tags(file, here, size)
        yield here
        length = _chunk_length(file, form.style, here, size)
        if not length or here >= size:
            return
        here = min(size, here + length)


def _chunk_length(file: BinaryIO, style: Style, here: int, size: int) -> int:
    """Return the length of the chunk that begins at a place; 0 if none does."""
    head = read_at(file, here, 24)
    if len(head) < style.own or not _is_name(head):
        return 0
    name, length = style.read(head)
    if here + style.own + length <= size:
        return style.own + style.padded(length)
    return size - here if name in (*_COMPANIONS, *SAMPLES) else 0


def _is_name(head: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in head[:4])
