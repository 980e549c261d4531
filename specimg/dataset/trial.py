"""What is learned from and what is asked: the recordings of all folders, and splits.

The recordings of the folder to learn from come first, then those of each test.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimg.audio.recordings import Recording
from specimg.dataset.labeled import Dataset, Labels
from specimg.dataset.splits import Numbers, Split, deal_folds, hold_out
from specimg.errors import DatasetError
from specimg.splits.groups import BY_SOURCE, Groups, group_names, number_groups

HELD_OUT_SHARE = 0.1
"""Of each class's groups, in each training for a test of other recordings."""

FOLDS_TEST = "folds"
"""What the test is called whose recordings are those that others are learned from."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Recordings to learn from and to be asked about, by their numbers."""

    classes: tuple[str, ...]
    recordings: tuple[Recording, ...]
    labels: Labels
    """The class of each recording."""
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
    group: str,
    n_folds: int | None,
    twins: Sequence[tuple[int, int]] = (),
) -> Trial:
    """Decide which recordings are learned from, and which asked about.

    Parameters
    ----------
    train : Dataset
    tests : mapping of str to Dataset
    group : str
        See `group_names`.
    n_folds : int
        The folds into which `train` is dealt; without it, all tests hold other
        recordings than `train`.
    twins : sequence of tuple of int
        Pairs of recordings with the same sound, from `find_twins`.

    Raises
    ------
    DatasetError
        A test has a class that `train` has not, or, without folds, a group; or the
        groups do not allow so many folds.
    ParameterError
        As from `group_names`.
    """
    for test in tests.values():
        if unknown := sorted(set(test.classes) - set(train.classes)):
            msg = f"{test.folder}: class {unknown[0]} is not in {train.folder}"
            raise DatasetError(msg)
    datasets = [train, *tests.values()]
    recordings = [recording for one in datasets for recording in one.recordings]
    names = group_names(recordings, group)
    if group == BY_SOURCE and not n_folds:
        # Files that are called alike in two folders are two recordings.
        names = [
            f"{number}/{name}"
            for number, name in zip(_numbers(datasets), names, strict=True)
        ]
    n_training = len(train.recordings)
    same = [*find_twins([_identity(one)] for one in recordings), *twins]
    if not n_folds:
        _refuse_shared(recordings, names, same, n_training)
    groups = number_groups(names, same)
    number = dict(zip(train.classes, range(len(train.classes)), strict=True))
    trial = Trial(
        classes=train.classes,
        recordings=tuple(recordings),
        labels=np.array([number[recording.label] for recording in recordings]),
        groups=groups,
        tests=_number_tests(tests, n_training, n_folds),
        n_training=n_training,
        n_folds=n_folds,
        namesakes={} if n_folds else _count_namesakes(train, tests),
        n_joined=len({b for a, b in same if names[a] != names[b]}),
    )
    trial.splits(0)
    return trial


def _numbers(datasets: Sequence[Dataset]) -> list[int]:
    """Return the number of each recording's dataset."""
    return [i for i, one in enumerate(datasets) for _ in one.recordings]


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


def find_twins(marks: Iterable[Iterable[Hashable]]) -> list[tuple[int, int]]:
    """Return the pairs of recordings that have a mark in common.

    Marks are digests of the samples of a clip, for example.  That a recording was made
    louder, or went through MP3, is not noticed.
    """
    pairs = []
    seen: dict[Hashable, int] = {}
    for number, own in enumerate(marks):
        for mark in own:
            first = seen.setdefault(mark, number)
            if first != number:
                pairs.append((first, number))
    return list(dict.fromkeys(pairs))


def _identity(recording: Recording) -> tuple[int, int]:
    try:
        status = recording.path.stat()
    except OSError as error:
        msg = f"{recording.path}: {error.strerror or error}"
        raise DatasetError(msg) from error
    return status.st_dev, status.st_ino


def _refuse_shared(
    recordings: Sequence[Recording],
    names: Sequence[str],
    same: Sequence[tuple[int, int]],
    n_training: int,
) -> None:
    """Refuse a test of what was learned from."""
    for known, asked in same:
        if known < n_training <= asked:
            msg = (
                f"{recordings[asked].path} holds the same recording as "
                f"{recordings[known].path}: a model must not be tested on what it was "
                f"trained on"
            )
            raise DatasetError(msg)
    learned = dict(zip(names[:n_training], recordings, strict=False))
    for name, recording in zip(
        names[n_training:], recordings[n_training:], strict=True
    ):
        if known_recording := learned.get(name):
            msg = (
                f"{recording.path} is of the same group, {name}, as "
                f"{known_recording.path}: a model must not be tested on what it was "
                f"trained on; --folds keeps them apart"
            )
            raise DatasetError(msg)
