"""The streams of an Ogg file, chained or side by side, by the pages of each.

Sources: RFC 3533, RFC 7845 (Opus in Ogg), the Vorbis I specification.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from specimg.audio.streams.pages import CONTINUED, LAST, Page, find_pages
from specimg.audio.streams.pieces import Span

MAX_HOLES = 1000
"""A stream with more is left alone from there on."""

OPUS = b"OpusHead"
VORBIS = b"\x01vorbis"
_SKELETON = b"fishead\0"
"""A stream without sound, which describes the others."""

_OTHER_SOUND = (OPUS, VORBIS, b"\x7fFLAC", b"Speex   ")

_OPUS_LONGEST = 5760
"""Samples at 48 kHz of the longest packet."""

_OPUS_FRAMES = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
"""Samples of a frame, by the configuration that a packet begins with."""

_HEADERS = {VORBIS: 3, OPUS: 2}
"""How many packets are headers, by what the first one begins with."""


@dataclass(slots=True)
class Run:
    """Pages behind the headers of a stream, without a hole between them."""

    first: Page
    timed: Page | None
    """The first page with a time."""
    last: Page
    spans: list[Span]
    """Where its pages are: not in one piece where another stream is interleaved."""


@dataclass(slots=True)
class Link:
    """One stream of an Ogg file that may have several, chained."""

    headers: list[Page]
    """The pages with its headers."""
    kind: bytes
    """What its first packet begins with, if that is a codec that is known here."""
    n_packets: int = 0
    """Headers that are complete."""
    runs: list[Run] = field(default_factory=list)
    stop: int = 0
    """Where its last page ends, or that of a stream beside it."""
    beside: dict[int, bool] = field(default_factory=dict)
    """Other streams that begin with it, by their numbers: whether they are sound."""
    is_alone: bool = True
    """Whether no page of another stream is among its own."""
    bytes_beside: int = 0
    """Of sound in the streams beside it."""
    lost_bytes: int = 0
    """Of pages of a stream that never began."""
    back_at: Page | None = None
    """The first page whose time is not behind that of the page before."""

    @property
    def is_known(self) -> bool:
        """Whether its headers are whole, and what follows can be understood."""
        wanted = _HEADERS.get(self.kind, 0)
        return 0 < wanted <= self.n_packets and bool(self.runs)

    @property
    def has_begun(self) -> bool:
        """Whether no page is missing between its headers and what follows."""
        return self.runs[0].first.number == (self.headers[-1].number + 1) % 2**32

    @property
    def offset(self) -> int:
        """Where its first page begins."""
        return self.headers[0].start

    @property
    def last(self) -> Page:
        """Its last page."""
        return self.runs[-1].last if self.runs else self.headers[-1]

    @property
    def is_wrapped(self) -> bool:
        """Whether a skeleton comes first, which libsndfile does not know."""
        return bool(self.beside) and self.headers[0].serial != next(iter(self.beside))


def find_links(file: BinaryIO, size: int) -> list[Link]:
    """Return the streams that are one behind the other in an Ogg file."""
    links: list[Link] = []
    before: Page | None = None
    for page in find_pages(file, size):
        if page.is_first and (before is None or not before.is_first):
            links.append(Link([page], _kind(page), page.n_packets))
        elif not links:
            return []
        elif page.is_first:
            links[-1] = _beside(links[-1], page)
        else:
            _add(links[-1], page)
        links[-1].stop = page.stop
        before = page
    return links


def _kind(page: Page) -> bytes:
    return next((kind for kind in _HEADERS if page.data.startswith(kind)), b"")


def _beside(link: Link, page: Page) -> Link:
    """Note one more stream that begins at the same time."""
    first = link.headers[0]
    if first.data.startswith(_SKELETON) and _kind(page):
        beside = {first.serial: False} | link.beside
        return Link([page], _kind(page), page.n_packets, beside=beside, is_alone=False)
    link.beside[page.serial] = page.data.startswith(_OTHER_SOUND)
    link.is_alone = False
    return link


def _add(link: Link, page: Page) -> None:
    """Take one more page into a link."""
    last = link.last
    if page.serial != last.serial:
        link.is_alone = False
        n_bytes = page.stop - page.start
        link.bytes_beside += n_bytes * link.beside.get(page.serial, False)
        link.lost_bytes += n_bytes * (page.serial not in link.beside)
        return
    follows = page.number == (last.number + 1) % 2**32
    if link.runs and follows and page.has_time and last.has_time:
        # Pages may have been numbered anew behind a hole; but not their times.
        follows = page.granule - last.granule <= _longest(link, page)
        if follows and link.back_at is None and _goes_back(last, page):
            link.back_at = page
    if link.n_packets < _HEADERS.get(link.kind, 0):
        if follows:
            link.headers.append(page)
            link.n_packets += page.n_packets
        else:
            link.kind = b""  # a header is lost
    elif not link.runs or (not follows and len(link.runs) <= MAX_HOLES):
        timed = page if page.has_time else None
        link.runs.append(Run(page, timed, page, [Span(page.start, page.stop)]))
    else:
        run = link.runs[-1]
        if run.timed is None and page.has_time:
            run.timed = page
        if run.spans[-1].stop == page.start or link.is_alone:
            run.spans[-1] = Span(run.spans[-1].start, page.stop)
        else:
            run.spans.append(Span(page.start, page.stop))
        run.last = page


def _goes_back(last: Page, page: Page) -> bool:
    """Whether the time of a page is not behind that of the one before.

    The last page of a stream may end as early as it begins, and one packet of Vorbis
    may be no sound yet.
    """
    if page.granule == last.granule:
        return page.n_packets > 1 and not page.flags & LAST
    return page.granule < last.granule


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


def pages_of(file: BinaryIO, run: Run) -> Iterator[Page]:
    """Yield the pages of a run."""
    for page in find_pages(file, run.last.stop, run.first.start):
        if page.start >= run.last.stop:
            return
        if page.serial == run.first.serial:
            yield page
