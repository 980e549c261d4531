"""Whether an output folder holds what its manifest says."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from specimg.arrays import Waveform
from specimg.audio import AudioReader
from specimg.batch.stored import ImageError, read_image
from specimg.batch.tables import all_failures, all_images, read_parts
from specimg.errors import SpecimgError
from specimg.image import digest
from specimg.journal import FOLDER, Journal
from specimg.manifest import Image, Record, format_failures, format_manifest
from specimg.recordings import decode_name
from specimg.rendering import render_clip
from specimg.settings import FAILURES_NAME, Settings

SAMPLE = 100
"""Images that are rendered again."""

SEED = 0


def find_faults(folder: Path, *, deep: bool = False) -> Iterator[str]:
    """Yield one line for everything that is wrong with an output folder.

    Every image is decoded and compared with the size and the digest that were noted
    when it was made, and the manifest with what was noted; with `deep`, a sample of
    the images is rendered again from the recordings, with a fixed seed.

    Raises
    ------
    RefusedError
        The folder is no complete output.
    """
    with read_parts(folder) as (settings, journals):
        known = set()
        for image in all_images(journals):
            known.add(image.record.file_name)
            if fault := _check_image(folder, image, settings):
                yield f"{image.record.file_name}: {fault}"
        yield from _check_tables(folder, settings, journals)
        for name in _images_on_disk(folder, settings):
            if name not in known:
                yield f"{name}: not in the manifest"
        if deep:
            yield from _render_again(settings, journals)


def _check_image(folder: Path, image: Image, settings: Settings) -> str:
    try:
        pixels = read_image(folder, image, settings.image)
    except ImageError as error:
        return str(error)
    return "" if digest(pixels) == image.digest else "its pixels have changed"


def _check_tables(
    folder: Path, settings: Settings, journals: list[Journal]
) -> Iterator[str]:
    records = (image.record for image in all_images(journals))
    wanted = format_manifest(records, settings.manifest)
    yield from _check_table(folder / settings.manifest, wanted)
    path = folder / FAILURES_NAME
    if path.exists() or any(True for _ in all_failures(journals)):
        yield from _check_table(path, format_failures(all_failures(journals)))


def _check_table(path: Path, lines: Iterator[bytes]) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(lines, 1):
                if file.read(len(line)) != line:
                    yield f"{path.name}: line {number} is not what was written"
                    return
            if file.read(1):
                yield f"{path.name}: more lines than were written"
    except OSError as error:
        yield f"{path.name}: {error.strerror or error}"


def _images_on_disk(folder: Path, settings: Settings) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != FOLDER]
        for name in names:
            if name.endswith(f".{settings.image.format}"):
                yield (Path(parent) / name).relative_to(folder).as_posix()


def _render_again(settings: Settings, journals: list[Journal]) -> Iterator[str]:
    count = sum(1 for _ in all_images(journals))
    numbers = range(count)
    chosen = set(random.Random(SEED).sample(numbers, min(SAMPLE, count)))  # noqa: S311
    paths = {
        name: entry.stamp.path
        for journal in journals
        for name in journal.names()
        if (entry := journal.entry(name))
    }
    for number, image in enumerate(all_images(journals)):
        if number in chosen:
            path = Path(os.fsdecode(decode_name(paths[image.record.source])))
            if fault := _compare(path, image, settings):
                yield f"{image.record.file_name}: {fault}"


def _compare(path: Path, image: Image, settings: Settings) -> str:
    try:
        samples, rate = _read_clip(path, image.record, settings)
        picture = render_clip(samples, rate, settings)
    except SpecimgError as error:
        return f"cannot be rendered again from {path}: {error}"
    same = digest(picture.pixels) == image.digest
    return "" if same else f"looks different when it is rendered again from {path}"


def _read_clip(path: Path, record: Record, settings: Settings) -> tuple[Waveform, int]:
    """Read the samples of one clip, forwards from the beginning."""
    with AudioReader(path, settings.channel) as reader:
        rate = reader.sample_rate
        first, last = round(record.start * rate), round(record.end * rate)
        block = np.empty((2, 2**16), np.float32)
        while reader.frames_read < first:
            left = min(first - reader.frames_read, block.shape[1])
            if reader.read(block[:, :left]) < left:
                break
        clip = np.empty((2, max(0, last - first)), np.float32)
        return clip[0, : reader.read(clip)], rate
