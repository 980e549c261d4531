"""The process from which workers are forked: it has loaded what they need, once."""

import multiprocessing
import os
import shutil
from multiprocessing.context import BaseContext

from specimg.stderr import private_stderr

_WORKERS_NEED = (
    "specimg.batch.worker",
    "specimg.rendering.fft",
    "specimg.rendering.png",
)
_ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
"""Libraries whose threads would only be in the way of the other workers."""


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
    """Start the process before it is needed: it loads while this one does, too."""
    prepare_server()
    if os.name != "nt":
        from multiprocessing import forkserver  # noqa: PLC0415 - not on Windows

        with private_stderr():
            forkserver.ensure_running()


def remove_socket() -> None:
    """Remove the folder of the socket by which workers are asked for.

    multiprocessing does that at exit, which `os._exit` leaves out.
    """
    if os.name != "nt":
        from multiprocessing import process, util  # noqa: PLC0415 - not on Windows

        if "tempdir" in getattr(process.current_process(), "_config", ()):
            shutil.rmtree(util.get_temp_dir(), ignore_errors=True)
