"""A run over many recordings: what is to be done, and what came of it."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from specimg.audio import looks_like_recording
from specimg.batch.output import Output, open_output
from specimg.batch.parts import ALL, Part
from specimg.batch.pool import TASKS_A_WORKER, Outcome, Pool, Task
from specimg.batch.report import Event, Limits, Report, Watch
from specimg.batch.signals import signals_to
from specimg.batch.survey import stamp_of, survey
from specimg.batch.tables import update_tables
from specimg.batch.worker import Duty
from specimg.clips import Stretch
from specimg.convert import LONG_SECONDS, Long, warn
from specimg.errors import RecordingError
from specimg.journal import Stamp
from specimg.manifest import Failure, Image
from specimg.recordings import Listing, Recording, find_recordings
from specimg.settings import Settings
from specimg.storage import remove_images

HOPELESS = 100
"""Where that many recordings fail at the beginning, without one that does not, the
rest would fail as well."""

TOGETHER = 8
"""Short recordings in one task: what a task costs besides is a tenth of a clip."""

GRACE_SECONDS = 10.0
"""For what is in flight, after a signal."""

PATIENCE_SECONDS = 0.2


@dataclass(slots=True)
class _Assembly:
    """A long recording that is converted in several tasks."""

    number: int
    """How many were begun before it, which is also its place in the listing."""
    stamp: Stamp
    images: dict[int, list[Image]] = field(default_factory=dict)
    warning: str = ""
    waiting: int = 1
    error: RecordingError | None = None


def list_inputs(inputs: Iterable[Path], out: Path, part: Part = ALL) -> Listing:
    """List the recordings that are to be converted into `out`."""
    return find_recordings(
        inputs, looks_like_recording, leave_out=out, part=(part.index, part.count)
    )


def convert_all(
    listing: Listing,
    out: Path,
    settings: Settings,
    limits: Limits,
    watch: Watch,
    *,
    part: Part = ALL,
    overwrite: bool = False,
    prune: bool = False,
) -> Report:
    """Convert what is not converted yet; what cannot be is reported, not fatal.

    Raises
    ------
    RefusedError
        The output folder is in use, or holds something else.
    StorageError
        It takes nothing more.
    """
    with open_output(out, part, settings, overwrite=overwrite) as output:
        run = _Run(output, settings, limits, watch, listing.passed_over)
        with signals_to(run.stop):
            run.convert(run.look(listing, prune=prune))
        report = run.report
        output.finish(complete=not report.stopped)
        if part.is_all:
            output.remove_emptied_folders()
        if not report.stopped and part.is_all:
            update_tables(out, settings, output.journal, str(part))
        return report


class _Run:
    """One run: what is to be done, what is under way, what came of it."""

    def __init__(
        self,
        output: Output,
        settings: Settings,
        limits: Limits,
        watch: Watch,
        passed_over: int,
    ) -> None:
        self.report = Report(
            out=output.folder, part=output.part, passed_over=passed_over
        )
        self._output = output
        self._journal = output.journal
        self._duty = Duty(output.folder, settings, limits.memory)
        self._limits = limits
        self._watch = watch
        self._assemblies: dict[str, _Assembly] = {}
        self._begun = 0
        self._ready: deque[Task] = deque()
        """Stretches of long recordings, which go first: they are halfway done."""

    def look(self, listing: Listing, *, prune: bool) -> list[Recording]:
        """Return what is not converted yet, and note what is not there any more."""
        found = survey(self._output, self._duty.settings, listing, prune=prune)
        self.report.skipped = found.skipped
        self.report.vanished, self.report.pruned = found.vanished, found.pruned
        self.report.lost = found.lost
        with self._journal.transaction():
            for failure in found.failures:
                self._fail(Stamp(path="", size=0, modified=0), failure)
        return found.todo

    def convert(self, todo: list[Recording]) -> None:
        """Convert recordings in worker processes."""
        if not todo or self.report.stopped:
            return
        # As many as are wanted, even for one recording: it may be a day long.
        pool = Pool(self._limits.jobs, self._duty)
        is_finished = False
        try:
            self._feed(pool, deque(todo))
            is_finished = not self.report.stopped
            if is_finished:
                pool.close()
        finally:
            pool.stop()
            # Only now: while there are workers, there may be new images.
            if not is_finished:
                self._put_back()

    def stop(self, reason: str, number: int = 0) -> None:
        """Take nothing more on."""
        self.report.stopped = self.report.stopped or reason
        self.report.signal = self.report.signal or number

    def _feed(self, pool: Pool, waiting: deque[Recording]) -> None:
        give_up = float("inf")
        while time.monotonic() < give_up:
            if self.report.stopped:
                give_up = min(give_up, time.monotonic() + GRACE_SECONDS)
            else:
                for task in self._take(pool.room, waiting):
                    pool.submit(task)
            if pool.is_idle:
                return
            done = list(pool.outcomes(PATIENCE_SECONDS))
            if any(_was_ended(outcomes) for _, outcomes in done):
                # A signal for the whole process group reaches the workers as well,
                # and theirs may be heard of first.
                time.sleep(PATIENCE_SECONDS)
            with self._journal.transaction():
                for task, outcomes in done:
                    self._receive(task, outcomes)

    def _take(self, room: int, waiting: deque[Recording]) -> list[Task]:
        tasks: list[Task] = []
        with self._journal.transaction():
            while len(tasks) < room:
                if self._ready:
                    tasks.append(self._ready.popleft())
                    continue
                # Together as long as there are enough for all workers.
                several = len(waiting) // (TASKS_A_WORKER * self._limits.jobs)
                count = min(max(several, 1), TOGETHER, len(waiting))
                if not count:
                    break
                recordings = [waiting.popleft() for _ in range(count)]
                for recording in recordings:
                    self._start(recording)
                seconds = self._limits.timeout + LONG_SECONDS
                tasks.append(Task(tuple(recordings), None, seconds))
        return tasks

    def _start(self, recording: Recording) -> None:
        stamp = stamp_of(recording.path)
        self._output.discard(recording.name)
        self._journal.start(recording.name, stamp)
        self._assemblies[recording.name] = _Assembly(self._begun, stamp)
        self._begun += 1

    def _receive(self, task: Task, outcomes: list[Outcome]) -> None:
        if _was_ended(outcomes) and self.report.stopped:
            return  # not its fault; it stays started, and is put back
        if len(outcomes) < len(task.recordings):
            # One of them took the worker or the time of all: each for itself, then.
            self._ready.extend(
                replace(task, recordings=(recording,)) for recording in task.recordings
            )
            return
        for recording, outcome in zip(task.recordings, outcomes, strict=True):
            self._assemble(recording, task.stretch, outcome)

    def _assemble(
        self, recording: Recording, stretch: Stretch | None, outcome: Outcome
    ) -> None:
        name = recording.name
        assembly = self._assemblies[name]
        if isinstance(outcome, Long):
            seconds = outcome.seconds / len(outcome.stretches) + self._limits.timeout
            assembly.waiting = len(outcome.stretches)
            self._ready.extend(
                Task((recording,), part, seconds) for part in outcome.stretches
            )
            return
        assembly.waiting -= 1
        if isinstance(outcome, RecordingError):
            assembly.error = assembly.error or outcome
            given_up = [task for task in self._ready if recording in task.recordings]
            assembly.waiting -= len(given_up)
            for task in given_up:
                self._ready.remove(task)
        else:
            first = stretch.first if stretch else 0
            assembly.images[first] = outcome.images
            assembly.warning = assembly.warning or outcome.warning
        if assembly.waiting == 0:
            self._conclude(name, self._assemblies.pop(name))

    def _conclude(self, name: str, assembly: _Assembly) -> None:
        """Note what became of a recording."""
        if assembly.error is not None:
            remove_images(self._output.folder, name)
            error = assembly.error
            failure = Failure(source=name, stage=error.stage, reason=str(error))
            self._fail(assembly.stamp, failure)
            return
        parts = [assembly.images[first] for first in sorted(assembly.images)]
        images = warn([image for part in parts for image in part], assembly.warning)
        self._journal.finish(name, assembly.stamp, images)
        self.report.recordings += 1
        self.report.images += len(images)
        self.report.seconds += sum(i.record.end - i.record.start for i in images)
        self._watch(Event(self.report))

    def _fail(self, stamp: Stamp, failure: Failure) -> None:
        self._journal.fail(failure.source, stamp, failure)
        self.report.failed += 1
        self._watch(Event(self.report, failure))
        limit = self._limits.max_failures
        any_good = self.report.recordings or self.report.skipped
        # The first in the order of the listing: none of them may still be under way.
        oldest = min((a.number for a in self._assemblies.values()), default=HOPELESS)
        is_hopeless = self.report.failed >= HOPELESS <= oldest and not any_good
        if limit is None and is_hopeless:
            self.stop(f"the first {HOPELESS} recordings all failed")
        if limit is not None and self.report.failed > limit:
            self.stop(f"more than {limit} recordings failed, which --max-failures sets")

    def _put_back(self) -> None:
        """Remove what was not finished, as if it had not been begun."""
        with self._journal.transaction():
            for name in self._assemblies:
                self._output.discard(name)


def _was_ended(outcomes: list[Outcome]) -> bool:
    """Whether a task ended because its worker did."""
    return any(isinstance(o, RecordingError) and o.stage == "crash" for o in outcomes)
