"""The metadata of Wildlife Acoustics' Song Meters and Echo Meters: a ``wamd`` chunk.

Source: wa_meta.h, which Wildlife Acoustics have published.
"""

import re

from specimg.audio.metadata.contents import Contents, decode
from specimg.audio.metadata.facts import (
    MAX_TIME_EXPANSION,
    NOTHING,
    Facts,
    Place,
    clean,
    describe_odd,
    parse_temperature,
    place_at,
)
from specimg.audio.metadata.times import parse_time

_MODEL, _SERIAL, _START, _PLACE_FIRST = 1, 2, 5, 6
_EXPANSION, _PLACE_LAST, _TEMPERATURE_INT, _TEMPERATURE_EXT = 15, 20, 21, 22
"""Numbers of the items that are read."""

_COMPASS = re.compile(
    r"(\d{1,2}(?:\.\d{1,12})?) ?, ?([NS]) ?, ?(\d{1,3}(?:\.\d{1,12})?) ?, ?([EW])",
    re.ASCII,
)
_SIGNED = re.compile(
    r"(-?\d{1,2}(?:\.\d{1,12})?) ?, ?(-?\d{1,3}(?:\.\d{1,12})?)", re.ASCII
)


def read_wamd(contents: Contents) -> Facts:
    """Return what the chunk of Wildlife Acoustics says."""
    items = contents.wamd
    if not items:
        return NOTHING
    texts = {number: decode(value).strip(" \0") for number, value in items.items()}
    start = texts.get(_START, "")
    recorded_at = parse_time(start)
    warnings: tuple[str, ...] = ()
    if start and recorded_at is None:
        warnings = (describe_odd("wamd", "start", start, "date and time"),)
    model = clean(texts.get(_MODEL, ""))
    expansion = int.from_bytes(items.get(_EXPANSION, b"")[:2], "little")
    outside = parse_temperature(texts.get(_TEMPERATURE_EXT, ""))
    inside = parse_temperature(texts.get(_TEMPERATURE_INT, ""))
    return Facts(
        recorded_at=recorded_at,
        place=_place(texts.get(_PLACE_FIRST, "")) or _place(texts.get(_PLACE_LAST, "")),
        recorder=f"Wildlife Acoustics {model}" if model else "",
        device_id=clean(texts.get(_SERIAL, "")),
        temperature_c=inside if outside is None else outside,
        time_expansion=expansion if 1 <= expansion <= MAX_TIME_EXPANSION else None,
        warnings=warnings,
    )


def _place(text: str) -> Place | None:
    """Return a place as ``WGS84,45.78350,N,64.23352,W``, or as phones write it."""
    _, _, numbers = text.partition(",")  # behind the name of a map datum
    if found := _COMPASS.match(numbers.strip()):
        latitude, north, longitude, east = found.groups()
        return place_at(
            float(latitude) * (1 if north == "N" else -1),
            float(longitude) * (1 if east == "E" else -1),
        )
    found = _SIGNED.match(numbers.strip())
    return place_at(float(found[1]), float(found[2])) if found else None
