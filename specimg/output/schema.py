"""The tables of a journal, and how those of earlier versions become them.

A journal carries the version of its format in ``PRAGMA user_version``:

0   specimg 0.1, which did not number it: the record of an image is a list in JSON
2   one column for each column of the manifest, by name

A new column with a default, of the manifest or another, is no new version: that is
what it counts as in a journal that was written before there was such a column.
"""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from specimg.encoding import RUN_BY_SPREADSHEETS
from specimg.errors import RefusedError
from specimg.output import first_version
from specimg.output.manifest import Record

VERSION = 2
APPLICATION_ID = 0x53504547
"""Tells a journal from other databases; ``SPEG``."""

MANIFEST_KEY = "manifest"
"""The key of the sizes and times of the manifest that was written, and of its card."""

_SQL_TYPES = {str: "TEXT", float: "REAL", int: "INTEGER", bool: "INTEGER"}

RECORD_COLUMNS = tuple(field.name for field in fields(Record))
_CELL_TYPES = tuple(int if f.type is bool else f.type for f in fields(Record))
_TRUTHS = tuple(field.name for field in fields(Record) if field.type is bool)
_SECONDS = [RECORD_COLUMNS.index(name) for name in ("start", "end", "pad_seconds")]


def _column(field: Field[Any]) -> str:
    column = f"{field.name} {_SQL_TYPES[field.type]} NOT NULL"  # type: ignore[index]
    has_default = field.default is not MISSING
    return f"{column} DEFAULT {_quote(field.default)}" if has_default else column


def _quote(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(float(value) if isinstance(value, float) else int(value))  # type: ignore[call-overload]


_TABLES = {
    "run": ("key TEXT PRIMARY KEY", "value TEXT NOT NULL"),
    "recordings": (
        "name TEXT PRIMARY KEY",
        "path TEXT NOT NULL",
        "size INTEGER NOT NULL",
        "modified INTEGER NOT NULL",
        "state TEXT NOT NULL",
        "stage TEXT NOT NULL DEFAULT ''",
        "reason TEXT NOT NULL DEFAULT ''",
        "plan TEXT NOT NULL DEFAULT ''",
        "joined TEXT NOT NULL DEFAULT ''",
        "lost TEXT NOT NULL DEFAULT ''",
    ),
    "images": (
        *map(_column, fields(Record)),
        "number INTEGER NOT NULL",
        "bytes INTEGER NOT NULL",
        "digest TEXT NOT NULL",
        "boxes TEXT NOT NULL DEFAULT ''",
        "PRIMARY KEY (source, number)",
    ),
    "passed_over": ("name TEXT PRIMARY KEY", "reason TEXT NOT NULL"),
}
_WITHOUT_ROWID = {"images", "passed_over"}
_LATER = {
    "recordings": ("plan", "joined", "lost"),
    "images": (*(f.name for f in fields(Record) if f.default is not MISSING), "boxes"),
}
"""Columns that a journal may lack."""
_FILL = {
    "labels": "UPDATE images SET labels = label",
    "source_fmax": "UPDATE images SET source_fmax = source_sr / 2.0",
}
"""How columns that came later get what others tell; see `OF_OTHERS`."""


class JournalError(RefusedError):
    """The record of an output folder cannot be used: damaged, foreign, or newer."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path} {what}; begin anew with --overwrite, or remove the file, and what "
            f"is done will be done again"
        )


def read_version(connection: sqlite3.Connection, path: Path) -> int | None:
    """Return the version of a journal's format; None if it holds nothing yet.

    Raises
    ------
    JournalError
        It is no journal, or of a version that is not known here.
    """
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    query = "SELECT type, name FROM sqlite_master WHERE type <> 'index'"
    things = connection.execute(query).fetchall()
    if any(kind != "table" for kind, _ in things):  # a trigger would be run
        raise JournalError(path, "is no record that specimg wrote")
    tables = {str(name) for _, name in things}
    if not tables and not version and not identity:
        return None
    if identity == APPLICATION_ID and version == VERSION and tables == set(_TABLES):
        return VERSION
    if identity == version == 0 and {"run", "recordings", "images"} <= tables:
        return 0
    if identity == APPLICATION_ID and version > VERSION:
        text = f"was written by a newer specimg, whose format {version} is unknown here"
        raise JournalError(path, text)
    raise JournalError(path, "is no record that specimg wrote")


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a journal, or make them of those of an earlier version.

    All or nothing; a journal that is up to date is only looked at.

    Raises
    ------
    JournalError
        As from `read_version`; or a column is not known here.
    """
    version = read_version(connection, path)
    if version is None:
        with _all_or_nothing(connection):
            _create(connection, *_TABLES)
    elif version == 0:
        with _all_or_nothing(connection):
            _migrate_from_0_1(connection)
    missing = _missing(connection, path)
    for table, column in missing:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
        if (name := column.split()[0]) in _FILL:
            connection.execute(_FILL[name])
    if missing:
        # The manifest lacks them as well, and is to be written anew.
        connection.execute("DELETE FROM run WHERE key = ?", (MANIFEST_KEY,))


def is_up_to_date(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether `bring_up_to_date` has nothing to do.

    Raises
    ------
    JournalError
        As from `bring_up_to_date`.
    """
    return read_version(connection, path) == VERSION and not _missing(connection, path)


def _missing(connection: sqlite3.Connection, path: Path) -> list[tuple[str, str]]:
    """Return the tables and columns that a journal lacks, all with a default."""
    missing = []
    for table, columns in _TABLES.items():
        rows = connection.execute(f"PRAGMA table_info({table})")
        have = {row[1] for row in rows}
        known = {c.split()[0]: c for c in columns if not c.startswith("PRIMARY KEY")}
        for name in sorted(have - known.keys()):
            raise JournalError(path, f"is newer than this specimg: what is {name}?")
        for name, column in known.items():
            if name in have:
                continue
            if name not in _LATER.get(table, ()):
                raise JournalError(path, f"is damaged: it lacks {name}")
            missing.append((table, column))
    return missing


def _create(connection: sqlite3.Connection, *names: str) -> None:
    for name in names:
        end = " WITHOUT ROWID" if name in _WITHOUT_ROWID else ""
        columns = ", ".join(_TABLES[name]).replace("end REAL", '"end" REAL')
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns}){end}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _migrate_from_0_1(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE images RENAME TO images_of_0_1")
    _create(connection, *_TABLES)
    columns = [*first_version.COLUMNS, "number", "bytes", "digest"]
    connection.executemany(
        insert_into_images(columns), first_version.read_rows(connection.cursor())
    )
    connection.execute("DROP TABLE images_of_0_1")
    for statement in _FILL.values():
        connection.execute(statement)
    # Names that a spreadsheet would run are encoded now: what has one is made anew.
    connection.execute(
        "UPDATE recordings SET state = 'started' WHERE instr(?, substr(name, 1, 1))",
        ("".join(RUN_BY_SPREADSHEETS),),
    )


def to_record(cells: Sequence[Any], path: Path) -> Record:
    """Return what the cells of an image, in the order of `RECORD_COLUMNS`, say.

    Raises
    ------
    JournalError
        They are not what the cells of a record can be.
    """
    is_row = tuple(map(type, cells)) == _CELL_TYPES
    if not is_row or not all(math.isfinite(cells[place]) for place in _SECONDS):
        raise JournalError(path, "is damaged: a row is not what it should be")
    values = dict(zip(RECORD_COLUMNS, cells, strict=True))
    return Record(**{**values, **{name: bool(values[name]) for name in _TRUTHS}})


def insert_into_images(columns: list[str]) -> str:
    """Return the statement that adds a row with these columns."""
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    return f"INSERT OR REPLACE INTO images ({names}) VALUES ({marks})"  # noqa: S608


_OF_IMAGES = [*RECORD_COLUMNS, "bytes", "digest", "boxes"]
INSERT_IMAGE = insert_into_images([*_OF_IMAGES, "number"])
_NAMES = ", ".join(f'"{name}"' for name in (*_OF_IMAGES, "joined"))
SELECT_IMAGES = f"SELECT {_NAMES} FROM images LEFT JOIN recordings ON name = source"  # noqa: S608


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")
