"""An output folder in the hands of one run: its lock, its journal, its tables."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from specimg.batch.parts import Part, find_parts, hold
from specimg.errors import RefusedError, StorageError
from specimg.image import decode, digest
from specimg.journal import DONE, FOLDER, STARTED, Journal, Known, Stamp
from specimg.manifest import Image
from specimg.settings import FAILURES_NAME, SETTINGS_NAME, Settings
from specimg.storage import (
    remove,
    remove_emptied_folders,
    remove_images,
    remove_partials,
    write_table,
)

SETTINGS, FINISHED = "settings", "finished"
"""What a journal knows of the run that it belongs to."""

_OPEN = "open"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Output:
    """An output folder that this process alone writes this part of.

    Made by `open_output`.
    """

    def __init__(
        self, folder: Path, part: Part, journal: Journal, settings: Settings
    ) -> None:
        self._image_format = settings.image.format
        self.folder = folder
        self.part = part
        self.journal = journal
        self._emptied: set[str] = set()
        self.is_trusted = True
        """False after a crash of the machine: images may be whole only in name."""

    def is_done(self, known: Known, stamp: Stamp) -> bool:
        """Whether a recording is converted already, and its images are still there.

        Raises
        ------
        RefusedError
            Another recording has been converted under this name.
        """
        if known.entry.state != DONE:
            return False
        before = known.entry.stamp
        if (before.size, before.modified) != (stamp.size, stamp.modified):
            if before.path != stamp.path:
                msg = (
                    f"{self.folder} already holds images of {before.path} under the "
                    f"name {known.name}, which {stamp.path} would take over; "
                    f"convert into another folder, or both in one command"
                )
                raise RefusedError(msg)
            return False
        return self.has_images(known)

    def has_images(self, known: Known) -> bool:
        """Whether all images of a recording are there and have their sizes.

        Also their pixels, after a crash of the machine.
        """
        return all(self._is_there(*file) for file in known.files) and (
            self.is_trusted or all(map(self._is_whole, self.journal.images(known.name)))
        )

    def _is_there(self, file_name: str, n_bytes: int) -> bool:
        try:
            # As a string: a Path of its own takes longer than the question.
            status = os.stat(f"{self.folder}/{file_name}")  # noqa: PTH116
        except (OSError, ValueError):
            return False
        return status.st_size == n_bytes

    def _is_whole(self, image: Image) -> bool:
        path = self.folder / image.record.file_name
        try:
            pixels = decode(path.read_bytes(), self._image_format)
        except (OSError, ValueError, SyntaxError):
            return False
        return digest(pixels) == image.digest

    def discard(self, name: str) -> None:
        """Remove the images of a recording, known or left over, and forget it."""
        for image in self.journal.images(name):
            remove(self.folder / image.record.file_name)
            self._emptied.add(name)
        entry = self.journal.entry(name)
        if entry is not None and entry.state == STARTED:
            remove_images(self.folder, name)
        self.journal.forget(name)

    def remove_emptied_folders(self) -> None:
        """Remove the folders that hold nothing since images were discarded.

        Only when nobody else writes to the folder.
        """
        for name in self._emptied:
            remove_emptied_folders(self.folder, name)

    def finish(self, *, complete: bool) -> None:
        """Note whether all of this part is done."""
        with self.journal.transaction():
            self.journal.set(FINISHED, str(complete))
            self.journal.set(_OPEN, "")


@contextmanager
def open_output(
    folder: Path, part: Part, settings: Settings, *, overwrite: bool
) -> Iterator[Output]:
    """Take hold of an output folder, and put right what a killed run left there.

    Raises
    ------
    RefusedError
        Another run holds it, or it was written with other settings or parts.
    StorageError
        It cannot be written.
    """
    hidden = folder / FOLDER
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file: the last argument is the folder to write to"
        raise RefusedError(msg)
    try:
        hidden.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot write {folder}: {error.strerror or error}"
        raise StorageError(msg) from error
    with ExitStack() as stack:
        stack.enter_context(hold(hidden, part))
        others = [p for p in find_parts(folder) if p.count != part.count]
        for other in others:
            if not (overwrite and part.is_all):
                msg = f"{folder} holds {other} of another run; to remove it, "
                msg += "use --overwrite without --shard"
                raise RefusedError(msg)
            stack.enter_context(hold(hidden, other))
            _remove_part(folder, other, settings)
        journal = Journal(hidden / f"{part}.sqlite")
        stack.callback(journal.close)
        output = Output(folder, part, journal, settings)
        if overwrite:
            before = tomllib.loads(journal.get(SETTINGS) or "")
            for name in (before.get("manifest", settings.manifest), FAILURES_NAME):
                if part.is_all:
                    remove(folder / name)
            with journal.transaction():
                for name in list(journal.names()):
                    output.discard(name)
                journal.set(SETTINGS, "")
        else:
            _check_settings(folder, journal, settings)
        _begin(output, settings)
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


def _check_settings(folder: Path, journal: Journal, settings: Settings) -> None:
    before = journal.get(SETTINGS)
    if not before or before == settings.to_toml():
        return
    had = dict(line.split(" = ", 1) for line in before.splitlines())
    wants = dict(line.split(" = ", 1) for line in settings.to_toml().splitlines())
    names = [name for name in {**had, **wants} if had.get(name) != wants.get(name)]
    rows = [("setting", "in the folder", "now")]
    rows += [(n, _short(had.get(n)), _short(wants.get(n))) for n in names]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    table = "\n  ".join(lines)
    msg = (
        f"{folder} was written with other settings:\n  {table}\n"
        f"write to another folder, or begin anew with --overwrite"
    )
    raise RefusedError(msg)


def _short(text: str | None) -> str:
    limit = 40
    text = "-" if text is None else text
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _remove_part(folder: Path, part: Part, settings: Settings) -> None:
    path = folder / FOLDER / f"{part}.sqlite"
    journal = Journal(path)
    output = Output(folder, part, journal, settings)
    with journal.transaction():
        for name in list(journal.names()):
            output.discard(name)
    output.remove_emptied_folders()
    journal.close()
    for leftover in path.parent.glob(f"{part}.sqlite*"):
        remove(leftover)


def _boot_id() -> str:
    """Return what changes when the machine starts anew, if that can be known."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
