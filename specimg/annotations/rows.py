"""What a line of a table says, and whether that can be."""

import math
from dataclasses import dataclass

from specimg.annotations.annotation import ALL_TIMES, Annotation, Times
from specimg.annotations.options import ReadingOptions
from specimg.errors import SpecimgError, quote, shorten

MISSING = ("", "NA")
"""Cells that say nothing; R writes NA."""


class AnnotationError(SpecimgError, ValueError):
    """A table of annotations cannot be read, or is none."""


class NonsenseError(Exception):
    """A line says what cannot be; caught where its table and its number are known."""

    def __init__(self, value: str, why: str) -> None:
        super().__init__(value, why)
        self.value = value
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a table says, and that is not taken from it."""

    table: str
    """The table's path, as it was given or found."""
    line: int
    """Its line, from 1; in JSON, which annotation, from 1; 0 means the whole table."""
    value: str
    """What stands there."""
    why: str
    """Why that is not taken, and what would be right."""

    def __str__(self) -> str:
        where = f"{self.table}, line {self.line}" if self.line else self.table
        return ": ".join(filter(None, (where, self.value, self.why)))


@dataclass(slots=True, kw_only=True)
class Row:
    """A line of a table, its cells sorted by what they are, but not yet read.

    One without a start, an end and a label says that nothing calls in its file.
    """

    line: int
    file: str = ""
    """The recording, as it is written; empty for the one that the table's name says."""
    start: object = None
    end: object = None
    duration: object = None
    """Instead of an end."""
    offset: object = None
    """Where it begins in its own file, where `start` counts through several."""
    label: object = None
    low: object = None
    high: object = None
    channel: object = None
    """From 0."""
    confidence: object = None
    second: float = 1.0
    """What one unit of its times is in seconds of the file."""
    hertz: float = 1.0
    """What one unit of its frequencies is in hertz of the file."""
    is_expanded: bool = False
    """Whether the two account for a time expansion, which the table has said."""
    fault: tuple[str, str] | None = None
    """What is wrong with it in its format, and why; what cannot be is found here."""

    @property
    def is_empty(self) -> bool:
        """Whether it names a recording, and no annotation of it."""
        return self.fault is None and all(
            cell is None or (isinstance(cell, str) and cell.strip() in MISSING)
            for cell in (self.start, self.end, self.duration, self.label)
        )

    def annotation(self, table: str, options: ReadingOptions) -> Annotation:
        """Return what the line says.

        Raises
        ------
        NonsenseError
            It says what cannot be.
        """
        if self.fault is not None:
            raise NonsenseError(*self.fault)
        label = self.label.strip() if isinstance(self.label, str) else ""
        if not label:
            shown = "" if self.label in (None, "") else f"label={quote(self.label)}"
            raise NonsenseError(shown, "has no label; need a name")
        start, end = self._times()
        low, high = self._band(options)
        return Annotation(
            start=start,
            end=end,
            label=label,
            low=low,
            high=high,
            channel=_channel(self.channel),
            confidence=_confidence(self.confidence, options),
            table=table,
            line=self.line,
        )

    def forget_nonsense(self, options: ReadingOptions) -> list[NonsenseError]:
        """Forget a band and a channel that cannot be; return what is wrong with them.

        Who is heard, and when, can be right nevertheless.
        """
        wrong = []
        try:
            self._band(options)
        except NonsenseError as error:
            wrong.append(error)
            self.low = self.high = None
        try:
            _channel(self.channel)
        except NonsenseError as error:
            wrong.append(error)
            self.channel = None
        return wrong

    @property
    def times(self) -> Times:
        """When something is heard; any time where it does not say."""
        try:
            return self._times()
        except NonsenseError:
            return ALL_TIMES

    def _times(self) -> Times:
        start = number("start", self.start)
        if self.duration is not None:
            # Sums and products have digits that nobody has written: a nanosecond is
            # less than one sample of any recording.
            end = round(start + number("duration", self.duration), 9)
        else:
            end = number("end", self.end)
        if not is_missing(self.offset):
            offset = number("offset", self.offset)
            if offset != start:
                start, end = offset, round(offset + (end - start), 9)
        if self.second != 1:
            start, end = round(start * self.second, 9), round(end * self.second, 9)
        if not 0 <= start <= end:
            shown = f"start={start:.12g} and end={end:.12g}"
            raise NonsenseError(shown, "need 0 <= start <= end, in seconds")
        return start, end

    def _band(self, options: ReadingOptions) -> tuple[float | None, float | None]:
        hertz = self.hertz
        if options.frequencies is not None:
            hertz = 1000.0 if options.frequencies == "khz" else 1.0
        if not self.is_expanded:
            hertz /= options.time_expansion
        low = None if is_missing(self.low) else number("low", self.low)
        high = None if is_missing(self.high) else number("high", self.high)
        if hertz != 1:
            low = None if low is None else round(low * hertz, 6)
            high = None if high is None else round(high * hertz, 6)
        if low == high == 0:
            return None, None  # no sound is there: so AviaNZ and others write no band
        least = 0 if low is None else low
        if least < 0 or (high is not None and high < least):
            shown = " and ".join(
                f"{name}={value:.12g}"
                for name, value in (("low", low), ("high", high))
                if value is not None
            )
            raise NonsenseError(shown, "need 0 <= low <= high, in Hz")
        return low, high


def number(name: str, value: object) -> float:
    """Return the number in a cell, also where it has a decimal comma.

    Raises
    ------
    NonsenseError
        It is none, or not a finite one.
    """
    try:
        if isinstance(value, str):
            text = value.strip()
            if "," in text and "." not in text:
                text = text.replace(",", ".")
            # Python would take 1_000, which no table means.
            found = math.nan if "_" in text else float(text)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = float(value)
        else:
            found = math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        shown = value.strip() if isinstance(value, str) else quote(value)
        shown = "nothing" if value is None or shown == "" else shorten(shown)
        shown = f"{name}={shown}"
        raise NonsenseError(shown, "need a finite number")
    return found


def is_missing(value: object) -> bool:
    """Whether a cell says nothing."""
    return value is None or (isinstance(value, str) and value.strip() in MISSING)


def _channel(value: object) -> int | None:
    if is_missing(value):
        return None
    found = number("channel", value)
    if found < 0 or found != int(found):
        shown = f"channel={found:g}"
        raise NonsenseError(shown, "need a whole number, 0 or more")
    return int(found)


def _confidence(value: object, options: ReadingOptions) -> float | None:
    if is_missing(value):
        return None
    try:
        return number("confidence", value)
    except NonsenseError:
        # Some tables have words there; they matter only where a number is asked for.
        if options.min_confidence is None:
            return None
        raise
