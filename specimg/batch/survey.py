"""What a run has to do, beside what has been done before."""

from dataclasses import dataclass, field
from pathlib import Path

from specimg.batch.output import Output
from specimg.errors import RefusedError
from specimg.journal import DONE, FAILED, Stamp
from specimg.manifest import Failure
from specimg.recordings import Listing, Recording, encode_name
from specimg.settings import FAILURES_NAME, SETTINGS_NAME, Settings

NOT_THERE = -1
"""Size of a file that is not there."""


@dataclass(slots=True)
class Survey:
    """What there is to do, and what there is not."""

    todo: list[Recording] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    """Folders that cannot be listed."""
    skipped: int = 0
    """Recordings that were converted already."""
    vanished: int = 0
    """Recordings that were converted once, but are not among the inputs now."""
    pruned: int = 0
    """Those of them whose images were removed."""
    lost: int = 0
    """Recordings that are not among the inputs now, and whose images are gone too."""


def survey(
    output: Output, settings: Settings, listing: Listing, *, prune: bool
) -> Survey:
    """Compare what there is with what the journal knows, and forget what is gone.

    Raises
    ------
    RefusedError
        A name is that of a table, or pruning could remove too much.
    """
    found = Survey()
    names = set()
    with output.journal.transaction():
        for name, reason in listing.unreadable:
            if prune:
                raise RefusedError(_unreachable(name))
            names.add(name)
            found.failures.append(Failure(source=name, stage="open", reason=reason))
        for recording in listing.recordings:
            _check_name(recording.name, settings)
            stamp = stamp_of(recording.path)
            entry = output.journal.entry(recording.name)
            if stamp.size == NOT_THERE and entry and entry.state == DONE:
                continue  # named, but vanished
            names.add(recording.name)
            if prune and stamp.size == NOT_THERE:
                raise RefusedError(_unreachable(recording.name))
            if output.is_done(recording, stamp):
                found.skipped += 1
            else:
                found.todo.append(recording)
        _look_for_vanished(output, names, found, prune=prune)
    return found


def stamp_of(path: Path) -> Stamp:
    """Return what tells a file from a later one under its name."""
    encoded = encode_name(str(path))
    try:
        status = path.stat()
    except OSError:
        return Stamp(path=encoded, size=NOT_THERE, modified=0)
    return Stamp(path=encoded, size=status.st_size, modified=status.st_mtime_ns)


def _look_for_vanished(
    output: Output, names: set[str], found: Survey, *, prune: bool
) -> None:
    """Note what is in the journal, but not among the `names` of the inputs."""
    journal = output.journal
    for name in [name for name in journal.names() if name not in names]:
        entry = journal.entry(name)
        if entry is not None and entry.state == FAILED:
            journal.forget(name)  # nothing is left of it, or wrong
        elif not all(map(output.has, journal.images(name))):
            output.discard(name)
            found.lost += 1
        else:
            found.vanished += 1
            if prune:
                output.discard(name)
                found.pruned += 1


def _check_name(name: str, settings: Settings) -> None:
    """Refuse a folder of images where a table is to be written."""
    reserved = (settings.manifest, FAILURES_NAME, SETTINGS_NAME)
    if "/" in name and name.partition("/")[0] in reserved:
        msg = (
            f"the images of {name} would be in a folder that is called like a "
            f"file that is written: {', '.join(reserved)}; rename the folder"
        )
        raise RefusedError(msg)


def _unreachable(name: str) -> str:
    return f"--prune could remove too much, because {name} cannot be reached"
