"""The clip of a preview: one stretch of a recording, as convert cuts it."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specimg.arrays import Waveform
from specimg.audio import AudioReader
from specimg.clips import BLOCK, DECIMALS
from specimg.errors import ClipError
from specimg.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreviewClip:
    """A stretch of a recording, as it was recorded."""

    samples: Waveform
    """Mono, at `sample_rate`."""
    sample_rate: int
    """In Hz."""
    first: int
    """The recording's sample that the clip begins with."""
    warning: str
    """What is wrong with the recording, as far as it was read; else empty."""

    @property
    def start(self) -> float:
        """Seconds from the beginning of the recording."""
        return self.first / self.sample_rate

    @property
    def end(self) -> float:
        """Seconds; where the recording ends, also when its picture is extended."""
        return (self.first + self.samples.size) / self.sample_rate


def read_clip(
    path: Path, settings: Settings, *, start: float, limit: float
) -> PreviewClip:
    """Read the clip that convert would cut at `start`.

    Parameters
    ----------
    path : Path
    settings : Settings
    start : float
        Seconds from the beginning of the recording.
    limit : float
        Seconds; a ``whole`` recording that goes on for longer is refused.

    Raises
    ------
    RecordingError
        The recording cannot be read, ends before `start`, leaves less than one
        analysis window after it, or is too long.
    """
    with AudioReader(path, settings.channel) as reader:
        # Another reader than the one that reads: asking loses the position.
        can_seek = start > 0 and reader.can_seek()
        promised = reader.promised_seconds
    with AudioReader(path, settings.channel) as reader:
        rate = reader.sample_rate
        first = round(round(start, DECIMALS) * rate)
        if can_seek and first < round(promised * rate):
            reader.seek(first)
        else:
            _skip(reader, first)
        if settings.clips.is_whole:
            n_wanted = math.ceil(limit * rate) + 1
        else:
            stop = round(round(start, DECIMALS) + settings.clips.duration, DECIMALS)
            n_wanted = round(stop * rate) - first
        samples = _read(reader, n_wanted)
        total = reader.frames_read / rate
        if reader.frames_read <= first and first:
            msg = f"start={start:g} s: the recording has only {total:.4g} s"
            raise ClipError(msg)
        if samples.size < settings.shortest * rate:
            msg = (
                f"too short: {samples.size / rate:.4g} s of audio from {start:g} s on, "
                f"but one analysis window is {settings.shortest:.4g} s"
            )
            raise ClipError(msg)
        if settings.clips.is_whole and samples.size > limit * rate:
            msg = (
                f"too long for one figure: more than {limit:.1f} s from {start:g} s "
                f"on; set --clip-duration"
            )
            raise ClipError(msg)
        return PreviewClip(
            samples=samples, sample_rate=rate, first=first, warning=reader.truncation()
        )


def _skip(reader: AudioReader, first: int) -> None:
    """Read up to a sample, or to the end where there is no such sample."""
    block = np.empty((2, BLOCK), np.float32)
    while (left := first - reader.frames_read) > 0:
        wanted = min(left, BLOCK)
        if reader.read(block[:, :wanted]) < wanted:
            return


def _read(reader: AudioReader, n_wanted: int) -> Waveform:
    """Read on, in blocks: a short recording takes no memory for a long clip."""
    blocks = []
    block = np.empty((2, BLOCK), np.float32)
    while n_wanted:
        n_read = reader.read(block[:, : min(n_wanted, BLOCK)])
        blocks.append(block[0, :n_read].copy())
        n_wanted -= n_read
        if n_read < BLOCK:
            break
    return np.concatenate([np.empty(0, np.float32), *blocks])
