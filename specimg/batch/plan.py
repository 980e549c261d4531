"""What a run has to do, beside what has been done before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from specimg.audio.recordings import Listing, Recording
from specimg.errors import RefusedError
from specimg.output.journal import DONE, FAILED, NOT_THERE, FileStamp, JournalEntry
from specimg.output.manifest import Failure
from specimg.output.session import Output
from specimg.settings import RESERVED_NAMES, Settings


@dataclass(slots=True)
class Plan:
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


def plan(output: Output, settings: Settings, listing: Listing, *, prune: bool) -> Plan:
    """Compare what there is with what the journal knows, and forget what is gone.

    Raises
    ------
    RefusedError
        A name is that of a table, or pruning could remove too much.
    """
    found = Plan()
    unreadable = {name for name, _ in listing.unreadable}
    if prune and unreadable:
        raise RefusedError(_unreachable(min(unreadable)))
    for name, reason in listing.unreadable:
        found.failures.append(Failure(source=name, stage="open", reason=reason))
    reserved = {settings.manifest, *RESERVED_NAMES}
    gone: list[JournalEntry] = []
    with output.journal.transaction():
        known = output.journal.entries()
        for recording, before in _side_by_side(listing.recordings, known, gone):
            _check_name(recording.name, reserved)
            stamp = FileStamp.of(recording.path)
            if stamp.size == NOT_THERE and before and before.state == DONE:
                gone.append(before)  # named, but vanished
            elif prune and stamp.size == NOT_THERE:
                raise RefusedError(_unreachable(recording.name))
            elif before and output.is_done(before, stamp):
                found.skipped += 1
            else:
                found.todo.append(recording)
        vanished = [known for known in gone if known.name not in unreadable]
        _look_at_vanished(output, vanished, found, prune=prune)
    return found


def _side_by_side(
    recordings: Iterable[Recording],
    known: Iterator[JournalEntry],
    others: list[JournalEntry],
) -> Iterator[tuple[Recording, JournalEntry | None]]:
    """Yield each recording, and what is known of it; of `others` take note.

    Recordings and what is known are in the order of their names.
    """
    ahead = next(known, None)
    for recording in recordings:
        while ahead and ahead.name < recording.name:
            others.append(ahead)
            ahead = next(known, None)
        if ahead and ahead.name == recording.name:
            yield recording, ahead
            ahead = next(known, None)
        else:
            yield recording, None
    others += [ahead, *known] if ahead else []


def _look_at_vanished(
    output: Output, vanished: list[JournalEntry], found: Plan, *, prune: bool
) -> None:
    """Forget of what is not among the inputs any more what has no images either."""
    for known in vanished:
        if known.state == FAILED:
            output.journal.forget(known.name)  # nothing is left of it, or wrong
        elif not output.has_images(known):
            output.discard(known.name)
            found.lost += 1
        else:
            found.vanished += 1
            if prune:
                output.discard(known.name)
                found.pruned += 1


def _check_name(name: str, reserved: set[str]) -> None:
    """Refuse a folder of images where a table is to be written."""
    folder, slash, _ = name.partition("/")
    if slash and folder in reserved:
        msg = (
            f"the images of {name} would be in a folder that is called like a "
            f"file that is written: {', '.join(sorted(reserved))}; rename the folder"
        )
        raise RefusedError(msg)


def _unreachable(name: str) -> str:
    return f"--prune could remove too much, because {name} cannot be reached"
