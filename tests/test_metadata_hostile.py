"""Metadata that are damaged or made to do harm: they cost nothing but themselves."""

import os
import struct
import tracemalloc
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from recorders import at, chunk, comments, flac_with, guano, info, read, wamd, wav

from specimg.audio.metadata import (
    SOURCES,
    Metadata,
    clip_recorded_at,
    read_metadata,
)
from specimg.audio.metadata.contents import Contents
from specimg.audio.metadata.merging import merge

NAME = "20190522_170000.wav"
NAMED = Metadata(recorded_at=at("2019-05-22T17:00:00"), metadata_from=("name",))


def claiming(data: bytes, length: int) -> bytes:
    """A chunk that claims a length of its own."""
    return data[:4] + struct.pack("<I", length) + data[8:]


SILENT = {
    "a length beyond the file": wav(b"", claiming(guano("x:y"), 2**31)),
    "a length of all bits": wav(claiming(guano("x"), 2**32 - 1)),
    "an item beyond its chunk": wav(
        chunk(b"wamd", struct.pack("<HIHHI", 0, 2, 1, 5, 2**32 - 1) + b"2020-01-01")
    ),
    "items of no length": wav(chunk(b"wamd", struct.pack("<HI", 5, 0) * 50_000)),
    "an item cut off": wav(chunk(b"wamd", b"\5\0\1")),
    "no sense in wamd": wav(chunk(b"wamd", bytes(range(256)) * 100)),
    "an empty list": wav(chunk(b"LIST", b"INFO")),
    "a comment beyond its list": wav(
        chunk(b"LIST", b"INFOICMT" + struct.pack("<I", 2**32 - 1) + b"Recorded at")
    ),
    "half a sentence": wav(info("Recorded at 08:07:06 05/04/2018 (UTC")),
    "JSON of another kind": wav(info('{"a": [1, {"b": null}], "gain": true}')),
    "numbers of no sense": wav(
        guano("Temperature Int:nan\nTemperature Ext:1e999\nBattery Voltage:-3\n")
    ),
    "an unset receiver": wav(guano("Loc Position:0.0 0.0\n")),
    "nothing but padding": wav(guano(" \0\n" * 100)),
}


@pytest.mark.parametrize("case", SILENT)
def test_metadata_without_sense_are_as_none(case: str, tmp_path: Path) -> None:
    assert read(tmp_path, SILENT[case], NAME) == NAMED


def test_an_impossible_time_leaves_the_rest_of_a_comment(tmp_path: Path) -> None:
    comment = "Recorded at 25:07:06 05/14/2018 (UTC) by AudioMoth at gain setting 9 "
    found = read(tmp_path, wav(info(comment)), NAME)
    assert found.recorded_at == NAMED.recorded_at
    assert (found.recorder, found.gain) == ("Open Acoustic Devices AudioMoth", "9")


WARNED = {
    "no colon": (guano("just some words\n"), "its GUANO has no line of the form"),
    "bytes that are no text": (chunk(b"guan", b"\xff\xfe\x80" * 9), "has no line"),
    "a time of another form": (
        guano("Timestamp:22/05/2019 5pm\nX:y\n"),
        "GUANO has '22/05/2019 5pm' as Timestamp, which is no date and time",
    ),
    "a day that is none": (guano("Timestamp:2019-02-30T01:02:03Z\n"), "2019-02-30"),
    "a place off the earth": (guano("Loc Position:95 10\n"), "Loc Position, which is"),
    "a place of words": (guano("Loc Position:my garden\n"), "'my garden' as Loc"),
    "an expansion of zero": (guano("TE:0\n"), "'0' as TE"),
    "an expansion that is endless": (guano("TE:1" + 60 * "0"), "as TE, which is no"),
    "control characters": (
        guano("Timestamp:\x1b[31mred\x07\u202e\n"),
        "GUANO has '[31mred' as Timestamp",
    ),
    "a start in wamd": (wamd(start="yesterday"), "wamd has 'yesterday' as start"),
    "JSON cut off": (info('opso_metadata{"a": 1'), "its comment begins like JSON"),
    "JSON as deep as a well": (info('{"a":' * 60), "begins like JSON"),
}


@pytest.mark.parametrize("case", WARNED)
def test_metadata_that_cannot_be_read_are_told_of(case: str, tmp_path: Path) -> None:
    data, warning = WARNED[case]
    found = read(tmp_path, wav(data), NAME)
    assert len(found.warnings) == 1
    assert warning in found.warnings[0]
    assert found.warnings[0].isprintable()
    assert found.recorded_at == NAMED.recorded_at


def test_the_first_of_several_chunks_is_read(tmp_path: Path) -> None:
    first, second = guano("Serial:one\n"), guano("Serial:two\n")
    found = read(tmp_path, wav(first, second, second))
    assert found.device_id == "one"
    assert found.warnings == ("it has several chunks of GUANO, and the first is read",)


def test_lines_without_sense_do_not_hide_the_others(tmp_path: Path) -> None:
    text = b"no colon\n:no key\nno value:\n\xff|\xfe:\xfd\nSerial: 7\r\n\0"
    found = read(tmp_path, wav(chunk(b"guan", text)))
    assert found.device_id == "7"
    assert not found.warnings


def test_texts_are_short_and_can_be_printed(tmp_path: Path) -> None:
    nasty = "Serial:=A1\x1b]0;x\x07" + "\u202e\t" + "y" * 10_000 + "\n"
    device = read(tmp_path, wav(guano(nasty))).device_id
    assert device.startswith("=A1 ]0;x y")
    assert device.isprintable()
    assert len(device) == 100
    surrogate = info('{"device_id": "a\\ud800b"}')
    assert read(tmp_path, wav(surrogate)).device_id == "a b"


MEGABYTES = {
    "lines of GUANO": guano("a:b\n" * 1_000_000),
    "empty lines": guano("\n" * 4_000_000),
    "one line": guano("Serial:" + "x" * 4_000_000),
    "keys of pipes": guano("|" * 4_000_000 + ":x"),
    "Song Meter settings": guano(
        "WA|Song Meter|Audio settings:" + '"gain":1,' * 500_000
    ),
    "a voice note": chunk(b"wamd", struct.pack("<HI", 5, 10**7) + bytes(10**7)),
    "chunks of items": chunk(b"wamd", struct.pack("<HIH", 5, 2, 0) * 1000) * 900,
    "items": chunk(b"wamd", struct.pack("<HI", 5, 2) * 500_000),
    "JSON": chunk(b"LIST", b"INFO" + chunk(b"ICMT", b'{"a":' * 500_000)),
    "lists of another kind": chunk(b"LIST", b"adtl" + bytes(4000)) * 900,
    "lists": chunk(b"LIST", b"INFO") * 300_000,
    "chunks": chunk(b"junk", b"") * 500_000,
    "a comment": chunk(
        b"LIST",
        b"INFO" + chunk(b"ICMT", b"Recorded at 08:07:06 05/04/2018 (UTC) by " * 10**5),
    ),
}


@pytest.mark.parametrize("case", MEGABYTES)
def test_megabytes_cost_neither_time_nor_memory(case: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(wav(b"", MEGABYTES[case]))
    tracemalloc.start()
    begin = process_time()
    found = read_metadata(path)
    spent, (_, peak) = process_time() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.recorded_at == NAMED.recorded_at
    assert spent < 0.5
    assert peak < 2**23


def test_comments_of_flac_that_lie(tmp_path: Path) -> None:
    whole = comments("SensorUid=1", "SensorFirmwareVersion=2")
    lies = {
        "numbers": struct.pack("<II", 2**32 - 1, 2**32 - 1),
        "count": whole[:17] + struct.pack("<I", 2**32 - 1) + whole[21:],
        "length": whole[:21] + struct.pack("<I", 2**32 - 1) + whole[25:],
        "cut": whole[:30],
        "empty": b"",
    }
    for name, data in lies.items():
        found = read(tmp_path, flac_with(tmp_path, (4, data)), "x.flac")
        assert found.device_id in ("", "1"), name
        assert not found.warnings, name
    file = bytearray(flac_with(tmp_path, (2, b"riffguan" + struct.pack("<I", 2**31))))
    file[43:46] = b"\xff\xff\xff"  # the block's length
    assert read(tmp_path, bytes(file), "x.flac") == Metadata()


def test_what_is_no_recording_has_a_name_at_least(tmp_path: Path) -> None:
    assert read(tmp_path, b"", NAME) == NAMED
    assert read(tmp_path, b"RIFF", NAME) == NAMED
    assert read_metadata(tmp_path / "missing" / NAME) == NAMED
    (tmp_path / "folder").mkdir()
    assert read_metadata(tmp_path / "folder") == Metadata()
    os.mkfifo(tmp_path / "pipe")
    assert read_metadata(tmp_path / "pipe") == Metadata()


WHOLE = wav(
    info("Recorded at 08:07:06 05/04/2018 (UTC) by AudioMoth 24F319055FDF2F5B at x"),
    wamd(start="2020-01-01 00:00:00", place="WGS84,1.5,N,2.5,E", model="SM4"),
    b"",
    guano("Timestamp:2020-01-01T00:00:00\nLoc Position:1.5 2.5\nTE:10\n"),
)


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_file_with_any_bytes_changed_is_read(
    tmp_path: Path, data: st.DataObject
) -> None:
    file = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(file) - 1))
        file[place] = data.draw(st.sampled_from([0, 0xFF, 0x7F, 0x0A, 0x3A, 0x30]))
    found = read(tmp_path, bytes(file))
    assert all(warning.isprintable() for warning in found.warnings)
    clip_recorded_at(found.recorded_at, 1e6, found.time_expansion or 1)


@given(st.text(), st.binary())
@example("GUANO|Version: 1.0\nTimestamp: 9999-12-31T23:59:59+14:00", b"")
@settings(max_examples=100, deadline=None)
def test_any_text_is_read(text: str, junk: bytes) -> None:
    contents = Contents(
        name=text,
        guano=f"Timestamp:{text}\nTE:{text}\n{text}",
        wamd=dict.fromkeys(range(30), junk),
        tags={"comment": "{" + text, "artist": text, "batterylevel": text},
    )
    merge({name: source.read(contents) for name, source in SOURCES.items()})
