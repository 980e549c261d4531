"""What is known of an image when it is made: its row of the manifest, and its boxes."""

import math
from dataclasses import replace
from functools import lru_cache

from specimg.annotations.expansion import to_file
from specimg.annotations.plan import LabelPlan
from specimg.arrays import DECIMALS
from specimg.audio import AudioReader
from specimg.audio.metadata import Metadata, clip_recorded_at
from specimg.audio.recordings import Recording
from specimg.output.boxes.labeled import LabeledBox, encode_boxes
from specimg.output.files import clip_suffix, image_folder, image_name, in_folder
from specimg.output.manifest import LABELS_APART, Record
from specimg.rendering.pipeline import RenderedClip
from specimg.settings import Settings
from specimg.spans.reader import Clip
from specimg.spans.span import Span


@lru_cache(maxsize=1)
def _frontend_names(settings: Settings) -> str:
    return settings.frontend_names


def to_dbfs(peak: float) -> float:
    """Return a peak in dB, to two decimals; 0 is full scale, `-inf` is silence."""
    # + 0.0 turns the negative zero of rounding into 0.
    return round(20 * math.log10(peak), 2) + 0.0 if peak else -math.inf


def labels_of(recording: Recording, span: Span) -> tuple[str, ...] | None:
    """Return the labels of a clip; None where it becomes no image."""
    own = (recording.label,) if recording.label else ()
    if recording.plan is None:
        return own
    return recording.plan.choose(span.start, span.end, own)


def boxes_in(
    plan: LabelPlan | None,
    span: Span,
    n_frames: int,
    settings: Settings,
    time_expansion: float,
) -> str:
    """Return the boxes around the annotations in a clip.

    Their seconds are those of the file, as in its tables; their hertz are true.
    """
    if plan is None or settings.labels.boxes == "none":
        return ""
    axes = settings.axes(n_frames)
    return encode_boxes(
        LabeledBox(
            label=one.label,
            box=axes.box(
                one.start - span.start, one.end - span.start, one.low, one.high
            ),
            start=to_file(one, time_expansion).start,
            end=to_file(one, time_expansion).end,
            low=one.low,
            high=one.high,
        )
        for one in plan.in_clip(span.start, span.end)
    )


def describe(
    recording: Recording,
    labels: tuple[str, ...],
    clip: Clip,
    picture: RenderedClip,
    reader: AudioReader,
    settings: Settings,
) -> Record:
    """Make the row of the manifest for one image."""
    # What lies where is told in seconds of the file.
    slower, span = reader.time_expansion, clip.span
    start, end = (
        round(seconds * slower, DECIMALS) for seconds in (span.start, span.end)
    )
    suffix = clip_suffix(
        None if settings.clips.is_whole else start, settings.image.format
    )
    height, width = picture.pixels.shape[:2]
    label = labels[0] if len(labels) == 1 else ""
    plan = recording.plan
    by_label = bool(plan and plan.by_label)
    folder = image_folder(recording.split, label if by_label else "", settings.labels)
    return Record(
        file_name=image_name(in_folder(folder, recording.name), suffix),
        label=label,
        source=recording.name,
        start=start,
        end=end,
        pad_seconds=_pad_seconds(span, settings, reader.sample_rate) * slower,
        mono=settings.mono,
        source_sr=reader.source_rate,
        sr=settings.mel.sample_rate,
        width=width,
        height=height,
        frontends=_frontend_names(settings),
        silent=picture.silent,
        clipped_fraction=round(clip.level.clipped_fraction, 6),
        peak_dbfs=to_dbfs(clip.level.peak),
        mel_min=_significant(picture.mel_min),
        mel_max=_significant(picture.mel_max),
        warning="",
        activity=round(picture.activity, 6),
        labels=LABELS_APART.join(labels),
        split=recording.split,
        source_fmax=reader.sample_rate / 2,
        codec=reader.codec,
    )


def add_metadata(record: Record, metadata: Metadata, time_expansion: float) -> Record:
    """Return a row with what is known of when and where its clip was recorded."""
    return replace(
        record,
        recorded_at=clip_recorded_at(
            metadata.recorded_at, record.start, time_expansion
        ),
        latitude=_number(metadata.latitude),
        longitude=_number(metadata.longitude),
        recorder=metadata.recorder,
        device_id=metadata.device_id,
        temperature_c=_number(metadata.temperature_c),
        battery_v=_number(metadata.battery_v),
        gain=metadata.gain,
        metadata_from=LABELS_APART.join(metadata.metadata_from),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


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
