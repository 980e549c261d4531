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
"""Where that many recordings fail at the beginning, without one that does not, the
rest would fail as well."""

TOGETHER = 8
"""Short recordings in one task: what a task costs besides is a tenth of a clip."""

GRACE_SECONDS = 10.0
"""For what is in flight, after a signal."""

PATIENCE_SECONDS = 0.2


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
        """What goes first: parts of long recordings, which are halfway done, and
        tasks that were interrupted."""

    def run(self, executor: Executor, recordings: Iterable[Recording]) -> None:
        """Convert recordings, until all is done or the report says that it stopped."""
        waiting = deque(recordings)
        give_up = float("inf")
        while time.monotonic() < give_up:
            if self._report.stopped:
                give_up = min(give_up, time.monotonic() + GRACE_SECONDS)
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
        if report.stopped or not report.failed:
            return
        if limit is not None:
            if report.failed > limit:
                report.stopped = (
                    f"more than {limit} recordings failed, which --max-failures sets"
                )
            return
        any_good = report.recordings or report.skipped
        # The first in the order of the listing: none of them may still be under way.
        oldest = min(self._pending.numbers(), default=HOPELESS)
        if report.failed >= HOPELESS <= oldest and not any_good:
            report.stopped = f"the first {HOPELESS} recordings all failed"

    def _next_tasks(self, executor: Executor, waiting: deque[Recording]) -> list[Task]:
        tasks: list[Task] = []
        count, parallel = executor.free_slots, executor.parallel_tasks
        with self._journal.transaction():
            while len(tasks) < count:
                if self._ready:
                    tasks.append(self._ready.popleft())
                    continue
                # Together as long as there are enough for all workers.
                several = len(waiting) // parallel
                together = min(max(several, 1), TOGETHER, len(waiting))
                if not together:
                    break
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
            self._pending.give_up_parts(task.recordings[0], 1)
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
            given_up = [task for task in self._ready if recording in task.recordings]
            for task in given_up:
                self._ready.remove(task)
            if given_up:
                self._pending.give_up_parts(recording, len(given_up))
        self._pending.add(recording, clip_range, outcome)


def _is_blamed_for_death(task: Task, ending: Ending) -> bool:
    if not isinstance(ending, Interruption) or ending.cause is not Cause.DEATH:
        return False
    return not retry(task, ending)
