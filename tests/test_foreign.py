"""Sound and film that libsndfile does not decode: what is said of each."""

import functools
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Self

import pytest
from sounds import needs_shared, noise, write
from tools import needs, run

from specimg.audio import AudioReader, judge
from specimg.audio.foreign import behind_tags, identify
from specimg.audio.foreign.probing import READS, Probe
from specimg.errors import AudioReadError

CONVERT = "convert it first, for example with: ffmpeg -i INPUT OUTPUT.flac"
REMEDY = f'cannot be decoded; pip install "specimg[formats]" to read it, or {CONVERT}'
PICTURES = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=1"]
FAIL, PASSED_OVER, NO_SOUND = "fail", "passed over", "no sound"
"""What becomes of a file in a folder, whatever it is called."""


@pytest.fixture(autouse=True)
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specimg.audio.ffmpeg.is_installed", lambda: False)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sound") / "a.wav", noise(1.0, 48_000), 48_000)


@functools.cache
def encoders() -> str:
    command = ["ffmpeg", "-hide_banner", "-encoders"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def make(path: Path, sound: Path | None, options: str, *, film: bool) -> Path:
    """Let ffmpeg write a file; where it is not there, or not able to, skip."""
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    codec = options.partition("-c:a ")[2].split(" ")[0]
    if codec and f" {codec} " not in encoders():
        pytest.skip(f"this ffmpeg has no encoder {codec}")
    command = ["ffmpeg", "-v", "error", "-y", *(PICTURES if film else ())]
    command += ["-i", str(sound)] if sound else []
    command += [*options.split(), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def why(path: Path) -> str:
    with pytest.raises(AudioReadError) as caught:
        AudioReader(path)
    return str(caught.value)


def fate(path: Path) -> str:
    """Say what becomes of a file in a folder, under a name that says nothing."""
    plain = path.with_name("file")
    path.rename(plain)
    verdict = judge(plain)
    if isinstance(verdict, str):
        assert verdict == why(plain)
        return PASSED_OVER
    return FAIL if verdict else NO_SOUND


def box(kind: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return (8 + len(body)).to_bytes(4) + kind + body


FTYP = box(b"ftyp", b"isom\0\0\2\0")
HDLR = box(b"hdlr", bytes(8) + b"soun" + bytes(13))


STREAMS = [
    ("ogg", "-c:a flac", "Ogg FLAC", FAIL),
    ("spx", "-c:a libspeex", "Ogg Speex", FAIL),
    ("aac", "-c:a aac -f adts", "AAC", FAIL),
    ("latm", "-c:a aac -f latm", "AAC (LATM)", FAIL),
    ("ac3", "-c:a ac3", "AC-3", FAIL),
    ("eac3", "-c:a eac3", "E-AC-3", FAIL),
    ("wv", "-c:a wavpack", "WavPack", FAIL),
    ("tta", "-c:a tta", "TTA (True Audio)", PASSED_OVER),
    ("dts", "-c:a dca -strict -2", "DTS", PASSED_OVER),
    ("thd", "-c:a truehd -strict -2", "TrueHD", PASSED_OVER),
    ("mlp", "-c:a mlp -strict -2", "MLP", PASSED_OVER),
    ("m4a", "-c:a aac", "AAC in an MP4 file (m4a)", FAIL),
    ("m4a", "-c:a alac", "ALAC in an MP4 file (m4a)", FAIL),
    ("mp4", "-c:a flac -strict -2", "FLAC in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a libopus -strict -2", "Opus in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a ac3", "AC-3 in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a eac3", "E-AC-3 in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a libmp3lame", "MP3 or MP2 in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a dca -strict -2", "DTS in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a truehd -strict -2", "TrueHD in an MP4 file", PASSED_OVER),
    ("mp4", "-c:a libvorbis", "Vorbis in an MP4 file", PASSED_OVER),
    (
        "mp4",
        "-c:a aac -movflags frag_keyframe+empty_moov",
        "AAC in an MP4 file",
        PASSED_OVER,
    ),
    ("3gp", "-c:a aac", "AAC in a 3GP file", PASSED_OVER),
    ("3g2", "-c:a aac", "AAC in a 3G2 file", PASSED_OVER),
    ("mov", "-c:a aac", "AAC in a QuickTime file (mov)", PASSED_OVER),
    ("mov", "-c:a libmp3lame", "MP3 in a QuickTime file (mov)", PASSED_OVER),
    ("mov", "-c:a pcm_s16le", "PCM in a QuickTime file (mov)", PASSED_OVER),
    ("mov", "-c:a pcm_s24le", "PCM in a QuickTime file (mov)", PASSED_OVER),
    ("mov", "-c:a pcm_alaw", "A-law in a QuickTime file (mov)", PASSED_OVER),
    ("webm", "-c:a libopus", "Opus in a WebM file", PASSED_OVER),
    ("webm", "-c:a libvorbis", "Vorbis in a WebM file", PASSED_OVER),
    ("mka", "-c:a aac", "AAC in a Matroska file", PASSED_OVER),
    ("mka", "-c:a flac", "FLAC in a Matroska file", PASSED_OVER),
    ("mka", "-c:a ac3", "AC-3 in a Matroska file", PASSED_OVER),
    ("mka", "-c:a tta", "TTA in a Matroska file", PASSED_OVER),
    ("mka", "-c:a wavpack", "WavPack in a Matroska file", PASSED_OVER),
    ("mka", "-c:a pcm_s16le", "PCM in a Matroska file", PASSED_OVER),
    ("mka", "-c:a libmp3lame", "MP3 in a Matroska file", PASSED_OVER),
    ("mka", "-c:a adpcm_ms", "MS ADPCM in a Matroska file", PASSED_OVER),
    ("wma", "-c:a wmav2", "Windows Media audio in an ASF file (wma)", FAIL),
    ("asf", "-c:a libmp3lame", "MP3 in an ASF file (wma)", FAIL),
    ("flv", "-c:a aac", "AAC in a Flash video (flv)", PASSED_OVER),
    (
        "rm",
        "-c:a real_144 -ar 8000 -ac 1",
        "RealAudio in a RealMedia file",
        PASSED_OVER,
    ),
    ("ts", "-c:a aac", "AAC in an MPEG transport stream (ts)", PASSED_OVER),
    ("ts", "-c:a ac3", "AC-3 in an MPEG transport stream (ts)", PASSED_OVER),
    ("ts", "-c:a libopus", "Opus in an MPEG transport stream (ts)", PASSED_OVER),
    ("caf", "-c:a alac", "ALAC in a CAF file", FAIL),
    ("caf", "-c:a libopus", "Opus in a CAF file", FAIL),
    ("sox", "-c:a pcm_s32le", "SoX's own format", PASSED_OVER),
    ("au", "-c:a g722 -ar 16000 -ac 1", "G.722 in an AU file", FAIL),
    ("wav", "-c:a aac", "AAC in a WAV file", FAIL),
    ("wav", "-c:a ac3", "AC-3 in a WAV file", FAIL),
    ("wav", "-c:a g722 -ar 16000 -ac 1", "G.722 in a WAV file", FAIL),
    ("wav", "-c:a wmav2", "Windows Media audio in a WAV file", FAIL),
]


@pytest.mark.parametrize(("extension", "options", "name", "expected"), STREAMS)
def test_sound_that_is_not_decoded_is_told_what_it_is(
    tmp_path: Path, sound: Path, extension: str, options: str, name: str, expected: str
) -> None:
    path = make(tmp_path / f"a.{extension}", sound, options, film=False)
    assert why(path) == f"{name} {REMEDY}"
    assert fate(path) == expected


def test_blocks_of_voc_that_are_not_joined_are_named(
    tmp_path: Path, sound: Path
) -> None:
    path = make(tmp_path / "a.voc", sound, "-c:a pcm_u8 -f voc", film=False)
    what = "VOC blocks of kinds that libsndfile does not join"
    assert why(path) == f"{what} cannot be decoded; {CONVERT}"
    assert fate(path) == FAIL


FILMS = [
    ("mp4", "-c:v mpeg4 -c:a aac", "AAC", "an MP4 file"),
    ("mp4", "-c:v mpeg4 -c:a aac -movflags faststart", "AAC", "an MP4 file"),
    ("mov", "-c:v mpeg4 -c:a pcm_s16be", "PCM", "a QuickTime file (mov)"),
    ("mkv", "-c:v mpeg4 -c:a ac3", "AC-3", "a Matroska file"),
    ("avi", "-c:v mpeg4 -c:a libmp3lame", "MP3", "an AVI file"),
    ("flv", "-c:v flv -c:a libmp3lame -ar 44100", "MP3", "a Flash video (flv)"),
    ("wmv", "-c:v wmv2 -c:a wmav2", "Windows Media audio", "an ASF file (wmv)"),
    (
        "ts",
        "-c:v mpeg2video -c:a mp2",
        "MP3 or MP2",
        "an MPEG transport stream (ts)",
    ),
    (
        "m2ts",
        "-c:v mpeg2video -c:a ac3 -mpegts_m2ts_mode 1",
        "AC-3",
        "an MPEG transport stream (ts)",
    ),
    (
        "mpg",
        "-c:v mpeg2video -c:a mp2",
        "MP3 or MP2",
        "an MPEG program stream (mpg, vob)",
    ),
    (
        "vob",
        "-c:v mpeg2video -c:a ac3",
        "AC-3",
        "an MPEG program stream (mpg, vob)",
    ),
    ("mxf", "-c:v mpeg2video -c:a pcm_s16le", "the sound", "an MXF file"),
]


@pytest.mark.parametrize(("extension", "options", "codec", "container"), FILMS)
def test_a_film_is_passed_over_with_its_sound_or_without(
    tmp_path: Path,
    sound: Path,
    extension: str,
    options: str,
    codec: str,
    container: str,
) -> None:
    path = make(tmp_path / f"a.{extension}", sound, options, film=True)
    assert why(path) == f"{codec} in {container} {REMEDY}"
    assert fate(path) == PASSED_OVER
    silent = options.partition(" -c:a")[0]
    silent += " -mpegts_m2ts_mode 1" * (extension == "m2ts")
    path = make(tmp_path / f"b.{extension}", None, silent, film=True)
    assert why(path) == f"no sound: {container} without an audio track"
    assert fate(path) == NO_SOUND


def test_two_languages_are_both_named(tmp_path: Path, sound: Path) -> None:
    options = f"-i {sound} -map 0 -map 1 -c:a:0 aac -c:a:1 ac3"
    path = make(tmp_path / "a.mka", sound, options, film=False)
    assert why(path).startswith("AAC and AC-3 in a Matroska file cannot be decoded")


HEADS = [
    # By their documentation, because no free encoder is at hand.
    (b"MAC \x96\x0f\0\0" + bytes(56), "Monkey's Audio", FAIL),
    (b"MPCK" + b"SH\x10\0\0\0\0\x08" + bytes(50), "Musepack", PASSED_OVER),
    (b"MP+\x07" + bytes(60), "Musepack", PASSED_OVER),
    (b"tBaK\1\x0a\0\0" + bytes(56), "TAK", PASSED_OVER),
    (b"DSD \x1c" + bytes(7) + b"\x5c" + bytes(51), "DSD (dsf)", PASSED_OVER),
    (b"FRM8" + bytes(8) + b"DSD FVER" + bytes(44), "DSD (dff)", PASSED_OVER),
    (b"ajkg\2\xfb" + bytes(58), "Shorten", PASSED_OVER),
    (b"#!AMR\n\x04" + bytes(57), "AMR", FAIL),
    (b"#!AMR-WB\n\x04" + bytes(55), "AMR-WB", FAIL),
    (b".ra\xfd\0\4" + bytes(58), "RealAudio", PASSED_OVER),
    (b"RIFF\x40\0\0\0QLCMfmt " + bytes(48), "QCELP", PASSED_OVER),
    (b"TWIN97012000\0\0\0\x30" + bytes(48), "TwinVQ (vqf)", PASSED_OVER),
    (b"ea3\3" + bytes(60), "ATRAC (oma)", PASSED_OVER),
    (b"TTA1\1\0\2\0\x10\0" + bytes(54), "TTA (True Audio)", PASSED_OVER),
]


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    HEADS,
    ids=[f"{i} {name}" for i, (_, name, _) in enumerate(HEADS)],
)
@pytest.mark.parametrize("tag", [0, 1, 2])
def test_formats_are_known_by_their_heads_also_behind_id3_tags(
    tmp_path: Path, head: bytes, name: str, expected: str, tag: int
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(id3(300) * tag + head)
    assert why(path) == f"{name} {REMEDY}"
    assert fate(path) == expected


def test_what_ffmpeg_cannot_convert_either_has_another_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.ofr"
    path.write_bytes(b"OFR \x0c\0\0\0" + bytes(50))
    assert "with OptimFROG's own program: ofr --decode INPUT" in why(path)
    assert fate(path) == PASSED_OVER


def id3(size: int) -> bytes:
    """Return an ID3v2.4 tag of padding, of `size` bytes with its header."""
    body = size - 10
    return b"ID3\4\0\0" + bytes([0, 0, body >> 7, body & 0x7F]) + bytes(body)


def test_aac_behind_a_tag_is_aac(tmp_path: Path, sound: Path) -> None:
    path = make(tmp_path / "a.aac", sound, "-c:a aac -f adts", film=False)
    path.write_bytes(id3(500) + path.read_bytes())
    assert why(path) == f"AAC {REMEDY}"


def test_an_mp4_file_behind_a_tag_has_to_lose_it_first(tmp_path: Path) -> None:
    entry = box(b"Opus", bytes(28))
    stsd = box(b"stsd", bytes(4), (1).to_bytes(4), entry)
    track = box(b"trak", box(b"mdia", HDLR, box(b"minf", box(b"stbl", stsd))))
    path = tmp_path / "a.mp4"
    path.write_bytes(id3(300) + FTYP + box(b"moov", track))
    assert why(path).startswith(
        "Opus in an MP4 file cannot be decoded; take off the ID3 tag that it begins "
        "with, and convert it first, for example with: ffmpeg"
    )


def test_a_tag_where_none_belongs_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ogg", noise())
    path.write_bytes(id3(500) + path.read_bytes())
    assert why(path).startswith("an ID3 tag before 'OggS', where none belongs; convert")


def test_mpeg2_aac_is_not_flac_and_flac_is_not_aac(tmp_path: Path, sound: Path) -> None:
    path = make(tmp_path / "a.aac", sound, "-c:a aac -f adts", film=False)
    data, at, frames = bytearray(path.read_bytes()), 0, 0
    while at < len(data):  # the bit of each frame that says MPEG-2
        data[at + 1] |= 8
        at += (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        frames += 1
    assert frames > 20
    path.write_bytes(data)
    assert why(path) == f"AAC {REMEDY}"
    flac = write(tmp_path / "a.flac", noise())
    content = flac.read_bytes()
    for sync in (b"\xff\xf8", b"\xff\xf9"):
        first = content.index(b"\xff\xf8")
        flac.write_bytes(sync + content[first + 2 :])
        assert why(flac) == "damaged: FLAC without its header"


@needs_shared
def test_real_files_of_other_programs_are_told_what_they_are(odd: Path) -> None:
    samples = odd / "tinytag+tinytag/tinytag/tests/samples"
    reasons = {
        "test.m4a": "AAC in an MP4 file (m4a)",
        "alac_file.m4a": "ALAC in an MP4 file (m4a)",
        "16bit_pcm_to_als.mp4": "MPEG-4 ALS in an MP4 file",
        "mp3_audio.m4a": "MP3 or MP2 in an MP4 file",
        "mp3_audio.asf": "MP3 in an ASF file (wma)",
        "lossless.wma": "Windows Media audio (lossless) in an ASF file (wma)",
        "test_flac.oga": "Ogg FLAC",
        "no_bitrate.spx": "Ogg Speex",
        "multi_stream.ogv": "Vorbis in an Ogg file with video",
    }
    for name, reason in reasons.items():
        assert why(samples / name) == f"{reason} {REMEDY}"
    cut = why(samples / "mp4_extended_size_truncated.m4a")
    assert cut.startswith("an MP4 file without its table of tracks (moov)")
    unknown = why(odd / "generated/format_tag_unknown.wav")
    assert unknown.startswith("codec number 0x270F in a WAV file cannot be decoded")


@pytest.mark.parametrize(
    "extension", ["voc", "sf", "nist", "8svx", "avr", "paf", "fap", "pvf", "wve", "xi"]
)
def test_what_libsndfile_decodes_is_a_recording_wherever_it_lies(
    tmp_path: Path, sound: Path, extension: str
) -> None:
    if not shutil.which("sox"):
        pytest.skip("sox is not installed")
    path = tmp_path / f"a.{extension}"
    command = ["sox", sound, "-r", "8000", "-c", "1", path]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(f"this sox does not write {extension}")
    assert judge(path) is True
    with AudioReader(path) as reader:
        assert reader.channels == 1


@pytest.mark.parametrize(
    "text",
    [
        b"TTA1 is a format of sound without loss",
        b"MAC addresses of the recorders, and more",
        b"DSD and PCM compared",
        b"OFR compresses well",
        b"TWIN engines over the site",
        b"Grass in the morning, and birds" * 40,
        b"The free software that we used",
        b"tBaK is TAK",
        b"FRM8 begins DSDIFF",
        b"RIFF raff",
        b"GIF89a" + bytes(2000),
        b"\0\0\0\x20ftypheic" + bytes(2000),
        b"\0\0\0\x20ftypisom" + bytes(2000),
    ],
)
def test_what_only_begins_like_sound_is_not_taken_for_it(
    tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(text)
    assert judge(path) is False


def test_what_is_protected_needs_another_copy(tmp_path: Path) -> None:
    entry = box(b"drms", bytes(28))
    stsd = box(b"stsd", bytes(4), (1).to_bytes(4), entry)
    track = box(b"trak", box(b"mdia", HDLR, box(b"minf", box(b"stbl", stsd))))
    path = tmp_path / "a.m4p"
    path.write_bytes(FTYP.replace(b"isom", b"M4P ") + box(b"moov", track))
    assert why(path) == (
        "encrypted sound (drms) in an MP4 file (m4a) cannot be decoded; "
        "get a copy without the protection"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"FORM\0\0\0\x2eAIFCFVER\0\0\0\4\xa2\x80\x51\x40"
            b"COMM\0\0\0\x18" + bytes(18) + b"MAC3\0\0",
            f"MACE in an AIFF-C file {REMEDY}",
        ),
        (
            b"caff\0\1\0\0desc" + bytes(7) + b"\x20" + bytes(8) + b"QDM2" + bytes(40),
            f"QDesign Music in a CAF file {REMEDY}",
        ),
        (
            b"caff\0\1\0\0desc"
            + bytes(7)
            + b"\x20"
            + bytes(8)
            + b"\x1b[31"
            + bytes(40),
            rf"a codec that calls itself '\x1b[31' in a CAF file {REMEDY}",
        ),
    ],
    ids=["AIFF-C", "CAF", "escape"],
)
def test_codecs_that_ffmpeg_does_not_write_are_named(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert why(path) == reason


class Counting:
    """A file that counts how much of it is read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.reads = 0
        self.most = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def seek(self, *where: int) -> int:
        return self._file.seek(*where)

    def read(self, n_bytes: int) -> bytes:
        self.reads += 1
        self.most = max(self.most, n_bytes)
        return self._file.read(n_bytes)


def nest(kind: bytes, depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(kind, inner)
    return inner


HOSTILE = {
    "a million boxes": FTYP + box(b"free") * 100_000,
    "a million tracks": FTYP + box(b"moov", box(b"trak", box(b"mdia", HDLR)) * 9_000),
    "deep": FTYP + nest(b"moov", 5_000),
    "deep tracks": FTYP + box(b"moov", nest(b"trak", 5_000)),
    "no size": FTYP + b"\0\0\0\0moov" + b"\0\0\0\0trak" * 1000,
    "smaller than itself": FTYP + b"\0\0\0\4moov" * 1000,
    "beyond all": FTYP + b"\0\0\0\1free" + b"\xff" * 8 + box(b"moov"),
    "large": FTYP + b"\x7f\xff\xff\xffmoov\x7f\xff\xff\xfftrak",
    "tags": id3(138) * 10_000,
    "a tag beyond the end": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(100),
    "EBML without end": b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67" + b"\xff" * 8,
    "EBML of nothing": b"\x1a\x45\xdf\xa3\x80" + b"\xec\x80" * 100_000,
    "EBML in EBML": b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\xff" * 10_000,
    "EBML of zeros": b"\x1a\x45\xdf\xa3\x80" + bytes(10_000),
    "chunks of nothing": b"RIFF\0\0\0\0AVI " + b"JUNK\0\0\0\0" * 100_000,
    "lists in lists": b"RIFF\0\0\0\0AVI " + b"LIST\xff\xff\xff\xffhdrl" * 50_000,
    "WAV of nothing": b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 100_000,
    "objects of nothing": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    + (b"\xff" * 7 + b"\x7f")
    + bytes(6)
    + (bytes(16) + b"\x18" + bytes(7)) * 20_000,
    "tags of nothing": b"FLV\1\5\0\0\0\x09" + bytes(100_000),
    "pages": (b"OggS\0\2" + bytes(20) + b"\1\1\0") * 10_000,
    "packs": b"\0\0\1\xba" * 300_000,
    "private packets": b"\0\0\1\xba" + b"\0\0\1\xbd\0\3\0\0\0" * 200_000,
    "packets": (b"G\x40\0\x10\0\0\xb0\xff\xff" + b"\xff" * 179) * 10_000,
    "Real": b".RMF\0\0\0\x12" + bytes(10) + b"PROP\0\0\0\x0a\0\0" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_not_looked_into_for_long(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(HOSTILE[name])
    with Counting(path) as file:
        probe = Probe(file)  # type: ignore[arg-type]
        found = identify(probe, behind_tags(probe))
    assert file.reads <= READS
    assert file.most <= 2**20
    assert found is None or len(found.reason) < 300
    assert len(why(path)) < 300


def test_a_table_of_tracks_at_the_end_of_a_large_file_is_found_at_once(
    tmp_path: Path, sound: Path
) -> None:
    path = make(tmp_path / "a.mp4", sound, "-c:a aac", film=False)
    data = path.read_bytes()
    moov = data.index(b"moov") - 4
    assert data.index(b"mdat") < moov
    with path.open("wb") as file:
        file.write(data[:moov])
        file.write((1).to_bytes(4) + b"free" + (2**40).to_bytes(8))
        file.seek(moov + 2**40)  # a hole, which takes no room on the disk
        try:
            file.write(data[moov:])
        except OSError:
            pytest.skip("no file may be so large here")
    with Counting(path) as counting:
        found = identify(Probe(counting))  # type: ignore[arg-type]
    assert found is not None
    assert found.codecs == ("AAC",)
    assert counting.reads < 60
    path.unlink()


def test_mutated_files_are_told_something_that_can_be_printed(
    tmp_path: Path, sound: Path
) -> None:
    originals = [
        make(tmp_path / f"a{i}.{extension}", sound, options, film=film).read_bytes()
        for i, (extension, options, film) in enumerate(
            [
                *((case[0], case[1], False) for case in STREAMS[8::9]),
                *((case[0], case[1], True) for case in FILMS[::3]),
            ]
        )
        if not any(part in options for part in ("opencore", "libspeex"))
    ]
    rng = random.Random(0)  # noqa: S311 - the same mutants each time
    path = tmp_path / "mutant"
    for _ in range(1500):
        data = bytearray(rng.choice(originals)[: rng.choice([100, 3000, 10**6])])
        for _ in range(rng.choice([1, 5, 50])):
            at = rng.randrange(min(len(data), rng.choice([64, 700, 10**6])))
            data[at] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
        path.write_bytes(data)
        verdict = judge(path)
        if isinstance(verdict, str):
            assert verdict.isprintable()
            assert len(verdict) < 300


def test_a_named_pipe_is_not_looked_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film")
    assert judge(tmp_path / "film") is False  # and does not wait for a writer


@needs("sox")
def test_stereo_8svx_is_refused_and_mono_is_read(tmp_path: Path, sound: Path) -> None:
    run("sox", sound, "-c", "1", tmp_path / "mono.8svx")
    run("sox", sound, "-c", "2", tmp_path / "stereo.8svx")
    AudioReader(tmp_path / "mono.8svx").close()
    reason = why(tmp_path / "stereo.8svx")
    assert reason.startswith("stereo in an 8SVX file cannot be decoded; convert it")
    run("sox", tmp_path / "stereo.8svx", tmp_path / "a.wav")
    AudioReader(tmp_path / "a.wav").close()
