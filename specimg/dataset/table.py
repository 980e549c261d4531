"""Labeled recordings by a table of clips: an output of `convert`, or one like it.

The table says where clips lie, what is heard in them, and which part of the data each
recording is in; the recordings are read again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from specimg.audio.labels import SPLIT_FOLDERS
from specimg.dataset.labeled import Dataset
from specimg.dataset.recording import LabeledClip, LabeledRecording
from specimg.errors import DatasetError
from specimg.output.listing import open_listing
from specimg.output.reading import TableError, read_clip_rows
from specimg.splits.groups import BY_SOURCE, group_names

TRAIN, VALIDATION, TEST = dict.fromkeys(SPLIT_FOLDERS.values())
"""What parts are for, whatever they are called."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What to learn from and what to ask about, by a table."""

    train: Dataset
    tests: Mapping[str, Dataset]
    """The parts to ask about by their names; none where the table has no parts, or
    only one to learn from."""
    notes: tuple[str, ...]
    """Which part is used for what."""


def read_parts(path: Path, recordings: Path | None = None) -> Parts:
    """Read a table, and decide which of its parts are learned from.

    Those are ``train`` and, if there is a ``test``, ``val``: no model here needs it for
    anything else.  Without a ``test``, ``val`` is asked about.  Other names of these
    parts, such as ``validation``, are those of `SPLIT_FOLDERS`.

    Parameters
    ----------
    path : Path
        An output of specimg, or a table.
    recordings : Path, optional
        See `open_listing`.

    Raises
    ------
    DatasetError
        There is no part to learn from, or a recording is not there.
    SpecimgError
        As from `open_listing` and `read_clip_rows`.
    """
    remedy = "say where the recordings are with --recordings DIR"
    if recordings:
        remedy = "need the folder that the names of recordings begin in"
    table = _Table(path, recordings, remedy)
    names = dict.fromkeys(one.split for one in table.recordings)
    if [*names] == [""]:
        return Parts(table.take(names), {}, ())
    kinds = {name: SPLIT_FOLDERS.get(name.lower(), "") for name in sorted(names)}
    asked_kind = TEST if TEST in kinds.values() else VALIDATION
    asked = [name for name, kind in kinds.items() if kind == asked_kind]
    learned = [
        name
        for name, kind in kinds.items()
        if kind in (TRAIN, VALIDATION) and kind != asked_kind
    ]
    if TRAIN not in kinds.values():
        found = ", ".join(name or "no split" for name in kinds)
        msg = f"{table.path}: no split is called train, but {found}: need one"
        raise DatasetError(msg)
    notes = [f"learned from {' and '.join(learned)} of {table.path}"]
    if others := [name or "no split" for name in kinds if name not in learned + asked]:
        notes.append(f"left out: the recordings of {', '.join(others)}")
    tests = {name: table.take([name]) for name in asked}
    return Parts(table.take(learned), tests, tuple(notes))


def read_test(path: Path) -> Dataset:
    """Read a table to ask about: its part ``test``, or all if there is none.

    Raises
    ------
    DatasetError, SpecimgError
        As from `read_parts`.
    """
    table = _Table(path, None, "need it there")
    names = {one.split for one in table.recordings}
    tests = {name for name in names if SPLIT_FOLDERS.get(name.lower()) == TEST}
    return table.take(tests or names)


class _Table:
    """The recordings of a table."""

    def __init__(self, path: Path, recordings: Path | None, remedy: str) -> None:
        listing = open_listing(path, recordings)
        self.path = listing.path
        self._remedy = remedy
        found: dict[str, _Source] = {}
        for line, row in read_clip_rows(self.path):
            source = found.setdefault(row.source, _Source(row.split))
            if source.split != row.split:
                what = (
                    f"{row.source} is in split {row.split or 'none'}, but in "
                    f"{source.split or 'none'} above: need one for a recording"
                )
                raise TableError(self.path, line, what)
            labels = source.clips.setdefault((row.start, row.end), {})
            labels |= dict.fromkeys(row.list_labels())
        if not found:
            msg = f"{self.path} lists no clip"
            raise DatasetError(msg)
        self.recordings = [
            LabeledRecording(
                path=listing.find(name),
                name=name,
                split=source.split,
                clips=source.list_clips(),
            )
            for name, source in sorted(found.items())
        ]
        self._groups = self._complete(listing.groups)

    def _complete(self, groups: Mapping[str, str]) -> Mapping[str, str]:
        """Return the group of each recording; nothing if each is alone."""
        own = group_names(self.recordings, BY_SOURCE)
        pairs = zip(self.recordings, own, strict=True)
        found = {one.name: groups.get(one.name, usual) for one, usual in pairs}
        return found if len(set(found.values())) < len(set(own)) else {}

    def take(self, splits: Iterable[str]) -> Dataset:
        """Return the recordings of these parts, which have to be there."""
        wanted = {*splits}
        chosen = [one for one in self.recordings if one.split in wanted]
        if missing := [one for one in chosen if not one.path.is_file()]:
            msg = f"{self.path}: {missing[0].name} is not at {missing[0].path}"
            if len(missing) > 1:
                msg += f", nor {len(missing) - 1} more where they should be"
            msg = f"{msg}: {self._remedy}"
            raise DatasetError(msg)
        labels = {label for one in chosen for label in one.labels}
        return Dataset(
            folder=self.path,
            classes=tuple(sorted(labels)),
            recordings=tuple(chosen),
            is_listed=True,
            groups=self._groups,
            n_label_folders=int(all(map(_has_label_of_folder, self.recordings))),
        )


def _has_label_of_folder(recording: LabeledRecording) -> bool:
    """Whether the label of all clips is the first folder of a recording's name."""
    folder, slash, _ = recording.name.partition("/")
    return bool(slash) and all(c.labels == (folder,) for c in recording.clips or ())


@dataclass(slots=True)
class _Source:
    """What a table says of a recording."""

    split: str
    clips: dict[tuple[float, float], dict[str, None]] = field(default_factory=dict)
    """The labels of each clip, by its start and end."""

    def list_clips(self) -> tuple[LabeledClip, ...]:
        return tuple(
            LabeledClip(start=start, end=end, labels=tuple(sorted(labels)))
            for (start, end), labels in sorted(self.clips.items())
        )
