"""Recordings in one folder per class, and their clips."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from specimg.arrays import Waveform
from specimg.audio import AudioReader, judge
from specimg.audio.recordings import Recording, find_recordings
from specimg.encoding import encode_name
from specimg.errors import DatasetError, RecordingError
from specimg.settings import Settings
from specimg.spans.reader import Clip, read_clips

Made = TypeVar("Made")
Labels: TypeAlias = NDArray[np.int64]
"""The class of each clip, by its place among the names of the classes."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labeled recordings."""

    folder: Path
    classes: tuple[str, ...]
    """Names of the classes, sorted."""
    recordings: tuple[Recording, ...]

    def each_clip(
        self,
        settings: Settings,
        make: Callable[[Waveform, int, Settings, float | None], Made],
    ) -> Iterator[tuple[int, Made]]:
        """Yield what `make` returns for each clip, with the number of its recording.

        Parameters
        ----------
        settings : Settings
        make : callable
            Gets the samples of a clip, their rate in Hz, the settings at that rate, and
            the seconds that the picture shows.

        Raises
        ------
        DatasetError
            A recording cannot be read, or has a clip that nothing can be made of.
        """
        for number, clip, rate in self.clips(settings):
            try:
                made = make(clip.samples, rate, settings.at(rate), clip.span.shown)
            except RecordingError as error:
                msg = f"{self.recordings[number].path}: {error}"
                raise DatasetError(msg) from error
            yield number, made

    def clips(self, settings: Settings) -> Iterator[tuple[int, Clip, int]]:
        """Yield the number of the recording, a clip of it, and its sample rate in Hz.

        Raises
        ------
        DatasetError
            A recording cannot be read, or has no clip.
        """
        for number, recording in enumerate(self.recordings):
            try:
                with AudioReader(
                    recording.path, settings.channel, settings.time_expansion
                ) as reader:
                    own = settings.at(reader.sample_rate)
                    for clip in read_clips(reader, own.spans):
                        yield number, clip, reader.sample_rate
            except RecordingError as error:
                msg = f"{recording.path}: {error}; move it away, or mend it"
                raise DatasetError(msg) from error

    @property
    def labels(self) -> Labels:
        """The class of each recording, by its place among the names of the classes."""
        return np.array([self.classes.index(r.label) for r in self.recordings])


def find_dataset(folder: Path, *, leave_out: Path | None = None) -> Dataset:
    """List the recordings of a folder that holds one folder per class.

    Parameters
    ----------
    folder : Path
    leave_out : Path, optional
        An output folder, which is no class.

    Raises
    ------
    DatasetError
        There is a recording outside of such a folder, a folder without recordings,
        or one that cannot be listed.
    NoInputError
        There is no recording at all.
    """
    if not folder.is_dir():
        msg = (
            f"{folder}: no such folder; need one with a folder of recordings per class"
        )
        raise DatasetError(msg)
    listing = find_recordings([folder], judge, leave_out=leave_out, label="^([^/]+)/")
    if listing.unreadable:
        name, reason = listing.unreadable[0]
        msg = f"{folder / name}: {reason}"
        raise DatasetError(msg)
    if loose := [r for r in listing.recordings if "/" not in r.name]:
        msg = f"{loose[0].path} has no class: need one folder per class in {folder}"
        raise DatasetError(msg)
    recordings = listing.recordings
    classes = tuple(sorted({recording.label for recording in recordings}))
    out = leave_out.resolve() if leave_out else None
    for entry in sorted(folder.iterdir()):
        is_class = entry.is_dir() and not entry.name.startswith(".")
        holds_out = out is not None and out.is_relative_to(entry.resolve())
        if is_class and not holds_out and encode_name(entry.name) not in classes:
            msg = f"{entry} is empty: a class needs recordings; add some, or remove it"
            raise DatasetError(msg)
    return Dataset(folder, classes, recordings)


def check_training(train: Dataset) -> None:
    """Refuse what no model can learn from.

    Raises
    ------
    DatasetError
        There are fewer than two classes, or a class with a single recording.
    """
    if len(train.classes) < 2:
        msg = f"{train.folder} holds one class, {train.classes[0]}: need two or more"
        raise DatasetError(msg)
    counts = Counter(recording.label for recording in train.recordings)
    if lonely := [label for label in train.classes if counts[label] < 2]:
        msg = (
            f"{train.folder}: class {lonely[0]} has 1 recording: need 2 or more, so "
            f"that one can be left out while the others are learned from"
        )
        raise DatasetError(msg)
