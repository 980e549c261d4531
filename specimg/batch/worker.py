"""What runs in a worker process: one recording after another, or part of a long one."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specimg import conversion
from specimg.audio.recordings import Recording
from specimg.batch.child import become_worker
from specimg.conversion import Converted, SplitPlan
from specimg.errors import RecordingError
from specimg.output.destinations import DESTINATIONS
from specimg.resources import limit_memory
from specimg.settings import Settings
from specimg.spans.span import ClipRange

MEMORY_STATUS = 86
"""Exit status of a worker that has run out of memory."""


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What a worker is told once, at its start."""

    out: Path
    layout: str
    """How images are written there, a key of `DESTINATIONS`."""
    settings: Settings
    memory: int
    """Megabytes that it may use."""


_config: WorkerConfig | None = None


def init_worker(config: WorkerConfig, leash: socket.socket) -> None:
    """Prepare a new worker process, which ends when `leash` is let go of."""
    global _config  # noqa: PLW0603 - a process has one, for its whole life
    _config = config
    limit_memory(config.memory)
    become_worker(leash)


def convert_batch(
    recordings: Sequence[Recording], clip_range: ClipRange | None
) -> list[SplitPlan | Converted | RecordingError]:
    """Convert whole recordings, or the clips of one in `clip_range`.

    Returns
    -------
    list
        What came of each recording, or why it cannot be converted.  Without
        `clip_range`, a long one is not converted, but split.

    Raises
    ------
    StorageError
        The output folder takes nothing more.
    """
    if _config is None:
        msg = "convert_batch() without init_worker()"
        raise RuntimeError(msg)
    return [_convert(recording, clip_range, _config) for recording in recordings]


def _convert(
    recording: Recording, clip_range: ClipRange | None, config: WorkerConfig
) -> SplitPlan | Converted | RecordingError:
    try:
        return conversion.convert_recording(
            recording,
            DESTINATIONS[config.layout](config.out),
            config.settings,
            clip_range,
        )
    except RecordingError as error:
        return error
    except MemoryError:
        # Nobody knows what is still held, and by whom: the next recording gets a new
        # worker, so that it is not blamed for this one.
        os._exit(MEMORY_STATUS)
