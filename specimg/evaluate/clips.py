"""The clips of all recordings of a comparison, and what models said of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.metrics import Scores, macro_average_precision
from specimg.dataset.recording import Labels, mark_clips
from specimg.dataset.splits import Split
from specimg.dataset.trial import Trial
from specimg.evaluate.scored import AskedClips


@dataclass(frozen=True, slots=True, eq=False)
class ArmScores:
    """What the models of one arm and seed said."""

    arm: str
    seed: int
    scores: Scores
    """Of all clips; NaN for those that were only learned from."""
    render_seconds: float
    """For a clip, the median."""
    training_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """The clips of a trial."""

    trial: Trial
    recordings: NDArray[np.int64]
    """The number of each clip's recording."""
    labels: Labels
    """Of each clip."""

    @classmethod
    def of(cls, trial: Trial, counts: Sequence[int]) -> Self:
        """Make them of a trial, by how many clips each of its recordings has."""
        labels = mark_clips(trial.recordings, counts, trial.classes)
        return cls(trial, np.repeat(np.arange(len(counts)), counts), labels)

    def numbers(self, test: str) -> NDArray[np.int64]:
        """Return the numbers of the clips of a test."""
        return np.flatnonzero(np.isin(self.recordings, self.trial.tests[test]))

    def of_test(self, test: str) -> AskedClips:
        """Return the clips of a test."""
        numbers = self.numbers(test)
        groups = self.trial.groups[self.recordings[numbers]]
        return AskedClips(self.labels[numbers], groups)

    def macro_ap(self, test: str, scores: Scores) -> float:
        """Return the macro average precision of a test."""
        numbers = self.numbers(test)
        return macro_average_precision(scores[numbers], self.labels[numbers])

    def splits(self, seed: int) -> list[Split]:
        """Return the trainings of a seed, by numbers of clips."""
        return [
            Split(
                np.flatnonzero(np.isin(self.recordings, split.training)),
                np.flatnonzero(np.isin(self.recordings, split.asked)),
            )
            for split in self.trial.splits(seed)
        ]
