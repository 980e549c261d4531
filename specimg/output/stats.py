"""What a set of images consists of, in numbers: its clips, and its pixels."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from specimg.output.contents import Contents, read_contents
from specimg.output.images import ImageError, read_images
from specimg.output.manifest import Record
from specimg.output.pixel_stats import BINS, PixelStats

__all__ = ["BINS", "PixelStats", "Stats", "Summary", "compute_stats", "summarize"]

OnProgress = Callable[[int, int, str], None]
"""Takes how many images are done, of how many, and what is wrong with this one."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a manifest says of its clips; there is one image for each."""

    recordings: int = 0
    """Recordings that have images."""
    clips: int = 0
    seconds: float = 0.0
    """Seconds of audio that the images show; what two clips share counts twice."""
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


def summarize(contents: Contents) -> Summary:
    """Count what an output holds, without a look at the images."""
    summary = Summary(failures=sum(1 for _ in contents.failures()))
    sources = set()  # side by side, unless somebody has sorted the manifest
    for image in contents.images():
        record = image.record
        sources.add(record.source)
        summary.clips += 1
        summary.seconds += record.end - record.start
        summary.silent += record.silent
        summary.padded += record.pad_seconds > 0
        summary.clipped += record.clipped_fraction > 0
        summary.truncated += is_truncated(record)
        labels = summary.labels
        labels[record.label] = labels.get(record.label, 0) + 1
    summary.recordings = len(sources)
    return summary


def is_truncated(record: Record) -> bool:
    """Whether a clip is of a recording that is shorter than it promises."""
    return any(part.startswith("truncated") for part in record.warning.split("; "))


@dataclass(slots=True, kw_only=True)
class Stats:
    """What is known of all images of an output."""

    summary: Summary
    pixels: PixelStats
    faults: int = 0
    """Images that are missing or damaged; they are not in `pixels`."""


def compute_stats(folder: Path, on_progress: OnProgress) -> Stats:
    """Read all images of an output, one after another.

    Raises
    ------
    RefusedError
        The folder is no complete output.
    """
    with read_contents(folder) as contents:
        settings = contents.settings
        summary = summarize(contents)
        stats = Stats(summary=summary, pixels=PixelStats(settings))
        images = read_images(folder, contents.images(), settings)
        for done, (image, pixels) in enumerate(images, 1):
            fault = ""
            if isinstance(pixels, ImageError):
                stats.faults += 1
                fault = f"{image.record.file_name}: {pixels}"
            else:
                stats.pixels.add(pixels)
            on_progress(done, summary.clips, fault)
    return stats
