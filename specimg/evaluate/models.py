"""Models that learn from pictures: they are told apart by nothing else."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.labeled import Labels
from specimg.dataset.metrics import Scores
from specimg.dataset.rendered import RenderedDataset
from specimg.errors import MissingExtraError
from specimg.evaluate.features import draw_patches, extract, to_coarse

ALPHAS = np.logspace(0, 6, 13)
"""Strengths of the ridge, of which the best is chosen by leaving out one clip."""

EPOCHS = 20

LEFT_OUT_SHARE = 0.1
"""Of the recordings, in each training."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a model says about tests after training, and how long that took."""

    scores: list[Scores]
    seconds: float


Pixels = NDArray[np.uint8]
Model = Callable[[Pixels, Labels, int, Sequence[Pixels], int], Fitted]
"""Learns from pixels and the labels of so many classes, and scores tests; by a seed."""


def ridge(
    pixels: Pixels, labels: Labels, n_classes: int, tests: Sequence[Pixels], seed: int
) -> Fitted:
    """Ridge regression on similarity to random patches, one class against the rest."""
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415 - half a second
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    begin = time.perf_counter()
    generator = np.random.default_rng(seed)
    coarse = [to_coarse(picture) for picture in pixels]
    patches = draw_patches(coarse, generator)
    features = np.stack([extract(picture, patches) for picture in coarse])
    is_class = np.where(labels[:, np.newaxis] == np.arange(n_classes), 1.0, -1.0)
    model = make_pipeline(StandardScaler(), RidgeCV(ALPHAS))
    model.fit(features, is_class)
    seconds = time.perf_counter() - begin
    scores = [
        model.predict(np.stack([extract(to_coarse(p), patches) for p in test]))
        for test in tests
    ]
    return Fitted(scores, seconds)


def cnn(
    pixels: Pixels, labels: Labels, n_classes: int, tests: Sequence[Pixels], seed: int
) -> Fitted:
    """Train a small convolutional network, the same for every frontend."""
    import torch  # noqa: PLC0415 - only with the extra

    from specimg.learn.training import Batches, predict, train  # noqa: PLC0415

    def batches(images: Pixels, targets: Labels) -> Batches:
        tensor = torch.from_numpy(images).permute(0, 3, 1, 2)
        return Batches(
            make=lambda numbers: tensor[numbers].float() / 255,
            targets=torch.from_numpy(targets),
            height=images.shape[1],
            n_classes=n_classes,
        )

    trained = train(batches(pixels, labels), None, epochs=EPOCHS, seed=seed)
    unknown = (np.zeros(len(test), np.int64) for test in tests)
    scores = [
        predict(trained.network, batches(test, targets))
        for test, targets in zip(tests, unknown, strict=True)
    ]
    return Fitted(scores, sum(trained.epoch_seconds))


MODELS: Mapping[str, Model] = {"ridge": ridge, "cnn": cnn}


def check_model(name: str) -> None:
    """Refuse a model whose package is not installed, before anything is rendered.

    Raises
    ------
    MissingExtraError
    """
    if name == "cnn":
        try:
            import torch  # noqa: F401, PLC0415
        except ImportError as error:
            part = "specimg compare --model cnn"
            raise MissingExtraError(part, package="torch", extra="learn") from error


def draw_training(train: RenderedDataset, seed: int) -> NDArray[np.int64]:
    """Leave some of each class's recordings out, and return the clips of the others.

    So runs differ as they would with other recordings of the same kind; the same seed
    chooses the same for every arm.
    """
    generator = np.random.default_rng(seed)
    left_out = []
    for label in np.unique(train.labels):
        sources = np.unique(train.sources[train.labels == label])
        count = max(1, round(LEFT_OUT_SHARE * len(sources))) if len(sources) > 2 else 0
        left_out += generator.choice(sources, count, replace=False).tolist()
    return np.flatnonzero(~np.isin(train.sources, left_out))
