"""The recordings that are named on the command line, or lie in folders named there."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from specimg.errors import SpecimgError


class NoInputError(SpecimgError, ValueError):
    """There is nothing to convert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file of audio, and what its images are called after."""

    path: Path
    name: str
    """Path below the folder that all inputs share, with forward slashes, encoded
    by `encode_name`."""
    label: str
    """Name of its parent folder below the input folder, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was found."""

    recordings: tuple[Recording, ...]
    """In the order of their names, each once."""
    passed_over: int
    """Files in folders that are not audio."""
    unreadable: tuple[tuple[str, str], ...]
    """Folders that could not be listed: name, and reason."""


def find_recordings(
    inputs: Iterable[Path],
    is_recording: Callable[[Path], bool],
    *,
    leave_out: Path | None = None,
    part: tuple[int, int] = (1, 1),
) -> Listing:
    """List the recordings of `inputs`, the same for any order of them.

    Names are relative to the folder if it is the only input, else to the deepest
    folder that holds all inputs; so no two recordings share a name.

    Parameters
    ----------
    inputs : iterable of Path
        Files, taken as they are, and folders, which are searched.  Links are
        followed, but not round in circles; folders whose name begins with a dot
        are not entered.
    is_recording : callable
        Decides about the files in folders.
    leave_out : Path
        A folder that is not entered: the output.
    part : tuple of int
        ``(i, n)``: list only part i of n, from 1.  A recording's part is decided by
        its name alone, so that it does not change when others come or go.

    Raises
    ------
    NoInputError
        There is no recording at all.
    """
    roots = sorted({_absolute(path) for path in inputs})
    folders = [root for root in roots if _is_folder(root)]
    base = _shared_folder(roots, folders)
    barred = _absolute(leave_out) if leave_out else None
    # By strings: to compare paths takes most of the time of a listing.
    labels = {
        # A file has no input folder of its own: the shared one stands for it.
        str(root): root.parent.name if root.parent != base else ""
        for root in roots
        if root not in folders
    }
    paths = {str(root): root for root in roots}
    passed_over: set[str] = set()
    unreadable: dict[Path, str] = {}
    for folder in folders:
        for path, own in _walk(folder, barred, unreadable):
            key = str(path)
            if key in labels or is_recording(path):
                # The outermost of nested inputs comes first, and gives the label.
                labels[key] = labels.get(key) or own
                paths[key] = path
            else:
                passed_over.add(key)
    if not labels and not unreadable:
        msg = f"no audio found in {', '.join(map(str, roots))}"
        if barred in folders:
            msg = (
                f"{barred} is an input and the output: give the folder to write to last"
            )
        if passed_over:
            msg += f" ({len(passed_over)} other files)"
        raise NoInputError(msg)
    recordings = [
        Recording(
            path=paths[key],
            name=_relative_name(paths[key], base),
            label=encode_name(label),
        )
        for key, label in labels.items()
    ]
    recordings.sort(key=lambda recording: recording.name)
    folders_unread = [(_relative_name(p, base), r) for p, r in unreadable.items()]
    return Listing(
        recordings=tuple(r for r in recordings if _is_in_part(r.name, part)),
        passed_over=len(passed_over) if part[0] == 1 else 0,
        unreadable=tuple(f for f in folders_unread if _is_in_part(f[0], part)),
    )


def encode_name(name: str) -> str:
    """Percent-encode what a table, a terminal or another system would stumble over.

    That is control characters, bytes that are not UTF-8, backslashes and the
    percent sign itself; `decode_name` gives the bytes back.
    """
    if name.isprintable() and "%" not in name and "\\" not in name:
        return name  # nearly every name
    return "".join(
        char
        if char.isprintable() and char not in "%\\"
        else "".join(f"%{byte:02X}" for byte in os.fsencode(char))
        for char in name
    )


def decode_name(encoded: str) -> bytes:
    """Return the bytes of the name, or of the path, that was encoded."""
    return unquote_to_bytes(encoded)


def _is_in_part(name: str, part: tuple[int, int]) -> bool:
    index, count = part
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") % count == index - 1


def _relative_name(path: Path, base: Path) -> str:
    above, whole = str(base).rstrip(os.sep) + os.sep, str(path)
    if path == base:
        return "."
    below = whole.removeprefix(above if whole.startswith(above) else path.anchor)
    return encode_name(below.replace(os.sep, "/"))


def _absolute(path: Path) -> Path:
    """Return `path` from the root on, without following links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links


def _shared_folder(roots: list[Path], folders: list[Path]) -> Path:
    """Return the folder that names are relative to."""
    # What is not there counts as well: names must not change when a disk is missing.
    own = [root if root in folders else root.parent for root in roots]
    return Path(os.path.commonpath(own)) if own else Path()


def _walk(
    folder: Path,
    barred: Path | None,
    unreadable: dict[Path, str],
    above: frozenset[Path] = frozenset(),
) -> Iterator[tuple[Path, str]]:
    """Yield the files below `folder`, in a stable order, and their folders' names.

    Those in the first folder itself have none.
    """
    real = folder.resolve()
    if real in above or folder == barred:
        return
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        unreadable[folder] = f"cannot list the folder: {error.strerror or error}"
        return
    own = folder.name if above else ""
    for entry in entries:
        path = folder / entry.name
        if not _is_folder(entry):
            yield path, own
        elif not entry.name.startswith("."):
            yield from _walk(path, barred, unreadable, above | {real})


def _is_folder(path: "Path | os.DirEntry[str]") -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link that leads to itself, a name that is too long
        return False
