"""Comments that hold JSON, as OpenSoundscape writes them."""

import json

from specimg.audio.metadata.audiomoth import RECORDER, find_device
from specimg.audio.metadata.contents import Contents
from specimg.audio.metadata.facts import (
    NOTHING,
    Facts,
    clean,
    parse_battery,
    parse_place,
    parse_temperature,
)
from specimg.audio.metadata.times import parse_time

_PREFIX = "opso_metadata"
"""What OpenSoundscape begins such a comment with."""

_KEYS = {
    "time": ("recording_start_time", "recorded_at", "timestamp", "datetime"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "recorder": ("recorder", "model"),
    "device": ("device_id", "serial_number", "serial"),
    "temperature": ("temperature_C", "temperature_c", "temperature"),
    "battery": ("battery_state", "battery_v", "battery_voltage"),
    "gain": ("gain_setting", "gain"),
}


def read_json(contents: Contents) -> Facts:
    """Return what JSON in the comment of a file says."""
    text = contents.comment.removeprefix(_PREFIX).strip()
    if not text.startswith("{"):
        return NOTHING
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        warning = "its comment begins like JSON, and is none or cut off"
        return Facts(warnings=(warning,))
    found = {field: _first(values, keys) for field, keys in _KEYS.items()}
    device = find_device(found["device"])
    return Facts(
        recorded_at=parse_time(found["time"]),
        place=parse_place(f"{found['latitude']} {found['longitude']}"),
        recorder=clean(found["recorder"]) or (RECORDER if device else ""),
        device_id=device or clean(found["device"]),
        temperature_c=parse_temperature(found["temperature"]),
        battery_v=parse_battery(found["battery"]),
        gain=clean(found["gain"]),
    )


def _first(values: dict[str, object], keys: tuple[str, ...]) -> str:
    """Return the first text or number that has one of the keys, as a text."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str | float | int) and not isinstance(value, bool):
            return str(value)[:1000]
    return ""
