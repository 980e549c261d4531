"""The tables for those who train: labels with a column each, and boxes."""

import csv
import io
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from specimg.bounded import read_regular
from specimg.encoding import encode_label
from specimg.output.box_files import find_own_boxes, list_box_tables
from specimg.output.boxes import FORMATS
from specimg.output.boxes.huggingface import objects_of
from specimg.output.boxes.labeled import BoxedImage, BoxFile, decode_boxes
from specimg.output.files import remove, write_atomically, write_table
from specimg.output.folders import remove_emptied_folders
from specimg.output.journal import Journal
from specimg.output.manifest import ImageEntry
from specimg.output.merging import all_images
from specimg.output.reading import read_columns
from specimg.settings import LABELS_NAME, Settings

ANNOTATED = "annotated"
"""Key by which a journal knows that its labels are those of annotations."""


def label_files(settings: Settings, journals: list[Journal]) -> Iterator[BoxFile]:
    """Yield the tables that belong to a manifest whose labels are of annotations."""
    if not any(journal.get(ANNOTATED) for journal in journals):
        return
    classes = find_classes(settings, journals)
    chunks = format_labels(all_images(journals), classes)
    yield BoxFile(LABELS_NAME, chunks)
    # Those of Hugging Face are a column of the tables of the card.
    if settings.labels.boxes in FORMATS:
        known = [label for label in classes if label != _negative(settings)]
        boxes = FORMATS[settings.labels.boxes]
        yield from boxes.files(lambda: box_images(journals), known)


def objects_of_images(
    settings: Settings, journals: list[Journal]
) -> Callable[[ImageEntry], object] | None:
    """Return what gives the cell `objects` of each image, in their order; None without.

    The numbers of boxes count through all images.
    """
    if settings.labels.boxes != "hf":
        return None
    classes = find_classes(settings, journals)
    numbers = itertools.count(1)

    def objects(image: ImageEntry) -> object:
        boxes = [box for box in decode_boxes(image.boxes) if box.has_area]
        return objects_of([(next(numbers), box) for box in boxes], classes)

    return objects


def find_classes(settings: Settings, journals: list[Journal]) -> list[str]:
    """Return all labels in the order of their columns.

    That is the order of the classes that were asked for, else of the alphabet.
    """
    wanted = [encode_label(name) for name in settings.labels.classes]
    seen: set[str] = set()
    for image in itertools.chain.from_iterable(
        journal.images() for journal in journals
    ):
        seen.update(image.record.list_labels())
        # A clip may hold too little of a sound to be labeled by it.
        seen.update(box.label for box in decode_boxes(image.boxes))
    return [*wanted, *sorted(seen - {*wanted})]


def _negative(settings: Settings) -> str:
    return encode_label(settings.labels.negative_label)


def format_labels(
    images: Iterator[ImageEntry], classes: Sequence[str]
) -> Iterator[bytes]:
    """Yield a CSV with a row for each image, and 0 or 1 for each label."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file_name", *classes])
    for image in images:
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
        labels = image.record.list_labels()
        cells = (int(name in labels) for name in classes)
        writer.writerow([image.record.file_name, *cells])
    yield text.getvalue().encode()


def box_images(journals: list[Journal]) -> Iterator[BoxedImage]:
    """Yield all images with their boxes, in the order of the manifest."""
    for image in all_images(journals):
        record = image.record
        yield BoxedImage(
            file_name=record.file_name,
            width=record.width,
            height=record.height,
            split=record.split,
            boxes=decode_boxes(image.boxes),
        )


def count_points(settings: Settings, journals: list[Journal]) -> tuple[int, int]:
    """Count the points in time, which have no box, and the images that hold only such.

    None where there are no boxes, or only the table, which has them nevertheless.
    """
    points: set[tuple[object, ...]] = set()
    images = 0
    if settings.labels.boxes in ("none", "csv"):
        return 0, 0
    for image in itertools.chain.from_iterable(
        journal.images() for journal in journals
    ):
        boxes = decode_boxes(image.boxes)
        found = [box for box in boxes if box.start == box.end]
        # Where clips overlap, several hold the same one.
        points.update(
            (image.record.source, box.label, box.start, box.low, box.high)
            for box in found
        )
        images += 0 < len(found) == len(boxes)
    return len(points), images


def write_label_files(
    folder: Path, settings: Settings, journals: list[Journal], tag: str
) -> None:
    """Write the tables, and remove the boxes of images and of parts that are gone."""
    written = set()
    for file in label_files(settings, journals):
        path = folder / file.path
        if file.is_of_image:
            _update(path, b"".join(file.chunks), tag)
        else:
            write_table(path, file.chunks, tag)
        written.add(path)
    if written:
        _remove_boxes(folder, settings, written)


def _update(path: Path, data: bytes, tag: str) -> None:
    """Write a file unless it holds just that: there may be as many as images.

    As with images, the disk may have its name before its bytes: after a crash of the
    machine, all are compared again.
    """
    with suppress(OSError):  # then writing says what is wrong
        if read_regular(path, len(data)) == data:
            return
    write_atomically(path, data, tag)


def find_label_files(folder: Path, settings: Settings) -> list[Path]:
    """List the tables of an output with these settings, but for those of each image."""
    return [folder / LABELS_NAME, *list_box_tables(folder, settings.labels.boxes)]


def remove_label_files(folder: Path, settings: Settings) -> None:
    """Remove the tables of an output with these settings, as far as they are specimg's.

    Only when nobody else writes to the folder.

    Raises
    ------
    StorageError
        They cannot be removed.
    """
    if read_columns(folder / LABELS_NAME)[:1] == ["file_name"]:
        remove(folder / LABELS_NAME)
    _remove_boxes(folder, settings)


def _remove_boxes(
    folder: Path, settings: Settings, keep: Collection[Path] = ()
) -> None:
    for path in find_own_boxes(folder, settings):
        if path not in keep:
            remove(path)
            remove_emptied_folders(folder, path.relative_to(folder).as_posix())
