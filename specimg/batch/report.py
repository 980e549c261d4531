"""What a run may take, and what it tells."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from specimg.batch.parts import Part
from specimg.manifest import Failure


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
    part: Part
    recordings: int = 0
    """Recordings that were converted."""
    images: int = 0
    """Images that were written."""
    seconds: float = 0.0
    """Audio that they show."""
    failed: int = 0
    """Recordings that could not be converted."""
    skipped: int = 0
    """Recordings that were converted already."""
    vanished: int = 0
    """Recordings that were converted once, but are not among the inputs now."""
    pruned: int = 0
    """Those of them whose images were removed."""
    lost: int = 0
    """Recordings that are not among the inputs now, and whose images are gone too."""
    passed_over: int = 0
    """Files in the input folders that are not audio."""
    stopped: str = ""
    """Why the run stopped before its end, if it did."""
    signal: int = 0
    """The signal that stopped it, if one did."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something for who looks on."""

    report: Report
    failure: Failure | None = None


Watch = Callable[[Event], None]
