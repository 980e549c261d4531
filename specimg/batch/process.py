"""A worker process and the tasks that it has been given; it may end at any moment."""

import concurrent.futures
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.context import BaseContext

import pebble

from specimg.batch.task import Cause, Ending, Interruption, Outcome, Task
from specimg.batch.worker import MEMORY_STATUS, WorkerConfig, convert_batch, init_worker
from specimg.errors import StorageError, WorkerError

HEARTBEAT_SECONDS = 20.0
"""A worker hangs if it does not begin its next task for so long, however busy the
machine is, or if it has not ended so long after its time was over."""

_SERVER_GONE = 255
"""Exit status by which multiprocessing says that it cannot know: the process that
workers are forked from was killed. The worker itself may still be alive."""

_LEASH_SECONDS = 2.0
"""How long the end of a worker is waited for."""

pebble.CONSTS.sleep_unit = 0.02
"""Seconds after which pebble looks whether a worker has ended, or all is done: with its
own tenth of a second, that is what converting a single clip would take."""


class WorkerProcess:
    """A pool of a single worker, which is abandoned when that worker dies.

    Workers of one pool share two pipes and their locks. One that dies while it holds a
    lock, or in the middle of a message, stops all others for good; one that dies before
    a task is acknowledged breaks the pool, and what it had taken is lost. With a pool
    for each worker, only the tasks of the one that died are lost, and they are known.

    Worker and parent also share a pair of sockets, the leash. When the parent closes
    its end, the worker ends at once, even if nobody can signal it (pebble cannot when
    the process is gone that forked it). When the worker is gone, the parent sees its
    end closed, and waits for that, so that two workers never write the same images.
    """

    def __init__(self, config: WorkerConfig, context: BaseContext) -> None:
        """Prepare a worker, which is started with its first task.

        Raises
        ------
        OSError
            There are too many open files.
        """
        self._leash, self._far_end = socket.socketpair()
        self._pool = pebble.ProcessPool(
            max_workers=1,
            context=context,
            initializer=init_worker,
            initargs=(config, self._far_end),
        )
        self._memory = config.memory
        self._tasks: deque[tuple[Future[list[Outcome]], Task]] = deque()
        self._running: Future[list[Outcome]] | None = None
        self._since = 0.0
        """When its oldest task was given or begun."""
        self.has_delivered = False
        """Whether it has ever done a task, so that its start is not to blame."""

    @property
    def tasks(self) -> list[Task]:
        """The tasks that it has, the oldest first."""
        return [task for _, task in self._tasks]

    @property
    def futures(self) -> list[Future[list[Outcome]]]:
        """The futures of its tasks, to wait for."""
        return [future for future, _ in self._tasks]

    def submit(self, task: Task) -> None:
        """Let it do a task after those that it has.

        Raises
        ------
        RuntimeError, OSError, MemoryError
            It is not alive any more, or cannot be started.
        """
        future = self._pool.schedule(
            convert_batch, args=(task.recordings, task.clip_range), timeout=task.seconds
        )
        if not self._tasks:
            self._since = time.monotonic()
        self._tasks.append((future, task))

    def collect(self) -> Iterator[tuple[Task, Ending]]:
        """Yield what was done.

        Raises
        ------
        StorageError
            The worker found that the output folder takes nothing more.
        """
        while self._tasks and self._tasks[0][0].done():
            future, task = self._tasks[0]
            if _is_death(future):
                return  # `abandon` yields it, with all that waits behind it
            self._tasks.popleft()
            self._since = time.monotonic()
            self.has_delivered = True
            yield task, _ending(future, task, self._memory)

    def is_lost(self) -> bool:
        """Whether it has died or hangs, and is to be abandoned; after `collect`."""
        if not self._tasks:
            return False
        future, task = self._tasks[0]
        if future.done():
            return _is_death(future)
        if not self._pool.active:
            return True
        now = time.monotonic()
        if future.running() and self._running is not future:
            self._running, self._since = future, now
        allowed = task.seconds if future.running() else 0.0
        return now - self._since > allowed + HEARTBEAT_SECONDS

    def abandon(self) -> Iterator[tuple[Task, Ending]]:
        """End it, and yield what came of each task that it still had.

        Raises
        ------
        StorageError
            As from `collect`.
        """
        # Pebble has not ended it, though all its time is over.
        is_overdue = self._tasks[0][0].running() and self._pool.active
        self.stop()
        self.join()
        for future, task in self._tasks:
            if future.done():
                yield task, _ending(future, task, self._memory)
            elif is_overdue:
                yield task, _too_long(task)
            else:
                yield task, _loss("its worker did not answer")
            is_overdue = False
        self._tasks.clear()

    def stop(self) -> None:
        """Tell the worker to end, without waiting for it."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        with suppress(OSError):
            self._leash.shutdown(socket.SHUT_WR)

    def join(self) -> None:
        """Wait until the worker has ended, after `stop`."""
        with suppress(RuntimeError):  # it cannot be ended that way
            self._pool.join()
        self._far_end.close()
        # Nobody sends anything: it ends when nobody holds the other end. A worker that
        # is stopped, or in code that lets nothing else run, ends as soon as it goes on.
        self._leash.settimeout(_LEASH_SECONDS)
        with suppress(OSError):
            self._leash.recv(1)
        self._leash.close()


def _is_death(future: Future[list[Outcome]]) -> bool:
    """Whether a task ended because its worker did."""
    return isinstance(future.exception(), pebble.ProcessExpired | BrokenProcessPool)


def _ending(future: Future[list[Outcome]], task: Task, memory: int) -> Ending:
    try:
        return future.result()
    except StorageError:
        raise
    except concurrent.futures.TimeoutError:
        return _too_long(task)
    except BrokenProcessPool:
        return _loss("its worker ended before it began")
    except pebble.ProcessExpired as error:
        return _describe_death(error.exitcode, memory)
    except Exception as error:  # noqa: BLE001 - whatever it is, it stays with its file
        msg = f"internal error: {type(error).__name__}: {error}"
        return Interruption(Cause.LIMIT, WorkerError(msg))


def _too_long(task: Task) -> Interruption:
    msg = f"took longer than the {task.seconds:.0f} s that --timeout allows it"
    return Interruption(Cause.LIMIT, WorkerError(msg, "timeout"))


def _loss(reason: str) -> Interruption:
    return Interruption(Cause.LOSS, WorkerError(reason))


def _describe_death(exit_code: int | None, memory: int) -> Interruption:
    if exit_code == MEMORY_STATUS:
        msg = (
            f"needs more than the {memory} MB that a worker may use; allow more with "
            f"--memory, or make it less with a shorter --clip-duration"
        )
        return Interruption(Cause.LIMIT, WorkerError(msg, "memory"))
    if exit_code == _SERVER_GONE:
        return _loss("the process that its worker came from was ended")
    if exit_code is not None and exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
        msg = f"its worker was ended by {name}{hint}"
    else:
        msg = f"its worker ended with exit status {exit_code}"
    return Interruption(Cause.DEATH, WorkerError(msg))
