"""One model an arm and seed, and what it scores in each test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.labeled import Dataset
from specimg.dataset.metrics import macro_average_precision
from specimg.dataset.rendered import render_dataset
from specimg.evaluate.models import MODELS, draw_training
from specimg.settings import Settings
from specimg.settings.variants import Variant

DRAWS = 1000
"""Of tests with other recordings, and of shuffled labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """What a model of one arm and seed scored in one test."""

    arm: str
    test: str
    seed: int
    macro_ap: float
    resampled: NDArray[np.float64]
    """The same in tests that hold other recordings of the same kind, drawn from this
    one with replacement; alike for all arms and seeds.  Shape (DRAWS,)."""
    permuted_ap: NDArray[np.float64]
    """The same where the labels of the test are shuffled: what guessing would score,
    with as many recordings a class.  Shape (DRAWS,)."""
    n_recordings: int
    """Of the test."""
    n_classes: int
    """That the test has."""
    render_seconds: float
    """For a clip, the median."""
    training_seconds: float


def run(
    train: Dataset,
    tests: Mapping[str, Dataset],
    arms: Sequence[Variant],
    settings: Settings,
    *,
    model: str,
    seeds: int,
) -> Iterator[list[Score]]:
    """Yield the scores of one arm and seed in all tests, arm after arm.

    Raises
    ------
    DatasetError, ParameterError
        See `render_dataset`.
    """
    classes = train.classes
    for arm in arms:
        known = render_dataset(train, settings, arm)
        asked = {
            name: render_dataset(test, settings, arm) for name, test in tests.items()
        }
        # The numbers of classes that a test knows, as the training has them.
        labels = {
            name: np.array([classes.index(c) for c in tests[name].classes])[p.labels]
            for name, p in asked.items()
        }
        weights = {
            name: _resample(labels[name], p.sources) for name, p in asked.items()
        }
        shuffled = {
            name: _shuffle(labels[name], p.sources) for name, p in asked.items()
        }
        for seed in range(seeds):
            drawn = draw_training(known, seed)
            fitted = MODELS[model](
                known.pixels[drawn],
                known.labels[drawn],
                len(classes),
                [pictures.pixels for pictures in asked.values()],
                seed,
            )
            yield [
                Score(
                    arm=arm.spec,
                    test=name,
                    seed=seed,
                    macro_ap=float(macro_average_precision(scores, labels[name])[0]),
                    resampled=macro_average_precision(
                        scores, labels[name], weights[name]
                    ),
                    permuted_ap=macro_average_precision(scores, shuffled[name]),
                    n_recordings=len(tests[name].recordings),
                    n_classes=len(tests[name].classes),
                    render_seconds=known.seconds,
                    training_seconds=fitted.seconds,
                )
                for name, scores in zip(asked, fitted.scores, strict=True)
            ]


def _resample(
    labels: NDArray[np.int64], sources: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Say how often each clip counts in each resampled test.

    Recordings are drawn with replacement among those of their class, and count with
    all their clips, which are more alike than clips of others.
    """
    generator = np.random.default_rng(0)
    counts = np.zeros((DRAWS, int(sources.max()) + 1))
    for label in np.unique(labels):
        members = np.unique(sources[labels == label])
        share = np.full(len(members), 1 / len(members))
        drawn = generator.multinomial(len(members), share, size=DRAWS)
        counts[:, members] = drawn
    return counts[:, sources]


def _shuffle(
    labels: NDArray[np.int64], sources: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Deal the labels out anew to the recordings, shape (DRAWS, n_clips)."""
    generator = np.random.default_rng(0)
    _, first, number = np.unique(sources, return_index=True, return_inverse=True)
    dealt = generator.permuted(np.tile(labels[first], (DRAWS, 1)), axis=1)
    return dealt[:, number]
