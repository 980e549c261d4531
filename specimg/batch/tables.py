"""The manifest and the failures of all parts of an output folder."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from heapq import merge as merge_sorted
from itertools import chain
from pathlib import Path

from specimg.batch.output import FINISHED, SETTINGS
from specimg.batch.parts import Part, find_parts, hold
from specimg.errors import RefusedError
from specimg.journal import FAILED, FOLDER, Journal
from specimg.manifest import Failure, Image, format_failures, format_manifest
from specimg.settings import FAILURES_NAME, SETTINGS_NAME, Settings
from specimg.storage import (
    remove,
    remove_emptied_folders,
    remove_partials,
    write_table,
)


@contextmanager
def read_parts(folder: Path) -> Iterator[tuple[Settings, list[Journal]]]:
    """Open the journals of all parts of a finished output, and its settings.

    Raises
    ------
    RefusedError
        A part is missing, not finished, being written, or has other settings.
    """
    parts = find_parts(folder)
    if not parts:
        msg = f"{folder} holds no output of specimg: it has no {FOLDER}"
        raise RefusedError(msg)
    count = parts[0].count
    wanted = [Part(index, count) for index in range(1, count + 1)]
    if missing := [str(part) for part in wanted if part not in parts]:
        msg = f"{folder} is not complete: {', '.join(missing)} missing"
        raise RefusedError(msg)
    with ExitStack() as stack:
        journals = []
        for part in parts:
            stack.enter_context(hold(folder / FOLDER, part))
            journal = Journal(folder / FOLDER / f"{part}.sqlite")
            stack.callback(journal.close)
            if journal.get(FINISHED) != str(True):
                msg = f"{folder}: {part} is not finished; run its command again"
                raise RefusedError(msg)
            journals.append(journal)
        texts = {journal.get(SETTINGS) for journal in journals}
        if len(texts) > 1 or len(parts) != count:
            msg = f"{folder} holds parts that were made with different settings"
            raise RefusedError(msg)
        yield Settings.load(folder / SETTINGS_NAME), journals


def all_images(journals: Iterable[Journal]) -> Iterator[Image]:
    """Yield the images of all parts in the order of the manifest."""
    parts = [journal.images() for journal in journals]
    if len(parts) == 1:
        return parts[0]  # which is in this order
    return merge_sorted(
        *parts,
        key=lambda image: (image.record.source, image.record.start),
    )


def all_failures(journals: Iterable[Journal]) -> Iterator[Failure]:
    """Yield the failures of all parts in the order of their sources."""
    return merge_sorted(
        *(journal.failures() for journal in journals), key=lambda f: f.source
    )


def update_tables(folder: Path, settings: Settings, journal: Journal, tag: str) -> None:
    """Write the tables of an output in one part, unless they are there already.

    `tag` is who writes, of those who may be killed.
    """
    remove_partials(folder, tag)
    path = folder / settings.manifest
    if not path.exists() or journal.manifest != _stamp(path):
        _write_manifest(folder, settings, [journal], tag)
        journal.manifest = _stamp(path)
    _write_failures(folder, [journal], tag)


def _stamp(path: Path) -> str:
    """Return what tells a file from another one in its place."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _write_manifest(
    folder: Path, settings: Settings, journals: list[Journal], tag: str
) -> None:
    records = (image.record for image in all_images(journals))
    lines = format_manifest(records, settings.manifest)
    write_table(folder / settings.manifest, lines, tag)


def _write_failures(folder: Path, journals: list[Journal], tag: str) -> None:
    """Write the failures if there are any."""
    for name in chain.from_iterable(journal.names(FAILED) for journal in journals):
        remove_emptied_folders(folder, name)
    if any(True for _ in all_failures(journals)):
        lines = format_failures(all_failures(journals))
        write_table(folder / FAILURES_NAME, lines, tag)
    else:
        remove(folder / FAILURES_NAME)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge put together."""

    parts: int
    images: int
    failures: int
    manifest: str


def merge_parts(folder: Path) -> Merged:
    """Write the tables of an output that was made in parts.

    Raises
    ------
    RefusedError
        It is not complete.
    StorageError
        The tables cannot be written.
    """
    with read_parts(folder) as (settings, journals):
        remove_partials(folder, "merge")
        _write_manifest(folder, settings, journals, "merge")
        _write_failures(folder, journals, "merge")
        return Merged(
            parts=len(journals),
            images=sum(1 for journal in journals for _ in journal.images()),
            failures=sum(1 for _ in all_failures(journals)),
            manifest=settings.manifest,
        )
