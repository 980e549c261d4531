"""The recordings that a run has begun, and what came of each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from specimg.annotations.annotation import Times
from specimg.audio.recordings import Recording
from specimg.batch.report import Event, OnProgress, Report
from specimg.batch.task import Done
from specimg.conversion import SplitPlan, describe_dropped, warn
from specimg.errors import RecordingError, join_warnings
from specimg.output.destination import Destination
from specimg.output.entries import FileStamp, encode_joined
from specimg.output.manifest import Failure, ImageEntry
from specimg.output.session import Output
from specimg.spans.best import select
from specimg.spans.selection import SelectionSettings
from specimg.spans.span import ClipRange


@dataclass(slots=True)
class _PendingRecording:
    """A recording that has been begun, perhaps in several tasks."""

    number: int
    """How many were begun before it, which is also its place in the listing."""
    stamp: FileStamp
    recording: Recording
    images: dict[int, list[ImageEntry]] = field(default_factory=dict)
    """The images of each part, by the number of its first clip."""
    warning: str = ""
    dropped: Counter[str] = field(default_factory=Counter)
    """How many clips are left out, by the reason."""
    left_out: dict[str, list[Times]] = field(default_factory=dict)
    """Those of them that annotations label; see `Converted.left_out`."""
    waiting: int = 1
    """How many parts are still to come."""
    error: RecordingError | None = None
    """The first one; the other parts are in vain."""
    was_interrupted: bool = False
    """Whether a worker ended over it, and may have left images that nobody knows."""


class PendingRecordings:
    """Notes what came of recordings in the journal and the report, and tells of it."""

    def __init__(
        self,
        output: Output,
        destination: Destination,
        selection: SelectionSettings,
        report: Report,
        on_progress: OnProgress,
    ) -> None:
        self._output = output
        self._destination = destination
        self._selection = selection
        self._journal = output.journal
        self._report = report
        self._on_progress = on_progress
        self._pending: dict[str, _PendingRecording] = {}
        self._begun = 0

    def begin(self, recording: Recording) -> None:
        """Note that a recording is being converted."""
        stamp = FileStamp.of(recording.path)
        self._output.discard(recording.name)
        self._journal.start(recording.name, stamp)
        self._pending[recording.name] = _PendingRecording(self._begun, stamp, recording)
        self._begun += 1

    def note_interruption(self, recording: Recording) -> None:
        """Note that a worker ended over it, though it may not be to blame."""
        self._pending[recording.name].was_interrupted = True

    def has_failed(self, recording: Recording) -> bool:
        """Whether the rest of it is in vain, because a part could not be converted."""
        return self._pending[recording.name].error is not None

    def split(self, recording: Recording, plan: SplitPlan) -> None:
        """Expect a recording in as many parts as it has ranges of clips."""
        self._pending[recording.name].waiting = len(plan.ranges)

    def add(
        self,
        recording: Recording,
        clip_range: ClipRange | None,
        outcome: Done | RecordingError,
    ) -> None:
        """Add what came of a recording or of a part of it."""
        pending = self._pending[recording.name]
        if isinstance(outcome, RecordingError):
            pending.error = pending.error or outcome
        elif not isinstance(outcome, SplitPlan):
            first = clip_range.first if clip_range else 0
            pending.images[first] = outcome.images
            pending.warning = join_warnings(pending.warning, outcome.warning)
            pending.dropped += outcome.dropped
            for why, times in outcome.left_out.items():
                pending.left_out.setdefault(why, []).extend(times)
        self.expect_fewer(recording, 1)

    def expect_fewer(self, recording: Recording, count: int) -> None:
        """Expect `count` parts fewer of a recording; after the last, conclude."""
        name = recording.name
        pending = self._pending[name]
        pending.waiting -= count
        if pending.waiting == 0:
            self._conclude(name, self._pending.pop(name))

    def fail_unreadable(self, name: str, reason: str) -> None:
        """Note that a folder cannot be listed, as a failure without a file."""
        stamp = FileStamp(path="", size=0, modified=0)
        self._fail(stamp, Failure(source=name, stage="open", reason=reason))

    def numbers(self) -> Iterator[int]:
        """Yield the places in the listing of what is still under way."""
        return (pending.number for pending in self._pending.values())

    def roll_back(self) -> None:
        """Remove what was not finished, as if it had not been begun."""
        with self._journal.transaction():
            for name in self._pending:
                self._output.discard(name)

    def _conclude(self, name: str, pending: _PendingRecording) -> None:
        if pending.error is not None:
            self._output.remove_images(name)
            error = pending.error
            failure = Failure(source=name, stage=error.stage, reason=str(error))
            self._fail(pending.stamp, failure)
            return
        parts = [pending.images[first] for first in sorted(pending.images)]
        images = warn(self._select(name, parts, pending), pending.warning)
        if pending.was_interrupted:
            keep = [image.record.file_name for image in images]
            self._output.remove_images(name, keep)
        self._journal.finish(
            name,
            pending.stamp,
            images,
            plan=pending.recording.plan_digest,
            dropped=describe_dropped(pending.dropped),
            lost=_find_lost(pending, images),
        )
        if joined := encode_joined(pending.recording.joined):
            self._journal.join(name, joined)
        self._report.add(image.record for image in images)
        self._report.dropped += pending.dropped
        self._on_progress(Event(self._report))

    def _select(
        self, name: str, parts: list[list[ImageEntry]], pending: _PendingRecording
    ) -> list[ImageEntry]:
        """Remove what was selected in a part of a recording, but not of all of it."""
        images = [image for part in parts for image in part]
        if len(parts) < 2:
            return images
        records = [image.record for image in images]
        kept = {*select(records, self._selection, name)}
        surplus = [image for place, image in enumerate(images) if place not in kept]
        self._destination.undo(surplus)
        if surplus:
            why = self._selection.why_not_selected
            pending.dropped[why] += len(surplus)
            times = [image.record.true_times for image in surplus]
            pending.left_out.setdefault(why, []).extend(times)
        return [image for place, image in enumerate(images) if place in kept]

    def _fail(self, stamp: FileStamp, failure: Failure) -> None:
        self._journal.fail(failure.source, stamp, failure)
        self._report.failed += 1
        self._on_progress(Event(self._report, failure))


def _find_lost(
    pending: _PendingRecording, images: Sequence[ImageEntry]
) -> dict[int, str]:
    """Return which annotations of a recording label no image, and why."""
    plan = pending.recording.plan
    if plan is None or not plan.annotations:
        return {}
    times = (image.record.true_times for image in images)
    return plan.find_lost(times, pending.left_out)
