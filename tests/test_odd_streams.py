"""Streams that are odd but whole, or damaged in odd ways: nothing of them is lost."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sounds import chirps, noise, read_samples, same_sound, write
from tools import encode, needs, run

from specimg.audio import judge
from specimg.audio.streams.pages import Page, find_pages, renumber, retimed

RATE = 48_000
Sound = NDArray[np.float32]


def read(path: Path) -> tuple[Sound, str]:
    samples, _, warning = read_samples(path)
    return samples, warning


def ogg(path: Path, seconds: float = 9, seed: int = 0, subtype: str = "VORBIS") -> Path:
    sound = chirps(seconds, RATE, seed) + 0.3 * noise(seconds, RATE, seed)
    return write(path, sound, RATE, format="OGG", subtype=subtype)


def pages_of(path: Path) -> list[tuple[Page, bytes]]:
    data = path.read_bytes()
    with path.open("rb", buffering=0) as file:
        pages = list(find_pages(file, len(data)))
    return [(page, data[page.start : page.stop]) for page in pages]


def numbered(raw: bytes, page: Page, serial: int) -> bytes:
    """Return a page that belongs to another stream."""
    return renumber(raw[:14] + struct.pack("<I", serial) + raw[18:], page.number)


def interleaved(*paths: Path) -> list[bytes]:
    """Return the pages of several files as those of streams side by side."""
    streams = [
        [numbered(raw, page, serial) for page, raw in pages_of(path)]
        for serial, path in enumerate(paths, 7)
    ]
    first = [stream.pop(0) for stream in streams]
    longest = max(map(len, streams))
    rest = [s[i] for i in range(longest) for s in streams if i < len(s)]
    return first + rest


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("change", ["back", "zero", "short"])
def test_times_that_go_back_lose_nothing_and_are_said(
    tmp_path: Path, subtype: str, change: str
) -> None:
    path = ogg(tmp_path / "a.ogg", subtype=subtype)
    whole, _ = read(path)
    pages = pages_of(path)
    changed = []
    for number, (page, raw) in enumerate(pages):
        granule = page.granule
        if change == "back" and number > len(pages) // 2:
            granule -= 3 * RATE // 2
        elif change == "zero":
            granule = 0
        elif change == "short" and page is pages[-1][0]:
            granule = pages[-2][0].granule - 4000
        changed.append(retimed(raw, granule))
    path.write_bytes(b"".join(changed))
    got, warning = read(path)
    assert abs(len(got) - len(whole)) <= 2400
    assert same_sound(got, whole) > 0.99
    assert warning.startswith("damaged: the times in it go back at about ")


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_of_streams_side_by_side_one_is_read_and_the_other_is_said(
    tmp_path: Path, subtype: str
) -> None:
    one = ogg(tmp_path / "one.ogg", subtype=subtype)
    two = ogg(tmp_path / "two.ogg", 5, 1, subtype)
    whole, _ = read(one)
    pages = interleaved(one, two)
    path = tmp_path / "a.ogg"
    path.write_bytes(b"".join(pages))
    got, warning = read(path)
    assert np.array_equal(got, whole)
    said = "bytes of another stream of sound, at the same time as the one that is read"
    assert warning.endswith(said)


def test_a_hole_in_streams_side_by_side_shifts_nothing(tmp_path: Path) -> None:
    one, two = ogg(tmp_path / "one.ogg"), ogg(tmp_path / "two.ogg", 9, 1)
    whole, _ = read(one)
    pages = interleaved(one, two)
    path = tmp_path / "a.ogg"
    path.write_bytes(b"".join(pages[:12] + pages[16:]))
    got, warning = read(path)
    assert len(got) == len(whole)
    later = len(whole) // 2
    assert np.abs(got[later:] - whole[later:]).max() < 1e-3
    assert "s are lost and silent, at" in warning


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_skeleton_before_the_sound_is_no_hindrance(
    tmp_path: Path, subtype: str
) -> None:
    path = ogg(tmp_path / "a.ogg", 3, subtype=subtype)
    whole, _ = read(path)
    body = b"fishead\0" + bytes(56)
    numbers = struct.pack("<qII", 0, 999, 0)
    head = b"OggS\0\2" + numbers + bytes(4) + bytes([1, len(body)]) + body
    path.write_bytes(renumber(head, 0) + path.read_bytes())
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning == ""


def test_pages_of_a_stream_that_never_began_are_said(tmp_path: Path) -> None:
    path = ogg(tmp_path / "a.ogg")
    pages = pages_of(path)
    middle = len(pages) // 2
    kept = b"".join(raw for _, raw in pages[:middle])
    other = b"".join(numbered(raw, page, 4711) for page, raw in pages[middle:])
    path.write_bytes(kept + other)
    got, warning = read(path)
    assert len(got) < 6 * RATE
    assert f"{len(other)} bytes (about " in warning
    assert "of pages that belong to a stream without a beginning" in warning


@needs("ffmpeg")
@pytest.mark.parametrize("n_bytes", [70_000, 3_000_000])
def test_an_mp3_is_found_behind_much_that_is_none(tmp_path: Path, n_bytes: int) -> None:
    source = write(tmp_path / "a.wav", noise(3, RATE), RATE)
    path = encode(source, tmp_path / "a.mp3", "-id3v2_version", "0")
    whole, _ = read(path)
    junk = np.random.default_rng(0).integers(0, 256, n_bytes, np.uint8).tobytes()
    path.write_bytes(junk + path.read_bytes())
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning.startswith(f"damaged: {n_bytes} bytes (about ")


@pytest.mark.parametrize("name", [b"bext", b"LIST", b"junk"])
def test_a_header_with_notes_before_the_format_is_found_behind_a_stream(
    tmp_path: Path, name: bytes
) -> None:
    path = write(tmp_path / "a.wav", noise(2, RATE), RATE, subtype="PCM_16")
    data, (whole, _) = path.read_bytes(), read(path)
    notes = name + struct.pack("<I", 20_000) + bytes(20_000)
    resumed = data[:12] + notes + data[12:40] + bytes(4) + data[44:]
    path.write_bytes(resumed + resumed)
    got, warning = read(path)
    assert np.array_equal(got, np.tile(whole, 2))
    assert warning == ""


@pytest.mark.parametrize("name", [b"JUNK", b"PAD ", b"FLLR", b"_PMX", b"wamd"])
@pytest.mark.parametrize("size", [0, 2**32 - 1])
def test_what_fills_up_a_file_of_no_known_size_is_no_sound(
    tmp_path: Path, name: bytes, size: int
) -> None:
    path = write(tmp_path / "a.wav", noise(2, RATE), RATE, subtype="PCM_16")
    data, (whole, _) = path.read_bytes(), read(path)
    tail = name + struct.pack("<I", 60_000) + bytes(60_000)
    path.write_bytes(data[:40] + struct.pack("<I", size) + data[44:] + tail)
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning == ""


@pytest.mark.parametrize("is_named", [True, False])
def test_bw64_is_rf64_by_another_name(tmp_path: Path, is_named: bool) -> None:
    sound = noise(2, RATE)
    path = write(tmp_path / "a.wav", sound, RATE, subtype="PCM_24", format="RF64")
    whole, _ = read(path)
    bw64 = tmp_path / ("b.wav" if is_named else "b")
    bw64.write_bytes(b"BW64" + path.read_bytes()[4:])
    assert judge(bw64) is True
    got, warning = read(bw64)
    assert np.array_equal(got, whole)
    assert warning == ""


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("size", ["unknown", "half", "two files"])
def test_an_au_file_of_small_end_first_is_read_to_its_end(
    tmp_path: Path, subtype: str, size: str
) -> None:
    path = tmp_path / "a.au"
    sound = chirps(4, RATE) + 0.3 * noise(4, RATE)
    soundfile.write(path, sound, RATE, subtype, "LITTLE")
    data, (whole, _) = path.read_bytes(), read(path)
    claimed = 2**32 - 1 if size == "unknown" else (len(data) - 24) // 2
    head = data[:8] + struct.pack("<I", claimed) + data[12:24]
    path.write_bytes(2 * data if size == "two files" else head + data[24:])
    assert judge(path.rename(tmp_path / "a")) is True
    got, warning = read(tmp_path / "a")
    expected = np.tile(whole, 1 + (size == "two files"))
    assert np.array_equal(got, expected)
    assert ("its header names only 2.000 s" in warning) == (size == "half")


@needs("flac")
def test_a_flac_with_too_large_a_count_ends_where_another_begins(
    tmp_path: Path,
) -> None:
    source = write(tmp_path / "a.wav", noise(4, RATE), RATE)
    path = tmp_path / "a.flac"
    run("flac", "-s", "-f", source, "-o", path)
    data, (whole, _) = path.read_bytes(), read(path)
    total = int.from_bytes(data[18:26], "big") + 8 * RATE
    path.write_bytes(data[:18] + total.to_bytes(8, "big") + data[26:] + data)
    got, warning = read(path)
    assert np.array_equal(got, np.tile(whole, 2))
    assert warning == "truncated: 4.000 s of 12.000 s"


@needs("sox")
@pytest.mark.parametrize("suffix", ["sph", "8svx", "avr", "wve", "voc", "mat4"])
def test_an_old_format_that_is_cut_off_is_said_to_be(
    tmp_path: Path, suffix: str
) -> None:
    source = write(tmp_path / "a.wav", noise(3, 8000), 8000)
    path = tmp_path / f"a.{suffix}"
    run("sox", source, path)
    whole, warning = read(path)
    assert (len(whole), warning) == (24_000, "")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    got, warning = read(path)
    assert 0.4 < len(got) / len(whole) < 0.6
    assert warning == "truncated: shorter than its header says"


@needs("ffmpeg")
def test_mp3_in_a_wav_file_that_is_cut_off_is_said_to_be(tmp_path: Path) -> None:
    source = write(tmp_path / "s.wav", noise(4, RATE), RATE)
    path = encode(source, tmp_path / "a.wav", "-c:a", "libmp3lame")
    assert read(path)[1] == ""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert read(path)[1] == "truncated: shorter than its header says"


@pytest.mark.parametrize("notes", [0, 20_000])
def test_another_rate_behind_more_than_a_header_names_is_not_read_as_the_first(
    tmp_path: Path, notes: int
) -> None:
    one = write(tmp_path / "a.wav", noise(4, RATE), RATE, subtype="PCM_16")
    data, (whole, _) = one.read_bytes(), read(one)
    other = write(tmp_path / "b.wav", noise(3, 16_000), 16_000, subtype="PCM_16")
    behind = other.read_bytes()
    if notes:
        chunk = b"junk" + struct.pack("<I", notes) + bytes(notes)
        behind = behind[:12] + chunk + behind[12:]
    one.write_bytes(data[:40] + struct.pack("<I", 4 * RATE) + data[44:] + behind)
    got, warning = read(one)
    assert np.array_equal(got, whole)
    assert "(about 2.0 s) behind that end were read as well" in warning
    assert "of another recording behind, with 16000 Hz and 1 channel" in warning


@needs("ffmpeg")
def test_a_tag_behind_a_streamed_flac_is_no_damage(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", noise(4, RATE), RATE)
    data = run("ffmpeg", "-v", "error", "-i", source, "-f", "flac", "-")
    path = tmp_path / "a.flac"
    path.write_bytes(data)
    whole, _ = read(path)
    path.write_bytes(data + b"TAG" + bytes(125))
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning == ""


@needs("ffmpeg")
@pytest.mark.parametrize("counted", ["0", "1"])
@pytest.mark.parametrize("said", [9000, 30_000])
def test_a_tag_with_too_large_a_size_swallows_no_sound(
    tmp_path: Path, counted: str, said: int
) -> None:
    source = write(tmp_path / "a.wav", noise(4, RATE), RATE)
    options = ("-q:a", "4", "-id3v2_version", "0", "-write_xing", counted)
    path = encode(source, tmp_path / "a.mp3", *options)
    whole, _ = read(path)
    size = bytes([0, said >> 14, said >> 7 & 0x7F, said & 0x7F])
    path.write_bytes(b"ID3\x03\0\0" + size + bytes(2000) + path.read_bytes())
    got, warning = read(path)
    assert np.array_equal(got, whole)
    assert warning == ""
