"""Worker processes for what is no conversion: each does one task at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

import pebble

from specimg.batch.child import become_worker
from specimg.batch.forkserver import prepare_server, start_server
from specimg.errors import ResourceError

Done = TypeVar("Done")

IN_FLIGHT = 2
"""Tasks a worker: one that is done, and one that waits."""


def run_tasks(
    function: Callable[..., Done], tasks: Iterable[tuple[Any, ...]], jobs: int
) -> Iterator[tuple[int, Done]]:
    """Call a function of a module in worker processes, for each task.

    Workers ignore Ctrl-C, and end with this process, or where the iterator is closed.

    Parameters
    ----------
    function : callable
    tasks : iterable of tuple
        The arguments of each call.
    jobs : int
        How many workers there are.

    Yields
    ------
    tuple of int and object
        The number of a task, from 0, and what the function returned, as they come.

    Raises
    ------
    ResourceError
        A worker has died.
    Exception
        Whatever the function raises.
    """
    # With a stderr of its own: where this process is killed, Python's keeper of
    # semaphores removes those of the pool, and complains.
    start_server()
    pool = pebble.ProcessPool(jobs, context=prepare_server(), initializer=become_worker)
    waiting = enumerate(tasks)
    running: dict[Future[Done], int] = {}
    try:
        while True:
            for number, arguments in islice(waiting, IN_FLIGHT * jobs - len(running)):
                running[pool.schedule(function, args=arguments)] = number
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), _result(future)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _result(future: Future[Done]) -> Done:
    try:
        return future.result()
    except (pebble.ProcessExpired, BrokenProcessPool) as error:
        status = getattr(error, "exitcode", "unknown")
        msg = (
            f"a worker ended with status {status}, perhaps for want of memory: "
            f"fewer --jobs need less"
        )
        raise ResourceError(msg) from error
