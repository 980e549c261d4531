"""What a run has done, kept where a kill or a power cut cannot undo it.

One SQLite database for each shard of a run (one, unless it is sharded), in a hidden
file of the output; see `specimg.output.shards`.  One process writes to it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from specimg.output.database import Database, translated
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
    INSERT_IMAGE,
    MANIFEST_KEY,
    RECORD_COLUMNS,
    SELECT_IMAGES,
    to_record,
)


class Journal(Database):
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

    def get(self, key: str) -> str | None:
        """Return what was noted about the run under `key`."""
        rows = list(self.each("SELECT value FROM run WHERE key = ?", key))
        return str(rows[0][0]) if rows else None

    def set(self, key: str, value: str) -> None:
        """Note something about the run."""
        self.do("INSERT OR REPLACE INTO run VALUES (?, ?)", key, value)

    @property
    def manifest(self) -> str:
        """The stamp of the manifest that was written, if no image has changed since."""
        return self.get(MANIFEST_KEY) or ""

    @manifest.setter
    def manifest(self, stamp: str) -> None:
        self.set(MANIFEST_KEY, stamp)

    def state(self, name: str) -> str | None:
        """Return how far a recording has come, if it is known."""
        rows = self.each("SELECT state FROM recordings WHERE name = ?", name)
        return next((state for (state,) in rows), None)

    def names(self, state: str | None = None) -> Iterator[str]:
        """Yield the names of the recordings that are known, in order."""
        query = (
            "SELECT name FROM recordings WHERE ifnull(state = ?, TRUE) ORDER BY name"
        )
        yield from (str(name) for (name,) in self.each(query, state))

    def entries(self) -> Iterator[JournalEntry]:
        """Yield all that is known, in the order of the names.

        In a single pass: a question for each recording takes several times as long.
        """
        query = (
            "SELECT name, path, size, modified, state, plan, joined, stage, "
            "file_name, bytes, label "
            "FROM recordings LEFT JOIN images ON source = name ORDER BY name, number"
        )
        for key, rows in groupby(self.each(query), itemgetter(*range(8))):
            images = [row[8:] for row in rows if row[8] is not None]
            stamp = FileStamp(path=key[1], size=key[2], modified=key[3])
            yield JournalEntry.of(key[0], stamp, *key[4:], images=images)

    def file_names(self) -> Iterator[str]:
        """Yield the names of all images, in no order."""
        return (str(name) for (name,) in self.each("SELECT file_name FROM images"))

    def orphans(self) -> list[tuple[Any, ...]]:
        """Return the sources of images that are not among the recordings: damage."""
        query = "SELECT source FROM images EXCEPT SELECT name FROM recordings"
        return list(self.each(query))

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
            (*_to_row(one.record), one.n_bytes, one.digest, one.boxes, number)
            for number, one in enumerate(images)
        )
        with translated(self.path):
            self.connection.executemany(INSERT_IMAGE, rows)

    def join(self, name: str, joined: str) -> None:
        """Note what a table of the user's own says of what is converted."""
        if self.do("UPDATE recordings SET joined = ? WHERE name = ?", joined, name):
            self._change()

    def fail(self, name: str, stamp: FileStamp, failure: Failure) -> None:
        """Note that a recording could not be converted."""
        self._forget_images(name)
        self._put(name, stamp, FAILED, (failure.stage, failure.reason))

    def forget(self, name: str) -> None:
        """Remove what is known of a recording."""
        self._forget_images(name)
        self.do("DELETE FROM recordings WHERE name = ?", name)

    def images(self, name: str | None = None) -> Iterator[ImageEntry]:
        """Yield all images, or those of one recording, in the manifest's order."""
        where = "WHERE source = ?" if name is not None else "WHERE ? IS NULL"
        query = f"{SELECT_IMAGES} {where} ORDER BY source, number"
        for *cells, n_bytes, digest, boxes, joined in self.each(query, name):
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
        for name, stage, reason in self.each(f"{query} ORDER BY name"):
            yield Failure(source=name, stage=str(stage), reason=str(reason))

    def lost(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield recordings with lost annotations: name, plan, reasons by number."""
        query = "SELECT name, plan, lost FROM recordings WHERE lost <> '' ORDER BY name"
        for name, plan, lost in self.each(query):
            yield str(name), str(plan), json.loads(lost)

    def pass_over(self, files: Iterable[PassedOver]) -> None:
        """Note which files with sound are not read, instead of those of before."""
        self.do("DELETE FROM passed_over")
        rows = ((file.source, file.reason) for file in files)
        statement = "INSERT OR REPLACE INTO passed_over VALUES (?, ?)"
        with translated(self.path):
            self.connection.executemany(statement, rows)

    def passed_over(self) -> Iterator[PassedOver]:
        """Yield the files with sound that are not read, in the order of their names."""
        rows = self.each("SELECT * FROM passed_over ORDER BY name")
        return (PassedOver(source=str(name), reason=str(why)) for name, why in rows)

    def _put(
        self,
        name: str,
        stamp: FileStamp,
        state: str,
        failure: Sequence[str] = ("", ""),
        plan: str = "",
        lost: str = "",
    ) -> None:
        self.do(
            "INSERT OR REPLACE INTO recordings (name, path, size, modified, state, "
            "stage, reason, plan, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(name, stamp.path, stamp.size, stamp.modified),
            *(state, *failure, plan, lost),
        )

    def _forget_images(self, name: str) -> None:
        if self.do("DELETE FROM images WHERE source = ?", name):
            self._change()

    def _change(self) -> None:
        self.do("DELETE FROM run WHERE key = ?", MANIFEST_KEY)


_to_row = attrgetter(*RECORD_COLUMNS)
