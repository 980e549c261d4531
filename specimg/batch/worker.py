"""What runs in a worker process: a recording, or a stretch of a long one, at a time.

Nothing of a worker reaches the run but what these functions return or raise.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specimg import convert
from specimg.clips import Stretch
from specimg.convert import Converted, Long
from specimg.errors import RecordingError
from specimg.recordings import Recording
from specimg.settings import Settings

MEGABYTE = 2**20

MEMORY_STATUS = 86
"""Exit status of a worker that has run out of memory."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a worker needs to know once."""

    out: Path
    settings: Settings
    memory: int
    """Megabytes that it may use."""


_duty: Duty | None = None


def begin(duty: Duty) -> None:
    """Prepare a new worker process."""
    global _duty  # noqa: PLW0603 - a process does one duty, for its whole life
    _duty = duty
    # Ctrl-C and a closed terminal reach the whole process group; what to do about
    # them is decided by the parent alone.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _limit_memory(duty.memory)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # libmpg123 complains there about every damaged MP3.
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 2)


def work(
    recordings: Sequence[Recording], stretch: Stretch | None
) -> list[Long | Converted | RecordingError]:
    """Convert recordings, or say that one is long if `stretch` is None.

    Returns
    -------
    list
        For each recording what came of it, or why it cannot be converted.

    Raises
    ------
    StorageError
        The output folder takes nothing more.
    """
    if _duty is None:
        msg = "work() without begin()"
        raise RuntimeError(msg)
    return [_convert(recording, stretch, _duty) for recording in recordings]


def _convert(
    recording: Recording, stretch: Stretch | None, duty: Duty
) -> Long | Converted | RecordingError:
    try:
        return convert.convert_recording(recording, duty.out, duty.settings, stretch)
    except RecordingError as error:
        return error
    except MemoryError:
        # Nobody knows what is still held, and by whom: the next recording gets a new
        # worker, so that it is not blamed for this one.
        os._exit(MEMORY_STATUS)


def _end_with_parent() -> None:
    """End when the parent has ended, also in the midst of a decoder that hangs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _limit_memory(megabytes: int) -> None:
    """Let allocations beyond the limit fail, instead of the machine."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    # Data, not address space: libraries reserve more addresses than they use.
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = megabytes * MEGABYTE
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
