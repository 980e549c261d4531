"""What one source says of a recording, and what of it can be believed."""

import re
from dataclasses import dataclass
from datetime import datetime

from specimg.errors import quote

MAX_TIME_EXPANSION = 1000

_MAX_TEXT = 100
"""Characters of a name or a number that a device has; the rest is cut off."""

_NUMBER = re.compile(r"([+-]?\d{1,12}(?:[.,]\d{1,12})?) ?(?:°?C|V|Hz)?", re.ASCII)
"""Some recorders write the unit, and some a comma, as their user's language has it."""

_PLACE = re.compile(
    r"([+-]?\d{1,2}(?:\.\d{1,12})?)(?:[ ,;]+|(?=[+-]))"
    r"([+-]?\d{1,3}(?:\.\d{1,12})?)(?:[+-][\d.]{1,10})?/?",
    re.ASCII,
)
"""Two numbers, or as ISO 6709 has it, with a height behind."""

Place = tuple[float, float]
"""Latitude and longitude in degrees, north and east positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one source says of a recording; empty or None where it says nothing."""

    recorded_at: datetime | None = None
    """The first sample; with an offset from UTC only where the source has one."""
    place: Place | None = None
    recorder: str = ""
    """Make and model."""
    device_id: str = ""
    """Which one of that model it was: its serial number."""
    temperature_c: float | None = None
    battery_v: float | None = None
    gain: str = ""
    time_expansion: int | None = None
    """How many times slower than in nature the file plays."""
    true_rate: float | None = None
    """Sample rate in Hz at which the sound was recorded."""
    warnings: tuple[str, ...] = ()


NOTHING = Facts()
"""What a source says that a file does not have."""


def clean(text: str) -> str:
    """Return a text as one short line of characters that can be printed."""
    text = text[: 4 * _MAX_TEXT]  # which may have as many blanks
    text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:_MAX_TEXT]


def parse_number(text: str, low: float, high: float) -> float | None:
    """Return the number that a text is, if it lies between two others, else None."""
    found = _NUMBER.fullmatch(text.strip())
    number = float(found[1].replace(",", ".")) if found else None
    return number if number is not None and low <= number <= high else None


def parse_temperature(text: str) -> float | None:
    """Return degrees Celsius; None where the text is no temperature of this earth."""
    return parse_number(text, -90, 90)


def parse_battery(text: str) -> float | None:
    """Return volts; None where the text is none, as in ``less than 2.5V``."""
    return parse_number(text, 0.1, 100)


def parse_place(text: str) -> Place | None:
    """Return the place that two numbers in degrees name, else None."""
    found = _PLACE.fullmatch(text.strip())
    return place_at(float(found[1]), float(found[2])) if found else None


def place_at(latitude: float, longitude: float) -> Place | None:
    """Return a place; None where there is none, or a receiver had not found its own."""
    is_on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if is_on_earth and (latitude or longitude) else None


def parse_time_expansion(text: str) -> int | None:
    """Return the factor that a text is; None where it is none."""
    number = parse_number(text, 1, MAX_TIME_EXPANSION)
    return int(number) if number is not None and number.is_integer() else None


def describe_odd(source: str, key: str, value: str, wanted: str) -> str:
    """Warn of a value that cannot be read."""
    return f"{source} has {quote(clean(value))} as {key}, which is no {wanted}"
