"""An output folder in the hands of one run: its lock, its journal, its tables."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from specimg.audio.recordings import Recording
from specimg.errors import RefusedError, StorageError
from specimg.output.compatibility import check_parts, check_settings, manifest_of
from specimg.output.containment import check_names
from specimg.output.database import DATABASE_SUFFIXES
from specimg.output.entries import DONE, STARTED, FileStamp, JournalEntry
from specimg.output.files import (
    remove,
    remove_images,
    remove_partials,
    write_table,
)
from specimg.output.folders import known_folders, remove_emptied_folders
from specimg.output.foreign import check_folder
from specimg.output.images import ImageError, is_image, read_image
from specimg.output.journal import Journal
from specimg.output.manifest import ImageEntry
from specimg.output.schema import JournalError
from specimg.output.shards import Shard, hold_shard, move_journal
from specimg.output.strays import remove_strays
from specimg.rendering.image import digest
from specimg.settings import SETTINGS_NAME, Settings

SETTINGS, FINISHED = "settings", "finished"
"""Keys of what a journal knows of its run."""

_OPEN = "open"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Output:
    """One part of an output folder, which only this process writes.

    Made by `open_output`.
    """

    def __init__(
        self, folder: Path, part: Shard, journal: Journal, settings: Settings
    ) -> None:
        self._settings = settings
        self.folder = folder
        self.part = part
        self.journal = journal
        self._emptied: set[str] = set()
        self.is_trusted = True
        """False after a crash of the machine: images may be whole only in name."""

    def is_done(
        self, entry: JournalEntry, stamp: FileStamp, recording: Recording
    ) -> bool:
        """Whether a recording is converted already, and its images are still there.

        By the same plan, and, where no annotations give labels, with the same label.

        Raises
        ------
        RefusedError
            Another recording has been converted under this name.
        """
        if entry.state != DONE:
            return False
        before = entry.stamp
        if (before.size, before.modified) != (stamp.size, stamp.modified):
            if before.path != stamp.path:
                msg = (
                    f"{self.folder} already holds images of {before.path} under the "
                    f"name {entry.name}, which {stamp.path} would take over; "
                    f"convert into another folder, or both in one command"
                )
                raise RefusedError(msg)
            return False
        is_same = entry.plan == recording.plan_digest
        plan = recording.plan
        if not (plan and plan.annotations) and entry.files:
            usual = plan.negative_label if plan else ""
            is_same = is_same and entry.label == (recording.label or usual)
        return is_same and self.has_images(entry)

    def has_images(self, entry: JournalEntry) -> bool:
        """Whether all images of a recording are there and have their sizes.

        Also their pixels, after a crash of the machine.  What is converted has one at
        least: without any, the record is damaged, unless clips were left out.
        """
        if not (entry.files or entry.plan or entry.has_dropped):
            return False
        if not all(is_image(self.folder, *f) for f in entry.files):
            return False
        return self.is_trusted or all(
            map(self._is_whole, self.journal.images(entry.name))
        )

    def _is_whole(self, image: ImageEntry) -> bool:
        try:
            pixels = read_image(self.folder, image, self._settings)
        except ImageError:
            return False
        return digest(pixels) == image.digest

    def discard(self, name: str) -> None:
        """Remove the images of a recording, known or left over, and forget it."""
        for image in self.journal.images(name):
            remove(self.folder / image.record.file_name)
            self._emptied.add(name)
        if self.journal.state(name) == STARTED:
            self.remove_images(name)
        self.journal.forget(name)

    def remove_images(self, name: str, keep: Collection[str] = ()) -> None:
        """Remove whatever a recording may have left but the images in `keep`."""
        for folder in known_folders(self.journal):
            remove_images(self.folder, name, keep, folder)

    def remove_emptied_folders(self) -> None:
        """Remove the folders that hold nothing since images were discarded.

        Only when nobody else writes to the folder.
        """
        for folder in known_folders(self.journal):
            for name in self._emptied:
                remove_emptied_folders(self.folder, name, folder)

    def finish(self, *, complete: bool) -> None:
        """Note whether all of this part is done."""
        with self.journal.transaction():
            self.journal.set(FINISHED, str(complete))
            self.journal.set(_OPEN, "")


@contextmanager
def open_output(
    folder: Path,
    part: Shard,
    settings: Settings,
    *,
    overwrite: bool,
    recheck: bool = False,
) -> Iterator[Output]:
    """Take hold of an output folder, and put right what a killed run left there.

    Raises
    ------
    RefusedError
        Another run holds it, it was written with other settings or parts, it is a
        folder of recordings, or a table of others would be lost.
    StorageError
        It cannot be written.
    """
    check_folder(folder, settings, overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot write {folder}: {error.strerror or error}"
        raise StorageError(msg) from error
    with ExitStack() as stack:
        stack.enter_context(hold_shard(folder, part))
        for other in check_parts(folder, part, overwrite=overwrite):
            stack.enter_context(hold_shard(folder, other))
            _remove_shard(folder, other, settings)
        move_journal(folder, part)
        if overwrite:
            _remove_shard(folder, part, settings)
            if part.is_all:
                remove_strays(folder, settings)
        journal = Journal(part.journal(folder))
        stack.callback(journal.close)
        check_names(folder, journal)
        check_settings(folder, journal.get(SETTINGS) or "", settings)
        output = Output(folder, part, journal, settings)
        _begin(output, settings)
        output.is_trusted = output.is_trusted and not recheck
        yield output


def _begin(output: Output, settings: Settings) -> None:
    journal = output.journal
    was_open = journal.get(_OPEN) or ""
    # After a kill, whatever was renamed is whole; after a crash of the machine, a
    # name may have reached the disk before what it names.
    output.is_trusted = was_open in ("", _boot_id())
    with journal.transaction():
        for name in list(journal.names(STARTED)):
            output.discard(name)
        journal.set(SETTINGS, settings.to_toml())
        journal.set(_OPEN, _boot_id())
        journal.set(FINISHED, str(False))
    remove_partials(output.folder, str(output.part))
    toml = settings.to_toml().encode()
    write_table(output.folder / SETTINGS_NAME, [toml], str(output.part))


def _remove_shard(folder: Path, part: Shard, settings: Settings) -> None:
    """Remove what a shard has written, as far as its record can say, and the record."""
    move_journal(folder, part)
    path = part.journal(folder)
    if path.is_dir() and not path.is_symlink():
        msg = f"{path} is a folder, not a record: remove it"
        raise RefusedError(msg)
    try:
        journal = Journal(path)
    except JournalError:
        journal = None
    if journal is not None:
        with closing(journal), suppress(JournalError):
            # All of it is read before anything is removed.
            check_names(folder, journal)
            manifest = manifest_of(journal.get(SETTINGS) or "")
            names = list(journal.names())
            output = Output(folder, part, journal, settings)
            with journal.transaction():
                for name in names:
                    output.discard(name)
            output.remove_emptied_folders()
            if part.is_all and manifest:
                remove(folder / manifest)
    for suffix in DATABASE_SUFFIXES:  # and no copy that somebody has put beside it
        remove(path.with_name(path.name + suffix))


def _boot_id() -> str:
    """Return what changes when the machine starts anew, if that can be known."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
