"""Sound in files that are mostly made for films: AVI, ASF, Flash, Real, MXF."""

from specimg.audio.foreign.codecs import chunks, wave_codec
from specimg.audio.foreign.probing import Contents, Probe, distinct

_STREAM = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_ASF_AUDIO = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
"""GUIDs of ASF (Advanced Systems Format): a stream's properties, and its types."""

_FLASH_TAGS = 100
_FLASH_CODECS = {
    0: "PCM",
    1: "ADPCM",
    2: "MP3",
    3: "PCM",
    4: "Nellymoser",
    5: "Nellymoser",
    6: "Nellymoser",
    7: "A-law",
    8: "mu-law",
    10: "AAC",
    11: "Speex",
    14: "MP3",
}

_MXF_SOUND = [
    bytes.fromhex(f"060e2b34025301010d0101010101{n:02x}00") for n in (0x42, 0x47, 0x48)
]
"""Keys of the descriptors of sound: generic, AES3 and wave (SMPTE ST 377, ST 382)."""


def look_into_avi(probe: Probe, start: int) -> Contents | None:
    """Say what is in the streams of an AVI file, which is a RIFF file as WAV is."""
    if probe.at(start + 8, 4) != b"AVI ":
        return None
    codecs: list[str] = []
    pictures, is_described, kind_of_stream = False, False, b""
    begin, end = start + 12, probe.size
    # Lists of streams lie in the list of headers; to step into each is enough.
    while begin < end:
        for kind, body, limit in chunks(probe, begin, end, "little"):
            begin = limit + limit % 2
            if kind == b"LIST":
                name = probe.at(body, 4)
                if name in (b"hdrl", b"strl"):
                    begin = body + 4
                    break
                if name == b"movi":
                    begin = end
                    break
            elif kind == b"strh":
                is_described = True
                kind_of_stream = probe.at(body, 4)
                pictures = pictures or kind_of_stream == b"vids"
            elif kind == b"strf" and kind_of_stream == b"auds":
                codecs.append(wave_codec(probe.at(body, 40)))
        else:
            break
    return Contents(
        codecs=distinct(codecs),
        container="an AVI file",
        has_pictures=pictures,
        fault="" if is_described else _missing("a list of its streams"),
    )


def look_into_asf(probe: Probe, start: int) -> Contents:
    """Say what is in the streams of a Windows Media file."""
    codecs: list[str] = []
    pictures, is_described = False, False
    end = start + min(int.from_bytes(probe.at(start + 16, 8), "little"), probe.size)
    at = start + 30
    while at + 24 <= end:
        head = probe.at(at, 24 + 54 + 40)
        size = int.from_bytes(head[16:24], "little")
        if size < 24:
            break
        if head.startswith(_STREAM):
            is_described = True
            pictures = pictures or head[24:40] == _ASF_VIDEO
            if head[24:40] == _ASF_AUDIO:
                codecs.append(wave_codec(head[78:]))
        at += size
    return Contents(
        codecs=distinct(codecs),
        container=f"an ASF file ({'wmv' if pictures else 'wma'})",
        has_pictures=pictures,
        is_recording=not pictures,
        fault="" if is_described else _missing("a list of its streams"),
    )


def look_into_flash(probe: Probe, start: int) -> Contents:
    """Say what sound a Flash video has: its flags tell whether, its tags which."""
    head = probe.at(start, 9)
    flags = head[4] if len(head) > 4 else 0
    codecs: list[str] = ["a codec that is not named"] if flags & 4 else []
    at = start + int.from_bytes(head[5:9]) + 4
    for _ in range(_FLASH_TAGS):
        tag = probe.at(at, 12)
        if len(tag) < 12:
            break
        if tag[0] == 8:
            kind = tag[11] >> 4
            codecs = [_FLASH_CODECS.get(kind, f"codec number {kind}")]
            break
        at += 11 + int.from_bytes(tag[1:4]) + 4
    return Contents(
        codecs=tuple(codecs),
        container="a Flash video (flv)",
        has_pictures=bool(flags & 1),
    )


def look_into_real_media(probe: Probe, start: int) -> Contents:
    """Say what is in the streams of a RealMedia file."""
    codecs: list[str] = []
    pictures, at = False, start
    for _ in range(_FLASH_TAGS):
        head = probe.at(at, 10 + 30 + 1 + 255 + 1 + 255)
        size = int.from_bytes(head[4:8])
        if len(head) < 10 or size < 10 or head[:4] == b"DATA":
            break
        if head[:4] == b"MDPR":
            name_end = 41 + head[40] if len(head) > 40 else 0
            kind = head[name_end + 1 :][: head[name_end] if name_end < len(head) else 0]
            pictures = pictures or kind.startswith(b"video/")
            codecs += ["RealAudio"] if kind.startswith(b"audio/") else []
        at += size
    return Contents(
        codecs=distinct(codecs), container="a RealMedia file", has_pictures=pictures
    )


def look_into_mxf(probe: Probe, start: int) -> Contents:
    """Say whether a broadcaster's MXF file describes sound where it begins."""
    data = probe.at(start, 2**17)
    has_sound = any(key in data for key in _MXF_SOUND)
    return Contents(
        codecs=("the sound",) if has_sound else (),
        container="an MXF file",
        has_pictures=True,
    )


def _missing(what: str) -> str:
    return f"without {what}: cut off or damaged; record or copy it again"
