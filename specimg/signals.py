"""What a signal does to a command that makes no arrangements of its own.

Imported before anything else: it needs nothing that takes time to load.
"""

import os
import signal
import sys
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals by which a user, a shell or a batch system ends a command."""

_SHOW_CURSOR = b"\x1b[?25h"


def exit_on_signals() -> None:
    """End with exit status 128+N on signal N, and without a traceback.

    What is ignored, by nohup or in the background of a shell, stays ignored.
    """
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _exit)


def exit_at_once(status: int) -> None:
    """End this process, whatever it is doing; its workers notice, and end as well.

    An exception would not do: raised during an import or in a finalizer, it may be
    printed, taken for another one, or lost.
    """
    if "rich.progress" in sys.modules:  # a moving bar hides the cursor
        _write_to_terminal(_SHOW_CURSOR)
    server = sys.modules.get("specimg.batch.forkserver")
    remove_socket = getattr(server, "remove_socket", None)
    if remove_socket is not None:
        remove_socket()
    os._exit(status)


def _exit(number: int, _: FrameType | None) -> None:
    exit_at_once(128 + number)


def _write_to_terminal(data: bytes) -> None:
    for stream in (2, 1, 0):
        try:
            if os.isatty(stream):
                os.write(stream, data)
                return
        except OSError:
            continue
