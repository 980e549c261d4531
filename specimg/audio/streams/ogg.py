"""What is decoded of an Ogg file with Vorbis or Opus: chained streams, and holes.

libsndfile reads the first stream of an Ogg file alone, and where pages are missing it
goes on as if nothing had been there, so that all times behind slip.  Every page has the
time of its end ("granule position"): what is behind a hole is decoded anew, from the
headers on, and put where it belongs.

Sources: RFC 7845 (Opus in Ogg), the Vorbis I specification.
"""

import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from specimg.audio.streams.ogg_links import OPUS, Link, Run, find_links, pages_of
from specimg.audio.streams.pages import LAST, renumber, retimed
from specimg.audio.streams.pieces import (
    Leftover,
    Made,
    Piece,
    Pieces,
    Span,
    Stream,
    describe_leftover,
)
from specimg.errors import join_warnings

OPUS_RATE = 48_000
"""Hertz, in which Opus gives its times, whatever it decodes to."""

OPUS_PREROLL = 3840
"""Samples at 48 kHz after which an Opus decoder that begins in the midst is right."""

_ENDLESS = 2**40
"""A time that no recording comes to: nothing is cut off at its end."""

NO_LAST_PAGE = "truncated: the Ogg stream has no last page"

Count = Callable[[Pieces], tuple[int, int]]
"""Decodes a file to its end; returns its sample rate, and its number of frames."""


def ogg_streams(file: BinaryIO, count: Count) -> Iterator[Stream | Leftover]:
    """Yield the streams of an Ogg file, in the order of time."""
    size = file.seek(0, os.SEEK_END)
    links = find_links(file, size)
    if not links:
        yield Stream()
        return
    for link in links:
        is_cut = (link.is_alone or link.is_known) and not link.last.flags & LAST
        warning = join_warnings(
            NO_LAST_PAGE if is_cut else "",
            _describe_beside(link),
        )
        if link.is_known:
            has_holes = len(link.runs) > 1 or not link.has_begun
            if link.back_at is not None and not has_holes:
                yield _without_times(file, link, count, warning)
            elif has_holes:
                yield from _parts(file, link, count, warning)
            elif len(links) > 1 or is_cut or link.is_wrapped:
                yield _whole(file, link, warning)
            else:
                yield Stream(warning=warning)
        elif len(links) > 1:
            source = Pieces(file, [Span(link.offset, link.stop)])
            yield Stream(source=source, offset=link.offset, warning=warning)
        else:
            yield Stream(warning=warning)
        if link.lost_bytes:
            text = "of pages that belong to a stream without a beginning"
            yield Leftover(n_bytes=link.lost_bytes, text=text)


def _describe_beside(link: Link) -> str:
    """Say that there is sound at the same time as that which is read."""
    if not link.bytes_beside:
        return ""
    text = "of another stream of sound, at the same time as the one that is read"
    return describe_leftover(link.bytes_beside, None, text)


def _whole(file: BinaryIO, link: Link, warning: str) -> Stream:
    """Describe a stream without holes."""
    # libsndfile refuses an Opus file that ends within a packet, unless its last page
    # says that it is the last.
    end = Made(link.last.read(file, LAST))
    source = Pieces(
        file, [*_headers(link), *_up_to(link.runs[0], link.last.start), end]
    )
    return Stream(source=source, offset=link.offset, warning=warning)


def _without_times(file: BinaryIO, link: Link, count: Count, warning: str) -> Stream:
    """Describe a stream whose times go back: all of it is decoded, one by one."""
    run, back = link.runs[0], link.back_at
    pieces: list[Piece] = _headers(link)
    for page in pages_of(file, run):
        is_last = page.start == run.last.start
        flags = LAST if is_last else 0
        time = _ENDLESS if is_last else -1
        raw = retimed(page.read(file, flags), time)
        # What does not change is not held in memory.
        middle = Span(page.start + 26, page.stop)
        pieces += [Made(raw[:26]), middle]
    rate, n_frames = count(Pieces(file, pieces))
    place = ""
    if back is not None and rate:
        # By the bytes before it, as its own time cannot be believed.
        share = (back.start - run.first.start) / max(1, link.stop - run.first.start)
        place = f" at about {share * n_frames / rate:.1f} s"
    return Stream(
        source=Pieces(file, pieces),
        offset=link.offset,
        frames=n_frames,
        warning=join_warnings(
            f"damaged: the times in it go back{place}, and it is read as if they did "
            f"not",
            warning,
        ),
    )


def _parts(
    file: BinaryIO, link: Link, count: Count, warning: str
) -> Iterator[Stream | Leftover]:
    """Yield the parts of a stream with holes, each decoded from the headers on."""
    first = link.runs[0]
    zero = _begin(file, link, first, count, is_first=True) if link.has_begun else 0
    for run in link.runs:
        at = _begin(file, link, run, count, is_first=run is first and link.has_begun)
        is_back = link.back_at is not None and link.back_at.start < run.last.stop
        if at is None or zero is None or is_back:
            n_bytes = link.stop - run.first.start
            text = (
                "of audio with times that go back"
                if is_back
                else "of audio behind a hole whose length is not known"
            )
            yield Leftover(n_bytes=n_bytes, text=text)
            return
        is_first = run is first and link.has_begun
        is_opus = link.kind == OPUS and not is_first
        yield Stream(
            source=_decodable(file, link, run, run.last.stop, is_first=is_first),
            offset=run.first.start,
            start=at - zero,
            skip=OPUS_PREROLL if is_opus else 0,
            warning=warning if run is link.runs[-1] else "",
        )


def _begin(
    file: BinaryIO, link: Link, run: Run, count: Count, *, is_first: bool
) -> int | None:
    """Return the time in frames at which a run begins, or None if nothing tells.

    The last page does not: its time is that where the sound ends within a packet.
    """
    if run.timed is None or run.timed.flags & LAST:
        return None
    part = _decodable(file, link, run, run.timed.stop, is_first=is_first)
    rate, n_frames = count(part)
    if not rate:
        return None
    end = run.timed.granule
    if link.kind == OPUS:
        end = (end - _preskip(link)) * rate // OPUS_RATE
    return end - n_frames


def _headers(link: Link) -> list[Piece]:
    return [Span(page.start, page.stop) for page in link.headers]


def _up_to(run: Run, stop: int) -> list[Piece]:
    """Return where the pages of a run are that begin before `stop`."""
    return [Span(s.start, min(s.stop, stop)) for s in run.spans if s.start < stop]


def _decodable(
    file: BinaryIO, link: Link, run: Run, stop: int, *, is_first: bool
) -> Pieces:
    """Return headers and pages up to `stop` as a file of their own."""
    pages = _up_to(run, stop)
    if is_first:
        return Pieces(file, [*_headers(link), *pages])
    # No page seems to be missing before the first one; and Opus begins at once.
    number = run.first.number - len(link.headers)
    headers = b""
    for header in link.headers:
        data = bytearray(header.read(file))
        if link.kind == OPUS and header.is_first:
            begin = 27 + data[26]
            data[begin + 10 : begin + 12] = bytes(2)
        headers += renumber(bytes(data), number % 2**32)
        number += 1
    return Pieces(file, [Made(headers), *pages])


def _preskip(link: Link) -> int:
    """Return how many samples at 48 kHz an Opus decoder drops at its beginning."""
    return int.from_bytes(link.headers[0].data[10:12], "little")
