"""One recording: from its file to images and records."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from specimg.annotations.plan import LabelPlan
from specimg.audio import AudioReader
from specimg.audio.recordings import Recording
from specimg.errors import ClipError, SpecimgError, join_warnings
from specimg.output.boxes.labeled import LabeledBox, encode_boxes
from specimg.output.destination import Destination
from specimg.output.files import clip_suffix, image_folder, image_name, in_folder
from specimg.output.manifest import LABELS_APART, ImageEntry, Record
from specimg.rendering.bandwidth import describe_bandwidth
from specimg.rendering.image import digest, encode
from specimg.rendering.pipeline import RenderedClip, render_clip
from specimg.settings import Settings
from specimg.spans.plan import split
from specimg.spans.reader import Clip, begin_of, read_clips
from specimg.spans.span import ALL_CLIPS, ClipRange, Span, SpanSource

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
    images: list[ImageEntry] = []
    if recording.plan and recording.plan.is_empty:
        return Converted(images, "")
    try:
        with AudioReader(recording.path, settings.channel) as reader:
            source = settings.spans_of(recording.plan, reader.promised_seconds)
            if clip_range is None and (plan := _plan_split(reader, source, settings)):
                return plan
            clip_range = clip_range or ALL_CLIPS
            if clip_range.read_from:
                reader.seek(begin_of(source, clip_range, reader.sample_rate))
            clips = read_clips(reader, source, clip_range)
            try:
                for image in _write_clips(
                    recording, destination, settings, reader, clips
                ):
                    images.append(image)  # noqa: PERF402 - needed where it fails
            except ClipError as error:
                # What is wrong with it may be why there is no clip.
                raise ClipError(join_warnings(str(error), reader.warning)) from error
            warning = join_warnings(
                reader.warning, describe_bandwidth(reader.sample_rate, settings.mel)
            )
    except (SpecimgError, MemoryError):
        destination.undo(images)
        raise
    return Converted(images, warning)


def warn(images: list[ImageEntry], warning: str) -> list[ImageEntry]:
    """Return `images` with a `warning` about their recording."""
    if not warning:
        return images
    return [
        replace(image, record=replace(image.record, warning=warning))
        for image in images
    ]


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
) -> Iterator[ImageEntry]:
    for clip in clips:
        labels = _labels(recording, clip.span)
        if labels is None:
            continue
        picture = render_clip(
            clip.samples, reader.sample_rate, settings, clip.span.shown
        )
        record = _describe(recording, labels, clip, picture, reader, settings)
        data = encode(picture.pixels, settings.image, _text(settings))
        boxes = _box(recording.plan, clip.span, picture.n_frames, settings)
        yield destination.write(record, data, digest(picture.pixels), boxes)


@lru_cache(maxsize=1)
def _text(settings: Settings) -> str:
    """Return the text in every image.

    Together with the names of three frontends it takes 0.1 ms to make, where all of a
    clip takes 4 ms; so both are made once.
    """
    return settings.to_text()


@lru_cache(maxsize=1)
def _frontend_names(settings: Settings) -> str:
    return settings.frontend_names


def _labels(recording: Recording, span: Span) -> tuple[str, ...] | None:
    """Return the labels of a clip; None where it becomes no image."""
    own = (recording.label,) if recording.label else ()
    if recording.plan is None:
        return own
    return recording.plan.choose(span.start, span.end, own)


def _box(plan: LabelPlan | None, span: Span, n_frames: int, settings: Settings) -> str:
    """Return the boxes around the annotations in a clip."""
    if plan is None or settings.labels.boxes == "none":
        return ""
    axes = settings.axes(n_frames)
    return encode_boxes(
        LabeledBox(
            label=one.label,
            box=axes.box(
                one.start - span.start, one.end - span.start, one.low, one.high
            ),
            start=one.start,
            end=one.end,
            low=one.low,
            high=one.high,
        )
        for one in plan.in_clip(span.start, span.end)
    )


def _describe(
    recording: Recording,
    labels: tuple[str, ...],
    clip: Clip,
    picture: RenderedClip,
    reader: AudioReader,
    settings: Settings,
) -> Record:
    """Make the row of the manifest for one image."""
    suffix = clip_suffix(
        None if settings.clips.is_whole else clip.span.start, settings.image.format
    )
    height, width = picture.pixels.shape[:2]
    peak = clip.level.peak
    label = labels[0] if len(labels) == 1 else ""
    plan = recording.plan
    by_label = bool(plan and plan.by_label)
    folder = image_folder(recording.split, label if by_label else "", settings.labels)
    return Record(
        file_name=image_name(in_folder(folder, recording.name), suffix),
        label=label,
        source=recording.name,
        start=clip.span.start,
        end=clip.span.end,
        pad_seconds=_pad_seconds(clip.span, settings, reader.sample_rate),
        mono=settings.mono,
        source_sr=reader.sample_rate,
        sr=settings.mel.sample_rate,
        width=width,
        height=height,
        frontends=_frontend_names(settings),
        silent=picture.silent,
        clipped_fraction=round(clip.level.clipped_fraction, 6),
        # + 0.0 turns the negative zero of rounding into 0.
        peak_dbfs=round(20 * math.log10(peak), 2) + 0.0 if peak else -math.inf,
        mel_min=_significant(picture.mel_min),
        mel_max=_significant(picture.mel_max),
        warning="",
        labels=LABELS_APART.join(labels),
        split=recording.split,
    )


def _pad_seconds(span: Span, settings: Settings, sample_rate: int) -> float:
    if span.shown is None:
        return 0.0
    seconds = round(max(0.0, span.shown - (span.end - span.start)), 6)
    # A remainder that lacks a clip's last sample is one that is complete.
    is_rounding = settings.clips.final == "remainder" and seconds * sample_rate < 2
    return 0.0 if is_rounding else seconds


def _significant(value: float) -> float:
    """Round to the seven digits that float32 holds."""
    return float(f"{value:.7g}")
