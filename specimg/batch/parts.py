"""Parts of an output folder, each in the hands of one run at a time."""

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock

from specimg.errors import RefusedError, StorageError
from specimg.journal import FOLDER


@dataclass(frozen=True, slots=True)
class Part:
    """The part of all inputs that a run takes: number `index` of `count`, from 1."""

    index: int = 1
    count: int = 1

    @property
    def is_all(self) -> bool:
        """Whether it is no part, but everything."""
        return self.count == 1

    def __str__(self) -> str:
        return f"part-{self.index}-of-{self.count}"


ALL = Part()


def find_parts(folder: Path) -> list[Part]:
    """List the parts of which an output folder has a journal."""
    stems = (path.stem for path in (folder / FOLDER).glob("part-*-of-*.sqlite"))
    matches = (re.fullmatch(r"part-(\d+)-of-(\d+)", stem) for stem in stems)
    parts = (Part(int(m[1]), int(m[2])) for m in matches if m)
    return sorted(parts, key=lambda part: (part.count, part.index))


@contextmanager
def hold(hidden: Path, part: Part) -> Iterator[None]:
    """Keep all other processes away from a part.

    Raises
    ------
    RefusedError
        Another one holds it.
    StorageError
        It cannot be locked.
    """
    lock = filelock.FileLock(hidden / f"{part}.lock", blocking=False)
    holder = hidden / f"{part}.holder"
    try:
        lock.acquire()
    except filelock.Timeout as error:
        try:
            who = "process {pid} on {host}".format_map(json.loads(holder.read_text()))
        except (OSError, ValueError, KeyError):
            who = "another process"
        msg = f"{hidden.parent} is being written by {who}; wait for it, or stop it"
        raise RefusedError(msg) from error
    except OSError as error:
        msg = f"cannot lock {hidden.parent}: {error.strerror or error}"
        raise StorageError(msg) from error
    try:
        # Only for who is refused; that it cannot be written is no reason to stop.
        with suppress(OSError):
            me = {"pid": os.getpid(), "host": socket.gethostname()}
            holder.write_text(json.dumps(me))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
