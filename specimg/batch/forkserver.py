"""The process from which workers are forked: it has loaded what they need, once."""

import multiprocessing
import os
import shutil
import tempfile
from multiprocessing.context import BaseContext

from specimg.errors import ResourceError
from specimg.stderr import private_stderr

_WORKERS_NEED = (
    "specimg.batch.worker",
    "specimg.rendering.fft",
    "specimg.rendering.png",
)
_ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
"""Libraries whose threads would only be in the way of the other workers."""
_LONGEST = 103 - len("/pymp-12345678/listener-12345678")
"""Bytes of a folder's path: a socket's has at most 103 on macOS, 107 on Linux."""
_SHORT = ("/tmp", "/var/tmp")  # noqa: S108 - for a folder of a random name inside


def prepare_server() -> BaseContext:
    """Set the environment that all workers will have, and return how to start them."""
    for library in _ONE_THREAD:
        os.environ[f"{library}_NUM_THREADS"] = "1"
    # Else Python imports, and so runs, a file in the current folder such as nt.py.
    os.environ["PYTHONSAFEPATH"] = "1"
    if os.name == "nt":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_WORKERS_NEED))
    return context


def start_server() -> None:
    """Start the process before it is needed: it loads while this one does, too.

    Raises
    ------
    ResourceError
        There is no folder for its socket.
    """
    prepare_server()
    if os.name != "nt":
        from multiprocessing import forkserver  # noqa: PLC0415 - not on Windows

        _make_folder_of_socket()
        with private_stderr():
            forkserver.ensure_running()


def _make_folder_of_socket() -> None:
    """Make the folder of the socket where its address is short enough for a system."""
    from multiprocessing import util  # noqa: PLC0415 - not on Windows

    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        msg = f"{error.strerror}; set TMPDIR to a folder that can be written to"
        raise ResourceError(msg) from error
    short = [f for f in (folder, *_SHORT) if _can_hold_a_socket(f)]
    if not short:
        msg = (
            f"the path of the folder for temporary files is too long for a socket: "
            f"{folder}; set TMPDIR to a folder with a shorter one"
        )
        raise ResourceError(msg)
    tempfile.tempdir = short[0]
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = folder


def _can_hold_a_socket(folder: str) -> bool:
    return len(os.fsencode(folder)) <= _LONGEST and os.access(folder, os.W_OK | os.X_OK)


def remove_socket() -> None:
    """Remove the folder of the socket by which workers are asked for.

    multiprocessing does that at exit, which `os._exit` leaves out.
    """
    if os.name != "nt":
        from multiprocessing import process, util  # noqa: PLC0415 - not on Windows

        if "tempdir" in getattr(process.current_process(), "_config", ()):
            shutil.rmtree(util.get_temp_dir(), ignore_errors=True)
