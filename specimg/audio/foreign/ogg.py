"""The streams of Ogg files (RFC 3533)."""

from specimg.audio.foreign.probing import Contents, Probe, distinct

_PAGES = 20
_FIRST_OF_STREAM = 2

_SOUND = {
    b"\x01vorbis": "Vorbis",
    b"OpusHead": "Opus",
    b"\x7fFLAC": "FLAC",
    b"fLaC": "FLAC",
    b"Speex   ": "Speex",
    b"CELT    ": "CELT",
    b"PCM     ": "PCM",
    b"\x01audio": "the sound of a film",
}
_VIDEO = (b"\x80theora", b"BBCD\0", b"\x01video", b"OVP80", b"\x80daala")
_DECODED = ("Vorbis", "Opus")


def begins_with_video(head: bytes) -> bool:
    """Whether the first stream of an Ogg file is one of pictures."""
    return head[28:].startswith(_VIDEO)


def look_into_ogg(probe: Probe, start: int) -> Contents | None:
    """Say what is in an Ogg file, unless it is of a kind that libsndfile decodes."""
    codecs, pictures = [], False
    at = start
    for _ in range(_PAGES):
        page = probe.at(at, 27 + 255)
        if page[:4] != b"OggS" or len(page) < 28 or not page[5] & _FIRST_OF_STREAM:
            break
        n_segments = page[26]
        packet = probe.at(at + 27 + max(n_segments, 1), 16)
        codecs += [name for start, name in _SOUND.items() if packet.startswith(start)]
        pictures = pictures or packet.startswith(_VIDEO)
        at += 27 + n_segments + sum(page[27 : 27 + n_segments])
    if pictures:
        return Contents(
            codecs=distinct(codecs),
            container="an Ogg file with video",
            has_pictures=True,
        )
    others = [codec for codec in codecs if codec not in _DECODED]
    if not others:
        return None
    names = tuple(f"Ogg {codec}" for codec in distinct(others))
    return Contents(codecs=names, is_recording=True)
