"""Signals that end a command, and what they do unless a run handles them.

Imported before anything else: it needs nothing that takes time to load.
"""

import os
import signal
import sys
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""The signals by which a user, a shell or a batch system ends a command."""

_SHOW_CURSOR = b"\x1b[?25h"


def exit_on_signals() -> None:
    """End with exit status 128+N on signal N, and without a traceback."""
    for number in heard_signals():
        signal.signal(number, _exit)


def heard_signals() -> list[int]:
    """Return the signals that end a command, as far as this process hears them.

    What is ignored, by nohup or in the background of a shell, stays ignored.
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]


def ended_by(number: int) -> int:
    """Return the exit status of a process that a signal ended, as shells have it."""
    return 128 + number


def exit_at_once(status: int) -> None:
    """End this process at once; its workers see that, and end as well.

    No exception could do that: raised in the middle of an import or of a ``__del__``,
    it may be printed, or taken for another one, or lost.
    """
    if "rich.progress" in sys.modules:  # a moving bar hides the cursor
        _write_to_terminal(_SHOW_CURSOR)
    server = sys.modules.get("specimg.batch.forkserver")
    remove_socket = getattr(server, "remove_socket", None)
    if remove_socket is not None:
        remove_socket()
    os._exit(status)


def _exit(number: int, _: FrameType | None) -> None:
    exit_at_once(ended_by(number))


def _write_to_terminal(data: bytes) -> None:
    for stream in (2, 1, 0):
        try:
            if os.isatty(stream):
                os.write(stream, data)
                return
        except OSError:
            continue
