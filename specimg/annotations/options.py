"""How to read tables that do not say all by themselves."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from specimg.annotations.expansion import check_time_expansion
from specimg.errors import ParameterError, check_choice, quote

FIELDS = (
    *("file", "start", "end", "duration", "low", "high"),
    *("label", "confidence", "channel"),
)
"""What a column can be, besides one of a class."""

UNITS: Mapping[str, tuple[str, float]] = {
    "s": ("seconds", 1.0),
    "sec": ("seconds", 1.0),
    "secs": ("seconds", 1.0),
    "seconds": ("seconds", 1.0),
    "ms": ("seconds", 1e-3),
    "hz": ("hertz", 1.0),
    "khz": ("hertz", 1e3),
}
"""What a unit measures, and how large it is in seconds or in hertz."""

FREQUENCIES = ("hz", "khz")

FILE, TRUE = "file", "true"
"""Which frequencies a table has, of recordings that play slower than they were made:
those that one hears in the file, or those of the sound as it was."""

MEASURES = {
    "start": "seconds",
    "end": "seconds",
    "duration": "seconds",
    "low": "hertz",
    "high": "hertz",
}
"""What the fields that have a unit measure."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and the unit that its numbers are in."""

    name: str
    unit: str | None = None
    """One of `UNITS`; None where its name or its format says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How to read annotation tables; by default, as they say themselves."""

    format: str | None = None
    """The name of the format of all tables; None recognizes each by its columns."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Which column is which of `FIELDS`, for tables with columns of their own."""
    label_column: str | None = None
    """The column that has the labels."""
    min_confidence: float | None = None
    """The least confidence of an annotation that is taken, where one is given."""
    frequencies: str | None = None
    """The unit of all frequencies, ``hz`` or ``khz``; None as the tables say."""
    time_expansion: float = 1.0
    """How much lower true frequencies are in the file; 1 where tables have the file's.
    Tables that say their time expansion go by what they say."""

    def __post_init__(self) -> None:
        if self.frequencies is not None:
            check_choice("annotation_frequencies", self.frequencies, FREQUENCIES)
        check_time_expansion(self.time_expansion)
        least = self.min_confidence
        if least is not None and not math.isfinite(least):
            msg = f"min_confidence={least}: need a finite number"
            raise ParameterError(msg)
        for name, column in self.columns.items():
            check_choice("columns", name, FIELDS)
            if column.unit is not None and (
                column.unit not in UNITS or UNITS[column.unit][0] != MEASURES.get(name)
            ):
                msg = f"columns: {name} is not measured in {quote(column.unit)}"
                raise ParameterError(msg)
        if self.columns and self.format not in (None, "plain"):
            msg = f"columns: the format {self.format} has columns of its own"
            raise ParameterError(msg)


def parse_columns(text: str) -> dict[str, Column]:
    """Read ``label=NAME,start=NAME,low=NAME:kHz``.

    Raises
    ------
    ParameterError
        It is not written so, or names a field or a unit that there is not.
    """
    columns: dict[str, Column] = {}
    # A comma ends a column only before the next field, as names may hold commas.
    for part in re.split(r",(?=\s*\w+=)", text):
        name, equals, column = part.strip().partition("=")
        if not (equals and column.strip()):
            msg = f"{quote(part)}: need FIELD=NAME or FIELD=NAME:UNIT"
            raise ParameterError(msg)
        if name in columns:
            msg = f"{name} is given twice"
            raise ParameterError(msg)
        title, colon, unit = column.strip().rpartition(":")
        if colon and unit.casefold() in UNITS:
            columns[name] = Column(title, unit.casefold())
        else:
            columns[name] = Column(column.strip())
    ReadingOptions(columns=columns)  # refuses what is no field, or has no such unit
    return columns


def parse_frequencies(
    text: str | None, time_expansion: float | None
) -> tuple[str | None, float]:
    """Read ``khz``, ``true`` or ``khz,true``, with how much slower recordings play.

    Returns
    -------
    tuple
        `frequencies` and `time_expansion` of `ReadingOptions`.

    Raises
    ------
    ParameterError
        A word is unknown or given twice, or ``true`` and the time expansion do not
        stand together.
    """
    words = [word.strip().casefold() for word in (text or "").split(",") if word]
    for word in words:
        check_choice("annotation_frequencies", word, (*FREQUENCIES, FILE, TRUE))
    units = [word for word in words if word in FREQUENCIES]
    whose = [word for word in words if word not in FREQUENCIES]
    if max(len(units), len(whose)) > 1:
        msg = f"annotation_frequencies={text}: need one of hz, khz, and of file, true"
        raise ParameterError(msg)
    if (TRUE in whose) != (time_expansion is not None):
        msg = (
            "annotation_frequencies=true and time_expansion=N go together: how much "
            "lower the file plays than what the tables say"
        )
        raise ParameterError(msg)
    return (units[0] if units else None), time_expansion or 1.0
