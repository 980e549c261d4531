"""GUANO, the metadata of bat recorders: lines of ``key: value`` in a chunk of a WAV.

Source: the GUANO specification 1.0, https://guano-md.org.
"""

import re

from specimg.audio.metadata.contents import Contents
from specimg.audio.metadata.facts import (
    MAX_TIME_EXPANSION,
    NOTHING,
    Facts,
    clean,
    describe_odd,
    parse_battery,
    parse_number,
    parse_place,
    parse_temperature,
    parse_time_expansion,
)
from specimg.audio.metadata.times import parse_time

_MAX_LINES = 10_000
_BLANK = " \t\r\n\x0b\x0c\0\ufeff"
"""What is not part of a key or a value."""

_TEMPERATURES = ("Temperature Ext", "Temperature Int", "Temperature")
"""That of the air first: a recorder in the sun is hot."""

_BATTERIES = ("battery voltage", "battvoltage")
"""Keys of several makers, behind their names."""

_NO_PLACE = re.compile(r"0+(\.0*)?[ ,]+0+(\.0*)?", re.ASCII)
_SONG_METER_GAIN = re.compile(r'["“”]gain["“”]\s*:\s*(-?\d{1,4}(?:\.\d+)?)')
"""In the JSON that Song Meters have as a value, in dB; some write curly quotes."""


def read_guano(contents: Contents) -> Facts:
    """Return what the GUANO of a file says."""
    if not contents.guano:
        return NOTHING
    fields = _parse(contents.guano)
    warnings = []
    if contents.guano.strip(_BLANK) and not fields:
        warnings.append("its GUANO has no line of the form 'key: value'")
    odd = (
        ("Timestamp", parse_time, "date and time"),
        ("Loc Position", parse_place, "latitude and longitude"),
        ("TE", parse_time_expansion, f"whole number from 1 to {MAX_TIME_EXPANSION:,}"),
    )
    for key, parse, wanted in odd:
        value = fields.get(key, "")
        if value and parse(value) is None and not _NO_PLACE.fullmatch(value):
            warnings.append(describe_odd("GUANO", key, value, wanted))
    temperatures = (parse_temperature(fields.get(key, "")) for key in _TEMPERATURES)
    return Facts(
        recorded_at=parse_time(fields.get("Timestamp", "")),
        place=parse_place(fields.get("Loc Position", "")),
        recorder=clean(f"{fields.get('Make', '')} {fields.get('Model', '')}"),
        device_id=clean(fields.get("Serial", "")),
        temperature_c=next((t for t in temperatures if t is not None), None),
        battery_v=parse_battery(_ending(fields, *_BATTERIES)),
        gain=_gain(fields),
        time_expansion=parse_time_expansion(fields.get("TE", "")),
        true_rate=parse_number(fields.get("Samplerate", ""), 1, 1e9),
        warnings=tuple(warnings),
    )


def _parse(text: str) -> dict[str, str]:
    """Return values by their keys, namespaces included: ``OAD|Battery Voltage``."""
    fields = {}
    for line in text.split("\n", _MAX_LINES)[:_MAX_LINES]:
        key, _, value = line.partition(":")
        key = "|".join(part.strip(_BLANK) for part in key.split("|", 8))
        if key and (value := value.strip(_BLANK)):
            fields[key] = value
    return fields


def _ending(fields: dict[str, str], *endings: str) -> str:
    """Return the first value whose key is one of some, whatever its namespace."""
    for key, value in fields.items():
        if key.rpartition("|")[2].lower() in endings:
            return value
    return ""


def _gain(fields: dict[str, str]) -> str:
    settings = fields.get("WA|Song Meter|Audio settings", "")
    gains = dict.fromkeys(f"{float(gain):g} dB" for gain in _song_meter_gains(settings))
    return clean(", ".join(gains) or _ending(fields, "gain"))


def _song_meter_gains(settings: str) -> list[str]:
    return _SONG_METER_GAIN.findall(settings[:10_000])
