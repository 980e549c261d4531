"""Parameters of a frontend, learned from labeled recordings with the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from specimg.dataset.labeled import Dataset
from specimg.dataset.recording import Labels, have_one_label, mark_clips
from specimg.dataset.rendered import check_widths
from specimg.learn.modules import PCEN, Exponential
from specimg.learn.normalization import min_max
from specimg.learn.training import Batches, predict, targets_of, train
from specimg.rendering.frontends.parameters import Parameter
from specimg.rendering.pipeline import Mel, mel_of_clip
from specimg.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Spectrograms:
    """All clips of a dataset, as mel spectrograms in [0, 1]."""

    values: Tensor
    """Shape (n_clips, n_mels, n_frames); zeros where a clip was extended."""
    n_frames: Tensor
    """Frames of each clip before it was extended, shape (n_clips,)."""
    labels: Labels
    """Of each clip, shape (n_clips, n_classes)."""
    sources: NDArray[np.int64]
    """The number of each clip's recording, shape (n_clips,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The parameters of a frontend before and after training, and how good they are."""

    start: Mapping[str, Parameter]
    """Parameters before the training, by name."""
    parameters: Mapping[str, Parameter]
    """Parameters after the training, by name."""
    scores: NDArray[np.float64]
    """Scores of the clips that were held out, shape (n_held_out, n_classes)."""
    labels: Labels
    """Of these clips, shape (n_held_out, n_classes)."""
    epoch_seconds: list[float]
    """How long each epoch took."""


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
    counts = np.bincount(sources, minlength=len(dataset.recordings))
    return Spectrograms(
        values=torch.from_numpy(values),
        n_frames=torch.tensor([mel.normalized.shape[1] for mel in mels]),
        labels=mark_clips(dataset.recordings, counts.tolist(), dataset.classes),
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
    clips: Spectrograms,
    chosen: NDArray[np.int64],
    frontend: nn.Module,
    targets: Tensor,
    device: torch.device,
) -> Batches:
    """Return what the network gets of some clips: what the frontend makes, in [0, 1].

    Parameters
    ----------
    clips : Spectrograms
    chosen : array of int
        Numbers of the clips.
    frontend : module
    targets : Tensor
        Of all clips; see `targets_of`.
    device : torch.device
        Where the network learns; the frontend stays on the processor.
    """
    numbers = torch.from_numpy(chosen)
    values, n_frames = clips.values[numbers], clips.n_frames[numbers]

    def make(batch: Tensor) -> Tensor:
        ends = n_frames[batch]
        return min_max(frontend(values[batch], ends), ends)[:, None]

    return Batches(
        make=make,
        targets=targets[numbers],
        height=values.shape[1],
        n_classes=clips.labels.shape[1],
        device=device,
    )


def learn(
    clips: Spectrograms,
    frontend: PCEN | Exponential,
    is_held_out: NDArray[np.bool_],
    *,
    epochs: int,
    seed: int,
    device: torch.device,
    on_epoch: Callable[[], object] = lambda: None,
) -> Learned:
    """Train frontend and network together, and score clips that were held out.

    Parameters
    ----------
    clips : Spectrograms
    frontend : PCEN or Exponential
        Holds what has been learned afterwards.
    is_held_out : array of bool, shape (n_clips,)
    epochs : int
        How often the network sees each clip.
    seed : int
        Draws the first weights, and the order.
    device : torch.device
        Where the network learns.
    on_epoch : callable
        Called after each epoch.
    """
    start = frontend.learned()
    training, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    targets = targets_of(clips.labels, one=have_one_label(clips.labels[training]))
    trained = train(
        batches_of(clips, training, frontend, targets, device),
        frontend,
        epochs=epochs,
        seed=seed,
        on_epoch=on_epoch,
    )
    validation = batches_of(clips, held_out, frontend, targets, device)
    return Learned(
        start=start,
        parameters=frontend.learned(),
        scores=predict(trained.network, validation),
        labels=clips.labels[held_out],
        epoch_seconds=trained.epoch_seconds,
    )
