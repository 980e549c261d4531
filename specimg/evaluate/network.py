"""What a network that was trained on photographs sees in pictures of sound."""

import logging
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from specimg.dataset.rendered import Pictures
from specimg.dataset.splits import Numbers
from specimg.errors import DatasetError, MissingExtraError, quote

TIMM = "timm:"
DEFAULT_NETWORK = TIMM + "tf_efficientnet_lite0"

BATCH = 16
"""Pictures that a network gets at once; always as many, because some take only some."""

_NEEDED = (
    "need a program of torch.export that takes pictures of shape (N, 3, height, "
    "width), N dynamic, and returns (N, n_features)"
)


class NetworkError(DatasetError):
    """A network that cannot be loaded, or gives no features."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network with fixed weights."""

    run: Callable[[Tensor], Tensor]
    """Takes float32 of shape (N, 3, height, width), gives (N, n_features)."""
    height: int
    width: int
    n_features: int
    device: torch.device
    source: str
    """Where its weights come from."""

    def describe(self) -> str:
        """Say where it comes from, and what it costs; it is tried for that."""
        pictures = torch.zeros(BATCH, 3, self.height, self.width, device=self.device)
        with torch.inference_mode():
            self.run(pictures)
            begin = time.perf_counter()
            self.run(pictures).cpu()
        milliseconds = (time.perf_counter() - begin) / BATCH * 1000
        return (
            f"{self.source}: {self.n_features} features of {self.width}x{self.height} "
            f"pixels, about {milliseconds:.0f} ms per clip and arm on {self.device}"
        )


def load_network(name: str, device: torch.device) -> Network:
    """Load a network by its name.

    Parameters
    ----------
    name : str
        ``timm:NAME``, whose weights timm fetches and keeps, or a file that
        `torch.export.save` has written.
    device : torch.device

    Raises
    ------
    NetworkError
        There is none, or it cannot be fetched; or it does not take pictures, or gives
        no features of them.
    MissingExtraError
        timm is not installed.
    """
    if name.startswith(TIMM):
        run, height, width = _load_timm(name, device)
        source = f"{name}, weights that timm has fetched from the Hugging Face hub"
    else:
        run, height, width = _load_program(Path(name), device)
        source = f"network of {name}"
    pictures = torch.zeros(BATCH, 3, height, width, device=device)
    try:
        with torch.inference_mode():
            features = run(pictures)
    except (RuntimeError, AssertionError) as error:
        msg = f"--network {name}: {_NEEDED}: {_first_line(error)}"
        raise NetworkError(msg) from error
    shape = tuple(getattr(features, "shape", ()))
    if len(shape) != 2 or shape[0] != BATCH:
        given = f"shape {shape}" if shape else quote(type(features).__name__)
        msg = f"--network {name}: {_NEEDED}: of {BATCH} pictures it gives {given}"
        raise NetworkError(msg)
    return Network(run, height, width, features.shape[1], device, source)


def _load_program(
    path: Path, device: torch.device
) -> tuple[Callable[[Tensor], Tensor], int, int]:
    if not path.is_file():
        msg = (
            f"--network {path}: no such file; need {TIMM}NAME, such as "
            f"{DEFAULT_NETWORK}, or a file that torch.export has written"
        )
        raise NetworkError(msg)
    try:
        with _silent_torch():
            program = torch.export.load(path)
    except (RuntimeError, ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        msg = f"--network {path}: {_NEEDED}: {_first_line(error)}"
        raise NetworkError(msg) from error
    names = program.graph_signature.user_inputs
    shapes = [
        tuple(getattr(node.meta["val"], "shape", ()))
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in names
    ]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] != 3:
        msg = f"--network {path}: {_NEEDED}: it takes {quote(shapes)}"
        raise NetworkError(msg)
    count, _, height, width = shapes[0]
    if (
        isinstance(count, int)
        or not isinstance(height, int)
        or not isinstance(width, int)
    ):
        msg = f"--network {path}: {_NEEDED}: it takes {quote(shapes[0])}"
        raise NetworkError(msg)
    return program.module().to(device), height, width


@contextmanager
def _silent_torch() -> Iterator[None]:
    """Keep torch from printing a traceback beside the error that it raises."""
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _load_timm(
    name: str, device: torch.device
) -> tuple[Callable[[Tensor], Tensor], int, int]:
    try:
        import timm  # noqa: PLC0415 - an extra
    except ImportError as error:
        part = f"--network {name}"
        raise MissingExtraError(part, package="timm", extra="pretrained") from error
    except RuntimeError as error:  # torch and torchvision that are of different builds
        msg = f"--network {name}: timm cannot be loaded: {_first_line(error)}"
        raise NetworkError(msg) from error
    # It tells of each of its tries; that it has failed is told below.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        model: Any = timm.create_model(
            name.removeprefix(TIMM), pretrained=True, num_classes=0
        )
    except (OSError, RuntimeError, ValueError) as error:
        msg = (
            f"--network {name}: {_first_line(error)}; without a network connection, "
            f"give a file that torch.export has written"
        )
        raise NetworkError(msg) from error
    about: Any = model.pretrained_cfg
    _, height, width = about["input_size"]
    return model.eval().to(device), height, width


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return quote(lines[0])[1:-1] if lines else type(error).__name__


def extract_features(
    pictures: Pictures,
    network: Network,
    known: Numbers,
    on_batch: Callable[[int], object] = lambda _clips: None,
) -> NDArray[np.float32]:
    """Return what a network sees in each picture.

    Pictures are resized to what it takes, gray ones repeated, and each channel is
    scaled to mean 0 and variance 1 over all that are learned from: that is how
    photographs come to it.

    Parameters
    ----------
    pictures : Pictures
    network : Network
    known : array of int
        The numbers of the clips that are learned from.
    on_batch : callable
        Gets the number of clips of a batch that is done.

    Returns
    -------
    array of float32, shape (n_clips, n_features)
    """
    mean, deviation = _levels(pictures, known)
    features = np.empty((len(pictures), network.n_features), np.float32)
    for numbers in np.split(
        np.arange(len(pictures)), range(BATCH, len(pictures), BATCH)
    ):
        images = (pictures.take(numbers) - mean) / deviation
        tensor = torch.from_numpy(images.astype(np.float32)).permute(0, 3, 1, 2)
        with torch.inference_mode():
            resized = torch.nn.functional.interpolate(
                tensor.to(network.device),
                (network.height, network.width),
                mode="bilinear",
                antialias=True,
            )
            missing = (0, 0) * 3 + (0, BATCH - len(numbers))
            whole = torch.nn.functional.pad(resized.expand(-1, 3, -1, -1), missing)
            found = network.run(whole)[: len(numbers)]
        features[numbers] = found.cpu().numpy()
        on_batch(len(numbers))
    return features


def _levels(
    pictures: Pictures, known: Numbers
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of each channel."""
    total = np.zeros((2, pictures.shape[2]))
    for numbers in np.split(known, range(BATCH, len(known), BATCH)):
        images = pictures.take(numbers).astype(np.float64)
        total += images.sum(axis=(0, 1, 2)), np.square(images).sum(axis=(0, 1, 2))
    mean, square = total / (len(known) * pictures.shape[0] * pictures.shape[1])
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    deviation[deviation == 0] = 1
    return mean.astype(np.float32), deviation.astype(np.float32)
