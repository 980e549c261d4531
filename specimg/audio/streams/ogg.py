"""The streams of an Ogg file with Vorbis or Opus: chained ones, and ones with holes.

libsndfile reads the first stream of an Ogg file alone, and where pages are missing it
goes on as if nothing had been there, so that all times behind slip.  Every page has the
time of its end ("granule position"): what is behind a hole is decoded anew, from the
headers on, and put where it belongs.

Sources: RFC 7845 (Opus in Ogg), the Vorbis I specification.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from specimg.audio.streams.pages import CONTINUED, LAST, Page, find_pages, renumber
from specimg.audio.streams.pieces import Leftover, Made, Pieces, Span, Stream

MAX_HOLES = 1000
"""A stream with more is left alone from there on."""

OPUS = b"OpusHead"
VORBIS = b"\x01vorbis"
OPUS_RATE = 48_000
"""Hertz, in which Opus gives its times, whatever it decodes to."""

_OPUS_LONGEST = 5760
"""Samples at 48 kHz of the longest packet."""

_OPUS_FRAMES = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
"""Samples of a frame, by the configuration that a packet begins with."""

OPUS_PREROLL = 3840
"""Samples at 48 kHz after which an Opus decoder that begins in the midst is right."""

_HEADERS = {VORBIS: 3, OPUS: 2}
"""How many packets are headers, by what the first one begins with."""

Count = Callable[[Pieces], tuple[int, int]]
"""Decodes a file to its end; returns its sample rate, and its number of frames."""


@dataclass(slots=True)
class Run:
    """Pages behind the headers of a stream, without a hole between them."""

    first: Page
    timed: Page | None
    """The first page with a time."""
    last: Page


@dataclass(slots=True)
class Link:
    """One stream of an Ogg file that may have several, chained."""

    headers: list[Page]
    """The pages with its headers."""
    kind: bytes
    """How its first packet begins: `VORBIS`, `OPUS`, or empty for other codecs."""
    n_packets: int = 0
    """Headers that are complete."""
    runs: list[Run] = field(default_factory=list)
    stop: int = 0
    """Where its last page ends."""
    is_alone: bool = True
    """Whether no other stream is interleaved with it."""

    @property
    def is_known(self) -> bool:
        """Whether its headers are whole, and what follows can be understood."""
        wanted = _HEADERS.get(self.kind, 0)
        return self.is_alone and 0 < wanted <= self.n_packets and bool(self.runs)

    @property
    def has_begun(self) -> bool:
        """Whether no page is missing between its headers and what follows."""
        return self.runs[0].first.number == (self.headers[-1].number + 1) % 2**32

    @property
    def offset(self) -> int:
        """Where its first page begins."""
        return self.headers[0].start


def ogg_streams(file: BinaryIO, count: Count) -> Iterator[Stream | Leftover]:
    """Yield the streams of an Ogg file, in the order of time."""
    size = file.seek(0, os.SEEK_END)
    links = _find_links(file, size)
    if not links:
        yield Stream()
        return
    for link in links:
        last = link.runs[-1].last if link.runs else link.headers[-1]
        is_cut = link.is_alone and not last.flags & LAST
        warning = "truncated: the Ogg stream has no last page" if is_cut else ""
        if link.is_known and (len(link.runs) > 1 or not link.has_begun):
            yield from _parts(file, link, count, warning)
        elif len(links) > 1 or (is_cut and link.is_known):
            # libsndfile refuses an Opus file that ends within a packet, unless its last
            # page says that it is the last.
            end = Made(last.read(file, LAST))
            source = Pieces(file, [Span(link.offset, last.start), end])
            yield Stream(source=source, offset=link.offset, warning=warning)
        else:
            yield Stream(warning=warning)


def _find_links(file: BinaryIO, size: int) -> list[Link]:
    links: list[Link] = []
    before: Page | None = None
    for page in find_pages(file, size):
        if page.is_first and (before is None or not before.is_first):
            kind = next((k for k in _HEADERS if page.data.startswith(k)), b"")
            link = Link([page], kind, page.n_packets)
            links.append(link)
        elif not links:
            return []
        else:
            _add(links[-1], page)
        links[-1].stop = page.stop
        before = page
    return links


def _add(link: Link, page: Page) -> None:
    """Take one more page into a link."""
    last = link.runs[-1].last if link.runs else link.headers[-1]
    if page.is_first or page.serial != last.serial:
        link.is_alone = False
        return
    follows = page.number == (last.number + 1) % 2**32
    if link.runs and follows and page.has_time and last.has_time:
        # Pages may have been numbered anew behind a hole; but not their times.
        follows = page.granule - last.granule <= _longest(link, page)
    if link.n_packets < _HEADERS.get(link.kind, 0):
        if follows:
            link.headers.append(page)
            link.n_packets += page.n_packets
        else:
            link.kind = b""  # a header is lost
    elif not link.runs or (not follows and len(link.runs) <= MAX_HOLES):
        link.runs.append(Run(page, page if page.has_time else None, page))
    else:
        run = link.runs[-1]
        if run.timed is None and page.has_time:
            run.timed = page
        run.last = page


def _longest(link: Link, page: Page) -> int:
    """Return how many samples the packets that end on a page can have, at most."""
    if link.kind == OPUS:
        return page.n_packets * _opus_length(page)
    header = link.headers[0].data
    if link.kind != VORBIS or len(header) <= 28:
        return 0  # a header is lost: nobody knows, and nothing can be decoded
    # The larger of the two block sizes of Vorbis; half of each is new.
    exponent = header[28] >> 4
    return page.n_packets << exponent >> 1


def _opus_length(page: Page) -> int:
    """Return the samples at 48 kHz of the first packet of a page, as of the others."""
    if page.flags & CONTINUED or len(page.data) < 2:
        return _OPUS_LONGEST
    code = page.data[0] & 3
    n_frames = page.data[1] & 63 if code == 3 else min(code, 1) + 1
    return _OPUS_FRAMES[page.data[0] >> 3] * max(1, n_frames)


def _parts(
    file: BinaryIO, link: Link, count: Count, warning: str
) -> Iterator[Stream | Leftover]:
    """Yield the parts of a stream with holes, each decoded from the headers on."""
    first = link.runs[0]
    zero = _begin(file, link, first, count, is_first=True) if link.has_begun else 0
    for run in link.runs:
        at = _begin(file, link, run, count, is_first=run is first and link.has_begun)
        if at is None or zero is None:
            n_bytes = link.stop - run.first.start
            yield Leftover(
                n_bytes=n_bytes, text="of audio behind a hole whose length is not known"
            )
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


def _decodable(
    file: BinaryIO, link: Link, run: Run, stop: int, *, is_first: bool
) -> Pieces:
    """Return headers and pages up to `stop` as a file of their own."""
    pages = Span(run.first.start, stop)
    if is_first:
        return Pieces(file, [Span(link.offset, link.headers[-1].stop), pages])
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
    return Pieces(file, [Made(headers), pages])


def _preskip(link: Link) -> int:
    """Return how many samples at 48 kHz an Opus decoder drops at its beginning."""
    return int.from_bytes(link.headers[0].data[10:12], "little")
