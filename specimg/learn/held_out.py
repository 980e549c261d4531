"""Which clips are learned from, and which are held out and scored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.classes import describe_missing
from specimg.dataset.labeled import Dataset
from specimg.dataset.recording import Labels
from specimg.dataset.splits import hold_out
from specimg.dataset.table import Parts
from specimg.dataset.trial import plan_trial
from specimg.errors import DatasetError
from specimg.splits.groups import group_names, number_groups

HELD_OUT_SHARE = 0.2
"""Share of each class's recordings that is held out, where no part is to be scored."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All recordings of a training, and those that are scored in the end."""

    dataset: Dataset
    n_training: int | None
    """How many recordings, the first ones, are learned from; None: a share is drawn."""
    scored: str
    """What to call the clips that are scored."""
    notes: Sequence[str]
    """What is left out; see `choose_classes`."""

    def hold_out(
        self, labels: Labels, sources: NDArray[np.int64], seed: int
    ) -> NDArray[np.bool_]:
        """Say which clips are scored.

        Parameters
        ----------
        labels : array of bool, shape (n_clips, n_classes)
        sources : array of int, shape (n_clips,)
            The number of each clip's recording.
        seed : int
            For what is drawn.

        Returns
        -------
        array of bool, shape (n_clips,)

        Raises
        ------
        DatasetError
            There is nothing that could be held out.
        """
        if self.n_training is not None:
            return np.asarray(sources >= self.n_training)
        groups = sources
        if self.dataset.groups:
            names = group_names(self.dataset.recordings, self.dataset.groups)
            groups = number_groups(names)[sources]
        is_out = hold_out(labels, groups, share=HELD_OUT_SHARE, seed=seed)
        if not labels[is_out].any():
            msg = (
                f"{self.dataset.folder}: no recording with a label can be left out and "
                f"scored: need 2 or more of some class"
            )
            raise DatasetError(msg)
        return is_out

    def describe(self, scored: Labels) -> list[str]:
        """Say what is left out, and which classes are not among the clips scored."""
        if self.n_training is not None or not self.dataset.is_listed:
            return [*self.notes]
        places = np.flatnonzero(~scored.any(axis=0)).tolist()
        missing = [self.dataset.classes[place] for place in places]
        return [*self.notes, *describe_missing(missing, self.scored)]


def plan_material(parts: Parts) -> Material:
    """Decide what is learned from, and what is scored.

    Raises
    ------
    DatasetError
        As from `plan_trial`.
    """
    if not parts.tests:
        return Material(parts.train, None, "left out", ())
    trial = plan_trial(parts.train, parts.tests, group=None, n_folds=None)
    return Material(
        replace(parts.train, classes=trial.classes, recordings=trial.recordings),
        trial.n_training,
        f"of {' and '.join(parts.tests)}",
        trial.notes,
    )
