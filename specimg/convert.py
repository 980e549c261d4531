"""One recording: from its file to images and records."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from specimg import storage
from specimg.audio import AudioReader
from specimg.clips import WHOLE, Clip, Stretch, clip_begin, cut
from specimg.errors import SpecimgError
from specimg.image import digest, encode
from specimg.manifest import Image, Record
from specimg.recordings import Recording
from specimg.rendering import Picture, render_clip
from specimg.settings import Settings

LONG_SECONDS = 10.0
"""From here on a recording is long: worth to be asked for its length first."""

STRETCH_SECONDS = 600.0
"""Audio in one part of a long recording, which is also what is read in vain when it
is damaged."""


@dataclass(frozen=True, slots=True)
class Long:
    """A recording that takes its time, and in which parts it can be converted."""

    seconds: float
    """Of audio, by its header."""
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """A recording, or a stretch of one, that has its images."""

    images: list[Image]
    """In the order of time."""
    warning: str
    """What is wrong with the recording, else empty."""


def convert_recording(
    recording: Recording, out: Path, settings: Settings, stretch: Stretch | None = None
) -> Converted | Long:
    """Write the images of one recording below `out`, or those of a stretch of it.

    All or nothing: where it fails, the images that it already has are removed.

    Returns
    -------
    Converted, or Long
        Where the recording is long and no stretch is asked for,
        nothing is written, but said in which stretches to ask for it.

    Raises
    ------
    RecordingError
        The recording cannot be converted; others can.
    StorageError
        The output folder takes nothing more.
    """
    images: list[Image] = []
    try:
        with AudioReader(recording.path, settings.channel) as reader:
            if stretch is None and (long := _measure(reader, settings)):
                return long
            stretch = stretch or WHOLE
            if stretch.read_from:
                rate = reader.sample_rate
                reader.seek(clip_begin(stretch.read_from, rate, settings.clips))
            for image in _write_clips(recording, out, settings, reader, stretch):
                images.append(image)  # noqa: PERF402 - needed where it fails
            warning = reader.truncation()
    except (SpecimgError, MemoryError):
        for image in images:
            storage.remove(out / image.record.file_name)
        raise
    return Converted(images, warning)


def _measure(reader: AudioReader, settings: Settings) -> Long | None:
    """Look whether a recording is long; None if it is not, or does not say."""
    seconds = reader.promised_seconds
    if seconds <= LONG_SECONDS:
        return None
    whole = Long(seconds=seconds, stretches=(WHOLE,))
    if settings.clips.is_whole or not reader.can_seek():
        return whole
    step = max(1, round(STRETCH_SECONDS / settings.clips.step))
    firsts = range(0, math.ceil(seconds / settings.clips.step), step)
    stretches = [Stretch(first, first + step) for first in firsts]
    stretches[-1] = replace(stretches[-1], stop=None)
    return replace(whole, stretches=tuple(stretches))


def warn(images: list[Image], warning: str) -> list[Image]:
    """Return `images` with a `warning` about their recording."""
    if not warning:
        return images
    return [
        replace(image, record=replace(image.record, warning=warning))
        for image in images
    ]


def _write_clips(
    recording: Recording,
    out: Path,
    settings: Settings,
    reader: AudioReader,
    stretch: Stretch,
) -> Iterator[Image]:
    clips = cut(
        reader.read,
        reader.sample_rate,
        settings.clips,
        shortest=settings.shortest,
        limit=settings.longest,
        full_scale=reader.full_scale,
        stretch=stretch,
    )
    text, _ = _describe_settings(settings)
    for clip in clips:
        picture = render_clip(clip.samples, reader.sample_rate, settings)
        record = _describe(recording, clip, picture, reader, settings)
        data = encode(picture.pixels, settings.image, text)
        path = out / record.file_name
        storage.write_atomically(path, data, tag=recording.name)
        yield Image(record=record, n_bytes=len(data), digest=digest(picture.pixels))


@lru_cache(maxsize=1)
def _describe_settings(settings: Settings) -> tuple[str, str]:
    """Return the text in every image, and the names of the frontends in every row."""
    return settings.to_text(), settings.frontend_names


def _describe(
    recording: Recording,
    clip: Clip,
    picture: Picture,
    reader: AudioReader,
    settings: Settings,
) -> Record:
    """Make the row of the manifest for one image."""
    suffix = storage.clip_suffix(
        None if settings.clips.is_whole else clip.start, settings.image.format
    )
    height, width = picture.pixels.shape[:2]
    peak = clip.level.peak
    return Record(
        file_name=storage.image_name(recording.name, suffix),
        label=recording.label,
        source=recording.name,
        start=clip.start,
        end=clip.end,
        pad_seconds=_pad_seconds(clip, settings),
        mono=settings.mono,
        source_sr=reader.sample_rate,
        sr=settings.mel.sample_rate,
        width=width,
        height=height,
        frontends=_describe_settings(settings)[1],
        silent=picture.silent,
        clipped_fraction=round(clip.level.clipped_fraction, 6),
        # + 0.0, because rounding has a negative zero
        peak_dbfs=round(20 * math.log10(peak), 2) + 0.0 if peak else -math.inf,
        mel_min=_significant(picture.mel_min),
        mel_max=_significant(picture.mel_max),
        warning="",
    )


def _pad_seconds(clip: Clip, settings: Settings) -> float:
    if settings.clips.is_whole or settings.clips.final == "remainder":
        return 0.0
    return round(max(0.0, settings.clips.duration - (clip.end - clip.start)), 6)


def _significant(value: float) -> float:
    """Round to what float32 knows of a number."""
    return float(f"{value:.7g}")
