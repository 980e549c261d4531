"""What makes a command start or run faster, and does nothing else.

Each of these can go without a change of what is written.
"""

import gc
import os
import sys

_WITH_LARGE_MATRICES = ("compare", "learn")

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_ALWAYS_KEPT = 2**30


def load_script_once() -> None:
    """Let worker processes not load what the command line has loaded.

    A new process loads the module that is called ``__main__`` as well: the command
    line, of which a worker needs nothing.
    """
    script = sys.modules["__main__"]
    script.__spec__ = None
    vars(script).pop("__file__", None)


def use_one_thread() -> None:
    """Let OpenBLAS start no threads, except for commands that multiply large matrices.

    All others start faster without them, and take less memory.
    """
    if _command() not in _WITH_LARGE_MATRICES:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def will_convert() -> bool:
    """Whether workers will be needed, before the options are read.

    The process that they are forked from loads its libraries while this one loads its
    own.
    """
    return _command() == "convert" and len(sys.argv) > 3


def collect_garbage_seldom() -> None:
    """Let Python look for garbage less often.

    A long list of recordings is none, but Python looks through all of it again and
    again.
    """
    gc.set_threshold(100_000, 50, 50)


def keep_freed_memory() -> None:
    """Let freed memory stay with this process, where the C library is glibc.

    The next array is as large.  Else each comes in fresh pages, whose faults take
    longer than much of what is computed in them.
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
