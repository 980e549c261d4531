"""Dates and times as recorders write them, and when a clip was recorded."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

FIRST_YEAR, LAST_YEAR = 1971, 2099
"""Years in which a recording may have been made: 1970 is what a clock says that was
never set."""

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ] ?(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r" ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?", re.ASCII)
_FARTHEST_WEST, _FARTHEST_EAST = timedelta(hours=-12), timedelta(hours=14)
"""Between these, offsets from UTC are in use."""

QUARTER = timedelta(minutes=15)
"""All offsets that are in use are a multiple of it."""


def parse_time(text: str) -> datetime | None:
    """Return a date and time of day by ISO 8601; None where a text is not both."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    *date, second, fraction, offset = found.groups()
    return make_time((*date, second or "0"), fraction or "", offset or "")


def make_time(
    parts: Sequence[str], fraction: str = "", offset: str = ""
) -> datetime | None:
    """Return a time by its parts, in digits; None where no recording has such a time.

    Parameters
    ----------
    parts : sequence of six str
        Year, month, day, hour, minute and second.
    fraction : str
        Decimals of a second.
    offset : str
        From UTC, as in ``+05:30``, ``-4`` or ``Z``; empty where it is not known.  The
        time has none, either, where it is one that is nowhere in use.
    """
    try:
        year, month, day, hour, minute, second = map(int, parts)
        microsecond = int(fraction[:6].ljust(6, "0"))
        time = datetime(  # noqa: DTZ001 - a zone is never guessed
            year, month, day, hour, minute, second, microsecond
        )
    except ValueError:
        return None
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        return None
    return time.replace(tzinfo=parse_offset(offset))


def parse_offset(text: str) -> timezone | None:
    """Return an offset from UTC; None where a text is none that is in use."""
    if text in ("Z", "UTC"):
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if found[1] == "-":
        offset = -offset
    is_used = _FARTHEST_WEST <= offset <= _FARTHEST_EAST and not offset % QUARTER
    return timezone(offset) if is_used else None


def could_be_same(one: datetime, other: datetime, slack: timedelta) -> bool:
    """Whether two times may be the same, give or take `slack`.

    A time without an offset may be of any zone: it is the same as one with an offset
    if there is a zone whose clocks show the one at the time of the other.
    """
    if (one.tzinfo is None) == (other.tzinfo is None):
        return abs(one - other) <= slack
    local, known = (one, other) if one.tzinfo is None else (other, one)
    offset = local - known.astimezone(UTC).replace(tzinfo=None)
    odd = (offset + slack) % QUARTER
    is_used = _FARTHEST_WEST - slack <= offset <= _FARTHEST_EAST + slack
    return is_used and odd <= 2 * slack


def clip_recorded_at(
    recorded_at: datetime | None, start: float, time_expansion: float
) -> str:
    """Return when a clip begins, by ISO 8601; empty where that is not known.

    Parameters
    ----------
    recorded_at : datetime or None
        When the file begins.
    start : float
        Where in the file the clip begins, in seconds of the file.
    time_expansion : float
        A file that was slowed down ten times has ten of its seconds for one of nature.

    Returns
    -------
    str
        To the second, or to the millisecond where it is not a whole one; with an
        offset from UTC only where the file's is known.
    """
    if recorded_at is None:
        return ""
    milliseconds = round(1000 * start / time_expansion)
    time = recorded_at.replace(microsecond=0) + timedelta(
        milliseconds=milliseconds + round(recorded_at.microsecond / 1000)
    )
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")
