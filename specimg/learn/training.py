"""Training the network, alone or together with a frontend."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from specimg.dataset.recording import Labels
from specimg.learn.network import Network
from specimg.startup import keep_freed_memory

BATCH = 32
"""Clips per step, at most; fewer where the dataset is small, for more steps."""

STEPS_PER_EPOCH = 8
"""The least number of steps, as far as a step has at least four clips."""
LEARNING_RATE = 2e-3
FRONTEND_LEARNING_RATE = 2e-2
"""A frontend has few parameters, which may have to change much."""

LABEL_SMOOTHING = 0.05
"""Share of the certainty that is taken from labels, which may be wrong."""


@dataclass(frozen=True, slots=True)
class Batches:
    """The examples of a dataset, made into pictures batch by batch."""

    make: Callable[[Tensor], Tensor]
    """Makes the pictures of the examples with the given numbers, in [0, 1], shape (n, 1
    or 3, height, width); with gradients, where a frontend is learned."""
    targets: Tensor
    """What the network learns of each example; see `targets_of`."""
    height: int
    """Height of the pictures, in pixels."""
    n_classes: int
    device: torch.device
    """Where the network learns.  What `make` does stays on the processor: frontends
    keep their parameters in float64, which not every device has."""


def targets_of(labels: Labels, *, one: bool) -> Tensor:
    """Return what a network learns of clips with these labels.

    Parameters
    ----------
    labels : array of bool, shape (n, n_classes)
    one : bool
        Whether each clip that is learned from has one label: then the network learns
        to choose one of the classes, else it learns each of them by itself.

    Returns
    -------
    Tensor
        The number of the class of each clip, shape (n,); or 0 and 1 for each class,
        shape (n, n_classes).
    """
    known = torch.from_numpy(labels)
    return known.long().argmax(1) if one else known.float()


@dataclass(frozen=True, slots=True)
class Trained:
    """A network that was trained."""

    network: Network
    epoch_seconds: list[float]
    """How long each epoch took."""


def train(
    batches: Batches,
    frontend: nn.Module | None,
    *,
    epochs: int,
    seed: int,
    on_epoch: Callable[[], object] = lambda: None,
) -> Trained:
    """Train the network on all examples, and with it the `frontend`, if there is one.

    The same seed draws the same weights, order and shifts, whatever the pictures are.
    `on_epoch` is called after each epoch.
    """
    keep_freed_memory()
    torch.manual_seed(seed)
    network = Network(batches.n_classes, batches.height).to(batches.device)
    rates = [LEARNING_RATE, FRONTEND_LEARNING_RATE]
    learned = list(frontend.parameters()) if frontend else []
    optimizer = torch.optim.AdamW(
        [
            {"params": list(network.parameters()), "weight_decay": 1e-2},
            {"params": learned, "weight_decay": 0.0},
        ]
    )
    count = len(batches.targets)
    batch = max(4, min(BATCH, count // STEPS_PER_EPOCH))
    steps = epochs * -(-count // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps)
    generator = torch.Generator().manual_seed(seed)
    seconds = []
    network.train()
    for _ in range(epochs):
        begin = time.perf_counter()
        order = torch.randperm(count, generator=generator)
        for numbers in torch.split(order, batch):
            pictures = batches.make(numbers).to(batches.device)
            width = pictures.shape[-1]
            shift = int(torch.randint(width, (), generator=generator))
            scores = network(pictures.roll(shift, dims=-1))
            loss = _loss(scores, batches.targets[numbers].to(batches.device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        seconds.append(time.perf_counter() - begin)
        on_epoch()
    return Trained(network, seconds)


def _loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Return how far scores are from targets of `targets_of`, by their cross-entropy.

    Where a clip may be of several classes or of none, that is the mean of the binary
    one over all classes.
    """
    if targets.dim() == 1:
        return nn.functional.cross_entropy(
            scores, targets, label_smoothing=LABEL_SMOOTHING
        )
    smooth = targets * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / 2
    return nn.functional.binary_cross_entropy_with_logits(scores, smooth)


def predict(network: Network, batches: Batches) -> NDArray[np.float64]:
    """Return one score per class for each example, shape (n, n_classes)."""
    network.eval()
    count = len(batches.targets)
    with torch.no_grad():
        parts = torch.split(torch.arange(count), BATCH)
        scores = torch.cat(
            [
                network(batches.make(numbers).to(batches.device)).cpu()
                for numbers in parts
            ]
        )
    return scores.double().numpy()
