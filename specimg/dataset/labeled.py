"""Labeled recordings, such as those in one folder per class, and their clips."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from specimg.arrays import Waveform
from specimg.audio import AudioReader, judge
from specimg.audio.recordings import find_recordings
from specimg.dataset.recording import LabeledRecording
from specimg.encoding import encode_name
from specimg.errors import DatasetError, RecordingError
from specimg.settings import Settings
from specimg.spans.reader import Clip, read_clips

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labeled recordings."""

    folder: Path
    """That they are in, or the table that lists their clips."""
    classes: tuple[str, ...]
    """Names of the classes, sorted."""
    recordings: tuple[LabeledRecording, ...]
    is_listed: bool = False
    """Whether a table lists their clips, each with its labels."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The group of each recording by its name, where a table says so."""
    n_label_folders: int = 1
    """How many folders in the names of recordings say what they are of; 0 where labels
    come from elsewhere."""

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
                    source = recording.span_source(own, reader)
                    for clip in read_clips(reader, source):
                        yield number, clip, reader.sample_rate
            except RecordingError as error:
                msg = f"{recording.path}: {error}; {recording.remedy}"
                raise DatasetError(msg) from error


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
    recordings = tuple(
        LabeledRecording(path=one.path, name=one.name, label=one.label)
        for one in listing.recordings
    )
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
        There are fewer than two classes, or a class with a single recording.  Where a
        table lists the clips, one class is enough if there are clips without it, and
        one recording, too.
    """
    if train.is_listed:
        _check_listed(train)
        return
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


def _check_listed(train: Dataset) -> None:
    if not train.classes:
        msg = f"{train.folder}: no clip that would be learned from has a label"
        raise DatasetError(msg)
    clips = [clip for one in train.recordings for clip in one.clips or ()]
    if len(train.classes) == 1 and all(clip.labels for clip in clips):
        msg = (
            f"{train.folder}: all clips that would be learned from have the label "
            f"{train.classes[0]}: need others, or some without a label"
        )
        raise DatasetError(msg)
