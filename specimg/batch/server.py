"""The process from which workers are forked: it has loaded what they need, once."""

import multiprocessing
import os
from multiprocessing.context import BaseContext

from specimg.streams import stderr_of_our_own

_WORKERS_NEED = ("specimg.batch.worker", "specimg.compiled", "specimg.png")
_ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
"""Libraries whose threads would only be in the way of the other workers."""

_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": 2**28, "MALLOC_TRIM_THRESHOLD_": 2**28}
"""For glibc: memory that is freed stays with the worker, whose next array is as large.
Else each array comes in fresh pages, whose faults take a third of the time."""


def prepare_server() -> BaseContext:
    """Set the environment that all workers will have, and return how to start them."""
    for library in _ONE_THREAD:
        os.environ[f"{library}_NUM_THREADS"] = "1"
    for setting, size in _KEEP_MEMORY.items():
        os.environ.setdefault(setting, str(size))
    if os.name == "nt":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_WORKERS_NEED))
    return context


def start_server() -> None:
    """Start it before it is needed: it loads while this process does something else."""
    prepare_server()
    if os.name != "nt":
        from multiprocessing import forkserver  # noqa: PLC0415 - not on Windows

        with stderr_of_our_own():
            forkserver.ensure_running()
