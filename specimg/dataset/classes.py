"""Which classes can be learned and asked about, and what to say of the others."""

from collections.abc import Mapping, Sequence

import numpy as np

from specimg.dataset.labeled import Dataset
from specimg.dataset.recording import mark_labels
from specimg.errors import DatasetError
from specimg.splits.groups import Groups

_MOST_NAMES = 5
"""Classes that a line names; the others are only counted."""


def choose_classes(
    train: Dataset,
    tests: Mapping[str, Dataset],
    groups: Groups,
    *,
    in_folds: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose the classes that are learned.

    In folders of recordings somebody has chosen them already, so a class that cannot be
    learned is an error.  A table lists whatever was heard: there such classes are left
    out.

    Parameters
    ----------
    train : Dataset
    tests : mapping of str to Dataset
    groups : array of int
        The group of each recording; those of `train` come first.
    in_folds : bool
        Whether `train` is dealt into folds.

    Returns
    -------
    classes : tuple of str
    notes : tuple of str
        What is left out.

    Raises
    ------
    DatasetError
        A folder to test on has a class that `train` has not; or no class is left.
    """
    for test in tests.values():
        unknown = sorted(set(test.classes) - set(train.classes))
        if unknown and not test.is_listed:
            msg = f"{test.folder}: class {unknown[0]} is not in {train.folder}"
            raise DatasetError(msg)
    classes, notes = train.classes, []
    if train.is_listed and in_folds:
        rare = _find_rare(train, groups)
        classes = tuple(name for name in classes if name not in rare)
        if rare:
            notes.append(f"left out, in a single group of recordings: {_list(rare)}")
    if not classes:
        msg = (
            f"{train.folder}: no class is in two groups of recordings: need one to "
            f"learn from, and another to ask about"
        )
        raise DatasetError(msg)
    for name, test in tests.items():
        if not set(classes) & set(test.classes):
            msg = f"{test.folder}: no clip of {name} has a label that is learned"
            raise DatasetError(msg)
        if train.is_listed or test.is_listed:
            notes += _compare(name, test, train, classes)
    return classes, tuple(notes)


def _find_rare(train: Dataset, groups: Groups) -> list[str]:
    """Return the classes that lie in a single group."""
    labels = mark_labels([one.labels for one in train.recordings], train.classes)
    own = groups[: len(labels)]
    return [
        name
        for name, is_class in zip(train.classes, labels.T, strict=True)
        if len(np.unique(own[is_class])) < 2
    ]


def _compare(
    name: str, test: Dataset, train: Dataset, classes: Sequence[str]
) -> list[str]:
    notes = []
    if unknown := sorted(set(test.classes) - set(train.classes)):
        notes.append(f"left out of {name}, as no clip to learn from: {_list(unknown)}")
    missing = sorted(set(classes) - set(test.classes))
    return [*notes, *describe_missing(missing, f"of {name}")]


def describe_missing(names: Sequence[str], scored: str) -> list[str]:
    """Return a line about the classes that no clip is scored of, if there are any."""
    return [f"learned, but in no clip {scored}: {_list(names)}"] if names else []


def _list(names: Sequence[str]) -> str:
    number = f"{len(names)} class" + ("" if len(names) == 1 else "es")
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"{number}, {shown}"
