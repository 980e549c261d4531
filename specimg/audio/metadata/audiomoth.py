"""The comment that an AudioMoth writes into its files, in a sentence.

Source: AudioMoth-Firmware-Basic, versions 1.0 to 1.11, whose wordings differ.
"""

import re

from specimg.audio.metadata.contents import Contents
from specimg.audio.metadata.facts import (
    NOTHING,
    Facts,
    parse_battery,
    parse_temperature,
)
from specimg.audio.metadata.times import make_time

RECORDER = "Open Acoustic Devices AudioMoth"

_RECORDED = re.compile(
    r"Recorded at (\d\d):(\d\d):(\d\d) (\d\d)/(\d\d)/(\d{4})"
    r"(?: \(UTC([^)]{0,6})\))? (?:by AudioMoth|during deployment) ",
    re.ASCII,
)
_DEVICE = re.compile(r"AudioMoth ([0-9A-F]{16})\b", re.ASCII)
_GAIN = re.compile(r" at (?:gain setting (\d)|([a-z-]{3,11}) gain) ", re.ASCII)
_BATTERY = re.compile(r" battery (?:state )?was ([\d.]{1,5}V)", re.ASCII)
_TEMPERATURE = re.compile(r" temperature was (-?[\d.]{1,6}C)", re.ASCII)

_NO_DEVICE = "0FE081F80FE081F0"
"""What 1.0 to 1.1 wrote for all devices: where in memory the number is."""


def read_audiomoth(contents: Contents) -> Facts:
    """Return what the comment of an AudioMoth says."""
    comment = contents.comment[:1000]
    found = _RECORDED.match(comment)
    if found is None:
        return NOTHING
    hour, minute, second, day, month, year, offset = found.groups()
    gain, battery = _GAIN.search(comment), _BATTERY.search(comment)
    temperature = _TEMPERATURE.search(comment)
    return Facts(
        # 1.0 wrote UTC without a word.  1.2.2 wrote offsets of less than an hour
        # without their sign, so that they are not known.
        recorded_at=make_time(
            (year, month, day, hour, minute, second), offset=offset or "UTC"
        ),
        recorder=RECORDER,
        # During a deployment, the comment has that one's number instead.
        device_id=find_device(comment) or find_device(contents.tags.get("artist", "")),
        temperature_c=parse_temperature(temperature[1]) if temperature else None,
        battery_v=parse_battery(battery[1]) if battery else None,
        gain=(gain[1] or gain[2]) if gain else "",
    )


def find_device(text: str) -> str:
    """Return the number of the AudioMoth that a text names; empty if it names none."""
    found = _DEVICE.search(text[:1000])
    return found[1] if found and found[1] != _NO_DEVICE else ""
