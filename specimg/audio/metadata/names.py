"""When a recording was made by the name of its file, as recorders write names."""

import os
import re
from datetime import UTC, datetime

from specimg.audio.metadata.contents import Contents
from specimg.audio.metadata.facts import Facts, Place, parse_place
from specimg.audio.metadata.times import make_time

_DATES = (
    # 20190522_170000, 20190522T170000+1000, 20190522$170000; behind the time the
    # fraction of a second that Wildlife Acoustics write, and Swift's offset.  A
    # firmware of Frontier Labs leaves out the first zero of the day.
    re.compile(
        r"(?<!\d)(\d{4})(\d\d)(\d\d| \d)[T_$ -]?(\d\d)(\d\d)(\d\d)"
        r"(?:[._](\d{6}|\d{3})(?!\d))?"
        r"(Z(?![A-Za-z])|(?:_?[+-]\d\d:?\d\d|\+\d\d)(?!\d))?(?!\d)",
        re.ASCII,
    ),
    # 2022-08-30_12-08-00, 2022-07-19_T00-00-00, 2019-05-22 17.00.00
    re.compile(
        r"(?<!\d)(\d{4})-(\d\d)-(\d\d)[T_ -]{1,2}(\d\d)[-_.:](\d\d)[-_.:](\d\d)"
        r"()(Z(?![A-Za-z])|(?:_?[+-]\d\d:?\d\d|\+\d\d)(?!\d))?(?!\d)",
        re.ASCII,
    ),
)
_HEX = re.compile(r"[0-9A-F]{8}", re.ASCII)
_FIRST_HEX, _LAST_HEX = 2016, 2038
"""Years of AudioMoths, and up to where 31 bits count seconds."""

_SERIAL = re.compile(r"(S4[AU]|SM3|SM[AMU]|2[AMU][AMU]|2LA)\d{5}(?=_)", re.ASCII)
"""The number of a Song Meter, which names begin with unless it was given another."""

_PLACE = re.compile(
    r"(?<=[\[_])([+-]?\d{1,2}\.\d{2,8})( ?)([+-]?\d{1,3}\.\d{2,8})(?=[\]_]|$)",
    re.ASCII,
)


def read_name(contents: Contents) -> Facts:
    """Return what the name of a file says."""
    stem, suffix = os.path.splitext(contents.name)  # noqa: PTH122 - it may be no path
    serial = _SERIAL.match(stem)
    return Facts(
        recorded_at=_find_date(stem) or _parse_hex(stem, suffix),
        place=_find_place(stem),
        device_id=serial[0] if serial else "",
    )


def _find_date(stem: str) -> datetime | None:
    """Return the first date with a time of day in a name; None if it has none."""
    for pattern in _DATES:
        for found in pattern.finditer(stem):
            *date, fraction, offset = found.groups()
            offset = (offset or "").removeprefix("_")
            time = make_time(date, fraction or "", offset)
            if time is not None:
                return time
    return None


def _parse_hex(stem: str, suffix: str) -> datetime | None:
    """Return the time that old AudioMoths name a file after: 5E886A48.WAV, in UTC."""
    # Eight plain digits are as likely another recorder's number of a file.
    if not _HEX.fullmatch(stem) or (stem.isdigit() and suffix != ".WAV"):
        return None
    time = datetime.fromtimestamp(int(stem, 16), tz=UTC)
    return time if _FIRST_HEX <= time.year < _LAST_HEX else None


def _find_place(stem: str) -> Place | None:
    """Return the place that Frontier Labs write into names: [-27.3866 152.8761]."""
    found = _PLACE.search(stem)
    if found is None or not (found[2] or found[3].startswith(("+", "-"))):
        return None
    return parse_place(f"{found[1]} {found[3]}")
