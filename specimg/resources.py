"""What the machine allows a process: processors, memory, open files, processes."""

import errno
import os
import sys
from functools import lru_cache

from specimg.errors import ResourceError

_MEGABYTE = 2**20

_LEAST_FOR_WORKER = 512
"""Megabytes that a worker may use even where not all workers can at once."""

_SHORTAGES = {
    "RLIMIT_AS": ("little address space", " kB", "-v"),
    "RLIMIT_DATA": ("little memory", " kB", "-d"),
    "RLIMIT_NOFILE": ("few open files", "", "-n"),
    "RLIMIT_NPROC": ("few processes and threads of one user", "", "-u"),
}
"""For each limit, what there may be too little of, its unit, and the option of ulimit
that sets it."""

_USUAL = {
    "RLIMIT_AS": 2**30,
    "RLIMIT_DATA": 2**30,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_NPROC": 256,
}
"""Bytes or numbers; a limit that is lower was set on purpose."""

_LEAST_ADDRESS_SPACE = 108 * 2**20
"""Bytes below which some libraries end the process, or print to stderr, while they are
loaded; `--help` takes little more, `convert` half as much again."""

_BY_ERRNO = {
    errno.EMFILE: ("RLIMIT_NOFILE",),
    errno.EAGAIN: ("RLIMIT_NPROC",),
    errno.ENOMEM: ("RLIMIT_AS", "RLIMIT_DATA"),
}

_NO_THREAD = "can't start new thread"


def check_address_space() -> None:
    """Refuse a limit at which libraries end the process while they are loaded.

    Raises
    ------
    MemoryError
        The address space is far too small for any command.
    """
    if _limits().get("RLIMIT_AS", _LEAST_ADDRESS_SPACE) < _LEAST_ADDRESS_SPACE:
        raise MemoryError


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that the machine allows too little of something."""
    return bool(_limits_behind(error))


def describe_shortage(error: BaseException | None) -> str:
    """Return what there is too little of, and what to do about it.

    `error` is what the shortage led to; None where that is not known, and a limit
    that is unusual may be the reason.
    """
    names = _limits_behind(error) or tuple(_USUAL)
    limits = {name: _limits()[name] for name in names if name in _limits()}
    unusual = [name for name, limit in limits.items() if limit < _USUAL[name]]
    # An error may also be about a limit that is not unusual.
    for name in unusual or (limits if error else ()):
        what, unit, option = _SHORTAGES[name]
        limit = limits[name] // 1024 if unit else limits[name]
        return f"too {what} allowed ({limit}{unit}): raise it with ulimit {option}"
    return "the machine has no memory left, or no room for more processes"


def count_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_memory(workers: int) -> int:
    """Return the megabytes for each of `workers`, of four fifths of the machine's."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        total = 8 * 2**30
    return max(_LEAST_FOR_WORKER, total * 4 // 5 // workers // _MEGABYTE)


def limit_memory(megabytes: int) -> None:
    """Let allocations of this process beyond a limit fail, instead of the machine."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    # Data, not address space: libraries reserve more addresses than they use.
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = megabytes * _MEGABYTE
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def allow_open_files(count: int) -> None:
    """Allow this process to open that many files.

    Raises
    ------
    ResourceError
        The hard limit is lower.
    """
    soft = _limits().get("RLIMIT_NOFILE", count)
    if sys.platform == "win32" or soft >= count:
        return
    import resource  # noqa: PLC0415 - not on Windows

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < count:
        msg = (
            f"too few open files allowed ({soft}): so many workers need {count}; "
            f"raise it with ulimit -n, or lower --jobs"
        )
        raise ResourceError(msg)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def _limits_behind(error: BaseException | None) -> tuple[str, ...]:
    """Return the limits that an error or its causes are about."""
    found: tuple[str, ...] = ()
    while error is not None:
        if isinstance(error, OSError) and error.errno in _BY_ERRNO:
            found += _BY_ERRNO[error.errno]
        elif isinstance(error, MemoryError):
            found += _BY_ERRNO[errno.ENOMEM]
        elif isinstance(error, EOFError) or _NO_THREAD in str(error):
            found += ("RLIMIT_AS", "RLIMIT_NPROC")
        elif _is_failed_load(error) and _is_little("RLIMIT_AS"):
            found += ("RLIMIT_AS",)
        error = error.__cause__ or error.__context__
    return tuple(dict.fromkeys(found))


def _is_failed_load(error: BaseException) -> bool:
    """Whether a library could not be loaded; cffi says that without a number."""
    is_load = isinstance(error, OSError) and error.errno is None
    return is_load or isinstance(error, ImportError | SystemError)


def _is_little(name: str) -> bool:
    return _limits().get(name, _USUAL[name]) < _USUAL[name]


@lru_cache(maxsize=1)
def _limits() -> dict[str, int]:
    """Return the limits that are set, those of memory in bytes.

    They are read once, early: later that may take a file or memory that is lacking.
    """
    if sys.platform == "win32":
        return {}
    import resource  # noqa: PLC0415 - not on Windows

    known = [name for name in _USUAL if hasattr(resource, name)]
    limits = {name: resource.getrlimit(getattr(resource, name))[0] for name in known}
    return {n: limit for n, limit in limits.items() if limit != resource.RLIM_INFINITY}
