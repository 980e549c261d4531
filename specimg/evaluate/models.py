"""Models that learn classes from pictures, the same for every arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.metrics import Scores
from specimg.dataset.recording import Labels, have_one_label
from specimg.dataset.rendered import Pictures
from specimg.dataset.splits import Split
from specimg.errors import MissingExtraError
from specimg.evaluate.features import draw_patches, extract, to_coarse

ALPHAS = np.logspace(0, 6, 13)
"""Strengths of the ridge, of which the best is chosen by leaving out one clip."""

EPOCHS = 20

PATCH_PICTURES = 1000
"""Of which patches are taken, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a model learns with one seed, and what it is asked; by numbers of clips."""

    labels: Labels
    """Of each clip."""
    splits: Sequence[Split]
    """Trainings, each from nothing."""
    seed: int

    @property
    def known(self) -> NDArray[np.int64]:
        """The clips that any training learns from."""
        return np.unique(np.concatenate([split.training for split in self.splits]))


def ridge(pictures: Pictures, lesson: Lesson) -> Scores:
    """Ridge regression on similarity to random patches, one class against the rest.

    The patches are taken from all pictures that any training learns from: they know
    nothing of classes.

    Returns
    -------
    array, shape (n_clips, n_classes)
        NaN for clips that are not asked about.
    """
    generator = np.random.default_rng(lesson.seed)
    known = lesson.known
    if len(known) > PATCH_PICTURES:
        known = np.sort(generator.choice(known, PATCH_PICTURES, replace=False))
    patches = draw_patches([to_coarse(one) for one in pictures.take(known)], generator)
    features = np.stack([extract(to_coarse(one), patches) for one in pictures])
    return ridge_on_features(features, lesson)


def pretrained(features: Path, lesson: Lesson) -> Scores:
    """Ridge regression on what a network sees in pictures; as `ridge`."""
    return ridge_on_features(np.load(features, mmap_mode="r"), lesson)


def ridge_on_features(features: NDArray[np.float32], lesson: Lesson) -> Scores:
    """Learn from features, shape (n_clips, n_features); as `ridge`."""
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415 - half a second
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    is_class = np.where(lesson.labels, 1.0, -1.0)
    scores = np.full(is_class.shape, np.nan)
    for split in lesson.splits:
        model = make_pipeline(StandardScaler(), RidgeCV(ALPHAS))
        model.fit(features[split.training], is_class[split.training])
        found = model.predict(features[split.asked])
        # Of one class alone, it has no columns.
        scores[split.asked] = found.reshape(len(found), -1)
    return scores


def cnn(pictures: Pictures, lesson: Lesson, device: str) -> Scores:
    """Train a small convolutional network; as `ridge`."""
    import torch  # noqa: PLC0415 - only with the extra

    from specimg.learn.device import choose_device  # noqa: PLC0415
    from specimg.learn.training import (  # noqa: PLC0415
        Batches,
        predict,
        targets_of,
        train,
    )

    targets = targets_of(lesson.labels, one=have_one_label(lesson.labels[lesson.known]))

    def batches(numbers: NDArray[np.int64]) -> Batches:
        def make(chosen: torch.Tensor) -> torch.Tensor:
            taken = torch.from_numpy(pictures.take(numbers[chosen.numpy()]))
            return taken.permute(0, 3, 1, 2).float() / 255

        return Batches(
            make=make,
            targets=targets[torch.from_numpy(numbers)],
            height=pictures.shape[0],
            n_classes=lesson.labels.shape[1],
            device=choose_device(device),
        )

    scores = np.full(lesson.labels.shape, np.nan)
    for split in lesson.splits:
        trained = train(batches(split.training), None, epochs=EPOCHS, seed=lesson.seed)
        scores[split.asked] = predict(trained.network, batches(split.asked))
    return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """How a model is used where nothing else is asked for."""

    seeds: int
    folds: int | None
    """None: there has to be a test of other recordings."""
    package: str = ""
    """What it needs besides, and the extra that installs it."""
    extra: str = ""


MODELS: Mapping[str, Model] = {
    "ridge": Model(seeds=10, folds=5),
    "pretrained": Model(seeds=10, folds=5, package="torch", extra="pretrained"),
    "cnn": Model(seeds=3, folds=None, package="torch", extra="learn"),
}


def check_model(name: str) -> None:
    """Refuse a model whose package is not installed, before anything is rendered.

    Raises
    ------
    MissingExtraError
    """
    from importlib.util import find_spec  # noqa: PLC0415

    model = MODELS[name]
    if model.package and find_spec(model.package) is None:
        part = f"specimg compare --model {name}"
        raise MissingExtraError(part, package=model.package, extra=model.extra)
