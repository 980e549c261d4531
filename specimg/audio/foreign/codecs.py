"""Codecs in WAV, AIFF and CAF files that libsndfile does not decode."""

from collections.abc import Iterator
from typing import Literal

from specimg.audio.foreign.probing import (
    READ_OR_CONVERT,
    Contents,
    Probe,
    printable,
)

WAVE_CODECS = {
    0x0001: "PCM",
    0x0002: "MS ADPCM",
    0x0003: "PCM",
    0x0006: "A-law",
    0x0007: "mu-law",
    0x000A: "Windows Media voice",
    0x0011: "IMA ADPCM",
    0x0022: "TrueSpeech",
    0x0031: "GSM",
    0x0042: "G.723.1",
    0x0045: "G.726",
    0x0050: "MP2",
    0x0055: "MP3",
    0x0064: "G.726",
    0x0065: "G.722",
    0x0069: "IMA ADPCM",
    0x0083: "G.729",
    0x00FF: "AAC",
    0x0130: "ACELP",
    0x0160: "Windows Media audio",
    0x0161: "Windows Media audio",
    0x0162: "Windows Media audio (Pro)",
    0x0163: "Windows Media audio (lossless)",
    0x0200: "Creative ADPCM",
    0x0270: "ATRAC3",
    0x028F: "G.722",
    0x0401: "Intel Music Coder",
    0x1600: "AAC",
    0x1602: "AAC",
    0x1610: "AAC",
    0x2000: "AC-3",
    0x2001: "DTS",
    0x566F: "Vorbis",
    0x5756: "WavPack",
    0x674F: "Vorbis",
    0x6750: "Vorbis",
    0x6751: "Vorbis",
    0x676F: "Vorbis",
    0x6770: "Vorbis",
    0x6771: "Vorbis",
    0x704F: "Opus",
    0xA109: "Speex",
    0xF1AC: "FLAC",
}
"""Names by the number in a WAVEFORMATEX structure, from Microsoft's mmreg.h."""

_EXTENSIBLE = 0xFFFE
_WAVE_DECODED = (0, 1, 2, 3, 6, 7, 0x11, 0x31, 0x40, 0x55)
_CAF_DECODED = (b"lpcm", b"ulaw", b"alaw")
_AIFC_NAMES = {
    b"MAC3": "MACE",
    b"MAC6": "MACE",
    b"QDM2": "QDesign Music",
    b"QDMC": "QDesign Music",
    b"Qclp": "QCELP",
    b"ADP4": "IMA ADPCM",
    b"G722": "G.722",
    b"ACE2": "ACE 2-to-1",
    b"ACE8": "ACE 8-to-3",
}
_CAF_NAMES = {
    b"alac": "ALAC",
    b"opus": "Opus",
    b"flac": "FLAC",
    b".mp1": "MP1",
    b".mp2": "MP2",
    b".mp3": "MP3",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
    b"ima4": "IMA ADPCM",
    b"ilbc": "iLBC",
    b"samr": "AMR",
    b"QDM2": "QDesign Music",
    b"MAC3": "MACE",
    b"MAC6": "MACE",
}


_AU_G722 = b"\0\0\0\x18"
_BOTH_CHANNELS = b"\0\0\0\6"
_SVX = "convert it first, for example with: sox INPUT OUTPUT.wav"


def wave_tag(structure: bytes) -> int:
    """Return the number of the codec in a WAVEFORMATEX structure."""
    tag = int.from_bytes(structure[:2], "little")
    # In an extensible one, a GUID begins with the number.
    return int.from_bytes(structure[24:26], "little") if tag == _EXTENSIBLE else tag


def wave_codec(structure: bytes) -> str:
    """Name the codec in a WAVEFORMATEX structure."""
    tag = wave_tag(structure)
    return WAVE_CODECS.get(tag, f"codec number 0x{tag:04X}")


def chunks(
    probe: Probe, begin: int, end: int, order: Literal["little", "big"]
) -> Iterator[tuple[bytes, int, int]]:
    """Yield the code of each chunk of a RIFF or IFF file, and its body's place."""
    while end - begin >= 8:
        head = probe.at(begin, 8)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], order)
        yield head[:4], begin + 8, min(begin + 8 + size, end)
        begin += 8 + size + size % 2


def undecoded_codec(probe: Probe, start: int) -> Contents | None:
    """Say what is in a WAV, AIFF-C, AU or CAF file if libsndfile has no such codec.

    Of 8SVX files, it decodes only mono.
    """
    head = probe.at(start, 32)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        container, codec = "a WAV file", _in_wav(probe, start)
    elif head[:4] == b"FORM" and head[8:12] == b"AIFC":
        container, codec = "an AIFF-C file", _in_aifc(probe, start)
    elif head[:4] == b"FORM" and head[8:12] in (b"8SVX", b"16SV"):
        container, codec = "an 8SVX file", "stereo" * is_stereo_svx(probe, start)
    elif head.startswith(b".snd\0"):
        container, codec = "an AU file", "G.722" * (head[12:16] == _AU_G722)
    elif head.startswith(b"caff\0\1") and head[8:12] == b"desc" and len(head) == 32:
        container, codec = "a CAF file", _in_caf(head[28:])
    else:
        return None
    if not codec:
        return None
    remedy = _SVX if codec == "stereo" else READ_OR_CONVERT
    return Contents(
        codecs=(codec,), container=container, is_recording=True, remedy=remedy
    )


def is_stereo_svx(probe: Probe, start: int) -> bool:
    """Whether an 8SVX file has two channels: the left one whole, then the right one.

    libsndfile takes them for pairs.
    """
    head = probe.at(start, 12)
    if head[:4] != b"FORM" or head[8:12] not in (b"8SVX", b"16SV"):
        return False
    return any(
        kind == b"CHAN" and probe.at(body, 4) == _BOTH_CHANNELS
        for kind, body, _ in chunks(probe, start + 12, probe.size, "big")
    )


def _in_wav(probe: Probe, start: int) -> str:
    for kind, body, _ in chunks(probe, start + 12, probe.size, "little"):
        if kind == b"fmt ":
            structure = probe.at(body, 40)
            is_decoded = wave_tag(structure) in _WAVE_DECODED
            return "" if is_decoded else wave_codec(structure)
    return ""


def _in_aifc(probe: Probe, start: int) -> str:
    for kind, body, _ in chunks(probe, start + 12, probe.size, "big"):
        if kind == b"COMM":
            return _AIFC_NAMES.get(probe.at(body + 18, 4), "")
    return ""


def _in_caf(code: bytes) -> str:
    if code in _CAF_DECODED:
        return ""
    unknown = f"a codec that calls itself {printable(code)}"
    return "AAC" if code.startswith(b"aac") else _CAF_NAMES.get(code, unknown)
