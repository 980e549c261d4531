"""How the database of a journal is opened, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from specimg.bounded import MAX_TEXT_BYTES
from specimg.errors import RefusedError, StorageError
from specimg.output.schema import (
    JournalError,
    bring_up_to_date,
    is_up_to_date,
    read_version,
)

DATABASE_SUFFIXES = ("", "-wal", "-shm", "-journal")
"""Of a database, and of what SQLite keeps beside it."""

_OF_THE_DISK = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""Errors that do not say that the database is damaged."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what went wrong with a database as a sentence that says what to do."""
    try:
        yield
    except (sqlite3.Error, ValueError, TypeError, IndexError, OverflowError) as error:
        if isinstance(error, RefusedError):
            raise
        text = str(error)
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _OF_THE_DISK:
            raise JournalError(path, f"is damaged: {text}") from error
        if "full" in text:
            text = "No space left on device"
        msg = f"cannot use {path}: {text}"
        raise StorageError(msg) from error


def _check_kind(path: Path) -> None:
    """Refuse what is no file: SQLite would wait for a named pipe, and write to links.

    Also what SQLite keeps beside it.
    """
    for suffix in DATABASE_SUFFIXES:
        file = path.with_name(path.name + suffix)
        if os.path.lexists(file) and not (file.is_file() and not file.is_symlink()):
            raise JournalError(file, "is no file")


def _connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, uri=uri)
    # Whoever wrote it, no cell takes much memory, and nothing in it is run.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TEXT_BYTES)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def open_database(path: Path) -> sqlite3.Connection:
    """Open a journal to be written; make it, or bring it up to date."""
    _check_kind(path)
    connection = _connect(str(path))
    try:
        # Before anything is changed, lest it is somebody else's.
        read_version(connection, path)
        # Exclusive: no shared memory, which network file systems do not have.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        bring_up_to_date(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_copy(path: Path) -> sqlite3.Connection:
    """Open a journal to be read; one of an earlier version as a copy that is not."""
    _check_kind(path)
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        msg = f"{path} is not closed: its run was killed; run its command again"
        raise RefusedError(msg)
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    connection = _connect(uri, uri=True)
    try:
        if not is_up_to_date(connection, path):
            copy = _connect("")  # a temporary file
            connection.backup(copy)
            connection.close()
            connection = copy
            bring_up_to_date(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


class Database:
    """A database that says in sentences what is wrong with it.

    Parameters
    ----------
    path : Path
    read_only : bool
        Change nothing on the disk.  The caller sees to it that nobody writes.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with translated(path):
            self.connection = open_copy(path) if read_only else open_database(path)

    def close(self) -> None:
        """Close the database; what is not committed is lost."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside as a whole, or nothing of it."""
        with translated(self.path):
            self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        with translated(self.path):
            try:
                self.connection.execute("COMMIT")
            except sqlite3.Error:
                self.connection.rollback()
                raise

    def do(self, statement: str, *values: object) -> int:
        """Return how many rows it changed."""
        with translated(self.path):
            return self.connection.execute(statement, values).rowcount

    def each(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Yield rows a few at a time: a table may be larger than memory."""
        with translated(self.path):
            cursor = self.connection.cursor()
            cursor.execute(query, values)
            while rows := cursor.fetchmany(1000):
                yield from rows
