"""A stretch of a recording by its times, as the clips of a batch are cut from it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specimg.arrays import DECIMALS, Waveform
from specimg.audio.reading import AudioReader

BLOCK = 2**18
"""Samples that are read at a time, so that memory is taken as they come."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excerpt:
    """A stretch of a recording, as it was recorded."""

    samples: Waveform
    """Mono, at `sample_rate`."""
    sample_rate: int
    """That of the sound as it was recorded, in Hz."""
    source_rate: int
    """That of the file, in Hz; lower by the time expansion."""
    first: int
    """Number of the sample of the recording that it begins with."""
    last: int
    """Number of the sample before which reading stopped, or the recording ended."""
    warning: str
    """What is wrong with the recording; empty where it was not read to its end."""

    @property
    def start(self) -> float:
        """Seconds of the file from its beginning."""
        return self.first / self.source_rate

    @property
    def end(self) -> float:
        """Seconds of the file; silence that extends its picture does not count."""
        return (self.first + self.samples.size) / self.source_rate

    @property
    def time_expansion(self) -> float:
        """How many seconds of the file a second of the sound is."""
        return self.sample_rate / self.source_rate


def read_excerpt(
    path: Path,
    channel: int | None,
    start: float = 0.0,
    end: float | None = None,
    *,
    time_expansion: float = 1.0,
) -> Excerpt:
    """Read from `start` up to `end`, in seconds of the file, or to the recording's end.

    Raises
    ------
    AudioReadError
        The recording cannot be read, or is damaged.
    """
    with AudioReader(path, channel, time_expansion) as reader:
        first = round(round(start, DECIMALS) * reader.source_rate)
        reader.skip(first)
        block = np.empty((2, BLOCK), np.float32)
        stop = None if end is None else round(round(end, DECIMALS) * reader.source_rate)
        parts = [np.empty(0, np.float32)]
        while stop is None or reader.frames_read < stop:
            left = BLOCK if stop is None else min(BLOCK, stop - reader.frames_read)
            n_read = reader.read(block[:, :left])
            parts.append(block[0, :n_read].copy())
            if n_read < left:
                break
        return Excerpt(
            samples=np.concatenate(parts),
            sample_rate=reader.sample_rate,
            source_rate=reader.source_rate,
            first=first,
            last=reader.frames_read,
            warning=reader.warning,
        )
