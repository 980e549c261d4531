"""One recording: from its file to images and records."""

import math
from dataclasses import replace
from pathlib import Path

from specimg import storage
from specimg.audio import AudioReader
from specimg.clips import Clip, cut
from specimg.errors import SpecimgError
from specimg.image import encode
from specimg.manifest import Record
from specimg.recordings import Recording
from specimg.rendering import Picture, render_clip
from specimg.settings import Settings


def convert_recording(
    recording: Recording, out: Path, settings: Settings
) -> list[Record]:
    """Write the images of one recording below `out`.

    A recording is converted as a whole or not at all: where it fails, the images
    that it already has are removed.

    Returns
    -------
    list of Record
        One for each image, in the order of time.

    Raises
    ------
    RecordingError
        The recording cannot be converted; others can.
    StorageError
        The output folder takes nothing more.
    """
    records: list[Record] = []
    try:
        with AudioReader(recording.path, settings.channel) as reader:
            clips = cut(
                reader.read,
                reader.sample_rate,
                settings.clips,
                shortest=settings.shortest,
                limit=settings.longest,
            )
            for clip in clips:
                picture = render_clip(clip.samples, reader.sample_rate, settings)
                record = describe(recording, clip, picture, reader, settings)
                data = encode(picture.pixels, settings.image, settings.to_text())
                storage.write_atomically(out / record.file_name, data)
                records.append(record)
            warning = reader.truncation()
    except (SpecimgError, MemoryError):
        for record in records:
            storage.remove(out / record.file_name)
        raise
    return [replace(record, warning=warning) for record in records]


def describe(
    recording: Recording,
    clip: Clip,
    picture: Picture,
    reader: AudioReader,
    settings: Settings,
) -> Record:
    """Make the row of the manifest for one image."""
    extension = f".{settings.image.format}"
    suffix = "" if settings.clips.is_whole else f"_{clip.start:09.3f}s"
    height, width = picture.pixels.shape[:2]
    peak = float(clip.peaks.max())
    return Record(
        file_name=storage.image_name(recording.name, suffix + extension),
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
        frontends=settings.frontend_names,
        silent=picture.silent,
        clipped_fraction=round(float((clip.peaks >= reader.full_scale).mean()), 6),
        peak_dbfs=round(20 * math.log10(peak), 2) if peak else -math.inf,
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
