"""How every worker process behaves, whatever it works on."""

import multiprocessing
import os
import signal
import socket
import threading
from multiprocessing import connection

from specimg.startup import keep_freed_memory


def become_worker(*leashes: socket.socket) -> None:
    """Prepare a new worker process, which ends when any of `leashes` is let go of."""
    # Ctrl-C and a closed terminal reach the whole process group; what to do about
    # them is decided by the parent alone.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, args=leashes, daemon=True).start()
    # libmpg123 complains there about every damaged MP3.
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 2)


def _end_with_parent(*leashes: socket.socket) -> None:
    """End when the parent has ended or lets go, also amid a decoder that hangs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel, *leashes])
        os._exit(1)
