"""The tracks of Matroska and WebM files: EBML elements (RFC 8794, RFC 9559)."""

from collections.abc import Iterator

from specimg.audio.foreign.codecs import wave_codec
from specimg.audio.foreign.probing import Contents, Probe, distinct, printable

_EBML, _DOC_TYPE, _SEGMENT, _TRACKS = 0x1A45DFA3, 0x4282, 0x18538067, 0x1654AE6B
_ENTRY, _TYPE, _CODEC_ID, _CODEC_PRIVATE = 0xAE, 0x83, 0x86, 0x63A2
_VIDEO, _AUDIO = 1, 2

_CODECS = {
    b"A_AAC": "AAC",
    b"A_AC3": "AC-3",
    b"A_EAC3": "E-AC-3",
    b"A_ALAC": "ALAC",
    b"A_ATRAC": "ATRAC",
    b"A_DTS": "DTS",
    b"A_FLAC": "FLAC",
    b"A_MLP": "MLP",
    b"A_MPEG/L1": "MP1",
    b"A_MPEG/L2": "MP2",
    b"A_MPEG/L3": "MP3",
    b"A_MPC": "Musepack",
    b"A_OPUS": "Opus",
    b"A_PCM": "PCM",
    b"A_QUICKTIME": "QuickTime audio",
    b"A_REAL": "RealAudio",
    b"A_TRUEHD": "TrueHD",
    b"A_TTA": "TTA",
    b"A_VORBIS": "Vorbis",
    b"A_WAVPACK": "WavPack",
}
_ACM = b"A_MS/ACM"


def look_into_matroska(probe: Probe, start: int) -> Contents:
    """Say what is in the tracks of a Matroska file that begins at `start`."""
    header = _first(probe, (start, probe.size), _EBML, _DOC_TYPE)
    is_webm = header is not None and probe.at(header[0], 4) == b"webm"
    container = "a WebM file" if is_webm else "a Matroska file"
    tracks = _first(probe, (start, probe.size), _SEGMENT, _TRACKS)
    if tracks is None:
        fault = "without its table of tracks (Tracks): cut off or damaged"
        return Contents(container=container, fault=f"{fault}; record or copy it again")
    codecs, pictures = [], False
    for kind, begin, end in _elements(probe, *tracks):
        if kind == _ENTRY:
            sort, codec = _track(probe, begin, end)
            pictures = pictures or sort == _VIDEO
            codecs += [codec] if sort == _AUDIO else []
    return Contents(codecs=distinct(codecs), container=container, has_pictures=pictures)


def _first(probe: Probe, place: tuple[int, int], *path: int) -> tuple[int, int] | None:
    """Return where the first element begins and ends that lies at a path."""
    for number in path:
        inner = (e[1:] for e in _elements(probe, *place) if e[0] == number)
        found = next(inner, None)
        if found is None:
            return None
        place = found
    return place


def _track(probe: Probe, begin: int, end: int) -> tuple[int, str]:
    """Return the type of a track, and the name of its codec."""
    sort, code, private = 0, b"", b""
    for kind, at, limit in _elements(probe, begin, end):
        if kind == _TYPE:
            sort = int.from_bytes(probe.at(at, min(limit - at, 8)))
        elif kind == _CODEC_ID:
            code = probe.at(at, min(limit - at, 40)).rstrip(b"\0")
        elif kind == _CODEC_PRIVATE:
            private = probe.at(at, min(limit - at, 40))
    if code == _ACM:
        return sort, wave_codec(private)
    names = (name for prefix, name in _CODECS.items() if code.startswith(prefix))
    return sort, next(names, f"a codec that calls itself {printable(code)}")


def _elements(probe: Probe, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each element, and where its body begins and ends."""
    while begin < end:
        head = probe.at(begin, 12)
        id_length = _length(head[:1])
        size_length = _length(head[id_length : id_length + 1])
        body = id_length + size_length
        if not 1 <= id_length <= 4 or not 1 <= size_length <= 8 or len(head) < body:
            return
        number = int.from_bytes(head[:id_length])
        largest = (1 << 7 * size_length) - 1
        size = int.from_bytes(head[id_length:body]) & largest
        # All bits set: as long as what it lies in.
        limit = end if size == largest else min(begin + body + size, end)
        yield number, begin + body, limit
        begin = limit


def _length(first: bytes) -> int:
    """Return how many bytes a number has that begins with this one; 9 for none."""
    return 9 - int.from_bytes(first).bit_length()
