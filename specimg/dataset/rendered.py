"""All clips of labeled recordings as images of several variants, kept on disk.

Each recording is read once, and its mel spectrograms are computed once, for all
variants.  What is kept is a file for each recording.
"""

import hashlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from specimg.audio import AudioReader
from specimg.batch.crew import run_tasks
from specimg.dataset.recording import LabeledRecording
from specimg.errors import DatasetError, RecordingError, StorageError
from specimg.rendering.frontends import Frontend
from specimg.rendering.pipeline import mel_of_clip, render_mel
from specimg.settings import Settings
from specimg.spans.reader import read_clips

Frontends = tuple[Frontend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRecording:
    """What became of one recording."""

    widths: tuple[int, ...]
    """Of the pictures of its clips, in pixels."""
    height: int
    seconds: tuple[float, ...]
    """For rendering a clip with each variant, the median."""
    digests: frozenset[bytes]
    """Of the samples of its clips, but for those that are silent."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The clips of all recordings, as images of one variant."""

    folder: Path
    counts: tuple[int, ...]
    """How many clips each recording has."""
    layout: tuple[tuple[int, int, int], ...]
    """Height, width and channels of a picture of each variant."""
    variant: int

    def __len__(self) -> int:
        """Return how many clips there are."""
        return sum(self.counts)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels: 1 or 3."""
        return self.layout[self.variant]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Yield each picture, in the order of the recordings."""
        for number, count in enumerate(self.counts):
            yield from self._open(number, count)

    def take(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the pictures with these numbers, shape (n, height, width, 1 or 3)."""
        ends = np.cumsum(self.counts)
        taken = np.empty((len(numbers), *self.shape), np.uint8)
        recordings = np.searchsorted(ends, numbers, side="right")
        for recording in np.unique(recordings):
            count = self.counts[recording]
            chosen = recordings == recording
            first = ends[recording] - count
            taken[chosen] = self._open(int(recording), count)[numbers[chosen] - first]
        return taken

    def _open(self, number: int, count: int) -> NDArray[np.uint8]:
        kind = np.dtype([(str(i), "u1", shape) for i, shape in enumerate(self.layout)])
        clips = np.memmap(_file(self.folder, number), kind, mode="r", shape=(count,))
        return clips[str(self.variant)]


@dataclass(frozen=True, slots=True, eq=False)
class RenderedDataset:
    """All clips of some recordings, rendered."""

    counts: tuple[int, ...]
    """How many clips each recording has."""
    variants: tuple[Pictures, ...]
    seconds: tuple[float, ...]
    """For rendering a clip with each variant, the median."""
    digests: tuple[frozenset[bytes], ...]
    """See `RenderedRecording`; one for each recording."""


class TooLargeError(StorageError):
    """Pictures would take more than they may on disk."""


def render_dataset(
    recordings: Sequence[LabeledRecording],
    settings: Settings,
    variants: Sequence[Frontends],
    folder: Path,
    *,
    jobs: int,
    limit: int,
    on_recording: Callable[[], object] = lambda: None,
) -> RenderedDataset:
    """Render all clips of recordings with the frontends of each variant.

    Parameters
    ----------
    recordings : sequence of LabeledRecording
    settings : Settings
        Without its frontends.
    variants : sequence of tuple of Frontend
    folder : Path
        Where to keep the pictures.
    jobs : int
        How many processes render.
    limit : int
        Bytes that they may take.
    on_recording : callable
        Called after each recording.

    Raises
    ------
    DatasetError
        A recording cannot be read, a clip has no picture, or pictures are of different
        widths.
    TooLargeError
        The pictures take more than `limit`.
    """
    tasks = (
        (recording, settings, tuple(variants), _file(folder, number))
        for number, recording in enumerate(recordings)
    )
    rendered: dict[int, RenderedRecording] = {}
    taken = 0
    for number, one in run_tasks(_render_recording, tasks, jobs):
        rendered[number] = one
        taken += sum(one.widths) * one.height * sum(map(len, variants))
        if taken > limit:
            msg = f"pictures in {folder.parent} take more than {limit / 1e9:.3g} GB"
            raise TooLargeError(msg)
        on_recording()
    ordered = [rendered[number] for number in range(len(recordings))]
    widths = [width for one in ordered for width in one.widths]
    check_widths(widths, settings)
    counts = tuple(len(one.widths) for one in ordered)
    layout = tuple((ordered[0].height, widths[0], len(f)) for f in variants)
    return RenderedDataset(
        counts=counts,
        variants=tuple(
            Pictures(folder, counts, layout, number) for number in range(len(variants))
        ),
        seconds=tuple(
            statistics.median(times)
            for times in zip(*(one.seconds for one in ordered), strict=True)
        ),
        digests=tuple(one.digests for one in ordered),
    )


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.pixels"


def _render_recording(
    recording: LabeledRecording,
    settings: Settings,
    variants: tuple[Frontends, ...],
    path: Path,
) -> RenderedRecording:
    """Render a recording; runs in a worker."""
    widths: list[int] = []
    height = 0
    seconds: list[list[float]] = [[] for _ in variants]
    digests = set()
    try:
        with (
            AudioReader(
                recording.path, settings.channel, settings.time_expansion
            ) as reader,
            path.open("wb") as file,
        ):
            settings = settings.at(reader.sample_rate)
            # Each as the settings hold it at this rate.
            variants = tuple(
                replace(settings, frontends=frontends).frontends
                for frontends in variants
            )
            source = recording.span_source(settings, reader)
            for clip in read_clips(reader, source):
                begin = time.perf_counter()
                mel = mel_of_clip(
                    clip.samples, reader.sample_rate, settings, clip.span.shown
                )
                shared = time.perf_counter() - begin
                for frontends, times in zip(variants, seconds, strict=True):
                    begin = time.perf_counter()
                    pixels = render_mel(mel, frontends, settings)
                    times.append(shared + time.perf_counter() - begin)
                    file.write(np.ascontiguousarray(pixels).data)
                height, width = pixels.shape[:2]
                widths.append(width)
                if clip.level.peak:
                    samples = np.ascontiguousarray(clip.samples)
                    digests.add(hashlib.sha256(samples.data).digest())
    except RecordingError as error:
        msg = f"{recording.path}: {error}; {recording.remedy}"
        raise DatasetError(msg) from error
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise StorageError(msg) from error
    return RenderedRecording(
        widths=tuple(widths),
        height=height,
        seconds=tuple(map(statistics.median, seconds)),
        digests=frozenset(digests),
    )


def check_widths(widths: Sequence[int], settings: Settings) -> None:
    """Refuse pictures of different widths.

    Raises
    ------
    DatasetError
    """
    if len(set(widths)) > 1:
        why, remedy = f"final_clip={settings.clips.final}", "final_clip=extend"
        if settings.clips.is_whole:
            why = "clip_duration=whole"
        elif settings.clips.final != "remainder":
            why, remedy = "sr=native", "size=224x224"
        msg = (
            f"pictures of {min(widths)} to {max(widths)} pixels width, because of "
            f"{why}: a model needs them alike, for example with {remedy}"
        )
        raise DatasetError(msg)
