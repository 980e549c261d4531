"""Where things lie in the figure, to the pixel.  All lengths here are in pixels."""

from dataclasses import dataclass

from specimg.errors import ParameterError

TEXT = 12
"""Height of the letters of a title."""
CHAR = 0.61 * TEXT
"""Width of a letter of a title, with a little air."""
LEFT, RIGHT = 48, 20
"""Room beside the panels: for labels of ticks, and half of the last label of time."""
EDGE = 8
"""Room between the figure's edge and what is in it."""
TITLE = 20
"""Height of a line of text above a panel."""
GAP = 6
"""Room between a panel and what is below it."""
MIN_LETTERS = 48
"""Letters of a recording's name that have room, also above a narrow panel."""
WAVEFORM = 64
"""Height of the waveform."""
TIME_AXIS = 36
"""Height of the axis of time and its labels."""
MAX_SIDE = 30_000
MAX_PIXELS = 60_000_000
"""Pixels of the largest figure, which takes 240 MB while it is drawn."""

Box = tuple[float, float, float, float]
"""Left, top, width and height, from the top left corner of the figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A column of panels below a waveform, with a title above each."""

    columns: int
    """Width of a panel."""
    rows: int
    """Height of a panel."""
    n_panels: int
    longest_title: int = 0
    """Letters of the longest title, for which the figure is wide enough."""

    def check(self, hint: str) -> None:
        """Raise a ParameterError with a `hint` if the figure would be too large."""
        size = self.width * self.height
        if max(self.width, self.height) > MAX_SIDE or size > MAX_PIXELS:
            msg = (
                f"a figure of {self.width:,}x{self.height:,} pixels: need at most "
                f"{MAX_SIDE:,} a side and {MAX_PIXELS:,} in all; {hint}"
            )
            raise ParameterError(msg)

    @property
    def width(self) -> int:
        """Width of the figure."""
        letters = max(self.longest_title, MIN_LETTERS)
        return LEFT + max(self.columns, round(letters * CHAR)) + RIGHT

    @property
    def height(self) -> int:
        """Height of the figure."""
        return round(self.time_axis_top) + TIME_AXIS + EDGE

    @property
    def waveform(self) -> Box:
        """Box of the waveform where its clip is as wide as a panel."""
        return LEFT, EDGE + 2 * TITLE, self.columns, WAVEFORM

    def panel(self, index: int) -> Box:
        """Return the box of the picture of a panel, counted from 0 at the top."""
        first = EDGE + 2 * TITLE + WAVEFORM + GAP + TITLE
        return LEFT, first + index * (self.rows + GAP + TITLE), self.columns, self.rows

    @property
    def time_axis_top(self) -> float:
        """Top of the axis below the last panel."""
        return self.panel(self.n_panels - 1)[1] + self.rows + GAP

    @property
    def max_columns(self) -> int:
        """Width of the widest panel that fits beside its labels."""
        side = min(MAX_SIDE, MAX_PIXELS // self.height)
        return side - LEFT - RIGHT
