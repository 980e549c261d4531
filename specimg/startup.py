"""What makes a command start or run faster, and changes nothing that is written."""

import gc
import os
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of options of glibc's mallopt."""
_ALWAYS_KEPT = 2**30
"""Bytes, more than any array has."""


def load_script_once() -> None:
    """Keep worker processes from running the script of the command line again.

    multiprocessing runs the file of ``__main__`` in every new process, by its
    ``__spec__`` or its ``__file__``; a worker needs nothing of it.
    """
    script = sys.modules["__main__"]
    script.__spec__ = None
    vars(script).pop("__file__", None)


def use_one_thread() -> None:
    """Let OpenBLAS start no threads.

    A command starts about 0.08 s sooner without them.  What multiplies large matrices
    does it in worker processes, or by torch, whose threads are its own.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def will_convert() -> bool:
    """Tell before the options are read whether workers will be needed.

    The process that they are forked from then loads its libraries while this one loads
    its own.  Fewer words than ``specimg convert INPUT OUT`` convert nothing.
    """
    return _command() == "convert" and len(sys.argv) > 3


def collect_garbage_seldom() -> None:
    """Let Python look for garbage less often.

    It looks through a long list of recordings again and again: to make one of 100,000
    takes 0.57 s of processor time, and 0.33 s with these thresholds.
    """
    gc.set_threshold(100_000, 50, 50)


def keep_freed_memory() -> None:
    """Let freed memory stay with this process, where the C library is glibc.

    Otherwise each array above 32 MB comes in fresh pages: a recording of two minutes as
    one clip takes 190 ms of processor time, with 5,700 page faults, instead of 170 ms
    with 50.  Clips of three seconds take the same either way.
    """
    import ctypes  # noqa: PLC0415 - not for every command

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
        mallopt(parameter, _ALWAYS_KEPT)


def _command() -> str:
    return sys.argv[1] if len(sys.argv) > 1 else ""
