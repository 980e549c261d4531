"""The headers of WAV, RF64, W64, AIFF, CAF and AU files, up to where the samples begin.

Sources: the RIFF, RF64 (EBU Tech 3306), Wave64, AIFF and CAF specifications.
"""

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from specimg.audio.tags import read_at

Endian = Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a container writes its chunks: a name, a length, and what it holds."""

    endian: Endian
    head: int
    """Bytes before the first chunk."""
    name: int = 4
    """Bytes of a name."""
    length: int = 4
    """Bytes of a length."""
    align: int = 2
    """Chunks are padded to a multiple of it, which their lengths do not count."""
    counts_itself: bool = False
    """Whether a length counts the name and itself."""
    overruns: bool = False
    """Whether libsndfile reads on up to the end of the file, whatever is there."""
    refuses_more: bool = False
    """Whether libsndfile refuses a file that is shorter than its header says."""

    def read(self, head: bytes) -> tuple[bytes, int]:
        """Return four bytes of a chunk's name, and its length behind the length."""
        at = self.name
        length = int.from_bytes(head[at : at + self.length], self.endian)
        return head[:4], max(0, length - self.own * self.counts_itself)

    @property
    def own(self) -> int:
        """Bytes of a name and a length."""
        return self.name + self.length

    def padded(self, length: int) -> int:
        """Return a length with its padding."""
        return length + -length % self.align


RIFF, BIG = Style("little", 12), Style("big", 12)
_W64 = Style(
    "little", 40, name=16, length=8, align=8, counts_itself=True, overruns=True
)
_CAF = Style("big", 8, length=8, align=1, refuses_more=True)
_AU, _AU_LITTLE = Style("big", 0, align=1), Style("little", 0, align=1)

_BW64 = b"BW64"  # RF64 by ITU-R BS.2088, which libsndfile does not know

_STYLES: tuple[tuple[bytes, tuple[bytes, ...], Style], ...] = (
    (b"RIFF", (b"WAVE",), RIFF),
    (b"RF64", (b"WAVE",), RIFF),
    (_BW64, (b"WAVE",), RIFF),
    (b"RIFX", (b"WAVE",), BIG),
    (b"FORM", (b"AIFF", b"AIFC"), BIG),
    (b"riff\x2e\x91\xcf\x11", (b"",), _W64),
    (b"caff\0\1", (b"",), _CAF),
    (b".snd\0", (b"",), _AU),
    (b"dns.", (b"",), _AU_LITTLE),
)
"""First bytes of a file, the bytes at its offset 8, and how it writes its chunks."""

MAX_CHUNKS = 1000
"""A file with more is not looked through any further."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_AU_SAMPLES = {2: ">i1", 3: ">i2", 4: ">i3", 5: ">i4", 6: ">f4", 7: ">f8"}
_AU_LAW = (1, 27)
"""Codes of mu-law and A-law: eight bits per sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A file of chunks, by its header; all positions are in bytes."""

    start: int
    style: Style
    begin: int = 0
    """Where the samples begin."""
    claimed: int = 0
    """Bytes of samples that its header names."""
    size_at: int = 0
    """Where that is written."""
    counted: int = 0
    """Bytes that are counted there, too, beside the samples."""
    before: int = 0
    """Bytes in a chunk of samples before them."""
    long_size_at: int = 0
    """Where it is written in 64 bits, in RF64."""
    count_at: int = 0
    """Where AIFF writes the number of its frames."""
    frame: int = 0
    """Bytes of a frame."""
    rate: float = 0.0
    """Bytes a second."""
    tag_at: int = 0
    """Where the number of the coding is to be, if libsndfile does not find it."""
    tag: int = 0
    is_bw64: bool = False
    """Whether it is RF64 by another name."""
    sample: str = ""
    """What numpy calls a sample, of which the upper half of 24 or 32 bits is enough;
    empty where it is not plain."""

    def number(self, data: bytes, at: int, length: int) -> int:
        """Read a whole number; 0 where there is none."""
        return int.from_bytes(data[at : at + length], self.style.endian)


def style_of(head: bytes) -> Style | None:
    """Return how a file that begins so writes its chunks; None if it has none."""
    for begin, kinds, style in _STYLES:
        if head.startswith(begin) and head[8:12].startswith(kinds):
            return style
    return None


def read_form(file: BinaryIO, at: int, size: int) -> Form | None:
    """Read a header up to where its samples begin; None if there are none."""
    head = read_at(file, at, 24)
    style = style_of(head)
    if style is None:
        return None
    form = Form(start=at, style=style, is_bw64=head.startswith(_BW64))
    if style in (_AU, _AU_LITTLE):
        return _with_au_format(form, head)
    here, long_size = at + style.head, 0
    for _ in range(MAX_CHUNKS):
        chunk = read_at(file, here, 64)
        name, length = style.read(chunk)
        begin = here + style.own
        body = chunk[style.own : style.own + length]
        if name in (b"data", b"SSND"):
            is_long = form.long_size_at and length == 2**32 - 1
            return _with_samples(form, here, body, long_size if is_long else length)
        if name == b"ds64":
            form = replace(form, long_size_at=begin + 8)
            long_size = form.number(body, 8, 8)
        elif name == b"fmt ":
            form = _with_wav_format(form, begin, body)
        elif name == b"COMM":
            form = _with_aiff_format(replace(form, count_at=begin + 2), body)
        elif name == b"desc":
            form = _with_caf_format(form, body)
        here = begin + style.padded(length)
        if here >= size:
            break
    return None


def _with_samples(form: Form, here: int, body: bytes, length: int) -> Form:
    """Note where the samples are, by the chunk that begins at a place."""
    style = form.style
    before = 0
    if form.count_at:  # AIFF: where the samples begin, and the size of a block
        before = 8 + form.number(body, 0, 4)
    elif style is _CAF:  # how often the file was edited
        before = 4
    return replace(
        form,
        begin=here + style.own + before,
        before=before,
        claimed=max(0, length - before),
        size_at=here + style.name,
        counted=before + style.own * style.counts_itself,
    )


def _with_wav_format(form: Form, begin: int, body: bytes) -> Form:
    tag, bits = form.number(body, 0, 2), form.number(body, 14, 2)
    # In W64, libsndfile takes every extensible format for whole numbers.
    is_hidden = tag == _EXTENSIBLE and form.style is _W64 and len(body) >= 26
    if tag == _EXTENSIBLE:
        tag = form.number(body, 24, 2)
    return replace(
        form,
        tag_at=begin if is_hidden else 0,
        tag=tag,
        frame=form.number(body, 12, 2),
        rate=float(form.number(body, 8, 4)),
        sample=_sample(form, bits, tag) if tag in (_PCM, _FLOAT) else "",
    )


def _with_aiff_format(form: Form, body: bytes) -> Form:
    channels, bits = form.number(body, 0, 2), form.number(body, 6, 2)
    # A float of 80 bits: exponent, and mantissa with its point behind the first bit.
    exponent = (form.number(body, 8, 2) & 0x7FFF) - 16_383
    rate = form.number(body, 10, 8) * 2.0 ** min(exponent - 63, 0)
    frame = channels * ((bits + 7) // 8)
    is_plain = body[18:22] in (b"", b"NONE", b"twos")
    sample = _sample(form, bits, _PCM) if is_plain else ""
    return replace(form, frame=frame, rate=rate * frame, sample=sample)


def _with_caf_format(form: Form, body: bytes) -> Form:
    if len(body) < 32:
        return form
    rate, kind, flags, n_bytes, _, _, bits = struct.unpack(">d4s5I", body[:32])
    is_float, is_little = flags & 1, flags & 2
    sample = _sample(form, bits, _FLOAT if is_float else _PCM)
    sample = sample.replace(">", "<") if is_little else sample
    is_plain = kind == b"lpcm"
    return replace(
        form,
        frame=n_bytes if is_plain else 0,
        rate=rate * n_bytes if is_plain and 0 < rate < 1e9 else 0.0,
        sample=sample if is_plain else "",
    )


def _with_au_format(form: Form, head: bytes) -> Form:
    order = "<" if form.style is _AU_LITTLE else ">"
    numbers = struct.unpack(f"{order}5I", head[4:24].ljust(20))
    begin, length, code, rate, channels = numbers
    sample = _AU_SAMPLES.get(code, "").replace(">", order)
    width = int(sample[-1]) if sample else int(code in _AU_LAW)
    return replace(
        form,
        begin=form.start + begin,
        # As libsndfile has it, lengths from here on are none.
        claimed=length if length < 2**31 else 2**32 - 1,
        size_at=form.start + 8,
        frame=width * channels,
        rate=float(width * channels * rate),
        sample=sample,
    )


def _sample(form: Form, bits: int, tag: int) -> str:
    is_little = form.style.endian == "little"
    whole = {8: "u1" if is_little else "i1", 16: "i2", 24: "i3", 32: "i4"}
    kind = {32: "f4", 64: "f8"} if tag == _FLOAT else whole
    order = "<" if is_little else ">"
    return order + kind[bits] if bits in kind else ""
