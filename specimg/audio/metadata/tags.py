"""Tags that the recorders of Frontier Labs write into FLAC files.

The tag DATE is not read: in it, editors write when they made the file.

Source: the code of EMU, by QUT Ecoacoustics, which reads them.
"""

from specimg.audio.metadata.contents import Contents
from specimg.audio.metadata.facts import (
    NOTHING,
    Facts,
    clean,
    parse_battery,
    parse_place,
)
from specimg.audio.metadata.times import parse_time

_UNKNOWN = "unknown"
"""What a recorder writes that lacks a part."""

_FIRMWARE = "sensorfirmwareversion"
_GAINS = ("channelgain", "channelgain1", "channelgain2")
"""One for each microphone."""


def read_tags(contents: Contents) -> Facts:
    """Return what the tags of a file say, but for its comment."""
    if not contents.tags:
        return NOTHING
    tags = {
        name: value
        for name, value in contents.tags.items()
        if value.strip().lower() != _UNKNOWN
    }
    battery = tags.get("batterylevel", "").split()  # as in "93% 4.12V"
    gains = dict.fromkeys(clean(tags[gain]) for gain in _GAINS if gain in tags)
    return Facts(
        recorded_at=parse_time(tags.get("recordingstart", "")),
        place=parse_place(tags.get("sensorlocation", "")),
        recorder="Frontier Labs" if _FIRMWARE in tags else "",
        device_id=clean(tags.get("sensoruid", "")),
        battery_v=parse_battery(battery[-1]) if len(battery) == 2 else None,
        gain=clean(", ".join(gains)),
    )
