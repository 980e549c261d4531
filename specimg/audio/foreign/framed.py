"""Streams without a table of contents: AAC, AC-3, MPEG transport and program streams.

A frame or packet is known by a few bits only, so that the next one must follow where
the first one ends.
"""

import re
from collections.abc import Iterable

from specimg.audio.foreign.probing import Contents, Probe, distinct

_PEEK = 2**19
"""Bytes from the beginning among which each stream of a film has a packet."""

_ADTS = Contents(codecs=("AAC",), is_recording=True, demuxer="aac")
_ADTS_SYNC = re.compile(b"\xff[\xf0\xf1\xf8\xf9].", re.DOTALL)
_ADTS_FRAMES = 4
"""Frames that follow each other for the first of them to be believed."""

_TS_PACKETS = 4
_TS_CODECS = {
    0x03: "MP3 or MP2",
    0x04: "MP3 or MP2",
    0x0F: "AAC",
    0x11: "AAC",
    0x1C: "AAC",
    0x80: "PCM",
    0x81: "AC-3",
    0x82: "DTS",
    0x83: "TrueHD",
    0x84: "E-AC-3",
    0x85: "DTS",
    0x86: "DTS",
    0x87: "E-AC-3",
}
_TS_VIDEO = (0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0xD1, 0xEA)
_TS_PRIVATE = 0x06
_DESCRIPTORS = {0x6A: "AC-3", 0x7A: "E-AC-3", 0x7B: "DTS", 0x7C: "AAC"}
_REGISTERED = {
    b"Opus": "Opus",
    b"BSSD": "PCM",
    b"AC-3": "AC-3",
    b"EAC3": "E-AC-3",
    b"DTS1": "DTS",
    b"DTS2": "DTS",
    b"DTS3": "DTS",
}

_PS_PACKETS = 5_000
"""More than there are in that much, where each has 2 kB."""

_SYSTEM, _PRIVATE = 0xBB, 0xBD
_SUBSTREAMS = ((0x80, "AC-3"), (0x88, "DTS"), (0xA0, "PCM"), (0xB0, "TrueHD"))
"""What the streams of a DVD that begin with these numbers are."""


def look_into_adts(probe: Probe, start: int) -> Contents | None:
    """Recognize AAC in ADTS frames (ISO/IEC 13818-7)."""
    head = probe.at(start, 7)
    length = _adts_length(head)
    if not length:
        return None
    following = probe.at(start + length, 7)
    # The code of MPEG-2 AAC is also that of a frame of FLAC: only then it must follow.
    is_mpeg2 = bool(head[1] & 8)
    if is_mpeg2 and not (_adts_length(following) and following[1] == head[1]):
        return None
    return _ADTS


def find_adts(probe: Probe, start: int) -> Contents | None:
    """Recognize AAC in ADTS frames that begin behind something else.

    Several frames have to follow each other, with equal headers.
    """
    data = probe.at(start, _PEEK)
    for found in _ADTS_SYNC.finditer(data):
        at = found.start()
        for _ in range(_ADTS_FRAMES):
            length = _adts_length(data[at : at + 7])
            if not length or data[at + 1 : at + 3] != found.group()[1:]:
                break
            at += length
        else:
            return _ADTS
    return None


def _adts_length(head: bytes) -> int:
    """Return the bytes of an ADTS frame, or 0 where there is none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    if head[2] >> 2 & 15 > 12:  # no sample rate has this number
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def look_into_loas(probe: Probe, start: int) -> Contents | None:
    """Recognize AAC in LOAS frames (ISO/IEC 14496-3), which hold LATM."""
    at = start
    for _ in range(3):
        head = probe.at(at, 3)
        if len(head) < 3 or head[0] != 0x56 or head[1] & 0xE0 != 0xE0:
            return None
        at += 3 + ((head[1] & 0x1F) << 8 | head[2])
    return Contents(codecs=("AAC (LATM)",), is_recording=True)


def look_into_ac3(probe: Probe, start: int) -> Contents | None:
    """Recognize AC-3 and E-AC-3 (ETSI TS 102 366) by the version of their frames."""
    head = probe.at(start, 6)
    version = head[5] >> 3 if len(head) == 6 else 31
    if head[:2] != b"\x0b\x77" or version > 16:
        return None
    return Contents(codecs=("AC-3" if version <= 10 else "E-AC-3",), is_recording=True)


def look_into_transport_stream(probe: Probe, start: int) -> Contents | None:
    """Say what is in an MPEG transport stream (ISO/IEC 13818-1)."""
    beginning = probe.at(start, 192 * _TS_PACKETS)
    for length, first in ((188, 0), (192, 4)):  # cameras put a time before each packet
        if beginning[first::length][:_TS_PACKETS] == b"G" * _TS_PACKETS:
            data = probe.at(start, _PEEK)
            places = range(first, len(data) - 187, length)
            return _look_into_packets(data[at : at + 188] for at in places)
    return None


def _look_into_packets(packets: Iterable[bytes]) -> Contents:
    tables: set[int] = set()
    codecs: list[str] = []
    pictures, is_described = False, False
    for packet in packets:
        number = int.from_bytes(packet[1:3]) & 0x1FFF
        if not packet[1] & 0x40 or (number and number not in tables):
            continue
        section = _section(packet)
        if number == 0 and section[:1] == b"\0":
            pairs = range(8, len(section) - 3, 4)
            tables |= {int.from_bytes(section[i + 2 : i + 4]) & 0x1FFF for i in pairs}
        elif number in tables and section[:1] == b"\2":
            is_described = True
            at = 12 + (int.from_bytes(section[10:12]) & 0xFFF)
            while at + 5 <= len(section):
                size = int.from_bytes(section[at + 3 : at + 5]) & 0xFFF
                codec = _ts_codec(section[at], section[at + 5 : at + 5 + size])
                codecs += [codec] if codec else []
                pictures = pictures or section[at] in _TS_VIDEO
                at += 5 + size
            break
    fault = "without a table of its streams where it begins: cut off or damaged"
    return Contents(
        codecs=distinct(codecs),
        container="an MPEG transport stream (ts)",
        has_pictures=pictures,
        fault="" if is_described else f"{fault}; record or copy it again",
    )


def _section(packet: bytes) -> bytes:
    """Return the beginning of a table in a packet, without the checksum."""
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if not packet[3] & 0x10 or at >= len(packet):
        return b""
    at += 1 + packet[at]
    length = int.from_bytes(packet[at + 1 : at + 3]) & 0xFFF
    return packet[at : at + 3 + max(length - 4, 0)]


def _ts_codec(kind: int, descriptors: bytes) -> str:
    if kind != _TS_PRIVATE:
        return _TS_CODECS.get(kind, "")
    at = 0
    while at + 2 <= len(descriptors):
        tag, size = descriptors[at], descriptors[at + 1]
        if tag == 5 and (name := _REGISTERED.get(descriptors[at + 2 : at + 6])):
            return name
        if tag in _DESCRIPTORS:
            return _DESCRIPTORS[tag]
        at += 2 + size
    return ""


def look_into_program_stream(probe: Probe, start: int) -> Contents:
    """Say what is in an MPEG program stream, such as of a DVD (ISO/IEC 13818-1)."""
    data = probe.at(start, 2 * _PEEK)
    codecs: list[str] = []
    pictures = False
    at = data.find(b"\0\0\1")
    for _ in range(_PS_PACKETS):
        if at < 0 or at + 9 > len(data):
            break
        code = data[at + 3]
        size = 0
        if 0xC0 <= code <= 0xDF:
            codecs.append("MP3 or MP2")
        elif code == _PRIVATE:
            inner = at + 9 + data[at + 8]
            kind = data[inner] & 0xF8 if inner < len(data) else 0
            codecs += [name for first, name in _SUBSTREAMS if kind == first]
        pictures = pictures or 0xE0 <= code <= 0xEF
        if code >= _SYSTEM:
            size = 2 + int.from_bytes(data[at + 4 : at + 6])
        at = data.find(b"\0\0\1", at + 4 + size)
    return Contents(
        codecs=distinct(codecs),
        container="an MPEG program stream (mpg, vob)",
        has_pictures=pictures,
    )
