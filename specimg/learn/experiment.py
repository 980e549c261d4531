"""Parameters of a frontend, learned from labeled recordings with the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from specimg.dataset.labeled import Dataset, Labels
from specimg.dataset.rendered import check_widths
from specimg.learn.modules import PCEN, Exponential
from specimg.learn.normalization import min_max
from specimg.learn.training import Batches, predict, train
from specimg.rendering.frontends.parameters import Parameter
from specimg.rendering.pipeline import Mel, mel_of_clip
from specimg.settings import Settings

VALIDATION_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Spectrograms:
    """All clips of a dataset, as mel spectrograms in [0, 1]."""

    values: Tensor
    """Shape (n_clips, n_mels, n_frames), filled up with zeros where clips were."""
    n_frames: Tensor
    """Frames of each clip that are not filled up."""
    labels: Labels
    sources: NDArray[np.int64]
    """The number of each clip's recording."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learned."""

    start: Mapping[str, Parameter]
    """Parameters before the training."""
    parameters: Mapping[str, Parameter]
    scores: NDArray[np.float64]
    """Of the clips that were left out for validation, a score a class."""
    labels: Labels
    """Their classes."""
    epoch_seconds: list[float]


def load(dataset: Dataset, settings: Settings) -> Spectrograms:
    """Compute the mel spectrograms of all clips.

    Raises
    ------
    DatasetError
        A recording cannot be read, or clips are of different lengths.
    """
    mels: list[Mel] = []
    sources = []
    for number, mel in dataset.each_clip(settings, mel_of_clip):
        mels.append(mel)
        sources.append(number)
    check_widths([mel.width for mel in mels], settings)
    n_mels = settings.mel.n_mels
    values = np.zeros((len(mels), n_mels, mels[0].width), np.float32)
    for row, mel in zip(values, mels, strict=True):
        row[:, : mel.normalized.shape[1]] = mel.normalized
    return Spectrograms(
        values=torch.from_numpy(values),
        n_frames=torch.tensor([mel.normalized.shape[1] for mel in mels]),
        labels=dataset.labels[sources],
        sources=np.array(sources),
    )


def make_frontend(
    name: str, settings: Settings, *, per_band: bool
) -> PCEN | Exponential:
    """Return the frontend to learn, with the defaults to start from."""
    n_mels = settings.mel.n_mels if per_band else None
    if name == "pcen":
        return PCEN(n_mels, frame_rate=settings.mel.frame_rate)
    return Exponential(n_mels)


def batches_of(
    found: Spectrograms,
    chosen: NDArray[np.int64],
    frontend: nn.Module,
    n_classes: int,
) -> Batches:
    """Return what the network gets of the `chosen` clips: frontend, to [0, 1]."""
    numbers = torch.from_numpy(chosen)
    values, n_frames = found.values[numbers], found.n_frames[numbers]

    def make(batch: Tensor) -> Tensor:
        ends = n_frames[batch]
        return min_max(frontend(values[batch], ends), ends)[:, None]

    return Batches(
        make=make,
        targets=torch.from_numpy(found.labels[chosen]),
        height=values.shape[1],
        n_classes=n_classes,
    )


def learn(
    found: Spectrograms,
    frontend: PCEN | Exponential,
    n_classes: int,
    *,
    epochs: int,
    seed: int,
    on_epoch: Callable[[], object] = lambda: None,
) -> Learned:
    """Train frontend and network together, and try them on clips that were left out.

    `on_epoch` is called after each epoch.
    """
    start = frontend.learned()
    left_out = _leave_out(found, seed)
    known, asked = np.flatnonzero(~left_out), np.flatnonzero(left_out)
    trained = train(
        batches_of(found, known, frontend, n_classes),
        frontend,
        epochs=epochs,
        seed=seed,
        on_epoch=on_epoch,
    )
    scores = predict(trained.network, batches_of(found, asked, frontend, n_classes))
    return Learned(
        start=start,
        parameters=frontend.learned(),
        scores=scores,
        labels=found.labels[asked],
        epoch_seconds=trained.epoch_seconds,
    )


def _leave_out(found: Spectrograms, seed: int) -> NDArray[np.bool_]:
    """Choose a fifth of each class's recordings, at least one, for validation."""
    generator = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in np.unique(found.labels):
        sources = np.unique(found.sources[found.labels == label])
        count = max(1, round(VALIDATION_SHARE * len(sources)))
        chosen += generator.choice(sources, count, replace=False).tolist()
    return np.isin(found.sources, chosen)
