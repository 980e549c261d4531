"""Names that lead out of an output folder: nothing is read or removed by them."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from specimg.errors import quote
from specimg.output.journal import Journal
from specimg.output.schema import JournalError

_INSIDE = re.compile(r"(?!(?:.*/)?\.{0,2}(?:/|$))[^\\\0]+", re.DOTALL)
"""A relative path without empty parts, and without ``.`` and ``..``."""


def check_names(folder: Path, journal: Journal) -> None:
    """Refuse a journal with names that lead out of the output folder.

    Raises
    ------
    JournalError
        See `find_escape`; or an image is of no recording.
    """
    if escape := find_escape(folder, _names(journal)):
        raise JournalError(journal.path, escape)
    for (name,) in journal.orphans():
        text = f"is damaged: it has images of {quote(name)}, but not the recording"
        raise JournalError(journal.path, text)


def is_inside(name: object) -> bool:
    """Whether a name is that of a file below the folder that it is relative to."""
    return isinstance(name, str) and _INSIDE.fullmatch(name) is not None


def find_escape(folder: Path, names: Iterable[object]) -> str:
    """Return what is wrong with the first of `names` that leads out of a folder.

    It is absolute, goes up, or goes through a link that leads elsewhere.  Empty where
    there is none.
    """
    folders: set[str] = set()
    for name in names:
        if not is_inside(name):
            return f"names {quote(name)}, which is outside"
        folders.add(str(name).rpartition("/")[0])
    for name in sorted(folders):
        if real := leads_out(folder, name):
            return f"names what is in {name}, which is a link to {real}"
    return ""


def leads_out(folder: Path, name: str) -> str:
    """Return where a path below a folder leads to, if that is outside of it.

    The folder itself may be a link.
    """
    top = os.path.realpath(folder)
    real = os.path.realpath(os.path.join(top, name))  # noqa: PTH118
    return "" if os.path.commonpath([top, real]) == top else real


def _names(journal: Journal) -> Iterator[object]:
    for entry in journal.entries():
        yield from (name for name, _ in entry.files)
        if entry.name != ".":
            yield entry.name
