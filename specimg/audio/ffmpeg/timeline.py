"""Where in a recording the frames lie that a file gives times for."""

from fractions import Fraction

from specimg.audio.streams import MAX_HOLE_SECONDS

_TOLERANCE = 0.005
"""Seconds by which times are rounded, at most, but for long ticks; less than what is
lost with one packet."""

_DRIFT = 256
"""A clock that gains one sample in more than so many has no holes."""


class Timeline:
    """The frames of a recording, and the holes between them.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    tick : Fraction
        The unit in which times are written, in seconds.
    seconds : float
        How long the recording is by its header; 0 where it does not say.
    """

    def __init__(self, sample_rate: int, tick: Fraction, seconds: float) -> None:
        self._rate = sample_rate
        self._slack = max(_TOLERANCE * sample_rate, 0.9 * float(tick) * sample_rate)
        self._left = round(MAX_HOLE_SECONDS * sample_rate)
        """Frames of silence that all holes may have together; so no small file has
        days of it."""
        self._end = round((seconds + 1) * sample_rate) if seconds else None
        self._zero: float | None = None
        """Where the time 0 is, in frames before the first one."""
        self.holes: list[tuple[float, float]] = []
        """Where they begin, and how long they are, in seconds."""
        self.warning = ""
        """What is wrong with the times, where they cannot be believed."""

    def hole_before(
        self,
        n_before: int,
        at: Fraction | None,
        n_frames: int,
        following: Fraction | None,
    ) -> int:
        """Return how many frames are missing before those that come next.

        Parameters
        ----------
        n_before : int
            Frames of the recording so far, with holes.
        at : Fraction
            When the next ones begin, in seconds; None where that is not written.
        n_frames : int
            How many these are.
        following : Fraction
            When those behind them begin, in seconds; None as above.
        """
        if at is None:
            return 0
        begin = round(at * self._rate)
        if self._zero is None:
            self._zero = begin - n_before
            return 0
        late = round(begin - self._zero) - n_before
        if abs(late) <= self._slack:
            drift = n_frames / _DRIFT
            self._zero += max(-drift, min(drift, late))
            return 0
        if following is not None:
            expected = self._zero + n_before + n_frames
            if abs(round(following * self._rate) - expected) <= self._slack:
                return 0  # one wrong time among others
        is_beyond = self._end is not None and n_before + late > self._end
        if 0 < late <= self._left and not is_beyond:
            self._left -= late
            self.note(n_before, late)
            return late
        self._zero += late
        self._warn("go back" if late < 0 else "leap ahead", n_before)
        return 0

    def begin(self, at: Fraction) -> None:
        """Note when the recording begins, where its first frames are lost."""
        self._zero = round(at * self._rate)

    def note(self, first: int, n_frames: int) -> None:
        """Note that `n_frames` are silent because what was there is lost."""
        begin, end = first / self._rate, (first + n_frames) / self._rate
        if self.holes and abs(sum(self.holes[-1]) - begin) < 1 / self._rate:
            begin, _ = self.holes.pop()
        self.holes.append((begin, end - begin))

    def _warn(self, what: str, n_before: int) -> None:
        if not self.warning:
            self.warning = (
                f"damaged: the times in it {what} at about "
                f"{n_before / self._rate:.1f} s, and it is read as if they did not"
            )
