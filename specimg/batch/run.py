"""A run over many recordings, from the listing to the tables."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from specimg.audio import judge
from specimg.audio.recordings import (
    Listing,
    NoInputError,
    Recording,
    find_recordings,
    is_in_part,
)
from specimg.batch.executor import Executor
from specimg.batch.inputs import Inputs
from specimg.batch.local import LocalExecutor
from specimg.batch.pending import PendingRecordings
from specimg.batch.plan import plan
from specimg.batch.report import Limits, OnProgress, Report
from specimg.batch.scheduler import Scheduler
from specimg.batch.signals import signals_to
from specimg.batch.worker import WorkerConfig
from specimg.output.destinations import DESTINATIONS, LOOSE_FILES
from specimg.output.files import image_folder, write_table
from specimg.output.folders import add_folders
from specimg.output.joined import set_columns
from specimg.output.journal import Journal
from specimg.output.label_files import ANNOTATED, count_points, remove_label_files
from specimg.output.manifest import PassedOver
from specimg.output.session import open_output
from specimg.output.shards import ALL, Shard
from specimg.output.strays import find_strays
from specimg.output.tables import update_tables
from specimg.resources import allow_open_files
from specimg.settings import SPLITS_NAME, Settings
from specimg.splits.table import format_splits

FILES, FILES_A_WORKER = 22, 8
"""Files that a run has open at most: its own, and those for each worker process."""


def list_inputs(inputs: Iterable[Path], out: Path, label: str = "first") -> Listing:
    """List the recordings that are to be converted into `out`, in all shards.

    `label` says which part of its name is the label of a recording.

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
    return find_recordings(inputs, judge, leave_out=out, label=label)


def convert_all(  # noqa: PLR0913 - as many as the command has
    inputs: Inputs,
    out: Path,
    settings: Settings,
    limits: Limits,
    on_progress: OnProgress,
    *,
    shard: Shard = ALL,
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
        out, shard, settings, overwrite=overwrite, recheck=recheck
    ) as output:
        journal = output.journal
        listing = inputs.listing
        report = Report(
            out=out,
            shard=shard,
            passed_over=listing.kinds,
            unread=len(listing.unread),
            inputs=inputs,
        )
        destination = DESTINATIONS[LOOSE_FILES](out)
        pending = PendingRecordings(
            output, destination, settings.selection_by_lot, report, on_progress
        )
        scheduler = Scheduler(pending, journal, limits, report)
        with journal.transaction():
            if journal.get(ANNOTATED) and not inputs.annotated:
                remove_label_files(out, settings)
            journal.set(ANNOTATED, "yes" if inputs.annotated else "")
            report.columns_lost = set_columns(journal, inputs.columns)
            add_folders(journal, _find_folders(listing, settings))
        if inputs.splits:
            write_table(out / SPLITS_NAME, format_splits(inputs.splits), str(shard))
        with signals_to(report.stop):
            todo = plan(output, settings, listing, report, prune=prune)
            with journal.transaction():
                for name, reason in listing.unreadable:
                    pending.fail_unreadable(name, reason)
            scheduler.stop_if_hopeless()
            if todo and not report.stopped:
                config = WorkerConfig(out, LOOSE_FILES, settings, limits.memory)
                # All workers, even for one recording: it may be a day long.
                executor = LocalExecutor(limits.jobs, config)
                _convert(todo, executor, scheduler, pending, report)
        if not report.stopped:
            with journal.transaction():
                journal.pass_over(_find_passed_over(inputs, journal, shard))
        output.finish(complete=not report.stopped)
        if shard.is_all:
            output.remove_emptied_folders()
        if not report.stopped and shard.is_all:
            is_trusted = output.is_trusted
            update_tables(out, settings, journal, str(shard), is_trusted=is_trusted)
            report.points = count_points(settings, [journal])
            report.strays = find_strays(out, [journal], settings)
        return report


def _find_passed_over(
    inputs: Inputs, journal: Journal, shard: Shard
) -> Iterator[PassedOver]:
    """Yield the files that are not read, and the annotations that label nothing."""
    for name, reason in inputs.listing.unread:
        yield PassedOver(source=name, reason=reason)
    if inputs.joining:
        part = shard.index, shard.count
        yield from (row for row in inputs.joining.lost if is_in_part(row.source, part))
    if inputs.labeling:
        lost = inputs.labeling.lost
        lost.add_converted(inputs.listing.recordings, journal)
        yield from lost.rows(shard.index, shard.count)


def _find_folders(listing: Listing, settings: Settings) -> set[str]:
    """Return the folders that images may lie in, besides those of their sources."""
    folders = set()
    for recording in listing.recordings:
        labels = {""}
        if recording.plan and recording.plan.by_label:
            own = (recording.label, recording.plan.negative_label)
            labels = {*own, *(a.label for a in recording.plan.annotations)}
        for label in labels:
            folders.add(image_folder(recording.split, label, settings.labels))
    return folders


def _convert(
    todo: list[Recording],
    executor: Executor,
    scheduler: Scheduler,
    pending: PendingRecordings,
    report: Report,
) -> None:
    """Convert recordings; what is not finished leaves nothing behind."""
    is_finished = False
    try:
        scheduler.run(executor, todo)
        is_finished = not report.stopped
    finally:
        executor.stop()
        # Only now: while there are workers, there may be new images.
        if not is_finished:
            pending.roll_back()
