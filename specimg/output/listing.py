"""Tables that list the clips of recordings: a manifest, or another with its columns."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from specimg.encoding import decode_name
from specimg.output.compatibility import load_settings
from specimg.output.contents import has_record
from specimg.output.merging import all_paths
from specimg.output.tables import read_parts
from specimg.settings import MANIFEST_SUFFIXES, SETTINGS_NAME, SPLITS_NAME
from specimg.splits.table import read_splits


def is_listing(path: Path) -> bool:
    """Whether a path is an output of specimg or a table, not a folder of recordings."""
    if path.is_dir():
        return has_record(path) or os.path.lexists(path / SETTINGS_NAME)
    return path.suffix in MANIFEST_SUFFIXES


def folder_of(path: Path) -> Path:
    """Return the folder that a table lies in: the output itself, where that is given.

    Settings and groups are looked for there.
    """
    return path if path.is_dir() else path.parent


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of clips, and what lies beside it."""

    path: Path
    """The table."""
    groups: Mapping[str, str]
    """The group of each recording by its name, by ``splits.csv``; empty without it."""
    _paths: Mapping[str, Path]
    _recordings: Path | None

    def find(self, source: str) -> Path:
        """Return where a recording should be."""
        if self._recordings is None and source in self._paths:
            return self._paths[source]
        folder = self._recordings or self.path.parent
        return folder / os.fsdecode(decode_name(source))


def open_listing(path: Path, recordings: Path | None) -> Listing:
    """Find the table of an output, and what lies beside it.

    Parameters
    ----------
    path : Path
        An output of specimg, or a table.
    recordings : Path, optional
        The folder that the names of recordings are relative to.  Without it, they are
        where they were when they were converted; or, where nothing says that, beside
        the table.

    Raises
    ------
    RefusedError
        An output is not complete, or being written.
    ParameterError
        Its settings cannot be read.
    SplitError
        ``splits.csv`` cannot be used.
    """
    folder = folder_of(path)
    paths: Mapping[str, Path] = {}
    if has_record(folder):
        with read_parts(folder) as (_, journals):
            paths = all_paths(journals)
    if path.is_dir():
        path = folder / load_settings(folder).manifest
    table = folder / SPLITS_NAME
    rows = read_splits(table) if os.path.lexists(table) else ()
    groups = {row.source: row.group for row in rows if row.group}
    return Listing(path, groups, paths, recordings)
