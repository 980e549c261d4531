"""What a set of images consists of, in numbers: its clips, and its pixels."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from specimg.audio.labels import SPLIT_FOLDERS
from specimg.errors import RefusedError
from specimg.output.contents import Contents, read_contents
from specimg.output.images import ImageError, read_images
from specimg.output.manifest import ImageEntry, Record
from specimg.output.pixel_stats import BINS, PixelStats

__all__ = ["BINS", "PixelStats", "Stats", "Summary", "compute_stats", "summarize"]

OnProgress = Callable[[int, int, str], None]
"""Takes how many images are done, of how many, and what is wrong with this one."""


@dataclass(slots=True, kw_only=True)
class Times:
    """When and where clips were recorded, if they say so, by the recorders' clocks."""

    first: str = ""
    """The earliest beginning of a clip, as the manifest has it."""
    last: str = ""
    untimed: int = 0
    """Clips that do not say when."""
    hours_of_day: dict[str, float] = field(default_factory=dict)
    """Hours of audio in each hour of the day, such as ``"17"``."""
    hours_of_places: dict[str, float] = field(default_factory=dict)
    """Hours of audio at each place: its latitude and longitude, else the number of the
    recorder, else ``""``."""

    def add(self, record: Record) -> None:
        """Take in a clip."""
        hours = (record.end - record.start) / 3600
        when, place = record.recorded_at, _place(record)
        self.hours_of_places[place] = self.hours_of_places.get(place, 0.0) + hours
        if not when:
            self.untimed += 1
            return
        hour = when[11:13]
        self.hours_of_day[hour] = self.hours_of_day.get(hour, 0.0) + hours
        clock = slice(0, 19)  # what comes behind is of other zones
        if not self.first or when[clock] < self.first[clock]:
            self.first = when
        if when[clock] > self.last[clock]:
            self.last = when


def _place(record: Record) -> str:
    if record.latitude and record.longitude:
        return f"{float(record.latitude):.4f}, {float(record.longitude):.4f}"
    return record.device_id


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
    """Clips of each label: one with several counts for each, one without for ``""``."""
    splits: dict[str, int] = field(default_factory=dict)
    """Clips of each split, in the order of `sort_splits`; empty without splits."""
    labels_of_splits: dict[str, dict[str, int]] = field(default_factory=dict)
    """Of each split, the clips of each of its labels."""
    times: Times = field(default_factory=Times)
    failures: int | None = 0
    """Recordings that could not be converted; None of a split, as they have none."""


def summarize(contents: Contents, split: str | None = None) -> Summary:
    """Count what an output holds, or one split of it, without a look at the images.

    Raises
    ------
    RefusedError
        There is no such split.
    """
    summary = Summary()
    if split is None:
        summary.failures = sum(1 for _ in contents.failures())
    else:
        _check_split(contents, split)
        summary.failures = None
    sources = set()  # side by side, unless somebody has sorted the manifest
    of_splits: dict[str, dict[str, int]] = {}
    for image in images_of(contents, split):
        record = image.record
        sources.add(record.source)
        summary.clips += 1
        summary.seconds += record.end - record.start
        summary.silent += record.silent
        summary.padded += record.pad_seconds > 0
        summary.clipped += record.clipped_fraction > 0
        summary.truncated += is_truncated(record)
        summary.times.add(record)
        summary.splits[record.split] = summary.splits.get(record.split, 0) + 1
        labels_of_split = of_splits.setdefault(record.split, {})
        for label in record.list_labels() or [""]:
            for labels in (summary.labels, labels_of_split):
                labels[label] = labels.get(label, 0) + 1
    summary.recordings = len(sources)
    times = summary.times
    times.hours_of_day = dict(sorted(times.hours_of_day.items()))
    times.hours_of_places = dict(sorted(times.hours_of_places.items()))
    if not any(times.hours_of_places):
        times.hours_of_places.clear()
    names = sort_splits(summary.splits)
    summary.splits = {name: summary.splits[name] for name in names}
    summary.labels_of_splits = {name: of_splits[name] for name in names}
    return summary


def images_of(contents: Contents, split: str | None) -> Iterator[ImageEntry]:
    """Yield the images of a split, or all, in the order of the manifest."""
    for image in contents.images():
        if split is None or image.record.split == split:
            yield image


def sort_splits(names: Iterable[str]) -> list[str]:
    """Return splits as they are used: what one trains with first, others last.

    Images without a split are one called ``""``, unless no image has any.
    """
    order = {name: place for place, name in enumerate(SPLIT_FOLDERS)}
    found = sorted(names, key=lambda name: (order.get(name, len(order)), name))
    return found if any(found) else []


def _check_split(contents: Contents, split: str) -> None:
    names = [*filter(None, sort_splits({i.record.split for i in contents.images()}))]
    if split not in names:
        there = f"its splits are {', '.join(names)}" if names else "it has none"
        msg = f"{contents.folder} has no split {split!r}: {there}"
        raise RefusedError(msg)


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


def compute_stats(
    folder: Path, on_progress: OnProgress, split: str | None = None
) -> Stats:
    """Read all images of an output, or of one split of it, one after another.

    Raises
    ------
    RefusedError
        The folder is no complete output, or has no such split.
    """
    with read_contents(folder) as contents:
        settings = contents.settings
        summary = summarize(contents, split)
        stats = Stats(summary=summary, pixels=PixelStats(settings))
        images = read_images(folder, images_of(contents, split), settings)
        for done, (image, pixels) in enumerate(images, 1):
            fault = ""
            if isinstance(pixels, ImageError):
                stats.faults += 1
                fault = f"{image.record.file_name}: {pixels}"
            else:
                stats.pixels.add(pixels)
            on_progress(done, summary.clips, fault)
    return stats
