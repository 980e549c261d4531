"""What the names of files say, as recorders write them, and what they do not."""

from datetime import datetime
from pathlib import Path

import pytest

from specimg.audio.metadata import read_metadata

TIMES = {
    # AudioMoth, the last of them triggered; Song Meter SM2 to SM5, Mini and Micro
    "20190522_170000.WAV": "2019-05-22T17:00:00",
    "24F319055FDF2F5B_20250503_031300.WAV": "2025-05-03T03:13:00",
    "20220719_000000T.WAV": "2022-07-19T00:00:00",
    "5E886A48.WAV": "2020-04-04T11:06:48+00:00",
    "60160435.WAV": "2021-01-31T01:13:25+00:00",
    "5b07c752.wav": "",
    "SMM03873_20220719_000000.wav": "2022-07-19T00:00:00",
    "S4A03895_20190522_170000": "2019-05-22T17:00:00",
    "SM304290_0+1_20211001_120004.wav": "2021-10-01T12:00:04",
    "SBT-6-76-18_0+1_0_20160621_080000.wav": "2016-06-21T08:00:00",
    "ARIZONA-1_20161023$195550.wac": "2016-10-23T19:55:50",
    # split by Kaleidoscope, SM4 with GPS, and the SMART system, to the microsecond
    "S4U09523_20210621_205706_000.wav": "2021-06-21T20:57:06",
    "FNQ-RBS_20190102_044802_010.wav": "2019-01-02T04:48:02.010",
    "MIC_20240102_030405_678901.wav": "2024-01-02T03:04:05.678901",
    # Frontier Labs, with and without a fault in the day; Swift; OwlSense; Titley
    "20190522T170000+1000.flac": "2019-05-22T17:00:00+10:00",
    "8537_20210614T152300-0300_x [+44.72053-062.80072].wav": (
        "2021-06-14T15:23:00-03:00"
    ),
    "201906 7T095935+1000_REC [19.2144 152.8811].flac": "2019-06-07T09:59:35+10:00",
    "20091219T070006.789123+1130_00600.wav": "2009-12-19T07:00:06.789123+11:30",
    "SwiftOne_20220719_000000_-0400.wav": "2022-07-19T00:00:00-04:00",
    "OWL_123456_2022-07-19_T00-00-00.WAV": "2022-07-19T00:00:00",
    "2022-08-30_12-08-00 (1).wav": "2022-08-30T12:08:00",
    "20190522_170000Z.wav": "2019-05-22T17:00:00+00:00",
    "a_20100503-080000Z.mp3": "2010-05-03T08:00:00+00:00",
    "prefix_20140101_235959+10.mp3": "2014-01-01T23:59:59+10:00",
    "call_D20110324T162756m123.wav": "2011-03-24T16:27:56",
    "20070415051314.wav.trimmed.wav": "2007-04-15T05:13:14",
    # behind something that begins like a date
    "SITE20180101_20190522_170000.wav": "2019-05-22T17:00:00",
    "20191322_170000_20190522_170000.wav": "2019-05-22T17:00:00",
    # a part's number, and an offset that is nowhere in use: the zone is not known
    "20190522_170000-01.wav": "2019-05-22T17:00:00",
    "20190522_170000-0007.wav": "2019-05-22T17:00:00",
    "20190522_170000+1500.wav": "2019-05-22T17:00:00",
    "20190522_170000Zoo.wav": "2019-05-22T17:00:00",
}


@pytest.mark.parametrize("name", TIMES)
def test_the_time_that_a_name_says(name: str) -> None:
    found = read_metadata(Path("folder_20010101_010101") / name, "names")
    time = found.recorded_at
    assert (str(time) if time else "") == TIMES[name].replace("T", " ").replace(
        ".010", ".010000"
    )
    assert found.metadata_from == (("name",) if time else ())


@pytest.mark.parametrize(
    "name",
    [
        "20190522.wav",  # no time of day
        "20190522_1700.wav",  # or a number
        "20191322_170000.wav",  # no such month
        "20190230_170000.wav",  # no such day
        "20190522_240000.wav",  # no such hour
        "20190522_176000.wav",
        "20190522_170060.wav",
        "12345678_123456.wav",  # the year 1234
        "19700101_000012.WAV",  # a clock that was never set
        "21000101_000000.wav",
        "20190522_1700001.wav",  # longer numbers
        "120190522_170000.wav",
        "200704150513141.wav",
        "10160435.wav",  # a BATLOGGER's device and number; as hexadecimal, 1978
        "60160435.wav",  # another's, which would be of 2021
        "20190522.WAV",  # as hexadecimal, 1987
        "00000000.WAV",
        "DEADBEEF.WAV",
        "5E886A485E886A48.WAV",
        "x5E886A48.WAV",
        "XC123456.mp3",
        "1-100032-A-0.wav",
        "86f5923d-ef1d-4159-b120-a8dec3f6334e.wav",
        "0001_2e1709263_Test0001.wav",
        "\u0662\u0660\u0661\u0669\u0660\u0665\u0662\u0662_170000.wav",
        "",
        ".wav",
    ],
)
def test_a_name_that_says_no_time(name: str) -> None:
    found = read_metadata(Path("folder") / name, "names")
    assert found.recorded_at is None
    assert not found.metadata_from


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("20180226_040000_Bar29 [27.2819 90.1361].wav", (27.2819, 90.1361)),
        ("20160823_063006_Dawn _-1.4763 178.8986_.wav", (-1.4763, 178.8986)),
        ("x_20210614T152300-0300 [+44.72053-062.80072].wav", (44.72053, -62.80072)),
        ("20220420T220000+1000_Rec_-27.61822+152.78111.flac", (-27.61822, 152.78111)),
        ("20220420T220000_[95.1234 10.1234].flac", (None, None)),
        ("gain_12.50.75.wav", (None, None)),
        ("v_1.25_2.25.wav", (None, None)),
        ("x_12.3456789.1234_.wav", (None, None)),
    ],
)
def test_the_place_in_a_name(
    name: str, place: tuple[float | None, float | None]
) -> None:
    found = read_metadata(Path(name), "names")
    assert (found.latitude, found.longitude) == place


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("S4A03895_20190522_170000.wav", "S4A03895"),
        ("2MM01234_20240601_140505.wav", "2MM01234"),
        ("WALDEN_20240601_140505.wav", ""),
        ("S4A038951_20190522_170000.wav", ""),
    ],
)
def test_the_serial_number_of_a_song_meter_in_a_name(name: str, device: str) -> None:
    assert read_metadata(Path(name), "names").device_id == device


def test_a_time_by_its_name_is_of_the_seconds_that_audiomoth_counts() -> None:
    time = datetime.fromisoformat("2018-05-25T08:20:34+00:00")
    name = f"{int(time.timestamp()):08X}.WAV"
    assert read_metadata(Path(name), "names").recorded_at == time
