"""A deal that is improved step by step, as long as there is something to gain."""

import random

import numpy as np

from specimg.splits.dealing import Deal, Numbers, deal_in_turn

_EFFORT = 500_000_000
"""How many numbers all steps may look at: a second or two."""

_MOST_STEPS = 10_000
_SHAKES, _MOST_SHAKES = 500, 5000
"""How often a deal is shaken, and how often where a part lacks a class it needs."""


def deal_groups(deal: Deal, seed: int) -> Numbers:
    """Deal groups into parts as well as a search of bounded length finds.

    What cannot be improved by a step is shaken: a few groups are put anywhere, and that
    is improved.  Few groups are dealt so the best there is, or nearly; many cannot be
    shaken often, nor need it.  Steps that swap two groups would take as long as the
    shakes that do the same, and find less.

    Parameters
    ----------
    deal : Deal
    seed : int
        Decides how it is shaken.

    Returns
    -------
    array of int, shape (n_groups,)
        The part of each group, by its number.
    """
    dealt = Dealt(deal, deal_in_turn(deal))
    n_groups, n_parts = len(dealt.part), len(deal.excess)
    effort = _EFFORT // (deal.weights.nnz + n_groups * n_parts + 10_000)
    effort -= dealt.improve(min(effort, _MOST_STEPS))
    best, cost = dealt.part.copy(), dealt.cost
    # Parts that a class will be missing in, because it has fewer groups to deal.
    n_missing = ((deal.counts == 0) & deal.needed).sum(axis=0)
    n_dealt = np.bincount(deal.weights.indices, minlength=len(n_missing))
    least = np.maximum(n_missing - n_dealt, 0).sum()
    # The only generator that Python promises never to change.
    chance = random.Random(seed).random  # noqa: S311 - no secret
    for count in range(_MOST_SHAKES):
        if effort <= 0 or (count >= _SHAKES and cost[0] <= least):
            break
        for _ in range(1 + int(6 * chance())):
            dealt.put(int(n_groups * chance()), int(n_parts * chance()))
        effort -= 1 + dealt.improve(min(effort, _MOST_STEPS))
        if dealt.cost <= cost:
            best, cost = dealt.part.copy(), dealt.cost
        for group in np.flatnonzero(dealt.part != best):
            dealt.put(int(group), int(best[group]))
    return best


class Dealt:
    """A deal that is being improved, by moving one group after the other.

    Parameters
    ----------
    deal : Deal
    dealt : array of int, shape (n_groups,)
        The part of each group.
    """

    def __init__(self, deal: Deal, dealt: Numbers) -> None:
        self.part = dealt.copy()
        self._weights = deal.weights
        self._needed = deal.weights.copy()
        self._needed.data = deal.needed[self._needed.indices].astype(np.int64)
        self._squares = deal.weights.power(2).sum(axis=1)
        self._excess, self._counts = deal.excess.copy(), deal.counts.copy()
        for part in range(len(deal.excess)):
            own = deal.weights[np.flatnonzero(dealt == part)]
            self._excess[part] += own.sum(axis=0)
            self._counts[part] += np.bincount(own.indices, minlength=own.shape[1])
        self._is_needed = deal.needed
        # How much each group would add to what a part has too much of.
        self._pull = deal.weights @ self._excess.T
        # Of how many needed classes a group is the only one, or would be, in a part.
        self._last = self._needed @ (self._counts == 1).T.astype(np.int64)
        self._first = self._needed @ (self._counts == 0).T.astype(np.int64)

    @property
    def cost(self) -> tuple[int, int]:
        """What `Deal` calls the best has the least of."""
        lacking = ((self._counts == 0) & self._is_needed).sum()
        return int(lacking), int((self._excess**2).sum())

    def improve(self, n_steps: int) -> int:
        """Take the best step there is, until there is none; return how many."""
        for step in range(n_steps):
            if not self._move():
                return step
        return n_steps

    def put(self, group: int, part: int) -> None:
        """Move a group into a part."""
        before = int(self.part[group])
        if before == part:
            return
        self.part[group] = part
        span = slice(*self._weights.indptr[group : group + 2])
        own, held = self._weights.indices[span], self._weights.data[span]
        along = np.zeros(self._weights.shape[1], np.int64)
        along[own] = held
        overlap = self._weights @ along
        own_needed = own[self._is_needed[own]]
        for one, sign in ((before, -1), (part, 1)):
            self._excess[one, own] += sign * held
            self._pull[:, one] += sign * overlap
            counts = self._counts[one]
            counts[own] += sign
            if (counts[own_needed] <= 2).any():  # else nothing of this has changed
                self._last[:, one] = self._needed @ (counts == 1).astype(np.int64)
                self._first[:, one] = self._needed @ (counts == 0).astype(np.int64)

    def _gains(self) -> tuple[Numbers, Numbers]:
        """Return what moving each group to each part would add to both costs."""
        rows = np.arange(len(self.part))
        lacking = self._last[rows, self.part][:, None] - self._first
        change = self._pull - self._pull[rows, self.part][:, None]
        change += self._squares[:, None]
        lacking[rows, self.part] = change[rows, self.part] = 0
        return lacking, 2 * change

    def _move(self) -> bool:
        lacking, change = self._gains()
        best = _find_least(lacking, change)
        if (int(lacking.flat[best]), int(change.flat[best])) >= (0, 0):
            return False
        group, part = divmod(best, lacking.shape[1])
        self.put(group, part)
        return True


def _find_least(lacking: Numbers, change: Numbers) -> int:
    """Return the place of the least, by the first cost and then by the second."""
    least = lacking == lacking.min()
    return int(np.where(least, change, np.iinfo(np.int64).max).argmin())
