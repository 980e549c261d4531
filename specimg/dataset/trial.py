"""What is learned from and what is asked: the recordings of all folders, and splits.

The recordings of the folder to learn from come first, then those of each test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.dataset.classes import choose_classes
from specimg.dataset.labeled import Dataset
from specimg.dataset.recording import LabeledRecording, Labels, mark_labels
from specimg.dataset.splits import Numbers, Split, deal_folds, hold_out
from specimg.dataset.twins import find_same_files, refuse_shared
from specimg.splits.groups import BY_SOURCE, Groups, group_names, number_groups

HELD_OUT_SHARE = 0.1
"""Of each class's groups, in each training for a test of other recordings."""

FOLDS_TEST = "folds"
"""What the test is called whose recordings are those that others are learned from."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Recordings to learn from and to be asked about, by their numbers."""

    classes: tuple[str, ...]
    recordings: tuple[LabeledRecording, ...]
    labels: Labels
    """Of each recording: all that is heard in its clips."""
    groups: Groups
    """The group of each recording."""
    tests: Mapping[str, Numbers]
    """The recordings of each test."""
    n_training: int
    """How many recordings, the first ones, are learned from."""
    n_folds: int | None
    namesakes: Mapping[str, int]
    """How many recordings of each test are called like one that is learned from, where
    they count as others: without folds."""
    n_joined: int
    """How many recordings hold the same sound as one of another group, whose groups
    were joined."""
    notes: tuple[str, ...] = ()
    """What is left out; see `choose_classes`."""

    def share_held_out(self, seeds: int) -> float:
        """Share of the recordings that a training leaves out, in the mean."""
        if self.n_folds:
            return 1 / self.n_folds
        of_seed = [np.mean(self._held_out(seed)) for seed in range(seeds)]
        return float(np.mean(of_seed))

    def splits(self, seed: int) -> list[Split]:
        """Return the trainings of a seed, by numbers of recordings.

        Every recording of a test is asked about once, by a model that has learned
        from no recording of its group.

        Raises
        ------
        DatasetError
            As from `deal_folds`.
        """
        training = np.arange(self.n_training)
        asked = np.unique(np.concatenate(list(self.tests.values())))
        if not self.n_folds:
            return [Split(training[~self._held_out(seed)], asked)]
        known = deal_folds(
            self.labels[training],
            self.groups[training],
            self.n_folds,
            seed,
            self.classes,
        )
        folds = self._folds_of_all(known, seed)
        return [
            Split(training[known != fold], asked[folds[asked] == fold])
            for fold in range(self.n_folds)
        ]

    def _held_out(self, seed: int) -> NDArray[np.bool_]:
        training = slice(self.n_training)
        return hold_out(
            self.labels[training],
            self.groups[training],
            share=HELD_OUT_SHARE,
            seed=seed,
            least=2,
        )

    def _folds_of_all(self, known: Numbers, seed: int) -> Numbers:
        """Return the fold of each recording: any, for one of an unknown group."""
        generator = np.random.default_rng(seed)
        of_group = generator.integers(self.n_folds or 1, size=self.groups.max() + 1)
        of_group[self.groups[: self.n_training]] = known
        return of_group[self.groups]


def plan_trial(
    train: Dataset,
    tests: Mapping[str, Dataset],
    *,
    group: str | None,
    n_folds: int | None,
    twins: Sequence[tuple[int, int]] = (),
) -> Trial:
    """Decide which recordings are learned from, and which asked about.

    Parameters
    ----------
    train : Dataset
    tests : mapping of str to Dataset
    group : str, optional
        See `group_names`.  Without it, each recording is a group of its own, or those
        that a table says.
    n_folds : int
        The folds into which `train` is dealt; without it, all tests hold other
        recordings than `train`.
    twins : sequence of tuple of int
        Pairs of recordings with the same sound, from `find_twins`.

    Raises
    ------
    DatasetError
        A test has, without folds, a group that `train` has; or the groups do not
        allow so many folds; or as from `choose_classes`.
    ParameterError
        As from `group_names`.
    """
    datasets = [train, *tests.values()]
    recordings = [recording for one in datasets for recording in one.recordings]
    names = _name_groups(datasets, group, in_folds=bool(n_folds))
    n_training = len(train.recordings)
    same = [*find_same_files(recordings), *twins]
    if not n_folds:
        refuse_shared(recordings, names, same, n_training)
    groups = number_groups(names, same)
    classes, notes = choose_classes(train, tests, groups, in_folds=bool(n_folds))
    trial = Trial(
        classes=classes,
        recordings=tuple(recordings),
        labels=mark_labels([recording.labels for recording in recordings], classes),
        groups=groups,
        tests=_number_tests(tests, n_training, n_folds),
        n_training=n_training,
        n_folds=n_folds,
        namesakes={} if n_folds else _count_namesakes(train, tests),
        n_joined=len({b for a, b in same if names[a] != names[b]}),
        notes=notes,
    )
    trial.splits(0)
    return trial


def _name_groups(
    datasets: Sequence[Dataset], group: str | None, *, in_folds: bool
) -> list[str]:
    """Name the group of each recording of all datasets."""
    found = []
    for number, one in enumerate(datasets):
        rule = group or one.groups or BY_SOURCE
        names = group_names(one.recordings, rule, n_label_folders=one.n_label_folders)
        if rule == BY_SOURCE and not in_folds:
            # Files that are called alike in two folders are two recordings.
            names = [f"{number}/{name}" for name in names]
        found += names
    return found


def _number_tests(
    tests: Mapping[str, Dataset], n_training: int, n_folds: int | None
) -> dict[str, Numbers]:
    numbered = {FOLDS_TEST: np.arange(n_training)} if n_folds else {}
    first = n_training
    for name, test in tests.items():
        numbered[name] = np.arange(first, first + len(test.recordings))
        first += len(test.recordings)
    return numbered


def _count_namesakes(train: Dataset, tests: Mapping[str, Dataset]) -> dict[str, int]:
    learned = set(group_names(train.recordings, BY_SOURCE))
    return {
        name: sum(own in learned for own in group_names(test.recordings, BY_SOURCE))
        for name, test in tests.items()
    }
