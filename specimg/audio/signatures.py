"""What a file is by its first bytes, and why it cannot be opened as audio."""

from pathlib import Path
from typing import BinaryIO

from specimg import bounded
from specimg.audio.foreign import HEAD, behind_tags, identify
from specimg.audio.foreign.codecs import undecoded_codec
from specimg.audio.foreign.framed import find_adts
from specimg.audio.foreign.probing import CONVERT, Contents, Probe, printable
from specimg.audio.tags import has_id3
from specimg.errors import AudioReadError

AUDIO_SUFFIXES = frozenset(
    [
        *(".wav", ".wave", ".bwf", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf"),
        *(".au", ".snd", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mp1"),
        *(".m4a", ".m4b", ".aac", ".wma", ".amr", ".ape", ".wv", ".ac3"),
    ]
)
"""Extensions of recordings, in lower case."""

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_IFF = {
    b"WAVE": (b"RIFF", b"RIFX", b"RF64", b"BW64"),
    b"AIFF": (b"FORM",),
    b"AIFC": (b"FORM",),
    b"8SVX": (b"FORM",),
    b"16SV": (b"FORM",),
}
_STARTS = (
    *(_W64, b"fLaC", b"OggS\0", b"caff\0\1", b".snd\0", b"dns.\x18\0\0\0"),
    *(b"Creative Voice File\x1a", b"NIST_1A\n", b"PVF1\n", b"ALawSoundFile**"),
    *(b"Extended Instrument: ", b" paf\0\0\0", b"fap \0\0\0"),
    *(b"\x64\xa3" + bytes([number, 0]) for number in (1, 2, 3, 4)),  # IRCAM
    *(bytes([0, number]) + b"\xa3\x64" for number in (1, 2, 3, 4)),
)
"""First bytes of formats that libsndfile decodes, where nothing else begins so.  HTK,
SDS and Akai MPC files have no such bytes; MATLAB files are hardly ever audio."""


def open_regular(path: Path) -> tuple[BinaryIO, bytes]:
    """Open a regular file, and return it with its first bytes, at its beginning.

    Raises
    ------
    AudioReadError
        There is no such file, it is not a regular one, or may not be read.
    """
    try:
        file = bounded.open_regular(path, buffering=0)
        head = file.read(HEAD)
        file.seek(0)
    except FileNotFoundError as error:
        msg = "the link leads nowhere" if path.is_symlink() else "no such file"
        raise AudioReadError(msg) from error
    except OSError as error:
        raise AudioReadError(error.strerror or str(error)) from error
    return file, head


def is_container(head: bytes) -> bool:
    """Whether a file begins like those audio files that libsndfile decodes."""
    in_container = head[:4] in _IFF.get(head[8:12], ())
    return in_container or head.startswith(_STARTS) or is_avr(head) or has_id3(head)


def is_avr(head: bytes) -> bool:
    """Whether a file begins as Atari's samples do: a mark, a name, stereo and bits."""
    is_marked = head.startswith(b"2BIT") and head[12:14] in (b"\0\0", b"\xff\xff")
    return is_marked and head[14:16] in (b"\0\x08", b"\0\x10")


def is_mpeg_frame(head: bytes) -> bool:
    """Whether a file may begin with a frame of MP3, which is not yet sure."""
    if len(head) < 2 or head[0] != 0xFF or head[1] < 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer != 0  # the reserved values, which AAC and FLAC have


class ForeignError(AudioReadError):
    """A file is not one that libsndfile decodes, but it is known what it is."""

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents.reason)
        self.contents = contents


def why_not_audio(path: Path, head: bytes, complaint: str) -> AudioReadError:
    """Say why a file that begins with `head` cannot be opened, and what would help.

    `complaint` is libsndfile's own message, used where nothing better is known.
    """
    if not head:
        return AudioReadError("empty: 0 bytes")
    file, _ = open_regular(path)
    with file:
        probe = Probe(file)
        start = behind_tags(probe)
        found = (
            identify(probe, start)
            or undecoded_codec(probe, start)
            or find_adts(probe, start)
        )
        behind = probe.at(start, HEAD)
    if found is not None:
        return ForeignError(found)
    complaint = complaint.strip().removeprefix("Error : ").rstrip(".")
    reason = _why_damaged(head, complaint, path.suffix)
    if start and is_container(behind):
        what = f"an ID3 tag before {printable(behind[:4])}"
        reason = f"{what}, where none belongs; {CONVERT}"
    return AudioReadError(reason)


def _why_damaged(head: bytes, complaint: str, suffix: str) -> str:
    if is_mpeg_frame(head) or has_id3(head):
        return "not audio, or damaged: no complete MP3 frame was found"
    if head.startswith((b"\xff\xf8", b"\xff\xf9")):
        return "damaged: FLAC without its header"
    if "unimplemented format" in complaint:
        return (
            "a codec or bit depth that libsndfile does not support, or a damaged "
            f"header; {CONVERT}"
        )
    if "incompatible VOC sections" in complaint:
        what = "VOC blocks of kinds that libsndfile does not join"
        return f"{what} cannot be decoded; {CONVERT}"
    if not is_container(head):
        rest = (
            ", and no complete MP3 frame was found" if suffix.lower() == ".mp3" else ""
        )
        begin = printable(head[:12])
        return f"not audio of a known format: it begins with {begin}{rest}"
    if "SF_INFO" in complaint:
        complaint = "the sample rate or another number in it is not valid"
    elif "File does not exist" in complaint:
        complaint = "the MP3 in it has no complete frame"
    return f"damaged header: {complaint}"
