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
    paths = list(dict.fromkeys(map(_absolute, inputs)))
    folders = {path for path in paths if _is_folder(path)}
    shared = [path if path in folders else path.parent for path in paths]
    base = os.path.commonpath(shared) if shared else ""
    seen: set[str] = {str(_absolute(leave_out))} if leave_out else set()
    # What is given by name comes first: it may also lie in one of the folders.
    for path in [*sorted(set(paths) - folders), *sorted(folders)]:
        is_named = path not in folders
        found = _walk(path, on_unreadable, frozenset()) if not is_named else [path]
        for file in found:
            key = str(file)
            if key not in seen or (is_named and path == leave_out):
                seen.add(key)
                below = os.path.relpath(file.parent, base).replace(os.sep, "/")
                yield Found(file, "" if below == "." else below, is_named)


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


def _absolute(path: Path) -> Path:
    """Return `path` from the root on, without following links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links
