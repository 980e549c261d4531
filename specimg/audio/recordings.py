"""The recordings among the inputs, and in the folders among them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from specimg.annotations.plan import LabelPlan
from specimg.audio.kinds import count_kinds, describe_kinds
from specimg.audio.labels import label_by_name
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
    label: str = ""
    """What its name says is heard in it; see `specimg.audio.labels`."""
    plan: LabelPlan | None = None
    """What annotations say of its clips; None: all of them have its label."""
    split: str = ""
    """The part of the data that it is in; empty without any."""
    joined: Mapping[str, str] = field(default_factory=dict)
    """What a table of the user's own says of it, by column; only cells that say
    something."""

    @property
    def plan_digest(self) -> str:
        """What tells its plan and its part from others; empty without either."""
        plan = self.plan.digest() if self.plan else ""
        return f"{plan} {self.split}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The recordings that were found, and what was passed over."""

    recordings: tuple[Recording, ...]
    """In the order of their names, each once."""
    passed_over: Mapping[str, str]
    """The files in folders that are passed over, by their names; with the reason, if
    there is sound in them that is not read."""
    unreadable: tuple[tuple[str, str], ...]
    """Folders that could not be listed: name, and reason."""
    folder: Path = Path()
    """The folder that all inputs share, which names are relative to."""

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many files are passed over, by kind; see `specimg.audio.kinds`."""
        return count_kinds(self.passed_over)

    @property
    def unread(self) -> list[tuple[str, str]]:
        """Those with sound that is not read: name, and reason; in order."""
        return sorted((name, why) for name, why in self.passed_over.items() if why)

    def without(self, paths: Iterable[Path]) -> Self:
        """Return the listing without files that are passed over here, and used else."""
        used = {_relative_name(_absolute(path), self.folder) for path in paths}
        left = {n: why for n, why in self.passed_over.items() if n not in used}
        return replace(self, passed_over=left)

    def part(self, index: int, count: int) -> Self:
        """Return part `index` of `count`, from 1.

        The part of a recording, or of what is passed over, is decided by its name
        alone, so that it does not change when others come or go.
        """
        if count == 1:
            return self
        part = index, count
        return replace(
            self,
            recordings=tuple(r for r in self.recordings if is_in_part(r.name, part)),
            passed_over={
                name: why
                for name, why in self.passed_over.items()
                if is_in_part(name, part)
            },
            unreadable=tuple(f for f in self.unreadable if is_in_part(f[0], part)),
        )


def find_recordings(
    inputs: Iterable[Path],
    judge: Callable[[Path], bool | str],
    *,
    leave_out: Path | None = None,
    label: str = "first",
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
    label : str
        Which part of its name is the label of a recording; see `specimg.audio.labels`.

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
    paths = {str(root): root for root in roots if root not in folders}
    given = set(paths)
    passed_over: dict[str, str] = {}
    unreadable: dict[Path, str] = {}
    for folder in folders:
        for path in _walk(folder, barred, unreadable):
            key = str(path)
            if key in passed_over or key in given:
                continue
            verdict = judge(path)
            if verdict is True:
                paths[key] = path
            else:
                passed_over[key] = verdict or ""
    if not paths and not unreadable:
        msg = f"no audio found in {', '.join(map(str, inputs))}"
        if barred in folders:
            msg = (
                f"{leave_out} is an input and the output: "
                f"give the folder to write to last"
            )
        raise NoInputError(msg + _explain(passed_over))
    find_label = label_by_name(label)
    names = ((path, _relative_name(path, base)) for path in paths.values())
    recordings = [
        Recording(path=path, name=name, label=find_label(name)) for path, name in names
    ]
    return Listing(
        recordings=tuple(sorted(recordings, key=lambda recording: recording.name)),
        passed_over={_relative_name(k, base): why for k, why in passed_over.items()},
        unreadable=tuple((_relative_name(p, base), r) for p, r in unreadable.items()),
        folder=base,
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


def is_in_part(name: str, part: tuple[int, int]) -> bool:
    """Whether what is called `name` belongs to part i of n; see `Listing.part`."""
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
) -> Iterator[Path]:
    """Yield the files below `folder`, in a stable order."""
    real = folder.resolve()
    if real in above or folder == barred:
        return
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        unreadable[folder] = f"cannot list the folder: {error.strerror or error}"
        return
    for entry in entries:
        path = folder / entry.name
        if not _is_folder(entry):
            yield path
        elif not entry.name.startswith("."):
            yield from _walk(path, barred, unreadable, above | {real})


def _is_folder(path: "Path | os.DirEntry[str]") -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link that leads to itself, a name that is too long
        return False
