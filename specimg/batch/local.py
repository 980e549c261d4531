"""Worker processes, which are replaced when they die or hang."""

import concurrent.futures
import time
from collections import deque
from collections.abc import Iterator

from specimg.batch.forkserver import prepare_server
from specimg.batch.process import WorkerProcess
from specimg.batch.task import Cause, Ending, Interruption, Task
from specimg.batch.worker import WorkerConfig
from specimg.errors import ResourceError
from specimg.resources import describe_shortage

TASKS_A_WORKER = 2
"""Tasks in flight for each worker: one that it does and one that waits, so that it
never waits for the parent, and few are lost with it."""

_LOSSES_A_WORKER = 6
"""So many losses in a row, for each worker, mean that no worker can live."""

_REFUSALS = 10
"""So many refusals in a row mean that the machine has no room for a single worker."""

_LONGEST_PAUSE = 0.5
"""Seconds before another worker is started, where the last ones did not live."""


class LocalExecutor:
    """Worker processes on this machine; see `Executor`.

    A task whose worker is lost comes back as an interruption.
    """

    def __init__(self, jobs: int, config: WorkerConfig) -> None:
        self._jobs = jobs
        self._config = config
        self._context = prepare_server()
        self._workers: list[WorkerProcess] = []
        self._waiting: deque[Task] = deque()
        """Tasks for which no worker is free."""
        self._refusals = 0
        """How many workers could not be started since the last result."""
        self._losses = 0
        """How many were lost before they had begun their task, since then."""
        self._start_after = 0.0

    @property
    def parallel_tasks(self) -> int:
        """How many tasks can be in flight at a time."""
        return TASKS_A_WORKER * self._jobs

    @property
    def free_slots(self) -> int:
        """How many tasks it takes at the moment."""
        in_flight = sum(len(worker.tasks) for worker in self._workers)
        return self.parallel_tasks - in_flight - len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""
        return not self._waiting and not any(w.tasks for w in self._workers)

    def submit(self, task: Task) -> None:
        """Give a task to the next worker that is free.

        Raises
        ------
        ResourceError
            The machine allows no worker at all.
        """
        self._waiting.append(task)
        self._hand_out()

    def outcomes(self, patience: float) -> Iterator[tuple[Task, Ending]]:
        """Yield what came of tasks, waiting up to `patience` seconds for the next.

        A worker that has died or hangs is replaced. What it was doing, and what waited
        for it, comes back as an interruption; to submit it again is up to the caller.

        Raises
        ------
        ResourceError
            Workers cannot be started, or end before they begin, again and again.
        StorageError
            A worker found that the output folder takes nothing more.
        """
        self._hand_out()
        futures = [future for worker in self._workers for future in worker.futures]
        if futures:
            concurrent.futures.wait(
                futures, patience, concurrent.futures.FIRST_COMPLETED
            )
        else:
            time.sleep(min(patience, max(0.0, self._start_after - time.monotonic())))
        for worker in list(self._workers):
            endings = list(worker.collect())
            if worker.is_lost():
                self._workers.remove(worker)
                endings += worker.abandon()
                self._count_loss(endings)
            if any(not _is_loss(ending) for _, ending in endings):
                self._losses = self._refusals = 0
            yield from endings

    def stop(self) -> None:
        """End all workers, whatever they are at."""
        for worker in self._workers:
            worker.stop()
        while self._workers:
            self._workers.pop().join()

    def _hand_out(self) -> None:
        for task in list(self._waiting):
            worker = self._worker_for(task)
            if worker is None:
                continue
            self._waiting.remove(task)
            try:
                worker.submit(task)
            except (RuntimeError, OSError, MemoryError) as error:
                self._waiting.appendleft(task)
                if not worker.tasks:
                    self._remove(worker, error)
                return

    def _worker_for(self, task: Task) -> WorkerProcess | None:
        """Return who is to do a task now, if anybody is."""
        idle = [worker for worker in self._workers if not worker.tasks]
        if task.deaths:
            # To a worker that is known to live, so that one that cannot does not count
            # against the recording; the tasks that will show it go first.
            proven = [worker for worker in idle if worker.has_delivered]
            if proven:
                return proven[0]
            if any(not other.deaths for other in self._waiting):
                return None
        if idle:
            return idle[0]
        if len(self._workers) < self._jobs:
            return self._start()
        # Behind another, unless somebody waits for a worker of his own.
        if all(waiting.is_short for waiting in self._waiting):
            for worker in self._workers:
                tasks = worker.tasks
                if len(tasks) < TASKS_A_WORKER and all(t.is_short for t in tasks):
                    return worker
        return None

    def _start(self) -> WorkerProcess | None:
        if time.monotonic() < self._start_after:
            return None
        try:
            worker = WorkerProcess(self._config, self._context)
        except OSError as error:
            self._count_refusal(error)
            return None
        self._workers.append(worker)
        return worker

    def _remove(self, worker: WorkerProcess, error: BaseException) -> None:
        """Remove a worker that did not take a task, though it had none."""
        self._workers.remove(worker)
        worker.stop()
        worker.join()
        if not worker.has_delivered:
            self._count_refusal(error)

    def _count_refusal(self, error: BaseException) -> None:
        self._refusals += 1
        if self._refusals >= _REFUSALS and not any(w.tasks for w in self._workers):
            msg = f"cannot start a worker process: {describe_shortage(error)}"
            raise ResourceError(msg) from error
        self._pause(self._refusals)

    def _count_loss(self, endings: list[tuple[Task, Ending]]) -> None:
        if not all(_is_loss(ending) for _, ending in endings):
            return
        self._losses += 1
        if self._losses >= _LOSSES_A_WORKER * (self._jobs + 1):
            msg = (
                f"{self._losses} worker processes in a row ended before they had "
                f"done anything: {describe_shortage(None)}"
            )
            raise ResourceError(msg)
        self._pause(self._losses - self._jobs)

    def _pause(self, failed: int) -> None:
        """Give the machine time, the more the longer no worker lives."""
        if failed > 0:
            seconds = min(_LONGEST_PAUSE, 0.01 * 2.0**failed)
            self._start_after = time.monotonic() + seconds


def _is_loss(ending: Ending) -> bool:
    return isinstance(ending, Interruption) and ending.cause is Cause.LOSS
