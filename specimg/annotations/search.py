"""The tables among files and folders."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".data")
"""Files that are looked into in folders."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a table."""

    path: Path
    below: str
    """The folder that it lies in, below that which all inputs share, with forward
    slashes; empty for that folder itself."""
    is_named: bool
    """Whether it was given by name, and not found in a folder."""


def find_tables(
    inputs: Iterable[Path],
    on_unreadable: Callable[[Path, str], None],
    leave_out: Path | None = None,
) -> Iterator[Found]:
    """Yield the files of `inputs`, and those in its folders, each once, in order.

    Folders whose name begins with a dot are not entered; nor are links in circles.
    `leave_out` is what is about to be written, which may be there from before.
    """
    paths = sorted(set(inputs))
    folders = [path for path in paths if _is_folder(path)]
    files = [path for path in paths if path not in folders]
    shared = [*folders, *(path.parent for path in files)]
    base = os.path.commonpath(map(os.path.abspath, shared)) if shared else ""
    seen: set[str] = set()

    def take(path: Path, *, is_named: bool) -> Iterator[Found]:
        key = os.path.abspath(path)  # noqa: PTH100 - Path.resolve follows links
        if key not in seen:
            seen.add(key)
            below = os.path.relpath(os.path.dirname(key), base).replace(os.sep, "/")  # noqa: PTH120
            yield Found(path, "" if below == "." else below, is_named)

    # What is given by name comes first: it may also lie in one of the folders.
    for path in files:
        yield from take(path, is_named=True)
    if leave_out is not None:
        seen.add(os.path.abspath(leave_out))  # noqa: PTH100 - as above
    for folder in folders:
        for path in _walk(folder, on_unreadable, frozenset()):
            yield from take(path, is_named=False)


def _walk(
    folder: Path, on_unreadable: Callable[[Path, str], None], above: frozenset[str]
) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        on_unreadable(folder, f"cannot be listed: {error.strerror or error}")
        return
    for entry in entries:
        path = folder / entry.name
        if _is_folder(entry):
            if not entry.name.startswith("."):
                yield from _walk(path, on_unreadable, above | {real})
        elif entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith("."):
            yield path


def _is_folder(path: "Path | os.DirEntry[str]") -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link that leads to itself, a name that is too long
        return False
