"""A run over many recordings: what is to be done, and what came of it."""

import os
from collections.abc import Iterable
from pathlib import Path

from specimg.audio import judge
from specimg.audio.recordings import (
    Listing,
    NoInputError,
    Recording,
    find_recordings,
)
from specimg.batch.local import LocalExecutor
from specimg.batch.pending import PendingRecordings
from specimg.batch.plan import plan
from specimg.batch.report import Limits, OnProgress, Report
from specimg.batch.scheduler import Scheduler
from specimg.batch.signals import signals_to
from specimg.batch.worker import WorkerConfig
from specimg.output.destinations import LOOSE_FILES
from specimg.output.journal import FileStamp
from specimg.output.manifest import PassedOver
from specimg.output.session import Output, open_output
from specimg.output.shards import ALL, Shard
from specimg.output.strays import find_strays
from specimg.output.tables import update_tables
from specimg.resources import allow_open_files
from specimg.settings import Settings

FILES, FILES_A_WORKER = 22, 8
"""What a run has open at most: of its own, and for each worker process."""


def list_inputs(inputs: Iterable[Path], out: Path, part: Shard = ALL) -> Listing:
    """List the recordings that are to be converted into `out`.

    Raises
    ------
    NoInputError
        There is none, or no input exists.
    """
    inputs = list(inputs)
    if not any(map(os.path.lexists, inputs)):
        some = ", ".join(str(path) for path in inputs[:3])
        more = f" and {len(inputs) - 3} more" if inputs[3:] else ""
        msg = f"no such file or folder: {some}{more}"
        raise NoInputError(msg)
    return find_recordings(inputs, judge, leave_out=out, part=(part.index, part.count))


def convert_all(  # noqa: PLR0913 - as many as the command has
    listing: Listing,
    out: Path,
    settings: Settings,
    limits: Limits,
    on_progress: OnProgress,
    *,
    part: Shard = ALL,
    overwrite: bool = False,
    prune: bool = False,
    recheck: bool = False,
) -> Report:
    """Convert what is not converted yet; what cannot be is reported, not fatal.

    Raises
    ------
    RefusedError
        The output folder is in use, or holds something else.
    StorageError
        It takes nothing more.
    ResourceError
        The machine allows too few open files or processes for a single worker.
    """
    allow_open_files(FILES + FILES_A_WORKER * limits.jobs)
    with open_output(
        out, part, settings, overwrite=overwrite, recheck=recheck
    ) as output:
        run = _Run(output, settings, limits, on_progress)
        run.pass_over(listing)
        with signals_to(run.stop):
            run.convert(run.look(listing, prune=prune))
        report = run.report
        output.finish(complete=not report.stopped)
        if part.is_all:
            output.remove_emptied_folders()
        if not report.stopped and part.is_all:
            journal, is_trusted = output.journal, output.is_trusted
            update_tables(out, settings, journal, str(part), is_trusted=is_trusted)
            report.strays = find_strays(out, [output.journal], settings)
        return report


class _Run:
    """One run: what is to be done, what is under way, what came of it."""

    def __init__(
        self,
        output: Output,
        settings: Settings,
        limits: Limits,
        on_progress: OnProgress,
    ) -> None:
        self.report = Report(out=output.folder, part=output.part)
        self._output = output
        self._config = WorkerConfig(output.folder, LOOSE_FILES, settings, limits.memory)
        self._jobs = limits.jobs
        self._pending = PendingRecordings(output, self.report, on_progress)
        self._scheduler = Scheduler(self._pending, output.journal, limits, self.report)

    def pass_over(self, listing: Listing) -> None:
        """Note which files in the folders are left alone."""
        self.report.passed_over = listing.kinds
        self.report.unread = len(listing.unread)
        rows = [
            PassedOver(source=name, reason=reason) for name, reason in listing.unread
        ]
        with self._output.journal.transaction():
            self._output.journal.pass_over(rows)

    def look(self, listing: Listing, *, prune: bool) -> list[Recording]:
        """Return what is not converted yet, and note what is not there any more."""
        found = plan(self._output, self._config.settings, listing, prune=prune)
        self.report.skipped = found.skipped
        self.report.vanished, self.report.pruned = found.vanished, found.pruned
        self.report.lost = found.lost
        with self._output.journal.transaction():
            for failure in found.failures:
                self._pending.fail(FileStamp(path="", size=0, modified=0), failure)
        self._scheduler.stop_if_hopeless()
        return found.todo

    def convert(self, todo: list[Recording]) -> None:
        """Convert recordings in worker processes."""
        if not todo or self.report.stopped:
            return
        # As many as are wanted, even for one recording: it may be a day long.
        executor = LocalExecutor(self._jobs, self._config)
        is_finished = False
        try:
            self._scheduler.run(executor, todo)
            is_finished = not self.report.stopped
        finally:
            executor.stop()
            # Only now: while there are workers, there may be new images.
            if not is_finished:
                self._pending.roll_back()

    def stop(self, reason: str, number: int = 0) -> None:
        """Take nothing more on."""
        self.report.stopped = self.report.stopped or reason
        self.report.signal = self.report.signal or number
