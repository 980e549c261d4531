"""Whether an output folder holds what its manifest says."""

import random
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

from specimg.audio import read_excerpt
from specimg.audio.excerpt import Excerpt
from specimg.bounded import open_regular
from specimg.errors import RefusedError, SpecimgError
from specimg.output.card import format_table
from specimg.output.contents import Contents, read_contents
from specimg.output.images import ImageError, read_image
from specimg.output.joined import joined_columns
from specimg.output.journal import Journal
from specimg.output.label_files import label_files, objects_of_images
from specimg.output.manifest import OF_OTHERS, ImageEntry, Record
from specimg.output.merging import (
    all_failures,
    all_images,
    all_passed_over,
)
from specimg.output.reading import read_columns
from specimg.output.strays import find_images, list_images
from specimg.output.tables import all_splits
from specimg.output.writing import format_failures, format_manifest, format_passed_over
from specimg.rendering.image import digest
from specimg.rendering.pipeline import render_clip
from specimg.settings import FAILURES_NAME, PASSED_OVER_NAME, SPLIT_TABLES, Settings

SAMPLE = 100
"""Images that are rendered again."""

SEED = 0


def find_faults(folder: Path, *, deep: bool = False) -> Iterator[str]:
    """Yield one line for everything that is wrong with an output folder.

    Every image is decoded and compared with the size and the digest that were noted
    when it was made, and the manifest with what was noted; with `deep`, a sample of
    the images is rendered again from the recordings, with a fixed seed.  Without the
    record, sizes in bytes and digests are not known, and whether images and manifest
    have changed cannot be said.

    Raises
    ------
    RefusedError
        The folder is no complete output, or `deep` and without its record.
    """
    with read_contents(folder) as contents:
        settings, journals = contents.settings, contents.journals
        recordings = _recordings(contents) if deep else {}
        known: set[str] = set()
        for image in contents.images():
            if image.record.file_name in known:
                yield f"{image.record.file_name}: named twice in the manifest"
            known.add(image.record.file_name)
            if fault := _check_image(folder, image, settings):
                yield f"{image.record.file_name}: {fault}"
        if journals:
            yield from _check_tables(folder, settings, journals)
        yield from _find_others(folder, settings, known)
        if deep:
            yield from _render_again(settings, journals, recordings)


def _recordings(contents: Contents) -> dict[str, Path]:
    try:
        return contents.recordings()
    except RefusedError as error:
        msg = f"{error}: verify it without --deep"
        raise RefusedError(msg) from error


def _check_image(folder: Path, image: ImageEntry, settings: Settings) -> str:
    try:
        pixels = read_image(folder, image, settings)
    except ImageError as error:
        return str(error)
    return "" if image.digest in (None, digest(pixels)) else "its pixels have changed"


def _check_tables(
    folder: Path, settings: Settings, journals: list[Journal]
) -> Iterator[str]:
    joined = joined_columns(journals)
    path = folder / settings.manifest
    columns = _columns_of(path, journals)
    lines = format_manifest(all_images(journals), path.name, columns, joined)
    yield from _check_table(path, lines)
    for split, folders in all_splits(settings, journals).items():
        path = folder / SPLIT_TABLES[split]
        if path.exists():  # earlier versions wrote none
            columns = _columns_of(path, journals)
            objects = objects_of_images(settings, journals)
            images = all_images(journals)
            lines = format_table(images, folders, columns, objects, joined)
            yield from _check_table(path, lines)
    for file in label_files(settings, journals):
        yield from _check_table(folder / file.path, iter(file.chunks))
    path = folder / FAILURES_NAME
    if path.exists() or any(True for _ in all_failures(journals)):
        yield from _check_table(path, format_failures(all_failures(journals)))
    path = folder / PASSED_OVER_NAME
    if path.exists() or any(True for _ in all_passed_over(journals)):
        yield from _check_table(path, format_passed_over(all_passed_over(journals)))


def _columns_of(path: Path, journals: list[Journal]) -> list[str]:
    """Return the columns that a table has to have.

    It may lack those that came after it was written, as long as all that is known of
    them is their default.
    """
    names = read_columns(path)
    later = {
        field.name: field.default
        for field in fields(Record)
        if field.name not in names and field.default is not MISSING
    }
    for image in all_images(journals) if later else ():
        record = image.record
        told = {n: to(getattr(record, other)) for n, (other, to) in OF_OTHERS.items()}
        known = {**later, **told}
        if any(getattr(record, name) != known[name] for name in later):
            later = {}
            break
    return [field.name for field in fields(Record) if field.name not in later]


def _check_table(path: Path, lines: Iterator[bytes]) -> Iterator[str]:
    try:
        with open_regular(path) as file:
            for number, line in enumerate(lines, 1):
                if file.read(len(line)) != line:
                    yield f"{path.name}: line {number} is not what was written"
                    return
            if file.read(1):
                yield f"{path.name}: more lines than were written"
    except OSError as error:
        yield f"{path.name}: {error.strerror or error}"


def _find_others(folder: Path, settings: Settings, known: set[str]) -> Iterator[str]:
    """Yield what is wrong with the images that are not `known`."""
    ours = set(find_images(folder, [settings], known))
    for name in list_images(folder):
        if name in ours:
            yield f"{name}: not in the manifest"
        elif name not in known and name.endswith(f".{settings.image.format}"):
            yield f"{name}: not in the manifest, and not of specimg"


def _render_again(
    settings: Settings, journals: list[Journal], recordings: dict[str, Path]
) -> Iterator[str]:
    count = sum(1 for _ in all_images(journals))
    numbers = range(count)
    chosen = set(random.Random(SEED).sample(numbers, min(SAMPLE, count)))  # noqa: S311
    for number, image in enumerate(all_images(journals)):
        if number in chosen:
            path = recordings[image.record.source]
            if fault := _compare(path, image, settings):
                yield f"{image.record.file_name}: {fault}"


def _compare(path: Path, image: ImageEntry, settings: Settings) -> str:
    try:
        record = image.record
        clip = read_excerpt(
            path,
            settings.channel,
            record.start,
            record.end,
            time_expansion=settings.time_expansion,
        )
        settings = settings.at(clip.sample_rate)
        shown = _shown_seconds(record, clip, settings)
        picture = render_clip(clip.samples, clip.sample_rate, settings, shown)
    except SpecimgError as error:
        return f"cannot be rendered again from {path}: {error}"
    same = digest(picture.pixels) == image.digest
    return "" if same else f"looks different when it is rendered again from {path}"


def _shown_seconds(record: Record, clip: Excerpt, settings: Settings) -> float | None:
    """Return what the picture of a clip shows, whichever source has planned the clip.

    The manifest says it rounded; where that is what the settings say, theirs is exact.
    """
    usual = settings.clips.shown_seconds(clip.samples.size, clip.sample_rate)
    shown = (record.end - record.start + record.pad_seconds) / clip.time_expansion
    if usual is None:
        return shown if record.pad_seconds else None
    return usual if abs(shown - usual) * clip.sample_rate < 1 else shown
