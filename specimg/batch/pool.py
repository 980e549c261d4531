"""Worker processes, and what became of the tasks that they were given."""

import concurrent.futures
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import pebble

from specimg.batch.server import prepare_server
from specimg.batch.worker import MEMORY_STATUS, Duty, begin, work
from specimg.clips import Stretch
from specimg.convert import Converted, Long
from specimg.errors import RecordingError, StorageError, WorkerError
from specimg.recordings import Recording

TASKS_A_WORKER = 3
"""In flight: enough that none waits for the parent, few enough to lose."""

pebble.CONSTS.sleep_unit = 0.02
"""Seconds after which pebble looks whether a worker has ended, or all is done: with its
own tenth of a second, that is what converting a single clip would take."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do for a worker."""

    recordings: tuple[Recording, ...]
    """Several only where they are not known to be long: then they share the time."""
    stretch: Stretch | None
    """Of the only recording; None: the whole of it, unless it turns out to be long."""
    seconds: float
    """How long it may take."""


Done = Long | Converted
Outcome = Done | RecordingError


class Pool:
    """A pool of worker processes that outlives each of them, but not its parent."""

    def __init__(self, jobs: int, duty: Duty) -> None:
        self._pool = pebble.ProcessPool(
            max_workers=jobs,
            context=prepare_server(),
            initializer=begin,
            initargs=(duty,),
        )
        self._memory = duty.memory
        self._capacity = TASKS_A_WORKER * jobs
        self._tasks: dict[Future[list[Outcome]], Task] = {}

    @property
    def room(self) -> int:
        """How many tasks it takes at the moment."""
        return self._capacity - len(self._tasks)

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""
        return not self._tasks

    def submit(self, task: Task) -> None:
        """Give a task to the next worker that is free."""
        future = self._pool.schedule(
            work, args=(task.recordings, task.stretch), timeout=task.seconds
        )
        self._tasks[future] = task

    def outcomes(self, patience: float) -> Iterator[tuple[Task, list[Outcome]]]:
        """Yield what was done, waiting up to `patience` seconds for the next.

        One outcome a recording; or a single one for the task, if it took its worker
        with it, or all its time.

        Raises
        ------
        StorageError
            A worker found that the output folder takes nothing more.
        """
        done, _ = concurrent.futures.wait(
            self._tasks, patience, concurrent.futures.FIRST_COMPLETED
        )
        for future in done:
            task = self._tasks.pop(future)
            yield task, _outcomes(future, task, self._memory)

    def stop(self) -> None:
        """End all workers, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def close(self) -> None:
        """End all workers, which have nothing more to do."""
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()


def _outcomes(future: Future[list[Outcome]], task: Task, memory: int) -> list[Outcome]:
    try:
        return future.result()
    except StorageError:
        raise
    except concurrent.futures.TimeoutError:
        msg = f"took longer than the {task.seconds:.0f} s that --timeout allows it"
        return [WorkerError(msg, "timeout")]
    except pebble.ProcessExpired as error:
        return [_describe_death(error.exitcode, memory)]
    except Exception as error:  # noqa: BLE001 - whatever it is, it stays with its file
        return [WorkerError(f"internal error: {type(error).__name__}: {error}")]


def _describe_death(exit_code: int | None, memory: int) -> WorkerError:
    if exit_code == MEMORY_STATUS:
        msg = (
            f"needs more than the {memory} MB that a worker may use; allow more with "
            f"--memory, or make it less with a shorter --clip-duration"
        )
        return WorkerError(msg, "memory")
    if exit_code is not None and exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return WorkerError(f"its worker was ended by {name}{hint}")
    return WorkerError(f"its worker ended with exit status {exit_code}")
