"""What a set of images consists of, in numbers: its clips, and its pixels."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from specimg.batch.stored import ImageError, read_images
from specimg.batch.tables import all_failures, all_images, read_parts
from specimg.figures.pixels import BINS, PixelFigures
from specimg.journal import Journal
from specimg.manifest import Record

__all__ = ["BINS", "Figures", "PixelFigures", "Summary", "measure", "summarize"]

Watch = Callable[[int, int, str], None]
"""Told of every image: how many are done, of how many, and what is wrong with it."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a manifest says of its clips; there is one image for each."""

    recordings: int = 0
    """That have images."""
    clips: int = 0
    seconds: float = 0.0
    """Audio that the images show; what two clips share counts twice."""
    silent: int = 0
    """Clips without any sound."""
    padded: int = 0
    """Clips that were extended with silence."""
    clipped: int = 0
    """Clips with at least one sample at full scale."""
    truncated: int = 0
    """Clips of recordings that are shorter than they promise."""
    labels: dict[str, int] = field(default_factory=dict)
    """Clips of each label."""
    failures: int = 0
    """Recordings that could not be converted."""


def summarize(journals: list[Journal]) -> Summary:
    """Count what all parts of an output hold, without a look at the images."""
    summary = Summary(failures=sum(1 for _ in all_failures(journals)))
    source = None
    for image in all_images(journals):
        record = image.record
        # The images of one recording stand side by side.
        summary.recordings += record.source != source
        source = record.source
        summary.clips += 1
        summary.seconds += record.end - record.start
        summary.silent += record.silent
        summary.padded += record.pad_seconds > 0
        summary.clipped += record.clipped_fraction > 0
        summary.truncated += is_truncated(record)
        labels = summary.labels
        labels[record.label] = labels.get(record.label, 0) + 1
    return summary


def is_truncated(record: Record) -> bool:
    """Whether a clip is of a recording that is shorter than it promises."""
    return record.warning.startswith("truncated")


@dataclass(slots=True, kw_only=True)
class Figures:
    """What is known of all images of an output."""

    summary: Summary
    pixels: PixelFigures
    faults: int = 0
    """Images that are missing or damaged; they are not in `pixels`."""


def measure(folder: Path, watch: Watch) -> Figures:
    """Read all images of an output, one after another.

    Raises
    ------
    RefusedError
        The folder is no complete output.
    """
    with read_parts(folder) as (settings, journals):
        summary = summarize(journals)
        figures = Figures(summary=summary, pixels=PixelFigures(settings))
        images = read_images(folder, all_images(journals), settings.image)
        for done, (image, pixels) in enumerate(images, 1):
            fault = ""
            if isinstance(pixels, ImageError):
                figures.faults += 1
                fault = f"{image.record.file_name}: {pixels}"
            else:
                figures.pixels.add(pixels)
            watch(done, summary.clips, fault)
    return figures
