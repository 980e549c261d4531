"""Headers of WAV, AIFF and their kin, with numbers that are true or that help."""

import struct

from specimg.audio.streams.forms import RIFF, Form
from specimg.audio.streams.pieces import Made, Piece, Span


def patched(form: Form, stop: int, *further: Span) -> list[Piece]:
    """Return the pieces of a file whose header names the samples that there are.

    Those up to `stop`, and those of `further` places.
    """
    size = stop + sum(map(len, further))
    *pieces, last = _with_size(form, size)
    begin = last.start if isinstance(last, Span) else stop
    return [*pieces, Span(begin, stop), *further]


def _with_size(form: Form, size: int) -> list[Piece]:
    """Return the pieces of the file as if it were of a size."""
    length, style = size - form.begin, form.style
    if style is RIFF and not form.long_size_at and length + form.counted >= 2**32 - 1:
        return _as_rf64(form, size)
    numbers = tag_of(form)
    numbers[form.size_at] = _bytes(length + form.counted, form, style.length)
    if style.name == style.length == 4 and style.head:
        numbers[form.start + 4] = _bytes(size - form.start - 8, form, 4)
    elif style.counts_itself:
        numbers[form.start + style.name] = _bytes(size - form.start, form, style.length)
    if form.count_at:
        numbers[form.count_at] = _bytes(length // max(form.frame, 1), form, 4)
    if form.long_size_at:
        numbers[form.long_size_at] = _bytes(length, form, 8)
        numbers[form.size_at] = _bytes(2**32 - 1, form, 4)
    return replaced(Span(form.start, size), numbers)


def tag_of(form: Form) -> dict[int, bytes]:
    """Return what libsndfile looks for, by its place: the coding, and the name RF64."""
    numbers = {form.start: b"RF64"} if form.is_bw64 else {}
    if form.tag_at:
        numbers[form.tag_at] = _bytes(form.tag, form, 2)
    return numbers


def replaced(whole: Span, numbers: dict[int, bytes]) -> list[Piece]:
    """Return the pieces of a part of the file with other bytes at some places."""
    pieces: list[Piece] = []
    here = whole.start
    for at in sorted(numbers):
        pieces += [Span(here, at), Made(numbers[at])]
        here = at + len(numbers[at])
    return [*pieces, Span(here, whole.stop)]


def _as_rf64(form: Form, size: int) -> list[Piece]:
    """Return the pieces of a WAV file with more samples than its sizes can name."""
    sizes = (size - form.start + 28, size - form.begin, 0)
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, *sizes, 0)
    unknown = struct.pack("<I", 2**32 - 1)
    return [
        Made(b"RF64" + unknown + b"WAVE" + ds64),
        Span(form.start + 12, form.size_at),
        Made(unknown),
        Span(form.size_at + 4, size),
    ]


def _bytes(number: int, form: Form, length: int) -> bytes:
    """Write a number, or the largest that there is room for."""
    return min(number, 256**length - 1).to_bytes(length, form.style.endian)
