"""Which recordings a run has to convert: those that no run before it has."""

from collections.abc import Iterable, Iterator

from specimg.audio.recordings import Listing, Recording
from specimg.batch.report import Report
from specimg.errors import RefusedError
from specimg.output.entries import (
    DONE,
    FAILED,
    NOT_THERE,
    FileStamp,
    JournalEntry,
    encode_joined,
)
from specimg.output.session import Output
from specimg.settings import RESERVED_NAMES, Settings


def plan(
    output: Output, settings: Settings, listing: Listing, report: Report, *, prune: bool
) -> list[Recording]:
    """Return the recordings that are not converted yet, and forget what is gone.

    The others are counted in `report`.

    Raises
    ------
    RefusedError
        A name is that of a table, or pruning could remove too much.
    """
    unreadable = {name for name, _ in listing.unreadable}
    if prune and unreadable:
        raise RefusedError(_unreachable(min(unreadable)))
    reserved = {settings.manifest, *RESERVED_NAMES}
    todo: list[Recording] = []
    gone: list[JournalEntry] = []
    joined: dict[str, str] = {}
    with output.journal.transaction():
        known = output.journal.entries()
        for recording, before in _side_by_side(listing.recordings, known, gone):
            _check_name(recording.name, reserved)
            stamp = FileStamp.of(recording.path)
            if stamp.size == NOT_THERE and before and before.state == DONE:
                gone.append(before)  # named, but vanished
            elif prune and stamp.size == NOT_THERE:
                raise RefusedError(_unreachable(recording.name))
            elif before and output.is_done(before, stamp, recording):
                report.skipped += 1
                cells = encode_joined(recording.joined)
                if cells != before.joined:
                    joined[recording.name] = cells
                report.images_before += len(before.files)
            else:
                todo.append(recording)
        for name, cells in joined.items():
            output.journal.join(name, cells)
        report.joined = len(joined)
        vanished = [entry for entry in gone if entry.name not in unreadable]
        _forget_vanished(output, vanished, report, prune=prune)
    return todo


def _side_by_side(
    recordings: Iterable[Recording],
    known: Iterator[JournalEntry],
    gone: list[JournalEntry],
) -> Iterator[tuple[Recording, JournalEntry | None]]:
    """Yield each recording with what is known of it; add to `gone` what is not listed.

    Recordings and what is known are in the order of their names.
    """
    ahead = next(known, None)
    for recording in recordings:
        while ahead and ahead.name < recording.name:
            gone.append(ahead)
            ahead = next(known, None)
        if ahead and ahead.name == recording.name:
            yield recording, ahead
            ahead = next(known, None)
        else:
            yield recording, None
    gone += [ahead, *known] if ahead else []


def _forget_vanished(
    output: Output, vanished: list[JournalEntry], report: Report, *, prune: bool
) -> None:
    """Forget recordings that are no inputs any more and have no images either.

    With `prune`, those that have images as well.
    """
    for entry in vanished:
        if entry.state == FAILED:
            output.journal.forget(entry.name)  # it has no images
        elif not output.has_images(entry):
            output.discard(entry.name)
            report.lost += 1
        else:
            report.vanished += 1
            if prune:
                output.discard(entry.name)
                report.pruned += 1


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
