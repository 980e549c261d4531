"""No second of sound is lost: streams, holes, and headers that are not true."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sounds import chirps, noise, read_samples, rows, same_sound, specimg, write
from tools import decode, encode, needs, run

from specimg.audio import AudioReader
from specimg.audio.streams.pages import Page, checksum, find_pages, renumber
from specimg.errors import AudioReadError, DecodeError

RATE = 44_100
Sound = NDArray[np.float32]


def read(path: Path) -> tuple[Sound, str]:
    """Return a recording and what is said about it."""
    samples, _, warning = read_samples(path)
    return samples, warning


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return twelve seconds that are different everywhere, as WAV."""
    folder = tmp_path_factory.mktemp("sound")
    return write(folder / "a.wav", chirps(12, RATE) + 0.3 * noise(12, RATE), RATE)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other")
    return write(folder / "b.wav", chirps(5, RATE, 1) + 0.3 * noise(5, RATE, 1), RATE)


MP3 = {
    "cbr": ("-b:a", "128k"),
    "cbr-uncounted": ("-b:a", "128k", "-write_xing", "0"),
    "vbr": ("-q:a", "4"),
    "vbr-uncounted": ("-q:a", "4", "-write_xing", "0"),
}


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@needs("ffmpeg")
@pytest.mark.parametrize("kind", MP3)
@pytest.mark.parametrize("begins", ["loud", "silent"])
def test_an_mp3_is_read_to_its_end_whatever_its_header_says(
    sound: Path, tmp_path: Path, kind: str, begins: str
) -> None:
    # By the bitrate of its first frames, what begins with silence is far longer, and
    # what begins loud is shorter.
    samples, _ = soundfile.read(sound, dtype="float32")
    quiet = np.zeros(4 * RATE, np.float32)
    halves = [samples, quiet] if begins == "loud" else [quiet, samples]
    source = write(tmp_path / "a.wav", np.concatenate(halves), RATE)
    path = encode(source, tmp_path / "a.mp3", *MP3[kind])
    expected = decode(path, RATE)
    got, warning = read(path)
    assert warning == ""
    assert abs(len(got) - len(expected)) <= 2400
    assert abs(len(got) - 16 * RATE) <= 2400
    assert same_sound(got, expected) > 0.999


@needs("ffmpeg")
@pytest.mark.parametrize("kind", MP3)
def test_the_length_of_an_mp3_is_known_before_it_is_decoded(
    sound: Path, tmp_path: Path, kind: str
) -> None:
    path = encode(sound, tmp_path / "a.mp3", *MP3[kind])
    tag = b"ID3\x03\0\0\0\0\x40\0" + bytes(8192)
    path.write_bytes(tag + path.read_bytes())
    with AudioReader(path) as reader:
        promised = reader.promised_seconds
    assert promised == pytest.approx(12, abs=0.1)
    if "uncounted" not in kind:
        # Its encoder notes how much it has added, which is no sound.
        assert promised == len(read(path)[0]) / RATE
    dry = specimg("convert", path, tmp_path / "out", "--dry-run")
    assert dry.stdout.startswith("would read 1 recording, 12.")


@needs("ffmpeg")
def test_a_count_that_is_too_large_or_too_small_is_said(
    tmp_path: Path, sound: Path
) -> None:
    path = tmp_path / "a.mp3"
    run("ffmpeg", "-v", "error", "-i", sound, "-q:a", "4", path)
    data = bytearray(path.read_bytes())
    at = data.index(b"Info" if b"Info" in data[:2000] else b"Xing") + 8
    count = int.from_bytes(data[at : at + 4], "big")
    whole, _ = read(path)
    data[at : at + 4] = (count // 2).to_bytes(4, "big")
    path.write_bytes(data)
    got, warning = read(path)
    assert abs(len(got) - len(whole)) <= 2400
    assert "6.0" in warning
    assert "s more than the" in warning
    data[at : at + 4] = (count * 2).to_bytes(4, "big")
    path.write_bytes(data)
    got, warning = read(path)
    assert abs(len(got) - len(whole)) <= 2400
    assert warning.startswith("truncated: 12.0")


@needs("ffmpeg")
@pytest.mark.parametrize("suffix", ["ogg", "opus", "flac", "wav", "mp3", "mp2"])
def test_recordings_one_behind_the_other_in_a_file_are_one(
    sound: Path, other: Path, tmp_path: Path, suffix: str
) -> None:
    one = encode(sound, tmp_path / f"one.{suffix}", "-ar", str(48_000))
    two = encode(other, tmp_path / f"two.{suffix}", "-ar", str(48_000))
    path = joined(tmp_path / f"all.{suffix}", one, two, one)
    got, warning = read(path)
    parts = [read(part)[0] for part in (one, two, one)]
    if suffix in ("mp3", "mp2"):
        # A player does not know either where one ends and the other begins.
        assert abs(len(got) - len(decode(path, 48_000))) <= 2400
        for first, part in ((0, 0), (12, 1), (17, 2)):
            begin = first * 48_000 + 9600
            there = got[begin : begin + 4 * 48_000]
            part_sound = parts[part][9600 : 9600 + 4 * 48_000]
            assert same_sound(there, part_sound, reach=9600) > 0.99
    else:
        assert np.array_equal(got, np.concatenate(parts))
        assert warning == ""


@needs("ffmpeg")
@pytest.mark.parametrize("suffix", ["ogg", "opus", "flac", "wav", "mp3"])
@pytest.mark.parametrize("change", [("-ar", "24000"), ("-ac", "2")])
def test_what_does_not_go_on_alike_is_left_and_said(
    sound: Path, other: Path, tmp_path: Path, suffix: str, change: tuple[str, str]
) -> None:
    one = encode(sound, tmp_path / f"one.{suffix}", "-ar", "48000")
    two = encode(other, tmp_path / f"two.{suffix}", "-ar", "48000", *change)
    path = joined(tmp_path / f"all.{suffix}", one, two)
    got, warning = read(path)
    assert abs(len(got) - len(read(one)[0])) <= 2400
    size = two.stat().st_size
    said, _, rest = warning.partition(" bytes (about ")
    assert 0.9 * size <= int(said.split()[-1]) <= size
    assert 2 < float(rest.split()[0]) < 12


@pytest.mark.parametrize("counted", [1, 70_000, 12 * RATE - 1])
@pytest.mark.parametrize("block", ["4096", "1152", "16"])
@needs("flac")
def test_a_flac_whose_header_counts_too_few_is_read_to_its_end(
    sound: Path, tmp_path: Path, counted: int, block: str
) -> None:
    path = tmp_path / "a.flac"
    run("flac", "-s", "-f", "-b", block, sound, "-o", path)
    whole, warning = read(path)
    assert warning == ""
    data = bytearray(path.read_bytes())
    total = int.from_bytes(data[18:26], "big") >> 36 << 36 | counted
    data[18:26] = total.to_bytes(8, "big")
    path.write_bytes(data)
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert f"more than the {counted / RATE:.3f} s that its header counts" in warning


def with_size(data: bytes, kind: str, length: int) -> bytes:
    """Let a header name another length of its samples, in bytes."""
    patched = bytearray(data)
    if kind == "aiff":
        at = data.index(b"SSND") + 4
        patched[at : at + 4] = struct.pack(
            ">I", min(length + 8 * bool(length), 2**32 - 1)
        )
        at = data.index(b"COMM") + 10
        patched[at : at + 4] = struct.pack(">I", min(length // 2, 2**32 - 1))
    elif kind == "au":
        patched[8:12] = struct.pack(">I", length)
    elif kind == "caf":
        at = data.index(b"data") + 4
        size = -1 if length == 2**32 - 1 else length + 4
        patched[at : at + 8] = struct.pack(">q", size)
    elif kind == "w64":
        at = data.index(b"data") + 16
        patched[at : at + 8] = struct.pack("<Q", length + 24)
    elif kind == "rf64":
        at = data.index(b"ds64") + 16
        patched[at : at + 8] = struct.pack("<Q", length)
    else:
        at = data.index(b"data") + 4
        order = ">I" if kind == "rifx" else "<I"
        patched[at : at + 4] = struct.pack(order, length)
    return bytes(patched)


def container(path: Path, kind: str, sound: Path) -> tuple[bytes, int]:
    """Write a sound; return its file, and how many bytes of samples it has."""
    samples, _ = soundfile.read(sound, dtype="int16")
    options = {
        "wav": {"format": "WAV"},
        "rifx": {"format": "WAV", "endian": "BIG"},
        "rf64": {"format": "RF64"},
        "aiff": {"format": "AIFF"},
        "w64": {"format": "W64"},
        "caf": {"format": "CAF"},
        "au": {"format": "AU"},
    }[kind]
    write(path, samples, RATE, subtype="PCM_16", **options)
    return path.read_bytes(), samples.nbytes


@pytest.mark.parametrize("kind", ["wav", "rifx", "rf64", "aiff", "w64", "caf", "au"])
@pytest.mark.parametrize("size", ["zero", "unknown", "half"])
def test_a_size_that_was_not_written_costs_nothing(
    sound: Path, tmp_path: Path, kind: str, size: str
) -> None:
    path = tmp_path / "a.bin"
    data, length = container(path, kind, sound)
    whole, warning = read(path)
    assert (len(whole), warning) == (12 * RATE, "")
    claimed = {"zero": 0, "unknown": 2**32 - 1, "half": length // 2}[size]
    path.write_bytes(with_size(data, kind, claimed))
    got, warning = read(path)
    assert np.array_equal(got, whole)
    expected = "its header names only 6.000 s: 529200 bytes (about 6.0 s) behind"
    assert warning.startswith(expected) if size == "half" else not warning


def test_what_is_no_audio_behind_the_end_is_not_read_but_said(
    sound: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.wav"
    data, length = container(path, "wav", sound)
    rng = np.random.default_rng(0)
    loud = rng.integers(0, 256, 40_000, np.uint8).tobytes()
    samples, _ = soundfile.read(sound, dtype="int16")
    quiet = data[:44] + (samples // 64).astype("<i2").tobytes()
    path.write_bytes(quiet + loud)
    got, warning = read(path)
    assert len(got) == 12 * RATE
    wanted = "40000 bytes (about 0.5 s) of audio behind the end that its header names"
    assert warning == wanted
    assert length == samples.nbytes


@pytest.mark.parametrize(
    "tail",
    [
        b"LIST\x04\0\0\0INFO",
        b"id3 \x10\0\0\0ID3" + bytes(13),
        b"TAG" + bytes(125),
        bytes(100_000),
        b"\0",
        b"LIST\xff\0\0\0INFO",
    ],
)
def test_what_usually_stands_behind_the_samples_is_no_warning(
    sound: Path, tmp_path: Path, tail: bytes
) -> None:
    path = tmp_path / "a.wav"
    data, _ = container(path, "wav", sound)
    path.write_bytes(data + tail)
    got, warning = read(path)
    assert (len(got), warning) == (12 * RATE, "")


def test_an_empty_recording_with_notes_behind_is_still_empty(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(0), 8000)
    path.write_bytes(path.read_bytes() + b"LIST\x04\0\0\0INFO")
    assert read(path)[0].size == 0


def pages_of(path: Path) -> list[Page]:
    with path.open("rb", buffering=0) as file:
        return list(find_pages(file, path.stat().st_size))


def zeroed(data: bytes, begin: int, length: int) -> bytes:
    return data[:begin] + bytes(length) + data[begin + length :]


@needs("ffmpeg")
@pytest.mark.parametrize("kind", ["cbr", "cbr-uncounted", "vbr", "mp2", "ogg", "opus"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
@pytest.mark.parametrize("length", [300, 2000, 20_000])
def test_a_hole_costs_the_hole_and_shifts_nothing(
    sound: Path, tmp_path: Path, kind: str, share: float, length: int
) -> None:
    suffix = "mp3" if kind in MP3 else kind
    path = encode(sound, tmp_path / f"a.{suffix}", *MP3.get(kind, ()))
    whole, warning = read(path)
    assert warning == ""
    data = path.read_bytes()
    begin = round(share * len(data))
    path.write_bytes(zeroed(data, begin, length))
    got, warning = read(path)
    assert len(got) == len(whole)
    wrong = np.flatnonzero(np.abs(got - whole) > 1e-3)
    if wrong.size == 0 and not warning:  # it lies within a frame, and is not heard
        assert length == 300
        return
    rate = len(whole) / 12
    first, last = wrong[0] / rate, wrong[-1] / rate
    # The hole itself, what pages or frames cannot be decoded without it, and for Opus
    # what its decoder needs to come right again.
    around = {"ogg": 2.5, "opus": 2.5}.get(kind, 0.3) + length / len(data) * 12
    assert last - first < around
    if "damaged: " in warning:
        lost = float(warning.split("damaged: ")[1].split()[0])
        at = float(warning.split(", at ")[1].split()[0])
        assert at - 0.1 < first
        assert last < at + lost + 0.5
        silent = got[round((at + 0.05) * rate) : round((at + lost - 0.05) * rate)]
        assert not np.abs(silent).max(initial=0) > 1e-3
    else:
        assert length == 300
        assert kind in MP3 or kind == "mp2"


@needs("ffmpeg")
def test_what_has_no_known_time_is_left_out_and_said(
    sound: Path, tmp_path: Path
) -> None:
    path = encode(sound, tmp_path / "a.mp3", *MP3["vbr-uncounted"])
    whole, _ = read(path)
    data = path.read_bytes()
    path.write_bytes(zeroed(data, len(data) // 2, 5000))
    got, warning = read(path)
    assert 0.4 < len(got) / len(whole) < 0.6
    assert np.abs(got[:-2400] - whole[: len(got) - 2400]).max() < 1e-3
    assert "bytes (about " in warning
    assert "of audio behind a hole whose length is not known" in warning


@needs("ffmpeg")
@pytest.mark.parametrize("kind", [*MP3, "mp2", "ogg", "opus"])
@pytest.mark.parametrize("length", [2000, 20_000])
def test_a_hole_that_reaches_to_the_end_is_said(
    sound: Path, tmp_path: Path, kind: str, length: int
) -> None:
    suffix = "mp3" if kind in MP3 else kind
    path = encode(sound, tmp_path / f"a.{suffix}", *MP3.get(kind, ()))
    whole, _ = read(path)
    data = path.read_bytes()
    path.write_bytes(data[:-length] + bytes(length))
    got, warning = read(path)
    assert len(whole) / 2 < len(got) < len(whole)
    safe = len(got) - 4800
    assert np.abs(got[:safe] - whole[:safe]).max() < 1e-3
    assert " bytes (about " in warning or "truncated: " in warning


@needs("ffmpeg")
@pytest.mark.parametrize("suffix", ["ogg", "opus"])
@pytest.mark.parametrize("lost", [slice(2, 3), slice(4, 6), slice(-3, -2)])
def test_pages_that_are_not_there_leave_silence(
    sound: Path, tmp_path: Path, suffix: str, lost: slice
) -> None:
    path = encode(sound, tmp_path / f"a.{suffix}")
    whole, _ = read(path)
    data, pages = path.read_bytes(), pages_of(path)
    assert pages[0].is_first
    assert all(
        checksum(data[p.start : p.stop]) == data[p.start + 22 : p.start + 26]
        for p in pages
    )
    kept = [page for page in pages if page not in pages[lost]]
    path.write_bytes(b"".join(data[page.start : page.stop] for page in kept))
    got, warning = read(path)
    assert len(got) == len(whole)
    assert warning.startswith("damaged: ")
    wrong = np.flatnonzero(np.abs(got - whole) > 1e-3)
    assert wrong[-1] - wrong[0] < 3 * 48_000


@needs("ffmpeg")
@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_a_last_page_that_does_not_say_so_loses_nothing(
    sound: Path, tmp_path: Path, suffix: str
) -> None:
    path = encode(sound, tmp_path / f"a.{suffix}")
    whole, _ = read(path)
    data, (*_, last) = path.read_bytes(), pages_of(path)
    page = bytearray(data[last.start :])
    page[5] = 0
    path.write_bytes(data[: last.start] + renumber(bytes(page), last.number))
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning == "truncated: the Ogg stream has no last page"


@needs("ffmpeg")
def test_a_time_that_is_not_credible_makes_no_silence(
    sound: Path, tmp_path: Path
) -> None:
    path = encode(sound, tmp_path / "a.ogg")
    data, pages = path.read_bytes(), pages_of(path)
    late = []
    for page in pages[6:]:
        raw = bytearray(data[page.start : page.stop])
        raw[6:14] = (page.granule + 10**12).to_bytes(8, "little")
        late.append(renumber(bytes(raw), page.number))
    path.write_bytes(data[: pages[4].start] + b"".join(late))
    got, warning = read(path)
    assert len(got) < 12 * RATE
    assert "of audio with a time that is not credible" in warning


@needs("ffmpeg")
def test_a_damaged_flac_is_still_a_failure(sound: Path, tmp_path: Path) -> None:
    path = encode(sound, tmp_path / "a.flac")
    data = path.read_bytes()
    path.write_bytes(zeroed(data, len(data) // 2, 2000))
    with pytest.raises(DecodeError, match="damaged between"):
        read(path)


@needs("ffmpeg")
def test_a_recording_with_a_hole_is_converted_with_a_warning(
    sound: Path, tmp_path: Path
) -> None:
    path = encode(sound, tmp_path / "in" / "a.mp3", *MP3["cbr"])
    data = path.read_bytes()
    path.write_bytes(zeroed(data, len(data) // 2, 2000))
    result = specimg("convert", tmp_path / "in", tmp_path / "out")
    assert (result.returncode, result.stderr) == (0, "")
    table = rows(tmp_path / "out" / "manifest.csv")
    assert len(table) == 4
    (warning,) = {row["warning"] for row in table}
    assert warning.startswith("damaged: 0.")
    assert specimg("verify", "--deep", tmp_path / "out").returncode == 0


def id3(length: int, *, footer: bool = False) -> bytes:
    """Make a tag of 128 times `length` bytes, and what is before and behind."""
    tag = b"ID3\x04\0" + bytes([0x10 * footer, 0, 0, length, 0]) + bytes(128 * length)
    return tag + (b"3DI" + tag[3:10] if footer else b"")


APE = struct.pack("<8s4I8x", b"APETAGEX", 2000, 32, 0, 0xA0000000)


@needs("ffmpeg")
@pytest.mark.parametrize("kind", ["cbr", "vbr-uncounted"])
@pytest.mark.parametrize(
    "tag", [id3(9), id3(9, footer=True), id3(2) + id3(3), APE], ids=[*"1234"]
)
def test_tags_before_the_sound_are_no_hindrance(
    sound: Path, tmp_path: Path, kind: str, tag: bytes
) -> None:
    path = encode(sound, tmp_path / "a.mp3", *MP3[kind])
    whole, _ = read(path)
    path.write_bytes(tag + path.read_bytes())
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning == ""


@needs("ffmpeg")
def test_tags_between_recordings_are_no_hindrance(sound: Path, tmp_path: Path) -> None:
    path = encode(sound, tmp_path / "a.mp3", *MP3["cbr-uncounted"])
    data = path.read_bytes()
    path.write_bytes((data + b"TAG" + bytes(125)) * 3)
    got, warning = read(path)
    assert abs(len(got) - 36 * RATE) < 6 * 1152
    assert warning == ""


@needs("flac")
@pytest.mark.parametrize("tail", [b"TAG" + bytes(125), b"12345678", bytes(3000)])
def test_what_follows_a_flac_hides_nothing_of_it(
    sound: Path, tmp_path: Path, tail: bytes
) -> None:
    path = tmp_path / "a.flac"
    run("flac", "-s", "-f", sound, "-o", path)
    whole, _ = read(path)
    data = bytearray(path.read_bytes())
    total = int.from_bytes(data[18:26], "big") - 9000
    data[18:26] = total.to_bytes(8, "big")
    path.write_bytes(data + tail)
    got, warning = read(path)
    assert np.array_equal(got[: len(whole)], whole)
    assert "0.204 s more than the" in warning


@needs("ffmpeg")
def test_streamed_flac_files_one_behind_the_other_are_one(
    sound: Path, other: Path, tmp_path: Path
) -> None:
    for name, source in (("one", sound), ("two", other)):
        data = run("ffmpeg", "-v", "error", "-i", source, "-f", "flac", "-")
        (tmp_path / name).write_bytes(data)
    path = joined(tmp_path / "a.flac", tmp_path / "one", tmp_path / "two")
    expected = [soundfile.read(part, dtype="float32")[0] for part in (sound, other)]
    got, _ = read(path)
    assert np.array_equal(got, np.concatenate(expected))


@pytest.mark.parametrize("size", [0, 2**32 - 1])
@pytest.mark.parametrize("change", ["none", "rate"])
def test_streamed_wav_files_one_behind_the_other(
    sound: Path, other: Path, tmp_path: Path, size: int, change: str
) -> None:
    one, _ = container(tmp_path / "one.wav", "wav", sound)
    two, _ = container(tmp_path / "two.wav", "wav", other)
    whole = [read(tmp_path / name)[0] for name in ("one.wav", "two.wav")]
    if change == "rate":
        two = two[:24] + struct.pack("<II", RATE // 2, RATE) + two[32:]
    path = tmp_path / "a.wav"
    path.write_bytes(with_size(one, "wav", size) + with_size(two, "wav", size))
    got, warning = read(path)
    if change == "none":
        assert np.array_equal(got, np.concatenate(whole))
        assert warning == ""
    else:
        assert np.array_equal(got, whole[0])
        assert "(about 10.0 s) of another recording behind, with 22050 Hz" in warning


@pytest.mark.parametrize("size", [0, 2**32 - 1])
@pytest.mark.parametrize(
    "tail",
    [
        b"LIST\x04\0\0\0INFO",
        b"id3 " + struct.pack("<I", 500_000) + bytes(500_000),
        b"iXML\x0a\0\0\0<BWFXML/> bext\x04\0\0\0abcd",
    ],
    ids=["list", "id3", "two"],
)
def test_chunks_behind_samples_of_no_known_size_are_no_sound(
    sound: Path, tmp_path: Path, size: int, tail: bytes
) -> None:
    data, _ = container(tmp_path / "a.wav", "wav", sound)
    (tmp_path / "a.wav").write_bytes(with_size(data, "wav", size) + tail)
    got, warning = read(tmp_path / "a.wav")
    assert (len(got), warning) == (12 * RATE, "")


NAMES = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"guan", b"fact", b"cue ")


@pytest.mark.parametrize("size", ["zero", "unknown"])
@pytest.mark.parametrize("kind", ["wav", "rf64", "aiff", "w64", "caf"])
def test_samples_that_spell_the_name_of_a_chunk_are_sound(
    tmp_path: Path, kind: str, size: str
) -> None:
    path = tmp_path / "a.bin"
    names = {"wav": "WAV", "rf64": "RF64", "aiff": "AIFF", "w64": "W64", "caf": "CAF"}
    is_unsigned = kind in ("wav", "rf64", "w64")
    subtype = "PCM_U8" if is_unsigned else "PCM_S8"
    write(path, noise(0.1, 8000), 8000, format=names[kind], subtype=subtype)
    header = path.read_bytes()[:-800]
    header = with_size(header, kind, {"zero": 0, "unknown": 2**32 - 1}[size])
    for seed in range(40):
        rng = np.random.default_rng(seed)
        stream = bytearray(rng.integers(0, 256, 20_000, np.uint8).tobytes())
        for at in rng.integers(0, len(stream) - 4, 30):
            stream[at : at + 4] = NAMES[rng.integers(len(NAMES))]
        stream[-4:] = NAMES[seed % len(NAMES)]
        path.write_bytes(header + stream)
        got, warning = read(path)
        values = np.frombuffer(stream, np.uint8 if is_unsigned else np.int8)
        expected = (values.astype(np.float32) - 128 * is_unsigned) / 128
        assert np.array_equal(got, expected)
        assert warning == ""


@needs("ffmpeg")
@pytest.mark.parametrize("coding", ["pcm_mulaw", "pcm_alaw", "pcm_u8"])
def test_a_name_in_a_stream_of_eight_bits_ends_nothing(
    sound: Path, tmp_path: Path, coding: str
) -> None:
    options = ("-v", "error", "-i", sound, "-c:a", coding, "-f", "wav", "-")
    data = bytearray(run("ffmpeg", *options))
    for at, name in enumerate(NAMES):
        begin = (at + 1) * 50_000
        data[begin : begin + 8] = name + b"\xe5\x71\xf0\x6b"
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    got, warning = read(path)
    assert (len(got), warning) == (12 * RATE, "")


def test_many_names_of_chunks_take_no_time(sound: Path, tmp_path: Path) -> None:
    data, _ = container(tmp_path / "a.wav", "wav", sound)
    begin = with_size(data, "wav", 0)[:44]
    path = tmp_path / "a.wav"
    path.write_bytes(begin + b"LIST\0\0\0\0" * 500_000 + b"1234")
    got, warning = read(path)
    assert (len(got), warning) == (2_000_002, "")


@pytest.mark.slow
def test_a_wav_of_more_than_4_gib_is_read_to_its_end(
    sound: Path, tmp_path: Path
) -> None:
    data, _ = container(tmp_path / "a.wav", "wav", sound)
    path = tmp_path / "large.wav"
    total = 2**32 + 2**20
    try:
        with path.open("wb") as file:  # a hole, which takes no room
            file.write(with_size(data, "wav", 0))
            file.seek(total - 2 * RATE)
            file.write(data[44 : 44 + 2 * RATE])
    except OSError:
        pytest.skip("no file may be so large here")
    with AudioReader(path) as reader:
        n_frames = (total - 44) // 2
        assert reader.promised_seconds == pytest.approx(n_frames / RATE)
        assert reader.can_seek()
    with AudioReader(path) as reader:
        assert reader.skip(n_frames - RATE) == n_frames - RATE
        block = np.empty((2, 2 * RATE), np.float32)
        assert reader.read(block) == RATE
        expected = np.frombuffer(data[44 : 44 + 2 * RATE], "<i2") / 2**15
        assert np.array_equal(block[0, :RATE], expected.astype(np.float32))


@needs("ffmpeg")
@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_pages_that_were_numbered_anew_leave_silence_as_well(
    sound: Path, tmp_path: Path, suffix: str
) -> None:
    path = encode(sound, tmp_path / f"a.{suffix}")
    whole, _ = read(path)
    data, pages = path.read_bytes(), pages_of(path)
    kept = [page for page in pages if page not in pages[5:7]]
    path.write_bytes(
        b"".join(
            renumber(data[page.start : page.stop], number)
            for number, page in enumerate(kept)
        )
    )
    got, warning = read(path)
    assert len(got) == len(whole)
    assert warning.startswith("damaged: ")
    later = 3 * len(whole) // 4
    assert same_sound(got[later:], whole[later:]) > 0.99
    assert np.abs(got[later:] - whole[later:]).max() < 0.3


@needs("ffmpeg")
def test_a_hole_whose_witnesses_disagree_ends_what_is_known(
    sound: Path, tmp_path: Path
) -> None:
    path = encode(sound, tmp_path / "a.mp3", *MP3["cbr"])
    whole, _ = read(path)
    data = path.read_bytes()
    middle = len(data) // 2
    frame = 12 * 417.96
    # Zeros for three frames, and twelve frames are not there.
    path.write_bytes(data[:middle] + bytes(1254) + data[middle + 1254 + round(frame) :])
    got, warning = read(path)
    assert len(got) < 0.6 * len(whole)
    assert "behind a hole whose length is not known" in warning


def test_a_recording_without_a_clip_says_what_is_behind_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", 0.01 * noise(0.01))
    rng = np.random.default_rng(0)
    junk = rng.integers(0, 256, 50_000, np.uint8).tobytes()
    path.write_bytes(path.read_bytes() + junk)
    result = specimg("convert", path, tmp_path / "out")
    assert result.returncode == 1
    assert "too short: 0.009977 s of audio" in result.stderr
    assert "50000 bytes (about 1.1 s) of audio behind the end" in result.stderr


def test_much_that_looks_like_a_beginning_takes_no_time(
    sound: Path, tmp_path: Path
) -> None:
    """Erased flash memory, and an Ogg file of nothing but marks."""
    path = write(tmp_path / "a.mp3", chirps(3, RATE), RATE, format="MP3")
    path.write_bytes(path.read_bytes() + b"\xff" * 20_000_000)
    _, warning = read(path)
    assert warning.endswith("behind the last frame that hold no audio")
    ogg = write(tmp_path / "a.ogg", chirps(3, RATE), RATE, format="OGG")
    ogg.write_bytes(ogg.read_bytes() + b"OggS\0" * 2_000_000)
    assert len(read(ogg)[0]) == 3 * RATE


@pytest.mark.parametrize("kind", ["aiff", "au"])
def test_samples_that_begin_behind_the_end_are_none(
    sound: Path, tmp_path: Path, kind: str
) -> None:
    data, _ = container(tmp_path / f"a.{kind}", kind, sound)
    mutant = bytearray(with_size(data, kind, 0))
    at = data.index(b"SSND") + 8 if kind == "aiff" else 4
    mutant[at : at + 4] = b"\x7f\xff\xff\xff"
    path = tmp_path / f"b.{kind}"
    path.write_bytes(mutant)
    result = specimg("convert", path, tmp_path / "out")
    assert result.returncode == 1
    assert "internal error" not in result.stderr


@pytest.mark.parametrize("kind", ["wav", "ogg"])
def test_thousands_of_empty_streams_are_passed(tmp_path: Path, kind: str) -> None:
    formats = {"wav": ("WAV", "PCM_16"), "ogg": ("OGG", "VORBIS")}
    container, subtype = formats[kind]
    empty = write(
        tmp_path / "empty", noise(0), RATE, format=container, subtype=subtype
    ).read_bytes()
    whole = write(
        tmp_path / "whole", chirps(2, RATE), RATE, format=container, subtype=subtype
    )
    path = tmp_path / f"a.{kind}"
    path.write_bytes(whole.read_bytes() + 1500 * empty + whole.read_bytes())
    samples, _ = read(path)
    assert np.array_equal(samples, np.tile(read(whole)[0], 2))


@needs("ffmpeg")
@pytest.mark.parametrize("coding", ["f32", "f64", "s16", "s24", "s32"])
@pytest.mark.parametrize("size", ["true", "zero", "cut"])
def test_w64_as_ffmpeg_writes_it_is_what_it_says(
    sound: Path, tmp_path: Path, coding: str, size: str
) -> None:
    path = encode(sound, tmp_path / "a.w64", "-c:a", f"pcm_{coding}le")
    data, expected = path.read_bytes(), decode(path, RATE)
    if size == "zero":
        path.write_bytes(with_size(data, "w64", 0))
    elif size == "cut":
        path.write_bytes(data[: len(data) // 2])
    got, warning = read(path)
    assert np.abs(got - expected[: len(got)]).max() < 1e-6
    assert len(got) == 12 * RATE or size == "cut"
    assert warning.startswith("truncated: ") if size == "cut" else warning == ""


def test_what_is_behind_the_size_of_a_w64_is_not_read_but_said(
    sound: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.w64"
    data, length = container(path, "w64", sound)
    begin = len(data) - length
    rng = np.random.default_rng(0)
    loud = rng.integers(0, 256, 40_000, np.uint8).tobytes()
    quiet = np.frombuffer(data[begin:], "<i2") // 64
    path.write_bytes(data[:begin] + quiet.tobytes() + loud)
    got, warning = read(path)
    assert len(got) == 12 * RATE
    wanted = "40000 bytes (about 0.5 s) of audio behind the end that its header names"
    assert warning == wanted
    chunk = b"LIST" + data[28:40] + struct.pack("<Q", 48) + bytes(24)
    path.write_bytes(data + chunk)
    got, warning = read(path)
    assert (len(got), warning) == (12 * RATE, "")


@needs("sox")
@pytest.mark.parametrize("options", [("-c", "1"), ("-c", "2"), ("-c", "5", "-b", "24")])
def test_an_aiff_that_sox_streamed_is_not_truncated(
    sound: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = tmp_path / "a.aiff"
    path.write_bytes(run("sox", sound, "-t", "aiff", *options, "-"))
    assert (
        b"\x7f\0\0" in path.read_bytes()[:80] or b"\x7e\xff" in path.read_bytes()[:80]
    )
    got, warning = read(path)
    assert (len(got), warning) == (12 * RATE, "")


def test_an_mp3_without_a_whole_frame_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    frame = b"\xff\xfb\x90\xc4" + bytes(296)
    for junk in (
        b"JUNK" * 200,
        b"",
        b"FLV\1\4\0\0\0\x09\0\0\0\0" + b"\x08" + bytes(900),
    ):
        path.write_bytes(junk + frame)
        reason = (
            "in a Flash video" if junk.startswith(b"FLV") else "no complete MP3 frame"
        )
        with pytest.raises(AudioReadError, match=reason):
            read(path)
    for seed in range(400):
        rng = np.random.default_rng(seed)
        noise_bytes = rng.integers(
            0, 256, int(rng.integers(20, 4000)), np.uint8
        ).tobytes()
        header = frame[:4] if seed % 2 else b""
        path.write_bytes(noise_bytes + header + noise_bytes[:296])
        try:
            read(path)
        except (AudioReadError, DecodeError) as error:
            assert str(error)  # noqa: PT017 - any reason, but no other error


@needs("lame", "sox")
def test_other_frames_behind_an_mp3_are_not_said_to_have_another_rate(
    sound: Path, tmp_path: Path
) -> None:
    run("lame", "--quiet", "-b", "128", sound, tmp_path / "one.mp3")
    run(
        "lame",
        "--quiet",
        "-t",
        "--freeformat",
        "-b",
        "160",
        sound,
        tmp_path / "two.mp3",
    )
    path = joined(tmp_path / "a.mp3", tmp_path / "one.mp3", tmp_path / "two.mp3")
    _, warning = read(path)
    assert warning.endswith("of audio in other frames behind the last frame")


@pytest.mark.parametrize("kind", ["wav", "rifx", "rf64", "aiff", "w64", "caf"])
@pytest.mark.parametrize("between", ["nothing", "notes"])
def test_two_chunks_of_samples_are_one_sound_or_the_other_is_named(
    sound: Path, tmp_path: Path, kind: str, between: str
) -> None:
    path = tmp_path / "a.bin"
    data, length = container(path, kind, sound)
    expected, _ = read(path)
    name = b"SSND" if kind == "aiff" else b"data"
    notes = b"LIST"
    header = data[data.index(name) : len(data) - length]
    if kind == "w64":
        chunk = notes + header[4:16] + struct.pack("<Q", 32) + bytes(8)
    elif kind == "caf":
        chunk = notes + struct.pack(">q", 4) + b"INFO"
    else:
        order = ">I" if kind in ("aiff", "rifx") else "<I"
        chunk = notes + struct.pack(order, 4) + b"INFO"
        if kind == "rf64":
            header = name + struct.pack("<I", length)
    behind = (chunk if between == "notes" else b"") + header
    path.write_bytes(data + behind + data[-length:])
    got, warning = read(path)
    assert np.array_equal(got, np.concatenate([expected, expected]))
    said = f"{length} bytes (about 12.0 s) in further chunks were read as well"
    assert warning == f"its header names only 12.000 s: {said}"
    other = np.random.default_rng(0).integers(0, 256, length, np.uint8).tobytes()
    quiet = (np.frombuffer(data[-length:], "<i2") * 0).tobytes()
    for samples in (quiet, other) if between == "notes" else (quiet,):
        path.write_bytes(data + behind + samples)
        got, warning = read(path)
        if samples is quiet:
            assert np.array_equal(got, expected)
            said = f"{length} bytes (about 12.0 s) in further chunks of samples"
            assert warning == said
        else:
            assert len(got) == 24 * RATE or "in further chunks" in warning


def test_a_further_chunk_of_samples_may_be_cut_off(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    data, length = container(path, "wav", sound)
    path.write_bytes(data + data[36:44] + data[44 : 44 + length // 2])
    got, warning = read(path)
    assert len(got) == 18 * RATE
    assert "in further chunks were read as well" in warning
    assert "truncated: shorter than its header says" in warning


@needs("flac")
@pytest.mark.parametrize("counted", [1, 70_000])
@pytest.mark.parametrize("n_bytes", [100_000, 472_029, 3_000_000])
def test_a_flac_with_too_small_a_count_is_read_though_something_is_behind_it(
    sound: Path, tmp_path: Path, counted: int, n_bytes: int
) -> None:
    path = tmp_path / "a.flac"
    run("flac", "-s", "-f", sound, "-o", path)
    whole, _ = read(path)
    data = bytearray(path.read_bytes())
    total = int.from_bytes(data[18:26], "big") >> 36 << 36 | counted
    data[18:26] = total.to_bytes(8, "big")
    junk = np.random.default_rng(0).integers(0, 256, n_bytes, np.uint8).tobytes()
    path.write_bytes(data + junk)
    got, warning = read(path)
    assert np.array_equal(got[: len(whole)], whole)
    assert f"more than the {counted / RATE:.3f} s that its header counts" in warning
    assert "(about 0.0 s)" not in warning


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_an_ogg_with_damage_in_any_page_has_a_reason(
    tmp_path: Path, suffix: str
) -> None:
    subtype = "VORBIS" if suffix == "ogg" else "OPUS"
    path = tmp_path / f"a.{suffix}"
    write(path, chirps(1.5, 16_000), 16_000, format="OGG", subtype=subtype)
    data, pages = path.read_bytes(), pages_of(path)
    for page in pages[1:]:
        at = (page.start + page.stop) // 2
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        try:
            read(path)
        except (AudioReadError, DecodeError) as error:
            assert str(error)  # noqa: PT017 - any reason, but no other error


@pytest.mark.parametrize("suffix", ["ogg", "opus"])
def test_an_ogg_with_a_hole_in_its_headers_has_a_reason(
    tmp_path: Path, suffix: str
) -> None:
    subtype = "VORBIS" if suffix == "ogg" else "OPUS"
    path = tmp_path / f"a.{suffix}"
    write(path, chirps(3.0, 16_000), 16_000, format="OGG", subtype=subtype)
    data = path.read_bytes()
    for at in range(29, 200, 7):
        path.write_bytes(data[:at] + bytes(200) + data[at + 200 :])
        try:
            read(path)
        except (AudioReadError, DecodeError) as error:
            assert str(error)  # noqa: PT017 - any reason, but no other error
