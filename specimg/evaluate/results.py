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
from specimg.output.files import remove, remove_partials, write_atomically

FOLDER = ".specimg-compare"
"""In the output folder; nobody but `specimg compare` reads it."""

PICTURES = "pictures-"
"""What the folders in it begin with that hold pictures, as long as they are needed."""

_TAG = "compare"
_VERSION = 2


@dataclass(frozen=True, slots=True)
class RecordingTable:
    """What is known of recordings after they were rendered once."""

    counts: tuple[int, ...]
    """How many clips each has."""
    twins: tuple[tuple[int, int], ...]
    """Pairs that hold the same sound."""


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
            # What a kill has left of files that were being written.
            remove_partials(self.folder, _TAG)
            remove_partials(self.folder.parent, _TAG)
            yield
            for path in self.folder.glob("*.result"):
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

    def load_scores(self, key: object) -> tuple[Scores, float, float] | None:
        """Return the scores of all clips, and the seconds of rendering and training.

        Scores have shape (n_clips, n_classes).  None where they are not there.
        """
        loaded = self._load(key, 2)
        if loaded is None:
            return None
        scores, (render, training) = loaded
        return scores.astype(np.float64), float(render), float(training)

    def save_scores(
        self, key: object, scores: Scores, render: float, training: float
    ) -> Scores:
        """Keep the scores of all clips, and the seconds of rendering and training.

        Returns
        -------
        array
            The scores as they will be loaded, so that a run that goes on has the same.
        """
        kept = scores.astype(np.float32)
        self._save(key, kept, np.array([render, training]))
        return kept.astype(np.float64)

    def _path(self, key: object) -> Path:
        text = json.dumps([_VERSION, self._base, key], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self.folder / f"{digest[:32]}.result"
        self._kept.add(path)
        return path

    def _load(self, key: object, count: int) -> list[NDArray[Any]] | None:
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        size = hashlib.sha256().digest_size
        if hashlib.sha256(data[size:]).digest() != data[:size]:
            return None  # damaged: it is computed anew
        file = io.BytesIO(data[size:])
        return [np.load(file, allow_pickle=False) for _ in range(count)]

    def _save(self, key: object, *arrays: NDArray[Any]) -> None:
        data = io.BytesIO()
        for array in arrays:
            np.save(data, array)
        digest = hashlib.sha256(data.getvalue()).digest()
        write_atomically(self._path(key), digest + data.getvalue(), _TAG)
