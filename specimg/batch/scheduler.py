"""Which task is submitted next, and what follows from what came of the last."""

import time
from collections import deque
from collections.abc import Iterable

from specimg.audio.recordings import Recording
from specimg.batch.executor import Executor
from specimg.batch.pending import PendingRecordings
from specimg.batch.report import Limits, Report
from specimg.batch.retries import retry
from specimg.batch.task import Cause, Ending, Interruption, Outcome, Task
from specimg.conversion import LONG_SECONDS, SplitPlan
from specimg.errors import RecordingError
from specimg.output.journal import Journal
from specimg.spans.span import ClipRange

HOPELESS = 100
"""Where the first recordings, that many, all fail, the rest would fail as well."""

TOGETHER = 8
"""Short recordings in one task, at most: a task costs a tenth of a clip besides."""

GRACE_SECONDS = 10.0
"""How long a run that stops waits for what is in flight."""

PATIENCE_SECONDS = 0.2
"""How long outcomes are waited for before the report is looked at again."""


class Scheduler:
    """Feeds recordings to an executor until all are converted, or it stops."""

    def __init__(
        self,
        pending: PendingRecordings,
        journal: Journal,
        limits: Limits,
        report: Report,
    ) -> None:
        self._pending = pending
        self._journal = journal
        self._limits = limits
        self._report = report
        self._ready: deque[Task] = deque()
        """Tasks that go first: parts of long recordings, which are halfway done, and
        those that were interrupted."""

    def run(self, executor: Executor, recordings: Iterable[Recording]) -> None:
        """Convert recordings until all are done, or the report says that it stopped."""
        waiting = deque(recordings)
        deadline = float("inf")
        while time.monotonic() < deadline:
            if self._report.stopped:
                deadline = min(deadline, time.monotonic() + GRACE_SECONDS)
            else:
                for task in self._next_tasks(executor, waiting):
                    executor.submit(task)
            if executor.is_idle:
                return
            ended = list(executor.outcomes(PATIENCE_SECONDS))
            if any(_is_blamed_for_death(*one) for one in ended):
                # A signal for the whole process group reaches the workers as well,
                # and theirs may be heard of first.
                time.sleep(PATIENCE_SECONDS)
            with self._journal.transaction():
                for task, ending in ended:
                    self._handle(task, ending)
            self.stop_if_hopeless()

    def stop_if_hopeless(self) -> None:
        """Stop where too much has failed for the rest to be worth its time."""
        report, limit = self._report, self._limits.max_failures
        if not report.failed:
            return
        if limit is not None:
            if report.failed > limit:
                report.stop(
                    f"more than {limit} recordings failed, which --max-failures sets"
                )
            return
        # Only if none of the first in the order of the listing is still under way.
        oldest = min(self._pending.numbers(), default=HOPELESS)
        any_good = report.recordings or report.skipped
        if min(report.failed, oldest) >= HOPELESS and not any_good:
            report.stop(f"the first {HOPELESS} recordings all failed")

    def _next_tasks(self, executor: Executor, waiting: deque[Recording]) -> list[Task]:
        """Return as many tasks as the executor takes, interrupted ones first."""
        tasks: list[Task] = []
        free, parallel = executor.free_slots, executor.parallel_tasks
        with self._journal.transaction():
            while len(tasks) < free and (self._ready or waiting):
                if self._ready:
                    tasks.append(self._ready.popleft())
                    continue
                # Fewer together at the end, so that all workers have something to do.
                together = min(max(len(waiting) // parallel, 1), TOGETHER)
                recordings = [waiting.popleft() for _ in range(together)]
                for recording in recordings:
                    self._pending.begin(recording)
                seconds = self._limits.timeout + LONG_SECONDS
                tasks.append(Task(tuple(recordings), None, seconds))
        return tasks

    def _handle(self, task: Task, ending: Ending) -> None:
        if not isinstance(ending, Interruption):
            for recording, outcome in zip(task.recordings, ending, strict=True):
                self._add(recording, task.clip_range, outcome)
            return
        if self._report.stopped:
            return  # not its fault; it stays started, and is rolled back
        for recording in task.recordings:
            self._pending.note_interruption(recording)
        again = retry(task, ending)
        if not again:
            self._add(task.recordings[0], task.clip_range, ending.error)
        elif self._pending.has_failed(task.recordings[0]):
            self._pending.expect_fewer(task.recordings[0], 1)
        else:
            self._ready.extendleft(reversed(again))

    def _add(
        self, recording: Recording, clip_range: ClipRange | None, outcome: Outcome
    ) -> None:
        if isinstance(outcome, SplitPlan):
            seconds = outcome.seconds / len(outcome.ranges) + self._limits.timeout
            self._pending.split(recording, outcome)
            self._ready.extend(
                Task((recording,), part, seconds) for part in outcome.ranges
            )
            return
        if isinstance(outcome, RecordingError):
            # Its other parts are in vain.
            dropped = [task for task in self._ready if recording in task.recordings]
            for task in dropped:
                self._ready.remove(task)
            self._pending.expect_fewer(recording, len(dropped))
        self._pending.add(recording, clip_range, outcome)


def _is_blamed_for_death(task: Task, ending: Ending) -> bool:
    if not isinstance(ending, Interruption) or ending.cause is not Cause.DEATH:
        return False
    return not retry(task, ending)
