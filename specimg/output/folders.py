"""The folders of an output that images lie in, besides those of their recordings."""

import json
from collections.abc import Iterable

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
