"""The tracks of MP4, QuickTime and 3GP files.

Boxes, of ISO/IEC 14496-12, that lie one after the other and in each other: a size, a
code of four letters, a body.
"""

from collections.abc import Iterator

from specimg.audio.foreign.probing import (
    CONVERT,
    READ_OR_CONVERT,
    Contents,
    Probe,
    distinct,
    printable,
)

MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""What the first box of a file may be; of QuickTime's, more than of MP4's."""

_ENTRY = 28
"""Bytes of the body of a sample entry of sound before the boxes in it."""

_ENTRY_ADDS = {1: 16, 2: 36}
"""What QuickTime's versions of it have more."""

_AUDIO_BRANDS = (b"M4A ", b"M4B ", b"M4P ")
_IMAGE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")

_CODECS = {
    b".mp3": "MP3",
    b"ms\0U": "MP3",
    b"fLaC": "FLAC",
    b"Opus": "Opus",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
    b"ac-4": "AC-4",
    b"alac": "ALAC",
    b"samr": "AMR",
    b"sawb": "AMR-WB",
    b"sevc": "EVRC",
    b"sqcp": "QCELP",
    b"Qclp": "QCELP",
    b"ulaw": "mu-law",
    b"alaw": "A-law",
    b"ima4": "IMA ADPCM",
    b"ms\0\2": "ADPCM",
    b"ms\0\x11": "IMA ADPCM",
    b"QDM2": "QDesign Music",
    b"QDMC": "QDesign Music",
    b"MAC3": "MACE",
    b"MAC6": "MACE",
    b"agsm": "GSM",
    b"spex": "Speex",
    b"mlpa": "TrueHD",
    b"mha1": "MPEG-H",
    b"mhm1": "MPEG-H",
}
_CODECS |= dict.fromkeys((b"dtsc", b"dtsh", b"dtsl", b"dtse", b"dtsx"), "DTS")
_CODECS |= dict.fromkeys(
    (b"sowt", b"twos", b"lpcm", b"ipcm", b"fpcm", b"raw ", b"NONE", b"in24", b"in32"),
    "PCM",
)
_CODECS |= dict.fromkeys((b"fl32", b"fl64"), "PCM")

_OBJECTS = {
    0x69: "MP3 or MP2",
    0x6B: "MP3 or MP2",
    0x66: "AAC",
    0x67: "AAC",
    0x68: "AAC",
    0xA5: "AC-3",
    0xA6: "E-AC-3",
    0xA9: "DTS",
    0xAD: "Opus",
    0xDD: "Vorbis",
    0xE1: "QCELP",
}
"""The object types of esds, besides that of MPEG-4, which has types of its own."""

_MPEG4, _ALS, _USAC = 0x40, 36, 42
_PROTECTED = (b"drms", b"enca")


def look_into_mp4(probe: Probe, start: int) -> Contents | None:
    """Say what is in the tracks of an MP4 file that begins at `start`."""
    head = probe.at(start, 12)
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    container, is_m4a = _name(brand), brand in _AUDIO_BRANDS
    if brand in _IMAGE_BRANDS:
        return Contents(container="an image (heif)", has_pictures=True)
    moov = next(_inside(probe, start, probe.size, b"moov"), None)
    if moov is None:
        if not brand:
            return None
        return Contents(
            container=container,
            is_recording=is_m4a,
            fault=(
                "without its table of tracks (moov), so that nothing can be decoded: "
                "cut off or damaged; record or copy it again"
            ),
        )
    codecs, pictures = [], False
    is_protected = False
    for begin, end in _inside(probe, *moov, b"trak"):
        for body, _ in _inside(probe, begin, end, b"mdia", b"hdlr"):
            handler = probe.at(body + 8, 4)
            pictures = pictures or handler == b"vide"
            if handler == b"soun":
                code, codec = _codec(probe, begin, end)
                is_protected = is_protected or code in _PROTECTED
                codecs.append(codec)
            break
    remedy = READ_OR_CONVERT
    if start:  # all places in it are counted from the beginning of the file
        remedy = f"take off the ID3 tag that it begins with, and {CONVERT}"
    if is_protected:
        remedy = "get a copy without the protection"
    return Contents(
        codecs=distinct(codecs),
        container=container,
        has_pictures=pictures,
        is_recording=is_m4a,
        remedy=remedy,
    )


def _name(brand: bytes) -> str:
    """Name a file by the brand in its first box; QuickTime's old ones have none."""
    if brand in _AUDIO_BRANDS:
        return "an MP4 file (m4a)"
    names = {b"qt ": "a QuickTime file (mov)", b"3gp": "a 3GP file"}
    names |= {b"": "a QuickTime file (mov)", b"3g2": "a 3G2 file"}
    return names.get(brand[:3], "an MP4 file")


def _codec(probe: Probe, begin: int, end: int) -> tuple[bytes, str]:
    """Return the code of a track of sound, and the name of its codec."""
    path = (b"mdia", b"minf", b"stbl", b"stsd")
    for body, limit in _inside(probe, begin, end, *path):
        for code, entry, entry_end in _boxes(probe, body + 8, limit):
            if code == b"mp4a":
                return code, _mpeg4_codec(probe, entry, entry_end)
            if code in _PROTECTED:
                return code, f"encrypted sound ({code.decode()})"
            # Microsoft's codes in QuickTime are "ms" and a number.
            name = _CODECS.get(code, f"a codec that calls itself {printable(code)}")
            return code, name
    return b"", "a codec that is not named"


def _mpeg4_codec(probe: Probe, entry: int, end: int) -> str:
    version = int.from_bytes(probe.at(entry + 8, 2))
    inner = entry + _ENTRY + _ENTRY_ADDS.get(version, 0)
    for path in ((b"esds",), (b"wave", b"esds")):
        for body, _ in _inside(probe, inner, end, *path):
            return _object_type(probe.at(body + 4, 64))
    return "AAC or other MPEG-4 audio"


def _object_type(descriptors: bytes) -> str:
    """Name the codec by the descriptors of ISO/IEC 14496-1 in an esds box."""
    tag, at = _descriptor(descriptors, 0)
    if tag == 3 and len(descriptors) > at + 2:
        flags = descriptors[at + 2]
        at += 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
        if flags & 0x40:
            at += 1 + (descriptors[at] if at < len(descriptors) else 0)
    tag, at = _descriptor(descriptors, at)
    kind = descriptors[at] if tag == 4 and at < len(descriptors) else 0
    if kind != _MPEG4:
        return _OBJECTS.get(kind, "AAC or other MPEG-4 audio")
    tag, at = _descriptor(descriptors, at + 13)
    bits = int.from_bytes(descriptors[at : at + 2].ljust(2, b"\0"))
    audio = bits >> 11
    if audio == 31:  # an escape: the type follows, less 32
        audio = 32 + (bits >> 5 & 63)
    return {_ALS: "MPEG-4 ALS", _USAC: "xHE-AAC"}.get(audio, "AAC")


def _descriptor(data: bytes, at: int) -> tuple[int, int]:
    """Return the tag of a descriptor, and where its body begins."""
    tag = data[at] if at < len(data) else -1
    at += 1
    for _ in range(4):  # the bytes of its length, of which the last has no high bit
        more = at < len(data) and data[at] & 0x80
        at += 1
        if not more:
            break
    return tag, at


def _inside(
    probe: Probe, begin: int, end: int, *path: bytes
) -> Iterator[tuple[int, int]]:
    """Yield where the bodies of the boxes begin and end that lie at a path."""
    for kind, body, limit in _boxes(probe, begin, end):
        if kind == path[0]:
            if len(path) == 1:
                yield body, limit
            else:
                yield from _inside(probe, body, limit, *path[1:])


def _boxes(probe: Probe, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the code of each box, and where its body begins and ends."""
    while end - begin >= 8:
        head = probe.at(begin, 16)
        size, body = int.from_bytes(head[:4]), 8
        if size == 1:  # a larger number follows
            size, body = int.from_bytes(head[8:16]), 16
        elif size == 0:  # the last one
            size = end - begin
        if len(head) < body or size < body:
            return
        yield head[4:8], begin + body, min(begin + size, end)
        begin += size
