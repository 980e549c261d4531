"""MPEG audio without a length, with a wrong one, or with holes: MP3, layers I and II.

An MPEG stream has no length and no times, only frames one after the other.  libsndfile
guesses the length where no header counts the frames, gives the recording up at a larger
hole, and lets times slip at a smaller one.  So the frames are walked through here, and
the decoder is given a stream without holes: what is lost is replaced by frames of
silence, where it is known how many they were.

Source: ISO/IEC 11172-3 and 13818-3.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from specimg.audio.streams.mpeg_count import (
    Count,
    describe_count,
    read_count,
    with_count,
)
from specimg.audio.streams.mpeg_frames import Layout, first_frame
from specimg.audio.streams.mpeg_runs import MAX_HOLES, Run, find_runs, true_first
from specimg.audio.streams.pieces import (
    Leftover,
    Made,
    Piece,
    Pieces,
    Span,
    Stream,
    describe_holes,
)
from specimg.audio.tags import id3_length, read_at, skip_tags
from specimg.errors import join_warnings

CLAIM = 64
"""How many times its length an uncounted stream says that it has: more than the bitrate
of its first frame can differ from that of the others."""

MAX_PATCHED = 32
"""Frames behind a hole that may need what is lost: the reservoir holds fewer."""


@dataclass(slots=True)
class Joined:
    """Runs of frames, put together with silence in between."""

    pieces: list[Piece]
    frames: int
    end: int
    """Where in the file the last of them ends."""
    holes: list[tuple[float, float]]
    """Where they begin, and how long they are, in seconds."""
    is_given_up: bool = False
    """Whether there are frames behind `end` whose time is not known."""


def mpeg_streams(file: BinaryIO, *, search: bool) -> Iterator[Stream | Leftover]:
    """Yield the stream of MPEG audio in a file, and what is left behind it.

    Nothing where no frame is whole; `search` looks for the first one behind bytes that
    are something else.
    """
    size = file.seek(0, os.SEEK_END)
    begin = skip_tags(file, 0, size)
    found = first_frame(file, begin, size, search=search)
    if found is None:
        return
    first, layout = found
    first = true_first(file, first, begin, size) if begin else first
    runs = list(find_runs(file, first, layout, size))
    if not runs[0].count:  # the one frame that there is is cut off
        return
    count = read_count(file, first, layout)
    joined = _join(file, size, runs, layout, count)
    frames = joined.frames - (count is not None)
    warnings = [
        _describe_beginning(first - begin, runs, layout),
        "truncated: its last frame is cut off" if runs[-1].is_cut else "",
        describe_holes(joined.holes),
        describe_count(count, frames, layout, is_cut=runs[-1].is_cut),
    ]
    is_plain = (
        first in (0, _plain_tag(file))
        and joined.pieces == [Span(first, runs[0].stop)]
        and count is not None
        and count.frames >= frames
    )
    pieces = with_count(joined.pieces, count, frames)
    claim = 0 if count else CLAIM * (joined.end - first) + 2**16
    yield Stream(
        source=None if is_plain else Pieces(file, pieces, claim),
        offset=first,
        frames=frames * layout.samples,
        warning=join_warnings(*warnings),
    )
    if not runs[-1].is_cut or joined.is_given_up:
        is_full = len(runs) > MAX_HOLES
        yield from _leftover(file, joined, size, layout, is_full=is_full)


def _plain_tag(file: BinaryIO) -> int:
    """Return the bytes of a tag before the sound that libmpg123 reads over."""
    head = read_at(file, 0, 10)
    return 0 if head[5:6] and head[5] & 0x10 else id3_length(head)


def _describe_beginning(n_bytes: int, runs: list[Run], layout: Layout) -> str:
    """Say what is lost before the first frame that is whole."""
    if n_bytes < min(layout.sizes.values()):
        return ""
    density = sum(r.stop - r.start for r in runs) / sum(r.count for r in runs)
    seconds = n_bytes / density * layout.samples / layout.rate
    return (
        f"damaged: {n_bytes} bytes (about {seconds:.1f} s) before the first frame are "
        f"no audio, and all times are too early by what was lost there"
    )


def _join(
    file: BinaryIO, size: int, runs: list[Run], layout: Layout, count: Count | None
) -> Joined:
    """Put runs together as far as their times are known."""
    first = last = runs[0]
    joined = Joined([Span(first.start, first.stop)], first.count, first.stop, [])
    for number, run in enumerate(runs[1:], 1):
        before = runs[number - 1]
        if run.joins:  # another file that was put behind
            joined.pieces.append(Span(run.start, run.stop))
            joined.frames += run.count
        else:
            lost = _lost(runs, number, layout, joined.frames, count)
            if lost is None:
                joined.is_given_up = True
                break
            # The frame before a hole reaches into it, and is silent as well.
            whole = joined.pieces.pop()
            begin = whole.start if isinstance(whole, Span) else before.start
            silence, n_silent, stop = _silence(file, run, layout, lost)
            joined.pieces += [Span(begin, before.last), *silence, Span(stop, run.stop)]
            unit = layout.samples / layout.rate
            joined.holes.append(((joined.frames - 1) * unit, n_silent * unit))
            joined.frames += lost - 1 + run.count
        joined.end, last = run.stop, run
    behind = skip_tags(file, joined.end, size)
    is_junk = size - behind >= min(layout.sizes.values()) and not last.is_cut
    if is_junk and last.count > 1 and not first_frame(file, behind, size, search=False):
        # What is behind the last frame may have reached into it.
        whole = joined.pieces.pop()
        if isinstance(whole, Span):
            joined.pieces.append(Span(whole.start, last.last))
        joined.frames -= 1
        joined.end = last.last
    return joined


def _lost(
    runs: list[Run], number: int, layout: Layout, so_far: int, count: Count | None
) -> int | None:
    """Return how many frames were from the last one before a hole up to the next run.

    By the bytes where all frames have the same size; else by the header's count, where
    nothing else is missing.  None where neither tells, or one contradicts the other.
    """
    before, run = runs[number - 1], runs[number]
    gap = run.start - before.last
    keys = before.keys | run.keys
    by_bytes = None
    if len({key[1] >> 4 for key in keys}) == 1:
        sizes = {layout.sizes[key] for key in keys}
        exact = layout.exact_size(next(iter(keys)))
        size, slack = (exact, 1.5) if len(sizes) > 1 and exact else (min(sizes), 0.0)
        lost = round(gap / size)
        if lost and abs(gap - lost * size) <= slack:
            by_bytes = lost
    later = runs[number:]
    is_only_hole = all(run.joins for run in later[1:])
    if count is None or not is_only_hole or later[-1].is_cut:
        return by_bytes
    # The frame of the header is not counted, and the one before the hole is lost.
    lost = count.frames + 1 - (so_far - 1) - sum(run.count for run in later)
    if by_bytes is not None:  # two witnesses, who must agree
        return by_bytes if abs(by_bytes - lost) <= 1 else None
    total = later[-1].stop - runs[0].start
    if count.n_bytes and abs(total - count.n_bytes) > max(layout.sizes.values()):
        return None  # something is missing at the end as well
    n_bytes = sum(run.stop - run.start for run in runs)
    usual = n_bytes / sum(run.count for run in runs)
    return lost if lost > 0 and usual / 2 < gap / lost < usual * 2 else None


def _silence(
    file: BinaryIO, run: Run, layout: Layout, lost: int
) -> tuple[list[Piece], int, int]:
    """Return silence for `lost` frames, and for the first ones behind them.

    Layer III keeps parts of a frame in those before it; where these are lost, the frame
    is no sound yet.

    Returns
    -------
    pieces : list of Piece
    n_silent : int
        Frames of silence.
    stop : int
        Where in the file `run` goes on as it is.
    """
    header = read_at(file, run.start, 4)
    empty = header + bytes(layout.sizes[header[1:3]] - 4)
    pieces: list[Piece] = [Made(layout.silence(empty), lost)]
    at, in_reservoir = run.start, 0
    while at < run.stop and len(pieces) <= MAX_PATCHED:
        header = read_at(file, at, 4)
        frame = read_at(file, at, layout.sizes[header[1:3]])
        needed, added = layout.reservoir(frame)
        if needed <= in_reservoir:
            break
        in_reservoir += added
        pieces.append(Made(layout.silence(frame)))
        at += len(frame)
    return pieces, lost + len(pieces) - 1, at


def _leftover(
    file: BinaryIO, joined: Joined, size: int, layout: Layout, *, is_full: bool
) -> Iterator[Leftover]:
    """Say what is behind the last frame that is decoded."""
    begin = skip_tags(file, joined.end, size)
    n_bytes = size - begin
    if n_bytes < min(layout.sizes.values()):
        return  # less than a frame
    if joined.is_given_up or is_full:
        text = "of audio behind a hole whose length is not known"
    elif (found := first_frame(file, begin, size, search=True)) is not None:
        other = found[1]
        is_like = (other.rate, other.is_mono) == (layout.rate, layout.is_mono)
        kind = (
            "in other frames" if is_like else "at another rate or with other channels"
        )
        text = f"of audio {kind} behind the last frame"
    else:
        text = "behind the last frame that hold no audio"
    yield Leftover(n_bytes=n_bytes, text=text)
