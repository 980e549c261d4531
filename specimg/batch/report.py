"""What a run may take, and what it tells."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from specimg.batch.inputs import Inputs
from specimg.output.manifest import Failure, Record
from specimg.output.shards import Shard

FAINT_DBFS = -60.0
"""Below that peak, what is normalized to full brightness is mostly noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may take."""

    jobs: int
    """Worker processes."""
    timeout: float
    """Seconds for a recording, besides the length of its audio."""
    memory: int
    """Megabytes for a worker."""
    max_failures: int | None = None
    """Failures after which the run stops; None: only where nothing succeeds."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did, and what it left alone."""

    out: Path
    shard: Shard
    inputs: Inputs | None = None
    """What was decided about recordings before they were read."""
    recordings: int = 0
    """Recordings that were converted."""
    images: int = 0
    """Images that were written."""
    labeled: int = 0
    """Those of them that have a label."""
    seconds: float = 0.0
    """Seconds of audio that they show; what two clips share counts twice."""
    rates: dict[int, int] = field(default_factory=dict)
    """How many of these recordings were made at which sample rate, in Hz."""
    faint: int = 0
    """Images of clips whose peak is below `FAINT_DBFS`."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Clips that are no images, by the reason."""
    failed: int = 0
    """Recordings that could not be converted."""
    skipped: int = 0
    """Recordings that were converted already."""
    joined: int = 0
    """Those of them of which the table of --join says something else by now."""
    columns_lost: Sequence[str] = ()
    """Columns that the manifest had of a table, and has no more."""
    images_before: int = 0
    """Images that they have."""
    vanished: int = 0
    """Recordings that were converted once, but are not among the inputs now."""
    pruned: int = 0
    """Those of them whose images were removed."""
    lost: int = 0
    """Recordings that are not among the inputs now, and whose images are gone too."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Files in the input folders that are no recordings, by kind."""
    unread: int = 0
    """Those of them with sound that is not read."""
    points: tuple[int, int] = (0, 0)
    """Annotations that have no box, as points in time, and images with only such."""
    strays: list[str] = field(default_factory=list)
    """Images of specimg in the output that no row of the manifest names."""
    stopped: str = ""
    """Why the run stopped before its end, if it did."""
    signal: int = 0
    """The signal that stopped it, if one did."""

    def stop(self, reason: str, signal: int = 0) -> None:
        """Let the run take on nothing more; the first reason is the one that counts."""
        self.stopped = self.stopped or reason
        self.signal = self.signal or signal

    def add(self, records: Iterable[Record]) -> None:
        """Count a recording that was converted, by the records of its images."""
        self.recordings += 1
        rate = 0  # that of a recording without any image is not known
        for record in records:
            rate = round(2 * record.source_fmax)
            self.images += 1
            self.labeled += bool(record.labels)
            self.seconds += record.end - record.start
            self.faint += record.peak_dbfs < FAINT_DBFS
        if rate:
            self.rates[rate] = self.rates.get(rate, 0) + 1


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a recording was converted, or failed."""

    report: Report
    failure: Failure | None = None


OnProgress = Callable[[Event], None]
"""What a run calls whenever something has happened."""
