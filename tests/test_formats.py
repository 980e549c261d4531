"""Recordings that libsndfile does not decode, with PyAV: what becomes of them."""

import contextlib
import random
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sounds import chirps, noise, read_samples, tone, write
from test_fuzz import mutate
from tools import encode, needs, run

import specimg
from specimg.audio import AudioReader, judge
from specimg.audio.codec_names import name_codec
from specimg.audio.ffmpeg.timeline import Timeline
from specimg.audio.foreign.extent import claimed_size
from specimg.errors import AudioReadError, SpecimgError

ffmpeg = needs("ffmpeg")
RATE = 22_050
SECONDS = 3.0
PICTURES = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=3")
AUDIO_OF = ("-map", "0:v", "-map", "1:a", "-c:v", "mpeg4")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("av", reason="PyAV, of the extra formats, is not installed")
    left = chirps(SECONDS, RATE) + 0.3 * noise(SECONDS, RATE)
    stereo = np.stack([left, 0.5 * left[::-1]], axis=1)
    return write(tmp_path_factory.mktemp("sound") / "a.wav", stereo, RATE)


def film(sound: Path, path: Path, *options: str) -> Path:
    run("ffmpeg", "-v", "error", *PICTURES, "-i", sound, *AUDIO_OF, *options, path)
    return path


def codec_of(path: Path) -> str:
    with AudioReader(path) as reader:
        return reader.codec


def lag(one: NDArray[np.float32], other: NDArray[np.float32]) -> int:
    """Return how many samples later the same is heard in the first."""
    n = min(len(one), len(other))
    spectrum = np.fft.rfft(one[:n], 2 * n) * np.fft.rfft(other[:n], 2 * n).conj()
    at = int(np.argmax(np.fft.irfft(spectrum)))
    return at if at < n else at - 2 * n


SAME = [
    # The lag is that of the container or codec, where it does not say its own.
    ("a.m4a", ("-c:a", "aac"), "aac", 0),
    ("a.alac.m4a", ("-c:a", "alac"), "alac", 0),
    ("a.wma", ("-c:a", "wmav2"), "wmav2", -1024),
    ("a.aac", ("-c:a", "aac"), "aac", 1024),
    ("a.mka", ("-c:a", "flac"), "flac", 0),
    ("a.oga", ("-c:a", "flac"), "flac", 0),
]


@ffmpeg
@pytest.mark.parametrize(("name", "options", "codec", "expected"), SAME)
def test_pictures_are_those_of_the_wav(
    tmp_path: Path,
    sound: Path,
    name: str,
    options: tuple[str, ...],
    codec: str,
    expected: int,
) -> None:
    path = encode(sound, tmp_path / name, *options)
    samples, rate, warning = read_samples(path)
    known, known_rate, _ = read_samples(sound)
    assert (rate, warning) == (known_rate, "")
    assert codec_of(path) == codec
    assert lag(samples, known) == expected
    assert abs(len(samples) - len(known)) <= 1536 + abs(expected)
    shifted, n = np.roll(samples, -expected), min(len(samples), len(known)) - 2048
    pictures = [
        specimg.render(s[2048:n], rate, specimg.Settings()).astype(float)
        for s in (shifted, known)
    ]
    if codec in ("alac", "flac"):
        np.testing.assert_array_equal(samples, known)
    assert np.corrcoef(pictures[0].ravel(), pictures[1].ravel())[0, 1] > 0.85


@ffmpeg
def test_the_first_sound_of_a_film_is_read_from_its_true_beginning_to_its_end(
    tmp_path: Path, sound: Path
) -> None:
    path = film(sound, tmp_path / "a.mp4", "-c:a", "aac")
    samples, _, warning = read_samples(path)
    known, _, _ = read_samples(sound)
    assert (len(samples), lag(samples, known), warning) == (len(known), 0, "")
    assert judge(path) is True
    two = film(sound, tmp_path / "two.mkv", "-map", "1:a", "-c:a", "aac")
    assert read_samples(two)[2] == (
        "1 more stream of sound, at the same time as the one that is read"
    )


@ffmpeg
@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16be", "pcm_s24le", "pcm_f32le"])
def test_plain_samples_have_the_values_that_libsndfile_gives(
    tmp_path: Path, sound: Path, codec: str
) -> None:
    path = encode(sound, tmp_path / "a.mov", "-c:a", codec)
    wav = encode(sound, tmp_path / "a.wav", "-c:a", codec.replace("be", "le"))
    np.testing.assert_array_equal(read_samples(path)[0], read_samples(wav)[0])
    with AudioReader(path) as one, AudioReader(wav) as other:
        assert one.codec == codec
        assert one.full_scale == other.full_scale


@ffmpeg
def test_eight_channels_are_told_apart(tmp_path: Path, sound: Path) -> None:
    tones = [tone(300 * (n + 1), 0.5, 48_000, 0.2) for n in range(8)]
    wav = write(tmp_path / "a.wav", np.stack(tones, axis=1), 48_000)
    path = encode(wav, tmp_path / "a.m4a", "-channel_layout", "7.1", "-c:a", "aac")
    loudest = []
    for channel in range(8):
        out = np.empty((2, 8192), np.float32)
        with AudioReader(path, channel) as reader:
            assert reader.channels == 8
            assert reader.read(out) == 8192
        hertz = np.argmax(np.abs(np.fft.rfft(out[0, 2048:]))) * 48_000 / 6144
        loudest.append(round(hertz / 300))
    assert loudest[:3] + loudest[4:] == [1, 2, 3, 5, 6, 7, 8]  # the fourth is for bass


@ffmpeg
def test_what_cannot_be_decoded_is_silent_and_times_behind_it_hold(
    tmp_path: Path, sound: Path
) -> None:
    path = encode(sound, tmp_path / "a.m4a", "-c:a", "alac")
    data = bytearray(path.read_bytes())
    data[100_000:103_000] = bytes(3000)
    path.write_bytes(data)
    samples, _, warning = read_samples(path)
    known, _, _ = read_samples(sound)
    assert warning.startswith("damaged: 0.")
    assert "s are lost and silent, at 1." in warning
    differs = np.flatnonzero(samples != known)
    assert not samples[differs].any()
    assert differs.size
    assert np.ptp(differs) < 3 * 4096
    assert len(samples) == len(known)


@ffmpeg
def test_a_cut_end_is_told(tmp_path: Path, sound: Path) -> None:
    fast = ("-c:a", "aac", "-movflags", "+faststart")
    ends = {
        "a.mp4": (fast, r"^truncated: 1\.\d{3} s of 3\.000 s$"),
        "a.mka": (("-c:a", "aac"), r"^truncated: 1\.\d{3} s of 3\.0\d\d s$"),
        "a.wma": (("-c:a", "wmav2"), "^truncated: shorter than its header says$"),
        "a.oga": (("-c:a", "flac"), "^truncated: the Ogg stream has no last page$"),
        "a.aac": (("-c:a", "aac"), "^truncated: its last frame is cut off$"),
    }
    for name, (options, expected) in ends.items():
        path = encode(sound, tmp_path / name, *options)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) * 6 // 10])
        samples, _, warning = read_samples(path)
        assert 0.8 < len(samples) / RATE < 2.3, name
        assert re.search(expected, warning), (name, warning)


@ffmpeg
def test_what_is_behind_the_end_of_a_file_is_told(tmp_path: Path, sound: Path) -> None:
    path = encode(sound, tmp_path / "a.m4a", "-c:a", "aac")
    data = path.read_bytes()
    path.write_bytes(data + data)
    _, _, warning = read_samples(path)
    assert (
        warning == f"{len(data)} bytes (about 3.0 s) behind the end that the file names"
    )


@ffmpeg
def test_aac_behind_junk_is_aac_whatever_it_is_called(
    tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(sound, tmp_path / "a.aac").read_bytes()
    for name, junk in [
        ("b.aac", b"junk" * 1000),
        ("b.mp3", b"\xff\xfb" + b"junk" * 999),
    ]:
        path = tmp_path / name
        path.write_bytes(junk + data)
        samples, _, warning = read_samples(path)
        assert len(samples) == len(read_samples(tmp_path / "a.aac")[0])
        assert re.search(r"damaged: \d{4} bytes \(about 0\.[23] s\)", warning)
        assert "are no audio, and all times behind them are too early" in warning
    monkeypatch.setattr("specimg.audio.ffmpeg.is_installed", lambda: False)
    for name in ("b.aac", "b.mp3"):
        with pytest.raises(AudioReadError, match=r'^AAC cannot .*"specimg\[formats\]"'):
            AudioReader(tmp_path / name)


@ffmpeg
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("-ar", "44100"), "its sample rate changes from 22050 Hz to 44100 Hz at 3"),
        (("-ac", "1"), "the number of its channels changes from 2 to 1 at 3"),
    ],
)
def test_a_change_of_format_is_an_error_that_names_it(
    tmp_path: Path, sound: Path, change: tuple[str, ...], expected: str
) -> None:
    path = encode(sound, tmp_path / "a.aac")
    other = encode(sound, tmp_path / "b.aac", *change)
    path.write_bytes(path.read_bytes() + other.read_bytes())
    with pytest.raises(AudioReadError, match=expected):
        read_samples(path)


@ffmpeg
def test_a_film_is_a_recording_only_with_the_extra(
    tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(sound, tmp_path / "a.mp4", "-c:a", "aac")
    monkeypatch.setattr("specimg.audio.ffmpeg.is_installed", lambda: False)
    assert judge(path) == (
        'AAC in an MP4 file cannot be decoded; pip install "specimg[formats]" to read '
        "it, or convert it first, for example with: ffmpeg -i INPUT OUTPUT.flac"
    )
    path.write_bytes(path.read_bytes().replace(b"mp4a", b"enca"))
    monkeypatch.undo()
    assert "get a copy without the protection" in str(judge(path))


@ffmpeg
def test_mutants_end_in_samples_or_in_a_reason(tmp_path: Path, sound: Path) -> None:
    chance = random.Random(3)  # noqa: S311 - the same mutants each time
    originals = [
        encode(sound, tmp_path / "a.m4a"),
        encode(sound, tmp_path / "alac.m4a", "-c:a", "alac"),
        encode(sound, tmp_path / "a.wma"),
        film(sound, tmp_path / "a.mp4", "-movflags", "frag_keyframe+empty_moov"),
    ]
    for original in originals:
        known = read_samples(original)[0]
        for _ in range(25):
            path = tmp_path / f"mutant{original.suffix}"
            path.write_bytes(mutate(original.read_bytes(), chance))
            with contextlib.suppress(SpecimgError):
                samples, _, warning = read_samples(path)
                assert warning or len(samples) > len(known) - RATE


def test_a_timeline_finds_holes_and_follows_a_clock_that_drifts() -> None:
    timeline = Timeline(1000, Fraction(1, 1000), 100.0)
    n_before = 0
    for number in range(400):  # packets of 50 frames, on a clock that is 0.2 % slow
        at = Fraction(n_before * 1002, 1_000_000)
        assert timeline.hole_before(n_before, at, 50, None) == 0, number
        n_before += 50
    at += Fraction(50 * 1002, 1_000_000) + 2
    assert timeline.hole_before(n_before, at, 50, None) == pytest.approx(2000, abs=2)
    assert timeline.holes == [(20.0, pytest.approx(2.0, abs=0.002))]
    assert timeline.warning == ""


def test_all_holes_together_have_no_more_than_an_hour() -> None:
    timeline = Timeline(1000, Fraction(1, 1000), 0.0)
    n_before = hour = 0
    for number in range(10):  # packets of a second, each of which says that it has 1500
        hole = timeline.hole_before(n_before, Fraction(1500 * number), 1000, None)
        n_before += hole + 1000
        hour += hole
    assert hour == 2 * 1_499_000
    assert timeline.warning.startswith("damaged: the times in it leap ahead at about")


@pytest.mark.parametrize(
    ("at", "following", "hole", "warning"),
    [
        (7, 8, 5000, ""),
        (7, 3, 0, ""),  # one wrong time
        (1, 2, 0, "damaged: the times in it go back at about 2.0 s, and"),
        (70, 71, 0, "damaged: the times in it leap ahead at about 2.0 s, and"),
        (None, 3, 0, ""),
    ],
)
def test_times_that_are_not_credible_are_told_and_not_followed(
    at: int | None, following: int, hole: int, warning: str
) -> None:
    timeline = Timeline(1000, Fraction(1, 1000), 10.0)
    assert timeline.hole_before(0, Fraction(0), 1000, Fraction(1)) == 0
    time = None if at is None else Fraction(at)
    assert timeline.hole_before(2000, time, 1000, Fraction(following)) == hole
    assert timeline.warning.startswith(warning)
    assert bool(timeline.warning) == bool(warning)


@ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "a.mka", "a.wma", "a.avi", "a.caf", "a.ts"])
def test_a_file_says_where_it_ends(tmp_path: Path, sound: Path, name: str) -> None:
    path = encode(sound, tmp_path / name)
    size = path.stat().st_size
    with path.open("rb") as file:
        assert claimed_size(file) == size
    path.write_bytes(path.read_bytes()[:-100])
    with path.open("rb") as file:
        assert claimed_size(file) == size


SUBTYPES = [
    *[("WAV", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "MS_ADPCM")],
    *[("AIFF", "PCM_16"), ("AIFF", "PCM_S8"), ("AU", "PCM_24"), ("CAF", "DOUBLE")],
    *[("W64", "PCM_32"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")],
    *[("MP3", "MPEG_LAYER_III"), ("WAV", "IMA_ADPCM"), ("RF64", "ALAW")],
]


@needs("ffprobe")
@pytest.mark.parametrize(("kind", "subtype"), SUBTYPES)
def test_codecs_have_the_names_that_ffmpeg_gives_them(
    tmp_path: Path, kind: str, subtype: str
) -> None:
    path = tmp_path / "a.x"
    soundfile.write(path, chirps(0.3, 48_000), 48_000, subtype, format=kind)
    ask = ("-select_streams", "a:0", "-show_entries", "stream=codec_name")
    answer = run("ffprobe", "-v", "quiet", *ask, "-of", "csv=p=0", path)
    with soundfile.SoundFile(path) as file:
        assert name_codec(file) == answer.decode().strip()
    assert codec_of(path) == answer.decode().strip()


def test_numbers_that_are_stored_the_other_way_round_are_named_so(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.x"
    for kind, endian, expected in [
        ("WAV", "BIG", "pcm_s16be"),
        ("AIFF", "LITTLE", "pcm_s16le"),
    ]:
        soundfile.write(path, chirps(0.1), RATE, "PCM_16", endian, kind)
        assert codec_of(path) == expected
