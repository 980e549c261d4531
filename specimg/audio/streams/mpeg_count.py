"""The header of a whole MP3 that counts its frames: "Xing", "Info" or "VBRI".

It is a frame of silence itself.  Sources: as LAME and Fraunhofer's encoder write it.
"""

from dataclasses import dataclass
from typing import BinaryIO

from specimg.audio.streams.mpeg_frames import Layout
from specimg.audio.streams.pieces import Made, Piece, Span
from specimg.audio.tags import read_at


@dataclass(frozen=True, slots=True)
class Count:
    """What the header counts."""

    at: int
    """Where in the file the number of frames is written."""
    frames: int
    n_bytes: int
    """Bytes of the whole stream; 0 where that is not written."""


def read_count(file: BinaryIO, first: int, layout: Layout) -> Count | None:
    """Read the header that counts the frames, if the first frame is one."""
    if layout.layer != 3:
        return None
    frame = read_at(file, first, 2**8)
    for at in (4 + layout.side_info, 6 + layout.side_info):  # behind a checksum
        if frame[at : at + 4] in (b"Xing", b"Info") and frame[at + 7] & 1:
            has_bytes = frame[at + 7] & 2
            return Count(
                at=first + at + 8,
                frames=int.from_bytes(frame[at + 8 : at + 12], "big"),
                n_bytes=int.from_bytes(frame[at + 12 : at + 16], "big")
                if has_bytes
                else 0,
            )
    if frame[36:40] == b"VBRI":
        return Count(
            at=first + 50,
            frames=int.from_bytes(frame[50:54], "big"),
            n_bytes=int.from_bytes(frame[46:50], "big"),
        )
    return None


def with_count(pieces: list[Piece], count: Count | None, frames: int) -> list[Piece]:
    """Correct the count in the header, so that the decoder goes up to the end."""
    first = pieces[0]
    if count is None or not isinstance(first, Span) or count.at + 4 > first.stop:
        return pieces
    number = Made(frames.to_bytes(4, "big"))
    rest = Span(count.at + 4, first.stop)
    return [Span(first.start, count.at), number, rest, *pieces[1:]]


def describe_count(
    count: Count | None, frames: int, layout: Layout, *, is_cut: bool
) -> str:
    """Say how many frames are missing, or too many, by the header that counts them."""
    # Whether an encoder has counted the header's own frame, too, is not known.
    if count is None or abs(frames - count.frames) <= 1:
        return ""
    unit = layout.samples / layout.rate
    have, promised = frames * unit, count.frames * unit
    if frames < count.frames:
        where = "" if is_cut else " (at its end, or unseen in between)"
        return f"truncated: {have:.3f} s of {promised:.3f} s{where}"
    more = have - promised
    return f"{more:.3f} s more than the {promised:.3f} s that its header counts"
