"""Who learns, where: models in worker processes, networks in this one."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from specimg.batch.crew import run_tasks
from specimg.dataset.metrics import Scores
from specimg.dataset.rendered import Pictures
from specimg.errors import StorageError
from specimg.evaluate.models import Lesson, cnn, pretrained, ridge

if TYPE_CHECKING:
    from specimg.evaluate.network import Network

OnProgress = Callable[[str, int, int], object]
"""Takes what is done, how much of it is done, and of how much."""

Timed = tuple[Scores, float]
"""What a model says of all clips, and the seconds that it took to learn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How arms are compared."""

    model: str
    seeds: int
    folds: int | None
    group: str | None
    network: str
    device: str
    jobs: int
    cache: int
    """Bytes that pictures may take on disk."""


def prepare(options: Options) -> "Network | None":
    """Load the network that looks at pictures, if one does, before any is rendered.

    Raises
    ------
    ParameterError
        torch has no such device here.
    NetworkError, MissingExtraError
        As from `load_network`.
    """
    if options.model == "ridge":
        return None
    import torch  # noqa: PLC0415 - only with the extra

    from specimg.learn.device import choose_device  # noqa: PLC0415

    device = choose_device(options.device)
    # Workers have one thread each, this process has them all.
    torch.set_num_threads(options.jobs)
    if options.model == "cnn":
        return None
    from specimg.evaluate.network import load_network  # noqa: PLC0415

    return load_network(options.network, device)


def score_all(
    lessons: Sequence[tuple[Pictures, Lesson]],
    options: Options,
    network: "Network | None",
    folder: Path,
    on_progress: OnProgress,
) -> Iterator[tuple[int, Scores, float]]:
    """Yield the number of a lesson, the scores of all clips, and seconds, as they come.

    Parameters
    ----------
    lessons : sequence of tuple of Pictures and Lesson
        Those of the same pictures stand together.
    options : Options
    network : Network, optional
        From `prepare`.
    folder : Path
        Where features are kept.
    on_progress : callable
    """
    if options.model == "cnn":
        for number, (pictures, lesson) in enumerate(lessons):
            yield number, *_time(cnn, pictures, lesson, options.device)
        return
    if network:
        tasks: Iterator[tuple[object, ...]] = (
            (pretrained, features, lesson)
            for features, lesson in _with_features(
                lessons, network, folder, on_progress
            )
        )
    else:
        tasks = ((ridge, pictures, lesson) for pictures, lesson in lessons)
    for number, (scores, seconds) in run_tasks(_time, tasks, options.jobs):
        yield number, scores, seconds


def _time(model: Callable[..., Scores], *arguments: object) -> Timed:
    begin = time.perf_counter()
    return model(*arguments), time.perf_counter() - begin


def _with_features(
    lessons: Sequence[tuple[Pictures, Lesson]],
    network: "Network",
    folder: Path,
    on_progress: OnProgress,
) -> Iterator[tuple[Path, Lesson]]:
    """Yield lessons with the features of their pictures, which are computed once."""
    from specimg.evaluate.network import extract_features  # noqa: PLC0415

    for pictures, lesson in lessons:
        path = folder / f"features-{pictures.variant}.npy"
        if not path.exists():
            done = 0

            def on_batch(count: int, total: int = len(pictures)) -> None:
                nonlocal done
                done += count
                on_progress("features", done, total)

            features = extract_features(pictures, network, lesson.known, on_batch)
            try:
                np.save(path, features)
            except OSError as error:
                msg = f"cannot write {path}: {error.strerror or error}"
                raise StorageError(msg) from error
        yield path, lesson


def identify_network(name: str) -> str:
    """Return what tells a network from others: its name, or what its file holds."""
    path = Path(name)
    if not path.is_file():
        return name
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
