"""What a run has done, kept where a kill or a power cut cannot undo it.

One SQLite database for each part of a run (one part, unless it is sharded), in the
hidden folder ``.specimg`` of the output.  One process writes to it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from specimg.errors import StorageError
from specimg.manifest import Failure, Image, Record

FOLDER = ".specimg"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS recordings (
    name TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS images (
    source TEXT NOT NULL,
    number INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (source, number)
) WITHOUT ROWID;
"""

STARTED, DONE, FAILED = "started", "done", "failed"

_MANIFEST = "manifest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What tells that a file is still the one that was converted."""

    path: str
    """Absolute; percent-encoded where it must be."""
    size: int
    """Bytes."""
    modified: int
    """Nanoseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a recording."""

    stamp: Stamp
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A recording by name, what is known of it, and the files of its images."""

    name: str
    entry: Entry
    files: tuple[tuple[str, int], ...]
    """Name and size in bytes of each."""


class Journal:
    """The record of one part of a run.

    Parameters
    ----------
    path : Path
        The database; made if it is not there.

    Raises
    ------
    StorageError
        From every method: the database cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _translated(path):
            self._connection = sqlite3.connect(path, isolation_level=None)
            # Exclusive: no shared memory, which network file systems do not have.
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database; what is not committed is lost."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside as a whole, or nothing of it."""
        with _translated(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        with _translated(self.path):
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._connection.rollback()
                raise

    def get(self, key: str) -> str | None:
        """Return what was noted about the run under `key`."""
        rows = self._all("SELECT value FROM run WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def set(self, key: str, value: str) -> None:
        """Note something about the run."""
        self._do("INSERT OR REPLACE INTO run VALUES (?, ?)", key, value)

    @property
    def manifest(self) -> str:
        """What was noted of the manifest, if no image has changed since."""
        return self.get(_MANIFEST) or ""

    @manifest.setter
    def manifest(self, stamp: str) -> None:
        self.set(_MANIFEST, stamp)

    def entry(self, name: str) -> Entry | None:
        """Return what is known of a recording."""
        query = "SELECT path, size, modified, state FROM recordings WHERE name = ?"
        for path, size, modified, state in self._all(query, name):
            stamp = Stamp(path=path, size=size, modified=modified)
            return Entry(stamp=stamp, state=state)
        return None

    def names(self, state: str | None = None) -> Iterator[str]:
        """Yield the names of the recordings that are known, in order."""
        where = "WHERE state = ?" if state else "WHERE ? IS NULL"
        query = f"SELECT name FROM recordings {where} ORDER BY name"  # noqa: S608
        for (name,) in self._each(query, state):
            yield str(name)

    def known(self) -> Iterator[Known]:
        """Yield all that is known, in the order of the names.

        In a single pass: a question for each recording takes several times as long.
        """
        query = (
            "SELECT name, path, size, modified, state, record, bytes "
            "FROM recordings LEFT JOIN images ON source = name ORDER BY name, number"
        )
        for key, rows in groupby(self._each(query), itemgetter(0, 1, 2, 3, 4)):
            name, path, size, modified, state = key
            stamp = Stamp(path=path, size=size, modified=modified)
            files = tuple(
                (str(json.loads(record)[_FILE_NAME]), n_bytes)
                for *_, record, n_bytes in rows
                if record is not None
            )
            yield Known(name=name, entry=Entry(stamp=stamp, state=state), files=files)

    def start(self, name: str, stamp: Stamp) -> None:
        """Note that a recording is being converted: it may have images soon."""
        self._forget_images(name)
        self._put(name, stamp, STARTED)

    def finish(self, name: str, stamp: Stamp, images: Iterable[Image]) -> None:
        """Note that a recording is converted, and its images."""
        self._put(name, stamp, DONE)
        self._change()
        rows = (
            (name, number, image.n_bytes, image.digest, _dump(image.record))
            for number, image in enumerate(images)
        )
        with _translated(self.path):
            self._connection.executemany(
                "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?)", rows
            )

    def fail(self, name: str, stamp: Stamp, failure: Failure) -> None:
        """Note that a recording could not be converted."""
        self._forget_images(name)
        self._put(name, stamp, FAILED, failure.stage, failure.reason)

    def forget(self, name: str) -> None:
        """Note nothing about a recording any more."""
        self._forget_images(name)
        self._do("DELETE FROM recordings WHERE name = ?", name)

    def images(self, name: str | None = None) -> Iterator[Image]:
        """Yield all images, or those of one recording, in the manifest's order."""
        where = "WHERE source = ?" if name is not None else "WHERE ? IS NULL"
        query = (
            f"SELECT bytes, digest, record FROM images {where} ORDER BY source, number"  # noqa: S608
        )
        for n_bytes, digest, record in self._each(query, name):
            yield Image(record=_load(record), n_bytes=n_bytes, digest=digest)

    def failures(self) -> Iterator[Failure]:
        """Yield all failures, in the order of their sources."""
        query = (
            "SELECT name, stage, reason FROM recordings WHERE state = 'failed' "
            "ORDER BY name"
        )
        for name, stage, reason in self._each(query):
            yield Failure(source=name, stage=stage, reason=reason)

    def _put(
        self, name: str, stamp: Stamp, state: str, stage: str = "", reason: str = ""
    ) -> None:
        self._do(
            "INSERT OR REPLACE INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(name, stamp.path, stamp.size, stamp.modified, state, stage, reason),
        )

    def _forget_images(self, name: str) -> None:
        if self._do("DELETE FROM images WHERE source = ?", name):
            self._change()

    def _change(self) -> None:
        self._do("DELETE FROM run WHERE key = ?", _MANIFEST)

    def _do(self, statement: str, *values: object) -> int:
        """Return how many rows it changed."""
        with _translated(self.path):
            return self._connection.execute(statement, values).rowcount

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with _translated(self.path):
            return self._connection.execute(query, values).fetchall()

    def _each(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Yield rows a few at a time: a table may be larger than memory."""
        with _translated(self.path):
            cursor = self._connection.cursor()
            cursor.execute(query, values)
            while rows := cursor.fetchmany(1000):
                yield from rows


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "full" in text:
            text = "No space left on device"
        msg = f"cannot use {path}: {text}"
        raise StorageError(msg) from error


_FILE_NAME = list(Record.__dataclass_fields__).index("file_name")


def _dump(record: Record) -> str:
    return json.dumps([getattr(record, name) for name in Record.__dataclass_fields__])


def _load(text: str) -> Record:
    return Record(
        **dict(zip(Record.__dataclass_fields__, json.loads(text), strict=True))
    )
