import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import chirps, noise, write

import specimg
from specimg import Settings
from specimg.audio import AudioReader, judge, resample
from specimg.audio.decoder import Decoder
from specimg.errors import AudioReadError, DecodeError
from specimg.spans.around import Around
from specimg.spans.reader import read_clips
from specimg.spans.settings import ClipSettings

FORMATS = [
    ("u8.wav", "WAV", "PCM_U8"),
    ("s16.wav", "WAV", "PCM_16"),
    ("s24.wav", "WAV", "PCM_24"),
    ("s32.wav", "WAV", "PCM_32"),
    ("float.wav", "WAV", "FLOAT"),
    ("double.wav", "WAV", "DOUBLE"),
    ("extensible.wav", "WAVEX", "PCM_16"),
    ("rf64.wav", "RF64", "PCM_16"),
    ("wave64.w64", "W64", "PCM_16"),
    ("flac.flac", "FLAC", "PCM_16"),
    ("vorbis.ogg", "OGG", "VORBIS"),
    ("opus.opus", "OGG", "OPUS"),
    ("mpeg.mp3", "MP3", "MPEG_LAYER_III"),
    ("aiff.aiff", "AIFF", "PCM_16"),
    ("caf.caf", "CAF", "PCM_24"),
    ("au.au", "AU", "PCM_16"),
]


def decode_whole(path: Path) -> np.ndarray:
    """Decode a file in one call, without any seek."""

    class Forward(soundfile.SoundFile):
        def seekable(self) -> bool:
            return False

    with Forward(str(path)) as file:
        out = np.empty((file.samplerate * 60, file.channels), np.float32)
        return file.read(out=out).copy()


@pytest.mark.parametrize(("name", "container", "subtype"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_clip_cut_from_a_long_file_equals_the_clip_cut_beforehand(
    tmp_path: Path, name: str, container: str, subtype: str, channels: int
) -> None:
    rate = 48_000 if subtype == "OPUS" else 44_100
    sound = np.stack([chirps(10, rate, seed) for seed in range(channels)], axis=1)
    # By content: the name says nothing.
    path = write(
        tmp_path / "recording.bin", sound, rate, format=container, subtype=subtype
    )
    settings = Settings.from_options({"r": "db", "g": "pcen", "b": "exp"})
    settings_short = Settings.from_options({"clip_duration": 0.7, "clip_overlap": 0.3})
    whole = decode_whole(path)
    for chosen in (settings, settings_short):
        with AudioReader(path) as reader:
            assert (reader.sample_rate, reader.channels) == (rate, channels)
            clips = read_clips(reader, chosen.spans)
            count = 0
            for clip in clips:
                part = whole[slice(*clip.span.samples(rate))]
                assert np.array_equal(clip.samples, part.sum(axis=1) / channels)
                expected = specimg.render(part, rate, chosen)
                got = specimg.render(clip.samples, rate, chosen)
                assert np.array_equal(got, expected)
                count += 1
            assert count >= 4
            assert reader.warning == ""


@pytest.mark.parametrize(("name", "container", "subtype"), FORMATS)
def test_far_clips_are_the_same_and_what_lies_between_is_decoded_only_where_it_must(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    container: str,
    subtype: str,
) -> None:
    rate = 48_000 if subtype == "OPUS" else 44_100
    path = write(
        tmp_path / name, chirps(6, rate), rate, format=container, subtype=subtype
    )
    whole = decode_whole(path)[:, 0]
    decoded = 0
    decode = Decoder.read

    def count(decoder: Decoder, n_frames: int) -> np.ndarray:
        nonlocal decoded
        block = decode(decoder, n_frames)
        decoded += len(block)
        return block

    monkeypatch.setattr(Decoder, "read", count)
    source = Around(ClipSettings(duration=0.5), 0.02, (2.123, 2.5, 4.001, 5.6))
    with AudioReader(path) as reader:
        clips = [(c.span, c.samples.copy()) for c in read_clips(reader, source)]
        assert reader.warning == ""
    assert [span.end for span, _ in clips] == [2.623, 3.0, 4.501, 6.0]
    for span, samples in clips:
        assert np.array_equal(samples, whole[slice(*span.samples(rate))])
    needed = round((0.877 + 0.5 + 0.4) * rate)
    must = subtype in ("VORBIS", "OPUS", "MPEG_LAYER_III") or container == "AU"
    assert decoded == pytest.approx(whole.size if must else needed, abs=3)


@pytest.mark.parametrize("channels", [1, 3, 1024])
@pytest.mark.parametrize("rate", [100, 8000, 4_000_000])
def test_any_number_of_channels_at_any_rate(
    tmp_path: Path, channels: int, rate: int
) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (300, channels))
    path = write(tmp_path / "a.wav", sound.astype(np.float32), rate, subtype="FLOAT")
    out = np.empty((2, 300), np.float32)
    with AudioReader(path) as reader:
        assert reader.read(out[:, :170]) == 170
        assert reader.read(out[:, 170:]) == 130
        assert reader.read(np.empty((2, 9), np.float32)) == 0
    assert out[0] == pytest.approx(sound.mean(axis=1), abs=1e-6)
    assert out[1] == pytest.approx(np.abs(sound).max(axis=1), abs=1e-7)
    last = channels - 1
    with AudioReader(path, channel=last) as reader:
        reader.read(out)
    assert out[0] == pytest.approx(sound[:, last], abs=1e-7)
    assert out[1] == pytest.approx(np.abs(sound[:, last]), abs=1e-7)


def test_a_channel_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "mono.wav", noise())
    with pytest.raises(AudioReadError, match=r"no channel 1 .*: the recording has 1"):
        AudioReader(path, channel=1)


@pytest.mark.parametrize("rate", [1, 50, 5_000_000])
def test_a_rate_that_no_recorder_has_is_refused(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "a.wav", noise(0.1), rate)
    with pytest.raises(
        AudioReadError, match=f"sample rate {rate} Hz: need 100 to 4,000,000 Hz"
    ):
        AudioReader(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty: 0 bytes"),
        (
            b"this is a text",
            "not audio of a known format: it begins with 'this is a te'",
        ),
        (b"RIFF\x24\x00\x00\x00WAVE", "damaged header: .* No 'data' chunk"),
        (
            b"\0\0\0\x20ftypM4A \0\0\0\0",
            r"MP4 file \(m4a\) without its table .*: cut off",
        ),
        (
            b"\xff\xf1\x50\x80\x02\x1f\xfc" * 9,
            "^AAC cannot be decoded; pip install .* or convert it first",
        ),
        (
            bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(50),
            r"^an ASF file \(wma\) without a list of its streams: cut off or damaged",
        ),
        (b"ID3\x04\0\0\0\0\0\0", "no complete MP3 frame was found"),
        (b"OggS\0\2" + bytes(22) + b"Speex   ", "Ogg Speex cannot be decoded"),
    ],
)
def test_what_is_not_audio_is_told_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    monkeypatch.setattr("specimg.audio.ffmpeg.is_installed", lambda: False)
    path = tmp_path / "recording.wav"
    path.write_bytes(content)
    with pytest.raises(AudioReadError, match=message):
        AudioReader(path)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.wav"
    os.mkfifo(fifo)
    with pytest.raises(AudioReadError, match="not a regular file"):
        AudioReader(fifo)
    with pytest.raises(AudioReadError, match="not a regular file"):
        AudioReader(tmp_path)
    with pytest.raises(AudioReadError, match="no such file"):
        AudioReader(tmp_path / "none.wav")
    link = tmp_path / "link.wav"
    link.symlink_to(tmp_path / "none.wav")
    with pytest.raises(AudioReadError, match="the link leads nowhere"):
        AudioReader(link)


def read_all(path: Path) -> tuple[int, str]:
    out = np.empty((2, 2**20), np.float32)
    with AudioReader(path) as reader:
        return reader.read(out), reader.warning


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [f for f in FORMATS if f[1] not in ("FLAC", "CAF") and f[2] != "OPUS"],
)
def test_a_truncated_recording_says_so(
    tmp_path: Path, name: str, container: str, subtype: str
) -> None:
    whole = write(tmp_path / name, chirps(8), format=container, subtype=subtype)
    cut_off = tmp_path / f"cut-{name}"
    data = whole.read_bytes()
    cut_off.write_bytes(data[: len(data) * 7 // 10])
    assert read_all(whole) == (8 * 22_050, "")
    length, warning = read_all(cut_off)
    assert 0 < length < 0.9 * 8 * 22_050
    assert warning.startswith("truncated: ")


def test_a_truncated_flac_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", chirps(8))
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(DecodeError, match="damaged between 0.0 s and .*lost sync"):
        read_all(path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_that_was_streamed_is_not_truncated(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "a.wav", noise())
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    assert read_all(path) == (66_150, "")


def test_a_header_that_promises_everything_costs_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", noise())
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # the count of samples in STREAMINFO: 36 bits
    data[22:26] = b"\xff" * 4
    path.write_bytes(data)
    with AudioReader(path) as reader:
        out = np.empty((2, 22_050), np.float32)
        assert [reader.read(out) for _ in range(4)] == [22_050, 22_050, 22_050, 0]
        assert reader.warning.startswith("truncated: 3.000 s of 3116")


@pytest.mark.parametrize("bits", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_full_scale_is_where_clipped_samples_are(tmp_path: Path, bits: str) -> None:
    clipped = np.array([1.0, -1.0, 0.98, 0.0] * 100, np.float32)
    path = write(tmp_path / "a.wav", clipped, subtype=bits)
    out = np.empty((2, 400), np.float32)
    with AudioReader(path) as reader:
        reader.read(out)
        assert (out[1] >= reader.full_scale).mean() == 0.5


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.WAV", b"", True),  # an empty recording is a failure, not nothing
        ("a.mp3", b"<html>", True),
        ("a.txt", b"text", False),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", False),
        ("utf16.txt", "Notes".encode("utf-16"), False),
        ("._a.wav", b"\x00\x05\x16\x07", False),
        ("film.mp4", b"\0\0\0\x20ftypisom", False),
        ("memo", b"\0\0\0\x20ftypM4A ", True),
        ("a.bin", b"RIFF\0\0\0\0WAVE", True),
        ("a.raw", b"\xff\xff" + bytes(100), False),
        ("diet.txt", b"caffeine and tea", False),
        ("net.txt", b"MAC addresses of the recorders", False),
        ("tags.txt", b"ID3 tags", False),
        ("a.avi", b"RIFF\0\0\0\0AVI ", False),
    ],
)
def test_what_is_taken_for_a_recording_in_a_folder(
    tmp_path: Path, name: str, content: bytes, expected: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert judge(path) is expected


def test_an_mp3_may_begin_with_something_else(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(), format="MP3")
    path.write_bytes(b"\xc1Xk\xd6" * 50 + path.read_bytes())
    length, _ = read_all(path)
    assert length > 60_000


def test_mp3_is_recognized_without_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(), format="MP3")
    path = path.rename(tmp_path / "a")
    assert judge(path) is True


def test_resampling_gives_the_length_that_was_asked_for() -> None:
    for rate, n_samples in [(44_100, 132_300), (48_000, 144_000), (22_000, 66_001)]:
        resampled = resample(noise()[:1].repeat(n_samples), rate, 22_050)
        assert resampled.size == round(n_samples * 22_050 / rate)
        assert resampled.dtype == np.float32
    samples = noise()
    assert np.array_equal(resample(samples, 22_050, 22_050), samples)
