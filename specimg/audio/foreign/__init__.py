"""Files of sound and film that libsndfile does not decode, recognized by content."""

from collections.abc import Callable

from specimg.audio.foreign.films import (
    look_into_asf,
    look_into_avi,
    look_into_flash,
    look_into_mxf,
    look_into_real_media,
)
from specimg.audio.foreign.framed import (
    look_into_ac3,
    look_into_adts,
    look_into_loas,
    look_into_program_stream,
    look_into_transport_stream,
)
from specimg.audio.foreign.matroska import look_into_matroska
from specimg.audio.foreign.mp4 import MP4_BOXES, look_into_mp4
from specimg.audio.foreign.ogg import look_into_ogg
from specimg.audio.foreign.probing import Contents, Probe
from specimg.audio.tags import id3_length

Look = Callable[[Probe, int], Contents | None]
Test = Callable[[bytes], bool]

HEAD = 64
"""Bytes that are enough to know a file by, or to know that it is something else."""

_TAGS = 8
"""ID3 tags in a row that are skipped at most."""

_FROG = "convert it first, with OptimFROG's own program: ofr --decode INPUT"


def _sound(name: str) -> Contents:
    return Contents(codecs=(name,))


def _recording(name: str) -> Contents:
    return Contents(codecs=(name,), is_recording=True)


_PLAIN: dict[bytes, tuple[Test, Contents]] = {
    b"MAC ": (lambda head: 0 in head[5:12], _recording("Monkey's Audio")),
    b"wvpk": (lambda _: True, _recording("WavPack")),
    b"TTA1": (lambda head: 0 in head[4:10], _sound("TTA (True Audio)")),
    b"TTA2": (lambda head: 0 in head[4:10], _sound("TTA (True Audio)")),
    b"MPCK": (lambda head: head[4:6] == b"SH", _sound("Musepack")),
    b"MP+\x07": (lambda _: True, _sound("Musepack")),
    b"MP+\x17": (lambda _: True, _sound("Musepack")),
    b"tBaK": (lambda head: head[4:5] < b" ", _sound("TAK")),
    b"DSD ": (lambda head: head[4:12] == b"\x1c" + bytes(7), _sound("DSD (dsf)")),
    b"FRM8": (lambda head: head[12:16] == b"DSD ", _sound("DSD (dff)")),
    b"OFR ": (
        lambda head: 0 in head[4:8],
        Contents(codecs=("OptimFROG",), remedy=_FROG),
    ),
    b".SoX": (lambda head: 0 in head[4:16], _sound("SoX's own format")),
    b"XoS.": (lambda head: 0 in head[4:16], _sound("SoX's own format")),
    b"ajkg": (lambda head: head[4:5] < b"\x04", _sound("Shorten")),
    b"TWIN": (lambda head: 0 in head[4:20], _sound("TwinVQ (vqf)")),
    b"RIFF": (lambda head: head[8:12] == b"QLCM", _sound("QCELP")),
    b".ra\xfd": (lambda _: True, _sound("RealAudio")),
    b"ea3\3": (lambda _: True, _sound("ATRAC (oma)")),
    b"\xc0\xde\xc2\x00": (lambda _: True, _sound("Codec 2")),
    b"\x7f\xfe\x80\x01": (lambda _: True, _sound("DTS")),
    b"\xfe\x7f\x01\x80": (lambda _: True, _sound("DTS")),
    b"\x1f\xff\xe8\x00": (lambda _: True, _sound("DTS")),
    b"\xff\x1f\x00\xe8": (lambda _: True, _sound("DTS")),
}
"""Formats of nothing but sound, by their first four bytes and what else must hold:
the four alone could begin a text."""


def _look_into_amr(probe: Probe, start: int) -> Contents | None:
    mark = probe.at(start, 9)
    if mark.startswith(b"#!AMR\n"):
        return _recording("AMR")
    return _recording("AMR-WB") if mark == b"#!AMR-WB\n" else None


_BY_START: dict[bytes, Look] = {
    b"#!AM": _look_into_amr,
    b"OggS": look_into_ogg,
    b"\x1a\x45\xdf\xa3": look_into_matroska,
    b"\x30\x26\xb2\x75": look_into_asf,
    b"RIFF": look_into_avi,
    b"FLV\1": look_into_flash,
    b".RMF": look_into_real_media,
    b"\x06\x0e\x2b\x34": look_into_mxf,
    b"\0\0\1\xba": look_into_program_stream,
}

_BY_SECOND: dict[bytes, Look] = {
    **dict.fromkeys(MP4_BOXES, look_into_mp4),
    b"\xf8\x72\x6f\xba": lambda _probe, _start: _sound("TrueHD"),
    b"\xf8\x72\x6f\xbb": lambda _probe, _start: _sound("MLP"),
}
"""Looks by the second four bytes."""

_BY_FIRST: dict[bytes, Look] = {
    b"\xff": look_into_adts,
    b"\x56": look_into_loas,
    b"\x0b": look_into_ac3,
    b"G": look_into_transport_stream,
}
"""Looks by the first byte alone; each checks more of the file itself."""


def behind_tags(probe: Probe) -> int:
    """Return where the sound begins, behind all ID3 tags; it may be beyond the end."""
    at = 0
    for _ in range(_TAGS):
        length = id3_length(probe.at(at, 10))
        if not length:
            break
        at += length
    return at


def identify(probe: Probe, start: int = 0) -> Contents | None:
    """Say what a file is that is certainly sound or film, but not decoded.

    Parameters
    ----------
    probe : Probe
        The file.
    start : int
        Where it begins; see `behind_tags`.

    Returns
    -------
    Contents or None
        None where it is something else: a text, an image, or one of the formats that
        libsndfile decodes.
    """
    return identify_by_head(probe.at(start, HEAD), probe, start)


def identify_by_head(head: bytes, probe: Probe, start: int = 0) -> Contents | None:
    """Do as `identify`, where the first bytes are known already."""
    if plain := _PLAIN.get(head[:4]):
        test, contents = plain
        if test(head):
            return contents
    look = (
        _BY_START.get(head[:4])
        or _BY_SECOND.get(head[4:8])
        or _BY_FIRST.get(head[:1])
        or (look_into_transport_stream if head[4:5] == b"G" else None)
    )
    return look(probe, start) if look else None
