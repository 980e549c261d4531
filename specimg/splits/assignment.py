"""Which part of the dataset each recording is in: whole groups, balanced classes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from specimg.encoding import encode_name
from specimg.splits.balance import Labels, count_labels
from specimg.splits.dealing import Deal
from specimg.splits.improving import deal_groups
from specimg.splits.parts import Part
from specimg.splits.table import SplitError, SplitRow


def assign(
    names: Sequence[str],
    groups: Sequence[str],
    labels: Sequence[Labels],
    parts: Sequence[Part],
    *,
    seed: int,
    before: Iterable[SplitRow] = (),
) -> dict[str, str]:
    """Assign each recording to a part, with all of its group.

    Parts get their shares of every class, and of all classes together, as well as the
    groups allow: the squares of what a part has of a class beyond its share, as a
    fraction of the class, have the smallest sum that a search finds.  Before that
    counts that a class with at least as many groups as there are parts is in each of
    them.  The result depends on nothing but names, groups, labels, parts and seed;
    their order does not matter.

    Parameters
    ----------
    names, groups : sequence of str
        Of each recording.
    labels : sequence of set of str, or of mapping of str to int
        Of each recording: its labels, which count alike, or the number of its clips
        with each.  A recording without any counts as one of the label "", and is
        balanced as that.
    parts : sequence of Part
    seed : int
        Another seed assigns otherwise.
    before : iterable of SplitRow
        What was assigned before, and stays as it is.  New recordings of a group that is
        among these join it, also where its recordings are gone.

    Returns
    -------
    dict of str to str
        The name of each recording's part.

    Raises
    ------
    SplitError
        `before` has a group in two parts, or a part that is none of `parts`.
    """
    # Encoded, as in the table that earlier groups are from.
    own = [encode_name(group) for group in groups]
    known = _known_parts(dict(zip(names, own, strict=True)), parts, before)
    if not all(group in known for group in own):
        parts = sorted(parts, key=lambda part: _shuffle(part.name, seed))
        known |= _assign_groups(own, labels, parts, seed, known)
    return {name: known[group] for name, group in zip(names, own, strict=True)}


def _known_parts(
    groups: Mapping[str, str], parts: Sequence[Part], before: Iterable[SplitRow]
) -> dict[str, str]:
    """Return the part of each group that has one, by the rows of its recordings."""
    rows: dict[str, SplitRow] = {}
    wanted = [part.name for part in parts]
    for row in before:
        if row.split not in wanted:
            msg = f"{row.source} is in {row.split}: need one of {', '.join(wanted)}"
            raise SplitError(msg)
        # What the recording's group is today counts more than what it was.
        group = groups.get(row.source, row.group)
        if not group:
            continue  # the recording is gone, and nobody knows what belonged to it
        first = rows.setdefault(group, row)
        if first.split != row.split:
            msg = (
                f"group {group} is in two parts: {first.source} is in {first.split}, "
                f"{row.source} in {row.split}; need one part for all of a group, or "
                f"another --group"
            )
            raise SplitError(msg)
    return {group: row.split for group, row in rows.items()}


def _assign_groups(
    groups: Sequence[str],
    labels: Sequence[Labels],
    parts: Sequence[Part],
    seed: int,
    known: Mapping[str, str],
) -> dict[str, str]:
    """Return the parts of the groups that are not known."""
    # In an order that tells nothing of what they are called, and is always the same.
    order = sorted(set(groups), key=lambda group: _shuffle(group, seed))
    weights = _weigh(groups, labels, {group: i for i, group in enumerate(order)})
    has = weights.copy()
    has.data = np.ones_like(has.data)
    totals = weights.sum(axis=0)
    shares = np.array([float(part.share) for part in parts])
    # In whole numbers; see `dealing`.  An elementwise operation is the same everywhere.
    excess = -np.rint(shares[:, None] * totals).astype(np.int64)
    counts = np.zeros_like(excess)
    for number, part in enumerate(parts):
        rows = [i for i, group in enumerate(order) if known.get(group) == part.name]
        if rows:
            excess[number] += weights[rows].sum(axis=0)
            counts[number] += has[rows].sum(axis=0)
    free = [i for i, group in enumerate(order) if group not in known]
    deal = Deal(weights[free], excess, counts, has.sum(axis=0) >= len(parts))
    dealt = deal_groups(deal, seed)
    return {order[i]: parts[p].name for i, p in zip(free, dealt.tolist(), strict=True)}


def _weigh(
    groups: Sequence[str], labels: Sequence[Labels], numbers: Mapping[str, int]
) -> Any:  # noqa: ANN401 - SciPy has no types
    """Return how much each group holds of each class, and of all, in whole numbers.

    Returns
    -------
    sparse array of int, shape (n_groups, 1 + n_classes)
        What all groups hold of a class is the same number for every class, but for
        rounding.  The first column is of all classes together.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - a fifth of a second

    columns: dict[str, int] = {}
    rows: list[int] = []
    classes: list[int] = []
    counts: list[int] = []
    for group, own in zip(groups, labels, strict=True):
        row = numbers[group]
        of_label = count_labels(own)
        for label, count in of_label.items():
            rows.append(row)
            classes.append(columns.setdefault(label, 1 + len(columns)))
            counts.append(count)
        rows.append(row)
        classes.append(0)
        counts.append(sum(of_label.values()))
    size = len(numbers), 1 + len(columns)
    weights = coo_array((counts, (rows, classes)), shape=size, dtype=np.int64).tocsr()
    totals = np.maximum(weights.sum(axis=0), 1)
    # As fine as 64 bits allow: squares of the sums of a class, 8 times, for each class.
    whole = 2.0 ** ((58 - size[1].bit_length()) // 2)
    fractions = weights.data / totals[weights.indices]
    weights.data = np.rint(fractions * whole).astype(np.int64)
    return weights


def _shuffle(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
