"""One recording: from its file to images and records."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from specimg.annotations.annotation import Times
from specimg.audio import AudioReader
from specimg.audio.metadata import find_metadata
from specimg.audio.recordings import Recording
from specimg.errors import ClipError, SpecimgError, count, join_warnings
from specimg.output.destination import Destination
from specimg.output.manifest import ImageEntry, Record
from specimg.output.records import add_metadata, boxes_in, describe, labels_of, to_dbfs
from specimg.rendering.bandwidth import describe_bandwidth
from specimg.rendering.image import digest, encode
from specimg.rendering.pipeline import render_clip
from specimg.settings import Settings
from specimg.spans.best import Best
from specimg.spans.plan import split
from specimg.spans.reader import Clip, read_clips
from specimg.spans.selection import why_dropped
from specimg.spans.span import ALL_CLIPS, ClipRange, SpanSource

LONG_SECONDS = 10.0
"""A longer recording becomes tasks of its own, with the time that its length needs."""

RANGE_SECONDS = 600.0
"""Audio in one range of a long recording, which is also what is read in vain where
it is damaged."""


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """A long recording, and the ranges of clips in which it can be converted."""

    seconds: float
    """Length of the recording, by its header."""
    ranges: tuple[ClipRange, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written for a recording, or for a range of its clips."""

    images: list[ImageEntry]
    """In the order of their starts."""
    warning: str
    """What is wrong with the recording; empty where nothing is."""
    dropped: Counter[str] = field(default_factory=Counter)
    """How many clips are no images, by the reason."""
    left_out: dict[str, list[Times]] = field(default_factory=dict)
    """Start and end of each clip with an annotated label that is no image, in seconds,
    by the reason."""


def convert_recording(
    recording: Recording,
    destination: Destination,
    settings: Settings,
    clip_range: ClipRange | None = None,
) -> Converted | SplitPlan:
    """Write the images of one recording to a destination, or those of a range of clips.

    All or nothing: where it fails, the images that it already has are removed.

    Returns
    -------
    Converted, or SplitPlan
        If the recording is long and no range of its clips is asked for, nothing is
        written: the plan has the ranges to ask for.

    Raises
    ------
    RecordingError
        The recording cannot be converted; others can.
    StorageError
        The output folder takes nothing more.
    """
    images: dict[str, ImageEntry] = {}
    left_out = _LeftOut(recording)
    if recording.plan and recording.plan.is_empty:
        return Converted([], "")
    try:
        with AudioReader(
            recording.path, settings.channel, settings.time_expansion
        ) as reader:
            text = _text(settings)
            settings = settings.at(reader.sample_rate)
            source = settings.spans_of(recording.plan, reader.promised_seconds)
            if clip_range is None and (plan := _plan_split(reader, source, settings)):
                return plan
            clip_range = clip_range or ALL_CLIPS
            clips = read_clips(reader, source, clip_range)
            try:
                best = Best[Record](settings.selection_by_lot, recording.name)
                for image in _write_clips(
                    recording, destination, settings, reader, clips, left_out, text
                ):
                    images[image.record.file_name] = image
                    if surplus := best.add(image.record):
                        destination.undo([images.pop(surplus.file_name)])
                        why = settings.selection.why_not_selected
                        left_out.add(why, surplus.true_times)
            except ClipError as error:
                # What is wrong with it may be why there is no clip.
                raise ClipError(join_warnings(str(error), reader.warning)) from error
            slower = reader.time_expansion
            metadata = find_metadata(reader.contents, settings.metadata)
            warning = join_warnings(
                reader.warning,
                *metadata.warnings,
                describe_bandwidth(reader.sample_rate, settings.mel),
            )
    except (SpecimgError, MemoryError):
        destination.undo(images.values())
        raise
    told = [
        replace(image, record=add_metadata(image.record, metadata, slower))
        for image in images.values()
    ]
    return Converted(told, warning, left_out.dropped, left_out.labeled)


def describe_dropped(dropped: Mapping[str, int]) -> str:
    """Say how many clips of a recording are no images, and why."""
    return "; ".join(
        f"{count(number, 'clip')}: {why}" for why, number in dropped.items()
    )


def warn(images: list[ImageEntry], warning: str) -> list[ImageEntry]:
    """Return `images` with a `warning` about their recording."""
    if not warning:
        return images
    return [
        replace(image, record=replace(image.record, warning=warning))
        for image in images
    ]


class _LeftOut:
    """The clips of a recording that are no images."""

    def __init__(self, recording: Recording) -> None:
        self._plan = recording.plan
        self.dropped = Counter[str]()
        self.labeled: dict[str, list[Times]] = {}
        """See `Converted.left_out`."""

    def add(self, why: str, times: Times) -> None:
        """Add a clip that is dropped by what is heard in it, or by its length."""
        self.dropped[why] += 1
        if self._plan and self._plan.labels(*times):
            self.labeled.setdefault(why, []).append(times)

    def add_capped(self, why: str, times: Times) -> None:
        """Add a clip that was not drawn, if it has a label; it is counted already."""
        if self._plan and times[0] in self._plan.dropped:
            self.labeled.setdefault(why, []).append(times)


def _plan_split(
    reader: AudioReader, source: SpanSource, settings: Settings
) -> SplitPlan | None:
    """Split a long recording; None where it is short, or does not say how long."""
    seconds = reader.promised_seconds
    if seconds <= LONG_SECONDS:
        return None
    if settings.clips.is_whole or not reader.can_seek():
        return SplitPlan(seconds, (ALL_CLIPS,))
    return SplitPlan(seconds, tuple(split(source, seconds, RANGE_SECONDS)))


def _write_clips(
    recording: Recording,
    destination: Destination,
    settings: Settings,
    reader: AudioReader,
    clips: Iterable[Clip],
    left_out: "_LeftOut",
    text: str,
) -> Iterator[ImageEntry]:
    for clip in clips:
        times = clip.span.start, clip.span.end
        labels = labels_of(recording, clip.span)
        if labels is None:
            left_out.add_capped(settings.labels.why_capped, times)
            continue
        if why := _why_dropped(clip, reader, settings, silent=False):
            left_out.add(why, times)
            continue
        picture = render_clip(
            clip.samples, reader.sample_rate, settings, clip.span.shown
        )
        if why := _why_dropped(clip, reader, settings, silent=picture.silent):
            left_out.add(why, times)
            continue
        record = describe(recording, labels, clip, picture, reader, settings)
        data = encode(picture.pixels, settings.image, text)
        boxes = boxes_in(
            recording.plan,
            clip.span,
            picture.n_frames,
            settings,
            reader.time_expansion,
        )
        yield destination.write(record, data, digest(picture.pixels), boxes)


@lru_cache(maxsize=1)
def _text(settings: Settings) -> str:
    """Return the text in every image.

    Together with the names of three frontends it takes 0.1 ms to make, where all of a
    clip takes 4 ms; so both are made once.
    """
    return settings.to_text()


def _why_dropped(
    clip: Clip, reader: AudioReader, settings: Settings, *, silent: bool
) -> str | None:
    return why_dropped(
        settings.selection,
        n_samples=clip.samples.size,
        sample_rate=reader.sample_rate,
        peak_dbfs=to_dbfs(clip.level.peak),
        silent=silent,
    )
