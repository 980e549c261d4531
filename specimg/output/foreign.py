"""Whether a folder may be written to, by what lies in it."""

import os
from pathlib import Path

from specimg.errors import ParameterError, RefusedError
from specimg.output.box_files import (
    is_box_table,
    list_box_tables,
    list_labels_of_images,
)
from specimg.output.boxes.yolo import IMAGES, label_path
from specimg.output.compatibility import (
    check_forgotten,
    check_parts,
    check_settings_file,
    load_settings,
)
from specimg.output.reading import read_columns
from specimg.output.shards import Shard, find_shards
from specimg.output.strays import find_images, list_images
from specimg.settings import (
    FAILURES_NAME,
    LABELS_NAME,
    PASSED_OVER_NAME,
    SETTINGS_NAME,
    SPLIT_TABLES,
    SPLITS_NAME,
    Settings,
)

_COLUMNS = {
    FAILURES_NAME: {"source", "stage", "reason"},
    PASSED_OVER_NAME: {"source", "reason"},
    LABELS_NAME: {"file_name"},
    SPLITS_NAME: {"source", "split"},
}
"""By which a table is known, where it is no manifest."""


def check_output(
    folder: Path, part: Shard, settings: Settings, *, overwrite: bool
) -> bool:
    """Refuse a folder that a run would refuse, as far as no record has to be opened.

    Returns
    -------
    bool
        Whether something is there that the run would add to.

    Raises
    ------
    RefusedError
        It is no folder, was written with other settings or parts, is a folder of
        recordings, or a table of others would be lost.
    """
    check_folder(folder, settings, overwrite=overwrite)
    check_parts(folder, part, overwrite=overwrite)
    if overwrite or not find_shards(folder):
        return False
    if (folder / SETTINGS_NAME).exists():
        check_settings_file(folder, settings)
    return True


def check_folder(folder: Path, settings: Settings, *, overwrite: bool) -> None:
    """Refuse a folder by what can be seen in it, without its record.

    Raises
    ------
    RefusedError
        As from `check_output`, but for other parts.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file: the last argument is the folder to write to"
        raise RefusedError(msg)
    check_forgotten(folder)
    check_others(folder, settings)
    path = folder / SETTINGS_NAME
    if not overwrite and os.path.lexists(path) and not find_shards(folder):
        check_settings_file(folder, settings)


def check_others(folder: Path, settings: Settings) -> None:
    """Refuse to write over files that specimg has not written.

    Where there are settings or a record, the names that they say are specimg's.

    Raises
    ------
    RefusedError
        A table is there that has other columns, or a file of boxes that begins
        otherwise; or a tree for YOLO with files of others.
    """
    names = {settings.manifest, *_COLUMNS, *SPLIT_TABLES.values()}
    boxes = settings.labels.boxes
    try:
        before = load_settings(folder)
        names = {settings.manifest} - {before.manifest}
        boxes = "none" if before.labels.boxes == boxes else boxes
    except ParameterError:
        if find_shards(folder):
            return
    tables = [folder / name for name in sorted(names)]
    others = [path for path in tables if not _has_our_columns(path)]
    others += [p for p in list_box_tables(folder, boxes) if not is_box_table(p, boxes)]
    for path in others:
        if path.is_file() and path.stat().st_size:
            msg = f"{path} is not of specimg, and would be lost: rename it"
            raise RefusedError(msg)
    if boxes == "yolo":
        _check_yolo(folder, settings)


def _has_our_columns(path: Path) -> bool:
    columns = _COLUMNS.get(path.name, {"file_name", "label", "source"})
    return path.is_file() and columns <= {*read_columns(path)}


def _check_yolo(folder: Path, settings: Settings) -> None:
    """Refuse a tree of others: YOLO would take their files for images and boxes."""
    below = f"{IMAGES}/"
    images = [name for name in list_images(folder) if name.startswith(below)]
    ours = {name for name in find_images(folder, [settings]) if name.startswith(below)}
    labels = {folder / label_path(name) for name in ours}
    others = [folder / name for name in images if name not in ours]
    others += [
        path
        for path in list_labels_of_images(folder)
        if path.suffix == ".txt" and path not in labels
    ]
    if others:
        msg = (
            f"{min(others)} is not of specimg, but lies where --boxes yolo writes: "
            f"move it away, or write to another folder"
        )
        raise RefusedError(msg)
