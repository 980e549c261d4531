"""What was computed, kept in hidden files, so that a run goes on where it ended."""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from specimg.dataset.metrics import Scores
from specimg.errors import RefusedError, StorageError
from specimg.output.files import remove, write_atomically

FOLDER = ".specimg-compare"
"""In the output folder; nobody but `specimg compare` reads it."""

PICTURES = "pictures-"
"""What the folders in it begin with that hold pictures, as long as they are needed."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class RecordingTable:
    """What is known of recordings after they were rendered once."""

    counts: tuple[int, ...]
    """How many clips each has."""
    twins: tuple[tuple[int, int], ...]
    """Pairs that hold the same sound."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long it took."""

    rendering: float
    """A clip, the median."""
    training: float
    """A seed."""


class Results:
    """What was computed, each thing by all that it depends on."""

    def __init__(self, out: Path, base: Mapping[str, object]) -> None:
        self.folder = out / FOLDER
        self._base = base
        self._kept: set[Path] = set()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other comparisons out, and remove in the end what is of no use.

        Raises
        ------
        RefusedError
            Another comparison writes to the same output folder.
        StorageError
            It takes nothing.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", blocking=False)
            lock.acquire()
        except Timeout as error:
            msg = f"{self.folder.parent}: another comparison is written there"
            raise RefusedError(msg) from error
        except OSError as error:
            msg = f"cannot write to {self.folder}: {error.strerror or error}"
            raise StorageError(msg) from error
        try:
            self._remove_pictures()
            yield
            for path in self.folder.glob("*.npy"):
                if path not in self._kept:
                    remove(path)
        finally:
            self._remove_pictures()
            lock.release()

    def make_pictures_folder(self) -> Path:
        """Make a folder for pictures, which is removed at the end.

        Raises
        ------
        StorageError
        """
        try:
            return Path(tempfile.mkdtemp(prefix=PICTURES, dir=self.folder))
        except OSError as error:
            msg = f"cannot write to {self.folder}: {error.strerror or error}"
            raise StorageError(msg) from error

    def _remove_pictures(self) -> None:
        for path in self.folder.glob(f"{PICTURES}*"):
            shutil.rmtree(path, ignore_errors=True)

    def load_recordings(self) -> RecordingTable | None:
        """Return what is known of the recordings, if they were rendered before."""
        loaded = self._load("recordings", 2)
        if loaded is None:
            return None
        counts, twins = loaded
        return RecordingTable(
            tuple(counts.ravel().tolist()),
            tuple((a, b) for a, b in twins.reshape(-1, 2).tolist()),
        )

    def save_recordings(self, table: RecordingTable) -> None:
        """Keep what is known of the recordings."""
        self._save(
            "recordings", np.array(table.counts), np.array(table.twins, np.int64)
        )

    def load_scores(self, key: object) -> tuple[Scores, Seconds] | None:
        """Return the scores of all clips, and the seconds that they took.

        Scores have shape (n_clips, n_classes).  None where they are not there.
        """
        loaded = self._load(key, 2)
        if loaded is None or loaded[0].ndim != 2 or loaded[1].shape != (2,):
            return None
        rendering, training = loaded[1].tolist()
        return loaded[0].astype(np.float64), Seconds(rendering, training)

    def save_scores(self, key: object, scores: Scores, seconds: Seconds) -> None:
        """Keep the scores of all clips, and the seconds that they took."""
        times = np.array([seconds.rendering, seconds.training])
        self._save(key, scores.astype(np.float32), times)

    def _path(self, key: object) -> Path:
        text = json.dumps([_VERSION, self._base, key], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self.folder / f"{digest[:32]}.npy"
        self._kept.add(path)
        return path

    def _load(self, key: object, count: int) -> list[NDArray[Any]] | None:
        try:
            with self._path(key).open("rb") as file:
                return [np.load(file, allow_pickle=False) for _ in range(count)]
        except (OSError, ValueError, EOFError):
            return None  # not there, or damaged: it is computed anew

    def _save(self, key: object, *arrays: NDArray[Any]) -> None:
        data = io.BytesIO()
        for array in arrays:
            np.save(data, array)
        write_atomically(self._path(key), data.getvalue(), "compare")
