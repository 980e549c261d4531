"""What a run has done, kept where a kill or a power cut cannot undo it.

One SQLite database for each shard of a run (one, unless it is sharded), in a hidden
file of the output; see `specimg.output.shards`.  One process writes to it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from specimg.output.database import open_copy, open_database, translated
from specimg.output.entries import (
    DONE,
    DROPPED,
    FAILED,
    STARTED,
    FileStamp,
    JournalEntry,
    decode_joined,
)
from specimg.output.manifest import Failure, ImageEntry, PassedOver
from specimg.output.schema import (
    MANIFEST_KEY,
    RECORD_COLUMNS,
    insert_into_images,
    to_record,
)


class Journal:
    """The record of one shard of a run.

    Parameters
    ----------
    path : Path
        The database; made if it is not there, and brought up to date if an earlier
        version wrote it.
    read_only : bool
        Change nothing on the disk.  The caller sees to it that nobody writes.

    Raises
    ------
    StorageError
        From every method: the database cannot be read or written.
    JournalError
        It is damaged, no journal, or of a newer version.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with translated(path):
            self._connection = open_copy(path) if read_only else open_database(path)

    def close(self) -> None:
        """Close the database; what is not committed is lost."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside as a whole, or nothing of it."""
        with translated(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        with translated(self.path):
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._connection.rollback()
                raise

    def get(self, key: str) -> str | None:
        """Return what was noted about the run under `key`."""
        rows = list(self._each("SELECT value FROM run WHERE key = ?", key))
        return str(rows[0][0]) if rows else None

    def set(self, key: str, value: str) -> None:
        """Note something about the run."""
        self._do("INSERT OR REPLACE INTO run VALUES (?, ?)", key, value)

    @property
    def manifest(self) -> str:
        """The stamp of the manifest that was written, if no image has changed since."""
        return self.get(MANIFEST_KEY) or ""

    @manifest.setter
    def manifest(self, stamp: str) -> None:
        self.set(MANIFEST_KEY, stamp)

    def state(self, name: str) -> str | None:
        """Return how far a recording has come, if it is known."""
        query = "SELECT state FROM recordings WHERE name = ?"
        return next((state for (state,) in self._each(query, name)), None)

    def names(self, state: str | None = None) -> Iterator[str]:
        """Yield the names of the recordings that are known, in order."""
        where = "WHERE state = ?" if state else "WHERE ? IS NULL"
        query = f"SELECT name FROM recordings {where} ORDER BY name"  # noqa: S608
        yield from (str(name) for (name,) in self._each(query, state))

    def entries(self) -> Iterator[JournalEntry]:
        """Yield all that is known, in the order of the names.

        In a single pass: a question for each recording takes several times as long.
        """
        query = (
            "SELECT name, path, size, modified, state, plan, joined, stage, "
            "file_name, bytes, label "
            "FROM recordings LEFT JOIN images ON source = name ORDER BY name, number"
        )
        for key, rows in groupby(self._each(query), itemgetter(*range(8))):
            images = [row[8:] for row in rows if row[8] is not None]
            stamp = FileStamp(path=key[1], size=key[2], modified=key[3])
            yield JournalEntry.of(key[0], stamp, *key[4:], images=images)

    def file_names(self) -> Iterator[str]:
        """Yield the names of all images, in no order."""
        for (name,) in self._each("SELECT file_name FROM images"):
            yield str(name)

    def orphans(self) -> list[tuple[Any, ...]]:
        """Return the sources of images that are not among the recordings: damage."""
        query = "SELECT source FROM images EXCEPT SELECT name FROM recordings"
        return list(self._each(query))

    def start(self, name: str, stamp: FileStamp) -> None:
        """Note that a recording is being converted: it may have images soon."""
        self._forget_images(name)
        self._put(name, stamp, STARTED)

    def finish(
        self,
        name: str,
        stamp: FileStamp,
        images: Iterable[ImageEntry],
        plan: str = "",
        dropped: str = "",
        lost: Mapping[int, str] | None = None,
    ) -> None:
        """Note that a recording is converted, by which plan, and its images.

        `dropped` says which clips are none; `lost`, which annotations label none.
        """
        why = (DROPPED, dropped) if dropped else ("", "")
        self._put(name, stamp, DONE, why, plan, json.dumps(lost) if lost else "")
        self._change()
        rows = (
            (
                *_to_row(image.record),
                *(image.n_bytes, image.digest, image.boxes, number),
            )
            for number, image in enumerate(images)
        )
        with translated(self.path):
            self._connection.executemany(_INSERT, rows)

    def join(self, name: str, joined: str) -> None:
        """Note what a table of the user's own says of what is converted."""
        self._do("UPDATE recordings SET joined = ? WHERE name = ?", joined, name)
        self._change()

    def fail(self, name: str, stamp: FileStamp, failure: Failure) -> None:
        """Note that a recording could not be converted."""
        self._forget_images(name)
        self._put(name, stamp, FAILED, (failure.stage, failure.reason))

    def forget(self, name: str) -> None:
        """Remove what is known of a recording."""
        self._forget_images(name)
        self._do("DELETE FROM recordings WHERE name = ?", name)

    def images(self, name: str | None = None) -> Iterator[ImageEntry]:
        """Yield all images, or those of one recording, in the manifest's order."""
        where = "WHERE source = ?" if name is not None else "WHERE ? IS NULL"
        query = f"{_IMAGES} {where} ORDER BY source, number"
        for *cells, n_bytes, digest, boxes, joined in self._each(query, name):
            yield ImageEntry(
                record=to_record(cells, self.path),
                n_bytes=n_bytes,
                digest=digest,
                boxes=str(boxes),
                joined=decode_joined(joined, self.path),
            )

    def failures(self) -> Iterator[Failure]:
        """Yield all failures, in the order of their sources."""
        query = "SELECT name, stage, reason FROM recordings WHERE state = 'failed'"
        for name, stage, reason in self._each(f"{query} ORDER BY name"):
            yield Failure(source=name, stage=str(stage), reason=str(reason))

    def lost(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield recordings with lost annotations: name, plan, reasons by number."""
        query = "SELECT name, plan, lost FROM recordings WHERE lost <> ''"
        for name, plan, lost in self._each(f"{query} ORDER BY name"):
            yield str(name), str(plan), json.loads(lost)

    def pass_over(self, files: Iterable[PassedOver]) -> None:
        """Note which files with sound are not read, instead of those of before."""
        self._do("DELETE FROM passed_over")
        rows = ((file.source, file.reason) for file in files)
        with translated(self.path):
            self._connection.executemany(
                "INSERT OR REPLACE INTO passed_over VALUES (?, ?)", rows
            )

    def passed_over(self) -> Iterator[PassedOver]:
        """Yield the files with sound that are not read, in the order of their names."""
        for name, reason in self._each("SELECT * FROM passed_over ORDER BY name"):
            yield PassedOver(source=str(name), reason=str(reason))

    def _put(
        self,
        name: str,
        stamp: FileStamp,
        state: str,
        failure: Sequence[str] = ("", ""),
        plan: str = "",
        lost: str = "",
    ) -> None:
        file = stamp.path, stamp.size, stamp.modified
        self._do(
            "INSERT OR REPLACE INTO recordings (name, path, size, modified, state, "
            "stage, reason, plan, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(name, *file, state, *failure, plan, lost),
        )

    def _forget_images(self, name: str) -> None:
        if self._do("DELETE FROM images WHERE source = ?", name):
            self._change()

    def _change(self) -> None:
        self._do("DELETE FROM run WHERE key = ?", MANIFEST_KEY)

    def _do(self, statement: str, *values: object) -> int:
        """Return how many rows it changed."""
        with translated(self.path):
            return self._connection.execute(statement, values).rowcount

    def _each(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Yield rows a few at a time: a table may be larger than memory."""
        with translated(self.path):
            cursor = self._connection.cursor()
            cursor.execute(query, values)
            while rows := cursor.fetchmany(1000):
                yield from rows


_OWN = [*RECORD_COLUMNS, "bytes", "digest", "boxes"]
_COLUMNS = ", ".join(f'"{name}"' for name in (*_OWN, "joined"))
_IMAGES = f"SELECT {_COLUMNS} FROM images LEFT JOIN recordings ON name = source"  # noqa: S608
_INSERT = insert_into_images([*_OWN, "number"])
_to_row = attrgetter(*RECORD_COLUMNS)
