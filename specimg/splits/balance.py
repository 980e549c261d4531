"""What the parts hold of each class, and what some of them lack."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from specimg.splits.parts import Part

Labels: TypeAlias = AbstractSet[str] | Mapping[str, int]
"""The labels of a recording, or how many clips it has of each; the label of what has
none is empty."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A class that is not in every part."""

    label: str
    n_groups: int
    """How many groups hold it, which may be fewer than there are parts."""
    parts: tuple[str, ...]
    """The parts that lack it."""


def count_labels(labels: Labels) -> Mapping[str, int]:
    """Return how much a recording counts of each of its labels."""
    if not isinstance(labels, Mapping):
        labels = dict.fromkeys(labels, 1)
    return {label: count for label, count in labels.items() if count > 0} or {"": 1}


def find_lacking(
    groups: Sequence[str],
    labels: Sequence[Labels],
    assigned: Sequence[str],
    parts: Sequence[Part],
) -> list[Lacking]:
    """Return the classes that some part lacks, in the order of their labels.

    Parameters
    ----------
    groups : sequence of str
        Of each recording.
    labels : sequence of set of str, or of mapping of str to int
        Of each recording; see `assign`.
    assigned : sequence of str
        The name of each recording's part.
    parts : sequence of Part
    """
    of_class: dict[str, set[str]] = defaultdict(set)
    found: dict[str, set[str]] = defaultdict(set)
    for group, own, part in zip(groups, labels, assigned, strict=True):
        for label in count_labels(own):
            of_class[label].add(group)
            found[label].add(part)
    return [
        Lacking(label, len(of_class[label]), lacking)
        for label in sorted(found)
        if (lacking := tuple(p.name for p in parts if p.name not in found[label]))
    ]
