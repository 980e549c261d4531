"""What a worker is given to do, and what can come of it."""

from dataclasses import dataclass
from enum import Enum, auto

from specimg.audio.recordings import Recording
from specimg.conversion import Converted, SplitPlan
from specimg.errors import RecordingError, WorkerError
from specimg.spans.span import ClipRange

Done = SplitPlan | Converted
Outcome = Done | RecordingError


@dataclass(frozen=True, slots=True)
class Task:
    """Recordings that a worker is to convert, or a part of one."""

    recordings: tuple[Recording, ...]
    """Several only where none is known to be long: they share the time."""
    clip_range: ClipRange | None
    """The clips of the only recording; None for whole ones, unless one is long."""
    seconds: float
    """How long it may take."""
    deaths: int = 0
    """How many workers have died over it while they did nothing else."""

    @property
    def is_short(self) -> bool:
        """Whether another task may wait behind it for the same worker.

        A part of a long recording may take minutes. A task that a worker has died
        over is kept apart, so that there is no doubt over what a worker dies.
        """
        return self.clip_range is None and not self.deaths


class Cause(Enum):
    """Why a task has no outcome."""

    DEATH = auto()
    """Its worker died over it, by the recording's fault or from outside."""
    LIMIT = auto()
    """It took more time or memory than allowed, or failed in a way of its own."""
    LOSS = auto()
    """Its worker was lost before it began, or by nothing that the task did."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """A task that came to an end without an outcome for each of its recordings."""

    cause: Cause
    error: WorkerError
    """What is said of the recording if it is to blame."""


Ending = list[Outcome] | Interruption
"""What came of a task: one outcome for each recording, or an interruption."""
