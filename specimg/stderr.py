"""The stream to stderr, apart from what libraries in C write there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def private_stderr() -> Iterator[TextIO]:
    """Yield a stream to stderr, to which nothing else can write meanwhile.

    libmpg123 writes its own complaints about damaged MP3 files there, and a worker
    that has not begun when the run ends would write a traceback.
    """
    if sys.stderr is None:  # closed by the shell
        with open(os.devnull, "w", encoding="utf-8") as nothing:  # noqa: PTH123
            yield nothing
        return
    try:
        sys.stderr.flush()
        descriptor = sys.stderr.fileno()
    except (OSError, ValueError):  # not a file, or one that is closed
        yield sys.stderr
        return
    saved = os.dup(descriptor)
    try:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
            os.dup2(nothing.fileno(), descriptor)
        with os.fdopen(
            os.dup(saved), "w", encoding="utf-8", errors="backslashreplace"
        ) as stream:
            yield stream
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)
