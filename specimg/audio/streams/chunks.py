"""WAV, AIFF and their kin with sizes that are not true, or with several recordings.

A recorder that lost power leaves the sizes of the beginning, often 0; a stream never
had any; and what is behind the end that a header names is passed over by every decoder.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from specimg.audio.streams.behind import (
    BLOCK,
    SAMPLES,
    begin_of_chunks,
    chunks_behind,
    following_form,
    has_only_chunks,
    is_unknown,
)
from specimg.audio.streams.forms import (
    BIG,
    RIFF,
    Form,
    read_form,
    style_of,
)
from specimg.audio.streams.patches import patched, replaced, tag_of
from specimg.audio.streams.pieces import TRUNCATED, Leftover, Pieces, Span, Stream
from specimg.audio.streams.similarity import is_alike
from specimg.audio.tags import read_at
from specimg.errors import join_warnings

_MARKS = {RIFF: (b"WAVE",), BIG: (b"WAVE", b"AIFF", b"AIFC")}
"""By which the beginning of a file is found in the midst of another one."""


def chunk_streams(file: BinaryIO) -> Iterator[Stream | Leftover]:
    """Yield the streams of a file of chunks, in the order of time."""
    size = file.seek(0, os.SEEK_END)
    at = 0
    while (form := read_form(file, at, size)) is not None and form.begin <= size:
        if is_unknown(form):
            # What follows the header is the recording, but for chunks at the end.
            following = _search_form(file, form, form.begin, size)
            stop = following or begin_of_chunks(file, form, size)
            if stop > form.begin:
                yield _patched_stream(file, form, stop)
        else:
            stop = min(form.begin + form.claimed, size)
            following = following_form(file, form, stop, size)
            sounds = _sounds(file, form, stop, following or size)
            is_whole = following or has_only_chunks(file, form, stop, size)
            if len(sounds) > 1:
                yield from _several_streams(file, form, sounds, following or size)
            else:
                if not is_whole:  # there may be another file farther behind
                    following = _search_form(file, form, stop, size)
                limit = following or size
                yield from _named_streams(
                    file, form, limit, size, is_whole=bool(is_whole)
                )
        if following is None:
            return
        at = following
    if not at:  # no header that is understood here
        yield Stream()


def _named_streams(
    file: BinaryIO, form: Form, limit: int, size: int, *, is_whole: bool
) -> Iterator[Stream | Leftover]:
    """Yield the stream that a header names the length of, and what is behind it.

    Up to `limit`, where another file begins, or this one ends.
    """
    end = form.begin + form.claimed
    stop = min(end, limit)
    goes_on = not is_whole and is_alike(
        file, form, Span(form.begin, stop), Span(stop, limit)
    )
    if goes_on:
        yield _patched_stream(file, form, limit, _read_on(form, limit - stop))
    elif end > size and form.style.refuses_more:
        yield _patched_stream(file, form, size, TRUNCATED)
    elif form.style.overruns and end < size:
        yield _patched_stream(file, form, stop)
    elif form.start or limit < size or tag_of(form):
        pieces = replaced(Span(form.start, limit), tag_of(form))
        yield Stream(source=Pieces(file, pieces), offset=form.start)
    else:
        yield Stream()
    if not is_whole and not goes_on and end < limit:
        yield Leftover(n_bytes=limit - stop, seconds=_seconds(form, limit - stop))


def _several_streams(
    file: BinaryIO, form: Form, sounds: list[Span], size: int
) -> Iterator[Stream | Leftover]:
    """Yield what goes on alike in several chunks of samples, and say what does not."""
    first, *further = sounds
    alike: list[Span] = []
    for sound in further:
        if not is_alike(file, form, [first, *alike][-1], sound):
            break
        alike.append(sound)
    read, left = sum(map(len, alike)), sum(map(len, further[len(alike) :]))
    place = "in further chunks"
    warning = _read_on(form, read, place) if alike else ""
    if alike == further and not _has_room(file, form, sounds[-1], size):
        warning = join_warnings(warning, TRUNCATED)
    source = Pieces(file, patched(form, first.stop, *alike))
    yield Stream(source=source, offset=form.start, warning=warning)
    if left:
        text = f"{place} of samples"
        yield Leftover(n_bytes=left, seconds=_seconds(form, left), text=text)
    if not has_only_chunks(file, form, first.stop, size):
        behind = size - sounds[-1].stop
        yield Leftover(n_bytes=behind, seconds=_seconds(form, behind))


def _has_room(file: BinaryIO, form: Form, sound: Span, size: int) -> bool:
    """Whether a further chunk ends where it says, and not with the file."""
    here = sound.start - form.before - form.style.own
    _, length = form.style.read(read_at(file, here, 24))
    return here + form.style.own + length <= size


def _sounds(file: BinaryIO, form: Form, stop: int, size: int) -> list[Span]:
    """Return where the samples are: in one chunk, or in several."""
    sounds = [Span(form.begin, stop)]
    style = form.style
    for here in chunks_behind(file, form, stop, size):
        name, length = style.read(read_at(file, here, 24).ljust(24))
        begin = here + style.own + form.before
        if name in SAMPLES and begin < min(size, here + style.own + length):
            sounds.append(Span(begin, min(size, here + style.own + length)))
    return sounds


def _search_form(file: BinaryIO, form: Form, begin: int, size: int) -> int | None:
    """Return where another file begins somewhere behind a place; None if nowhere."""
    while begin < size:
        block = read_at(file, begin, BLOCK)
        for mark in _MARKS.get(form.style, ()):
            at = block.find(mark, 8)
            while at >= 0:
                if style_of(block[at - 8 : at + 4]) is form.style:
                    # Some recorders write notes before the format of their samples.
                    other = read_form(file, begin + at - 8, size)
                    if other is not None and other.frame:
                        return begin + at - 8
                at = block.find(mark, at + 1)
        begin += max(1, len(block) - 16)
    return None


def _patched_stream(file: BinaryIO, form: Form, stop: int, warning: str = "") -> Stream:
    """Describe a file whose header names what there is up to `stop`."""
    source = Pieces(file, patched(form, stop))
    return Stream(source=source, offset=form.start, warning=warning)


def _seconds(form: Form, n_bytes: int) -> float | None:
    return n_bytes / form.rate if form.rate else None


def _read_on(form: Form, n_bytes: int, place: str = "behind that end") -> str:
    seconds, more = _seconds(form, form.claimed), _seconds(form, n_bytes)
    return (
        f"its header names only {seconds or 0:.3f} s: {n_bytes} bytes "
        f"(about {more or 0:.1f} s) {place} were read as well"
    )
