"""When, where and with what a recording was made, by what recorders write."""

import re
import struct
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from shutil import which

import pytest
from recorders import at, chunk, comments, flac_with, guano, info, read, wamd, wav
from sounds import SHARED, needs_shared, tone, write

from specimg.audio.metadata import Metadata, clip_recorded_at, read_metadata

MOTH = "24F319055FDF2F5B"


# Each firmware's sentence, with one that has another zone, battery or microphone.
COMMENTS = {
    "1.0": (
        (
            "Recorded at 08:07:06 05/04/2018 by AudioMoth 0FE081F80FE081F0 at gain "
            "setting 2 while battery state was 3.9V"
        ),
        ("2018-04-05T08:07:06+00:00", "", None, 3.9, "2"),
    ),
    "1.0.1": (
        (
            "Recorded at 08:07:06 05/04/2018 (UTC) by AudioMoth 0FE081F80FE081F0 at "
            "gain setting 0 while battery state was < 3.6V"
        ),
        ("2018-04-05T08:07:06+00:00", "", None, None, "0"),
    ),
    "1.2.0": (
        (
            f"Recorded at 18:07:06 05/04/2019 (UTC-10) by AudioMoth {MOTH} at gain "
            "setting 4 while battery state was > 5.0V."
        ),
        ("2019-04-05T18:07:06-10:00", MOTH, None, None, "4"),
    ),
    "1.2.1": (
        (
            f"Recorded at 08:07:06 05/04/2019 (UTC+3) by AudioMoth {MOTH} at gain "
            "setting 2 while battery state was less than 3.6V. Recording cancelled "
            "before completion due to low battery voltage."
        ),
        ("2019-04-05T08:07:06+03:00", MOTH, None, None, "2"),
    ),
    "1.2.2": (
        (
            f"Recorded at 08:07:06 05/04/2019 (UTC+5:30) by AudioMoth {MOTH} at gain "
            "setting 2 while battery state was 4.1V."
        ),
        ("2019-04-05T08:07:06+05:30", MOTH, None, 4.1, "2"),
    ),
    "1.2.2, half an hour of either sign": (
        (
            f"Recorded at 08:07:06 05/04/2019 (UTC:30) by AudioMoth {MOTH} at gain "
            "setting 2 while battery state was 4.1V."
        ),
        ("2019-04-05T08:07:06", MOTH, None, 4.1, "2"),
    ),
    "1.4.0": (
        (
            f"Recorded at 19:22:55 14/12/2020 (UTC-0:30) by AudioMoth {MOTH} at "
            "medium-high gain setting while battery state was 3.9V and temperature was "
            "-2.3C. Amplitude threshold was 500. Band-pass filter applied with cut-off "
            "frequencies of 2.0kHz and 8.0kHz. Recording cancelled before completion "
            "due to change of switch position."
        ),
        ("2020-12-14T19:22:55-00:30", MOTH, -2.3, 3.9, "medium-high"),
    ),
    "1.5.0, in a deployment": (
        (
            "Recorded at 19:22:55 14/12/2021 (UTC+1) during deployment "
            "0123456789ABCDEF using external microphone at low gain setting while "
            "battery state was less than 2.5V and temperature was 12.3C."
        ),
        ("2021-12-14T19:22:55+01:00", MOTH, 12.3, None, "low"),
    ),
    "1.6.0": (
        (
            f"Recorded at 19:22:55 14/12/2022 (UTC+1) by AudioMoth {MOTH} at medium "
            "gain while battery was 4.2V and temperature was 12.3C. "
            "Amplitude threshold was -40 dB with 5s minimum trigger duration."
        ),
        ("2022-12-14T19:22:55+01:00", MOTH, 12.3, 4.2, "medium"),
    ),
    "1.8.0": (
        (
            f"Recorded at 00:00:00 01/01/2024 (UTC) by AudioMoth {MOTH} using external "
            "microphone at high gain while battery was greater than 4.9V and "
            "temperature was 0.0C. Frequency trigger (38.4kHz and window length of 32 "
            "samples) threshold was 0.5% with 1s minimum trigger duration. Recording "
            "stopped by magnetic switch."
        ),
        ("2024-01-01T00:00:00+00:00", MOTH, 0.0, None, "high"),
    ),
}


@pytest.mark.parametrize("version", COMMENTS)
def test_the_comment_of_each_firmware_of_audiomoth_is_understood(
    version: str, tmp_path: Path
) -> None:
    comment, expected = COMMENTS[version]
    artist = f"AudioMoth {MOTH}" if version >= "1.2.1" else ""
    found = read(tmp_path, wav(info(comment, artist)))
    time, device, temperature, battery, gain = expected
    assert found == Metadata(
        recorded_at=at(time),
        recorder="Open Acoustic Devices AudioMoth",
        device_id=device,
        temperature_c=temperature,
        battery_v=battery,
        gain=gain,
        metadata_from=("audiomoth",),
    )
    assert found.recorded_at is not None
    assert str(found.recorded_at) == str(at(time))  # the offset, not the instant alone


MOTH_GUANO = (
    f"GUANO|Version:1.0\nMake:Open Acoustic Devices\nModel:AudioMoth\nSerial:{MOTH}\n"
    "Firmware Version:AudioMoth-Firmware-Basic (1.11.0)\n"
    "Timestamp:2025-05-03T03:13:00+02:00\nLoc Position:-52.146196 4.474776\n"
    "OAD|Loc Source:GPS\nOriginal Filename:20250503_031300.WAV\n"
    "OAD|Recording Settings:48000 GAIN 2\nOAD|Battery Voltage:3.8\n"
    "Temperature Int:-3.1"
)


def test_guano_behind_the_samples_comes_before_comment_and_name(
    tmp_path: Path,
) -> None:
    comment = (
        f"Recorded at 03:13:00 03/05/2025 (UTC+2) by AudioMoth {MOTH} at medium gain "
        "while battery was 3.8V and temperature was -3.1C."
    )
    file = wav(info(comment, f"AudioMoth {MOTH}"), b"", guano(MOTH_GUANO))
    assert read(tmp_path, file, "20250503_031300.WAV") == Metadata(
        recorded_at=at("2025-05-03T03:13:00+02:00"),
        latitude=-52.146196,
        longitude=4.474776,
        recorder="Open Acoustic Devices AudioMoth",
        device_id=MOTH,
        temperature_c=-3.1,
        battery_v=3.8,
        gain="medium",
        metadata_from=("guano", "audiomoth", "name"),
    )


def test_the_guano_of_a_song_meter_has_its_gain_in_json(tmp_path: Path) -> None:
    text = (
        "GUANO|Version:1.0\nFirmware Version:4.6\nMake:Wildlife Acoustics, Inc.\n"
        "Model:Song Meter Mini Bat\nSerial:SMU06612\nWA|Song Meter|Prefix:1\n"
        "WA|Song Meter|Audio settings:[{“rate”:256000,“gain”:12,"
        "“trig window”:3.0}]\nLength:4.208\nOriginal Filename:1_20250302_205016.wav\n"
        "Timestamp:2025-03-02 20:50:16+13:00\nLoc Position:-37.00403 174.57577\n"
        "Temperature Int:20.75\nSamplerate:256000\n\0"
    )
    assert read(tmp_path, wav(guano(text), rate=256_000)) == Metadata(
        recorded_at=at("2025-03-02T20:50:16+13:00"),
        latitude=-37.00403,
        longitude=174.57577,
        recorder="Wildlife Acoustics, Inc. Song Meter Mini Bat",
        device_id="SMU06612",
        temperature_c=20.75,
        gain="12 dB",
        metadata_from=("guano",),
    )


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("-3.5", -3.5),
        ("-3,5", -3.5),
        ("+0", 0),
        ("21.5C", 21.5),
        ("21 °C", 21),
        ("70.7F", None),
        ("1,2,3", None),
        ("nan", None),
        ("850", None),
    ],
)
def test_temperatures(text: str, celsius: float | None, tmp_path: Path) -> None:
    found = read(tmp_path, wav(guano(f"Temperature Int: {text}\n")))
    assert found.temperature_c == celsius


def test_texts_of_an_odd_length_are_followed_by_a_zero(tmp_path: Path) -> None:
    comment, _ = COMMENTS["1.5.0, in a deployment"]
    texts = chunk(b"ICMT", comment.encode() + b" " * (1 - len(comment) % 2))
    texts += chunk(b"IART", f"AudioMoth {MOTH}".encode())
    assert read(tmp_path, wav(chunk(b"LIST", b"INFO" + texts))).device_id == MOTH


def test_the_guano_of_a_batlogger(tmp_path: Path) -> None:
    text = (
        "GUANO|Version: 1.0\nMake: BATLOGGER\nModel: M2\nFirmware Version: 1.0.0\n"
        "Serial: 1001\nOriginal Filename: 10010003.wav\n"
        "Timestamp: 2019-01-21T22:14:29\nLength: 7.02\nSamplerate: 384000\n"
        "Temperature Int: 31\nTemperature Ext: 23\nLoc Position: 47.046829 8.301089\n"
        "BATLOGGER|BattVoltage: 4.0 V\nBATLOGGER|Trigger|Frequency: 52\n"
    )
    found = read(tmp_path, wav(guano(text), rate=384_000), "10010003.wav")
    assert found == Metadata(
        recorded_at=at("2019-01-21T22:14:29"),
        latitude=47.046829,
        longitude=8.301089,
        recorder="BATLOGGER M2",
        device_id="1001",
        temperature_c=23,
        battery_v=4,
        metadata_from=("guano",),
    )


def test_a_song_meter_s_own_chunk_is_read_past_a_voice_note(tmp_path: Path) -> None:
    data = wamd(
        model="SM4BAT-FS\0",
        serial="S4U09523",
        start="2021-06-21 20:57:06.250-03:00",
        place="WGS84,45.78350,N,64.23352,W,36",
        voice=bytes(200_000),
        expansion=struct.pack("<H", 1),
        inside="24.25C",
        outside="19.5C",
        padding=b"\0",
    )
    found = read(tmp_path, wav(b"", data), "S4U09523_20210621_205706.wav")
    assert found == Metadata(
        recorded_at=at("2021-06-21T20:57:06.250-03:00"),
        latitude=45.7835,
        longitude=-64.23352,
        recorder="Wildlife Acoustics SM4BAT-FS",
        device_id="S4U09523",
        temperature_c=19.5,
        time_expansion=1,
        metadata_from=("wamd", "name"),
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (",45.7835,S,64.23352,E", (-45.7835, 64.23352)),
        ("WGS84, -45.78, 64.2, 12.0", (-45.78, 64.2)),
        ("WGS84,0,N,0,W", (None, None)),
        ("WGS84,91.0,N,0,W", (None, None)),
    ],
)
def test_places_in_the_chunk_of_wildlife_acoustics(
    text: str, place: tuple[float | None, float | None], tmp_path: Path
) -> None:
    found = read(tmp_path, wav(wamd(last_place=text)))
    assert (found.latitude, found.longitude) == place


@pytest.mark.parametrize(
    ("before", "expansion"), [("TE:10\n", 10), ("TE: 1\n", 1), ("", None)]
)
def test_time_expansion(before: str, expansion: int | None, tmp_path: Path) -> None:
    text = f"{before}Samplerate:{38_400 * (expansion or 1)}\n"
    found = read(tmp_path, wav(guano(text), rate=38_400))
    assert found.time_expansion == expansion
    assert found.metadata_from == (("guano",) if expansion else ())
    assert not found.warnings


def test_a_time_expansion_that_is_missing_shows_by_the_rate(tmp_path: Path) -> None:
    found = read(tmp_path, wav(guano("Samplerate: 384000\n"), rate=38_400))
    assert found.warnings == (
        (
            "GUANO says that it was recorded at 384,000 Hz, but the file without a "
            "time expansion has 38,400 Hz"
        ),
    )


def test_json_as_opensoundscape_writes_it(tmp_path: Path) -> None:
    text = (
        'opso_metadata{"artist": "AudioMoth 24F319055FDF2F5B", "samplerate": 48000, '
        '"recording_start_time": "2020-12-14T19:22:55.500000-05:00", '
        '"gain_setting": 2, "battery_state": 4.7, "temperature_C": 11.2, '
        '"device_id": "AudioMoth 24F319055FDF2F5B", '
        '"opso_metadata_version": "v0.1", "opensoundscape_version": "0.10.1"}'
    )
    assert read(tmp_path, wav(info(text))) == Metadata(
        recorded_at=at("2020-12-14T19:22:55.5-05:00"),
        recorder="Open Acoustic Devices AudioMoth",
        device_id=MOTH,
        temperature_c=11.2,
        battery_v=4.7,
        gain="2",
        metadata_from=("json",),
    )


def test_tags_as_frontier_labs_write_them(tmp_path: Path) -> None:
    block = comments(
        "SensorFirmwareVersion=V3.30",
        "RecordingStart=2022-03-31T09:49:02-0300",
        "BatteryLevel=65% 3.79V",
        "SensorLocation=+43.70444-065.95084",
        "SensorUid=00008570",
        "ChannelGain1=50dB",
        "MicrophoneType2=unknown",
        "ChannelGain2=unknown",
    )
    file = flac_with(tmp_path, (4, block))
    # The name has the time that was planned, two seconds before.
    name = "00008570_Dartmouth_20220331T094900-0300_Rec.flac"
    assert read(tmp_path, file, name) == Metadata(
        recorded_at=at("2022-03-31T09:49:02-03:00"),
        latitude=43.70444,
        longitude=-65.95084,
        recorder="Frontier Labs",
        device_id="00008570",
        battery_v=3.79,
        gain="50dB",
        metadata_from=("tags", "name"),
    )


@pytest.mark.skipif(not which("flac"), reason="flac is not installed")
def test_chunks_that_flac_keeps_are_read(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    path.write_bytes(wav(info("none"), b"", guano(MOTH_GUANO), wamd(outside="1.5C")))
    command = ["flac", "--silent", "--keep-foreign-metadata", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    found = read_metadata(path.with_suffix(".flac"))
    assert found == read_metadata(path)
    assert found.metadata_from == ("guano", "wamd")


@pytest.mark.skipif(not which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("suffix", ["flac", "ogg", "opus", "aiff"])
def test_a_comment_is_found_in_whatever_it_was_converted_to(
    suffix: str, tmp_path: Path
) -> None:
    comment, _ = COMMENTS["1.6.0"]
    path = tmp_path / "one.wav"
    path.write_bytes(wav(info(comment), rate=48_000, data=bytes(9600)))
    target = path.with_suffix(f".{suffix}")
    command = ["ffmpeg", "-v", "error", "-i", str(path), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    found = read_metadata(target)
    assert found == read_metadata(path)
    assert found.metadata_from == ("audiomoth",)


@pytest.mark.parametrize("kind", ["RF64", "AIFF", "W64"])
def test_guano_in_the_kin_of_wav(kind: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    write(plain, tone(440, 0.1), format=kind)
    body = b"Timestamp:2020-05-06T07:08:09Z\n "
    if kind == "W64":
        guid = bytes.fromhex("f3acd3118cd100c04f8edb8a")
        added = b"guan" + guid + struct.pack("<Q", 24 + len(body)) + body
    else:
        order = ">" if kind == "AIFF" else "<"
        added = b"guan" + struct.pack(f"{order}I", len(body)) + body
    found = read(tmp_path, plain.read_bytes() + added)
    assert found.recorded_at == at("2020-05-06T07:08:09Z")


def test_chunks_behind_samples_whose_length_was_never_written(tmp_path: Path) -> None:
    """So a recorder leaves a file that it lost power in, or a pipe."""
    file = bytearray(wav(b"", guano(MOTH_GUANO)))
    file[40:44] = bytes(4)
    assert read(tmp_path, bytes(file)).metadata_from == ("guano",)


def test_a_time_takes_the_offset_that_another_source_has_beside_the_same(
    tmp_path: Path,
) -> None:
    file = wav(guano("Timestamp:2020-05-06T07:08:09\n"))
    found = read(tmp_path, file, "20200506T070809+1000.wav")
    assert str(found.recorded_at) == "2020-05-06 07:08:09+10:00"
    assert not found.warnings
    found = read(tmp_path, file, "20200506T060809+1000.wav")
    assert str(found.recorded_at) == "2020-05-06 07:08:09"


CONTRADICTIONS = {
    "20200506_070609.wav": "2020-05-06T07:06:09",
    "20200506_080809.wav": "2020-05-06T08:08:09",
    "20190506T070809+1000.wav": "2019-05-06T07:08:09+10:00",
    "20200506T073009+1000.wav": "2020-05-06T07:30:09+10:00",
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_times_that_contradict_each_other_are_told(name: str, tmp_path: Path) -> None:
    found = read(tmp_path, wav(guano("Timestamp:2020-05-06T07:08:09\n")), name)
    assert found.recorded_at == at("2020-05-06T07:08:09")
    assert found.warnings == (
        (
            "the time of recording is 2020-05-06T07:08:09 by guano, "
            f"but {CONTRADICTIONS[name]} by name"
        ),
    )


@pytest.mark.parametrize("name", ["20200506_070859.wav", "5EB2628A.WAV"])
def test_times_that_a_minute_or_a_zone_explains_do_not_contradict(
    name: str, tmp_path: Path
) -> None:
    assert not read(
        tmp_path, wav(guano("Timestamp:2020-05-06T07:08:09\n")), name
    ).warnings


def test_places_devices_and_expansions_that_contradict_each_other_are_told(
    tmp_path: Path,
) -> None:
    text = "Loc Position:52.1 4.4\nSerial:S4A00001\nTE:10\n"
    other = wamd(
        place="WGS84,51.1,N,4.4,E", serial="S4A00002", expansion=struct.pack("<H", 8)
    )
    found = read(tmp_path, wav(guano(text), other))
    assert (found.latitude, found.device_id, found.time_expansion) == (
        52.1,
        "S4A00001",
        10,
    )
    assert found.warnings == (
        "the place is 52.1, 4.4 by guano, but 51.1, 4.4 by wamd",
        "the device is S4A00001 by guano, but S4A00002 by wamd",
        "the time expansion is 10 by guano, but 8 by wamd",
    )


def test_of_names_alone_no_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "S4A03895_20190522_170000.wav"
    named = Metadata(
        recorded_at=at("2019-05-22T17:00:00"),
        device_id="S4A03895",
        metadata_from=("name",),
    )
    assert read_metadata(path, "names") == named
    assert read_metadata(path, "none") == Metadata()
    path.write_bytes(wav(guano(MOTH_GUANO)))
    assert read_metadata(path, "names") == named
    assert read_metadata(path, "none") == Metadata()


EAST = timezone(timedelta(hours=10))


@pytest.mark.parametrize(
    ("time", "start", "expansion", "expected"),
    [
        (None, 5.0, None, ""),
        (datetime(2019, 5, 22, 17), 0.0, None, "2019-05-22T17:00:00"),  # noqa: DTZ001
        (
            datetime(2019, 12, 31, 23, 59, 58, tzinfo=EAST),
            2.5,
            None,
            "2020-01-01T00:00:00.500+10:00",
        ),
        (datetime(2019, 5, 22, tzinfo=UTC), 15.0, 10, "2019-05-22T00:00:01.500+00:00"),
        (
            datetime(2019, 5, 22, 0, 0, 0, 999_600, tzinfo=UTC),
            1.0,
            1,
            "2019-05-22T00:00:02+00:00",
        ),
    ],
)
def test_a_clip_s_time_counts_the_seconds_of_nature(
    time: datetime | None, start: float, expansion: int | None, expected: str
) -> None:
    assert clip_recorded_at(time, start, expansion or 1) == expected


@needs_shared
def test_what_real_recorders_wrote() -> None:
    found = read_metadata(SHARED / "field/242A2604603691DD_20250503_031400.WAV")
    assert found == Metadata(
        recorded_at=at("2025-05-03T03:14:00Z"),
        latitude=52.146196,
        longitude=4.474776,
        recorder="Open Acoustic Devices AudioMoth",
        device_id="242A2604603691DD",
        temperature_c=13.4,
        battery_v=3.8,
        gain="medium",
        metadata_from=("guano", "audiomoth", "name"),
    )
    named = [path for path in SHARED.rglob("*") if re.search("S4A|242A", path.name)]
    others = [path for path in SHARED.rglob("*.*") if path not in named]
    assert len([read_metadata(path).recorded_at for path in named]) == 26
    assert all(read_metadata(path) == Metadata() for path in others)
