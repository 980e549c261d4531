"""The files of boxes in an output folder, and which of them are of specimg."""

import os
from collections.abc import Iterator
from pathlib import Path

from specimg.bounded import begins_with
from specimg.output.boxes import FORMATS
from specimg.output.boxes.yolo import IMAGES, LABELS
from specimg.output.files import PARTIAL_PREFIX, is_image_stem
from specimg.settings import Settings


def list_box_tables(folder: Path, kind: str) -> list[Path]:
    """List what is called like the tables of a format of boxes, whoever wrote it."""
    patterns = FORMATS[kind].names if kind in FORMATS else ()
    return [path for pattern in patterns for path in sorted(folder.glob(pattern))]


def is_box_table(path: Path, kind: str) -> bool:
    """Whether specimg has written a table of boxes."""
    return begins_with(path, FORMATS[kind].mark)


def list_labels_of_images(folder: Path) -> Iterator[Path]:
    """Yield all that lies where YOLO has a file of boxes for each image."""
    for top in (LABELS, IMAGES):  # also below images, see `yolo.label_path`
        for parent, _, names in os.walk(folder / top):
            if LABELS in Path(parent).relative_to(folder).parts:
                yield from (Path(parent, name) for name in names)


def find_own_boxes(folder: Path, settings: Settings) -> list[Path]:
    """List the files of boxes that specimg has written in the format of the settings.

    Also those of images that are gone, and what a kill left half written.
    """
    kind, is_whole = settings.labels.boxes, settings.clips.is_whole
    tables = [p for p in list_box_tables(folder, kind) if is_box_table(p, kind)]
    if kind != "yolo":
        return tables
    labels = [
        path
        for path in list_labels_of_images(folder)
        if path.name.startswith(PARTIAL_PREFIX)
        or (path.suffix == ".txt" and is_image_stem(path.stem, is_whole=is_whole))
    ]
    return [*tables, *labels]
