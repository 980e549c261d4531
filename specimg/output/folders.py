"""The folders of an output that images lie in, besides those of their recordings."""

import json
from collections.abc import Iterable
from pathlib import Path

from specimg.output.files import image_name, in_folder
from specimg.output.journal import Journal

_KEY = "folders"


def known_folders(journal: Journal) -> tuple[str, ...]:
    """Return all folders that images may lie in, first the output itself."""
    return ("", *json.loads(journal.get(_KEY) or "[]"))


def add_folders(journal: Journal, names: Iterable[str]) -> None:
    """Note folders that images may be written to, before there is any."""
    known = {*known_folders(journal)}
    if new := {*names} - known:
        journal.set(_KEY, json.dumps(sorted((known | new) - {""})))


def remove_emptied_folders(out: Path, source: str, folder: str = "") -> None:
    """Remove the folders of a recording's images that hold nothing: no class is empty.

    Only when nobody else writes to `out`; see `files.remove_images`.
    """
    for parent in (out / image_name(in_folder(folder, source), "")).parents:
        if parent == out:
            return
        try:
            parent.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return
