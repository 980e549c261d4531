"""The recordings among the inputs, and in the folders among them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from specimg.audio.kinds import count_kinds, describe_kinds
from specimg.encoding import encode_name
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
    """The recordings that were found, and what was passed over."""

    recordings: tuple[Recording, ...]
    """In the order of their names, each once."""
    kinds: Mapping[str, int]
    """How many files in folders are passed over, by kind; see `specimg.audio.kinds`."""
    unread: tuple[tuple[str, str], ...]
    """Those of them with sound that is not read: name, and reason; in order."""
    unreadable: tuple[tuple[str, str], ...]
    """Folders that could not be listed: name, and reason."""

    @property
    def passed_over(self) -> int:
        """How many files in folders are passed over."""
        return sum(self.kinds.values())


def find_recordings(
    inputs: Iterable[Path],
    judge: Callable[[Path], bool | str],
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
    judge : callable
        Decides about a file in a folder: True for a recording, False for a file
        without sound, and a text that says why its sound cannot be read.
    leave_out : Path
        The output folder, which is not entered.
    part : tuple of int
        ``(i, n)``: list only part i of n, from 1.  The part of a recording, or of
        what is passed over, is decided by its name alone, so that it does not change
        when others come or go.

    Raises
    ------
    NoInputError
        There is no recording at all.
    """
    inputs = list(dict.fromkeys(inputs))
    roots = sorted({_absolute(path) for path in inputs})
    folders = [root for root in roots if _is_folder(root)]
    base = _shared_folder(roots, folders)
    barred = _absolute(leave_out) if leave_out else None
    # Keys are strings: comparing paths would take most of the time of a listing.
    labels = {
        # A file has no input folder of its own: the shared one stands for it.
        str(root): root.parent.name if root.parent != base else ""
        for root in roots
        if root not in folders
    }
    paths = {str(root): root for root in roots}
    passed_over: dict[str, str] = {}
    unreadable: dict[Path, str] = {}
    for folder in folders:
        for path, own in _walk(folder, barred, unreadable):
            key = str(path)
            if key in passed_over:
                continue
            verdict = key in labels or judge(path)
            if verdict is True:
                # The outermost of nested inputs comes first, and gives the label.
                labels[key] = labels.get(key) or own
                paths[key] = path
            else:
                passed_over[key] = verdict or ""
    if not labels and not unreadable:
        msg = f"no audio found in {', '.join(map(str, inputs))}"
        if barred in folders:
            msg = (
                f"{leave_out} is an input and the output: "
                f"give the folder to write to last"
            )
        raise NoInputError(msg + _explain(passed_over))
    recordings = [
        Recording(
            path=paths[key],
            name=_relative_name(paths[key], base),
            label=encode_name(label),
        )
        for key, label in labels.items()
    ]
    recordings.sort(key=lambda recording: recording.name)
    own_part = {
        key: reason
        for key, reason in passed_over.items()
        if part == (1, 1) or _is_in_part(_relative_name(key, base), part)
    }
    unread = [(_relative_name(k, base), r) for k, r in own_part.items() if r]
    folders_unread = [(_relative_name(p, base), r) for p, r in unreadable.items()]
    return Listing(
        recordings=tuple(r for r in recordings if _is_in_part(r.name, part)),
        kinds=count_kinds(own_part),
        unread=tuple(sorted(unread)),
        unreadable=tuple(f for f in folders_unread if _is_in_part(f[0], part)),
    )


def _explain(passed_over: Mapping[str, str]) -> str:
    """Say what there was instead of recordings."""
    if not passed_over:
        return ""
    text = f" (passed over {describe_kinds(count_kinds(passed_over))})"
    for key, reason in passed_over.items():
        if reason:
            return f"{text}; for example {encode_name(key)}: {reason}"
    return text


def _is_in_part(name: str, part: tuple[int, int]) -> bool:
    index, count = part
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") % count == index - 1


def _relative_name(path: Path | str, base: Path) -> str:
    above, whole = str(base).rstrip(os.sep) + os.sep, str(path)
    if whole == str(base):
        return "."
    if not whole.startswith(above):
        above = Path(path).anchor
    below = whole.removeprefix(above)
    return encode_name(below.replace(os.sep, "/"))


def _absolute(path: Path) -> Path:
    """Return `path` from the root on, without following links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links


def _shared_folder(roots: list[Path], folders: list[Path]) -> Path:
    """Return the folder that names are relative to."""
    # A missing input counts as well: names must not change when a disk is missing.
    own = [root if root in folders else root.parent for root in roots]
    return Path(os.path.commonpath(own)) if own else Path()


def _walk(
    folder: Path,
    barred: Path | None,
    unreadable: dict[Path, str],
    above: frozenset[Path] = frozenset(),
) -> Iterator[tuple[Path, str]]:
    """Yield the files below `folder`, in a stable order, and their folders' names.

    The name is empty for files in the first folder itself.
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
