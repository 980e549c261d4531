"""Shards of an output folder, each in the hands of one run at a time.

What is known of them lies in hidden files at the top of the folder: ``.specimg.sqlite``
is the journal of a run, ``.specimg-1-of-4.sqlite`` that of a shard, and beside it is a
lock, and who holds it.  No hidden folder: torchvision would take it for a class.
"""

import json
import os
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock

from specimg.bounded import MAX_TEXT_BYTES, read_regular
from specimg.errors import RefusedError, StorageError
from specimg.output.schema import JournalError

FOLDER_OF_0_1 = ".specimg"
"""Where specimg 0.1 kept its journals."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of all inputs that a run takes: number `index` of `count`, from 1."""

    index: int = 1
    count: int = 1

    @property
    def is_all(self) -> bool:
        """Whether it is no part, but everything."""
        return self.count == 1

    @property
    def stem(self) -> str:
        """What the names of its hidden files begin with."""
        return ".specimg" if self.is_all else f".specimg-{self.index}-of-{self.count}"

    def journal(self, folder: Path) -> Path:
        """Return where its journal is in an output folder."""
        return folder / f"{self.stem}.sqlite"

    def journal_of_0_1(self, folder: Path) -> Path:
        """Return where specimg 0.1 kept its journal."""
        return folder / FOLDER_OF_0_1 / f"{self}.sqlite"

    def __str__(self) -> str:
        return f"part-{self.index}-of-{self.count}"


ALL = Shard()


def find_shards(folder: Path) -> list[Shard]:
    """List the shards of which an output folder has a journal."""
    found = {ALL} if os.path.lexists(ALL.journal(folder)) else set()
    for parent, pattern in (
        (folder, r"\.specimg-(\d{1,6})-of-(\d{1,6})\.sqlite"),
        (folder / FOLDER_OF_0_1, r"part-(\d{1,6})-of-(\d{1,6})\.sqlite"),
    ):
        try:
            names = os.listdir(parent)  # noqa: PTH208 - only the names
        except (FileNotFoundError, NotADirectoryError):  # or a moment ago it was there
            continue
        matches = (re.fullmatch(pattern, name, re.ASCII) for name in names)
        found |= {Shard(int(m[1]), int(m[2])) for m in matches if m}
    return sorted(found, key=lambda shard: (shard.count, shard.index))


def find_journal(folder: Path, shard: Shard) -> Path:
    """Return where the journal of a shard is, perhaps where an earlier version put it.

    Raises
    ------
    RefusedError
        There are two.
    """
    path, before = shard.journal(folder), shard.journal_of_0_1(folder)
    if not os.path.lexists(before):
        return path
    if os.path.lexists(path):
        msg = f"{folder} has two records: remove {path} or {before}, the older one"
        raise RefusedError(msg)
    return before


def move_journal(folder: Path, shard: Shard) -> None:
    """Move the journal of a shard to where it is now, if specimg 0.1 wrote it.

    The caller holds the shard.

    Raises
    ------
    RefusedError
        A run of specimg 0.1 holds it, or there are two.
    StorageError
        It cannot be moved.
    """
    before = find_journal(folder, shard)
    path = shard.journal(folder)
    if before == path:
        return
    with _hold(folder, before.with_suffix("")):
        log = before.with_name(before.name + "-wal")
        try:
            if log.exists() and log.stat().st_size:
                _write_log_into(before)
            before.replace(path)
        except OSError as error:
            msg = f"cannot move {before}: {error.strerror or error}"
            raise StorageError(msg) from error
    with suppress(OSError):  # others may still need it
        before.with_suffix(".lock").unlink(missing_ok=True)
        before.parent.rmdir()


def _write_log_into(path: Path) -> None:
    """Write what a killed run left in the log of a database into it."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise JournalError(path, f"is damaged: {error}") from error


@contextmanager
def hold_shard(folder: Path, shard: Shard) -> Iterator[None]:
    """Keep all other processes away from a shard.

    Raises
    ------
    RefusedError
        Another one holds it.
    StorageError
        It cannot be locked.
    """
    with _hold(folder, folder / shard.stem):
        yield


@contextmanager
def hold_to_read(folder: Path, shard: Shard) -> Iterator[None]:
    """Keep writers away from a shard, unless nobody can write to it anyway.

    Raises
    ------
    RefusedError
        Another process holds it.
    """
    with ExitStack() as stack:
        # A read-only disk, or a folder of somebody else.
        with suppress(StorageError):
            stack.enter_context(hold_shard(folder, shard))
        yield


@contextmanager
def _hold(folder: Path, stem: Path) -> Iterator[None]:
    lock = filelock.FileLock(stem.with_name(f"{stem.name}.lock"), blocking=False)
    holder = stem.with_name(f"{stem.name}.holder")
    try:
        lock.acquire()
    except filelock.Timeout as error:
        try:
            about = json.loads(read_regular(holder, MAX_TEXT_BYTES))
            who = f"process {about['pid']} on {about['host']}"
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            who = "another process"
        msg = f"{folder} is being written by {who}; wait for it, or stop it"
        raise RefusedError(msg) from error
    except OSError as error:
        msg = f"cannot lock {folder}: {error.strerror or error}"
        raise StorageError(msg) from error
    try:
        # Only for who is refused; that it cannot be written is no reason to stop.
        with suppress(OSError):
            me = {"pid": os.getpid(), "host": socket.gethostname()}
            holder.unlink(missing_ok=True)  # rather than follow a link
            with holder.open("x") as file:
                file.write(json.dumps(me))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
