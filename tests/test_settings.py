from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from specimg import ParameterError, Settings
from specimg.rendering.frontends import Pcen
from specimg.settings import PRESETS
from specimg.settings.options import KNOWN
from specimg.settings.precedence import merge


def test_the_defaults_are_those_of_the_merlin_preset() -> None:
    assert Settings() == Settings.from_options({"preset": "merlin"})
    assert Settings() == Settings.from_options({})
    mel = Settings().mel
    assert (mel.sample_rate, mel.win_length, mel.n_fft) == (22_050, 512, 1024)
    assert (mel.hop_length, mel.n_mels, mel.fmin, mel.fmax) == (128, 128, 50, 11_025)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_used_and_written_down(preset: str, tmp_path: Path) -> None:
    settings = Settings.from_options({"preset": preset})
    path = tmp_path / "specimg.toml"
    path.write_text(settings.to_toml())
    assert Settings.load(path) == settings


def test_pictures_of_bats_have_windows_of_2_ms_that_overlap_by_three_quarters() -> None:
    settings = Settings.from_options({"preset": "bat"})
    mel = settings.mel
    assert (mel.sample_rate, mel.win_length, mel.hop_length) == (256_000, 512, 128)
    assert (mel.fmin, mel.fmax, mel.mel_scale) == (10_000, 120_000, "linear")
    assert settings.clips.duration == 0.5
    faster = Settings.from_options({"preset": "bat", "sr": 384_000}).mel
    assert (faster.win_length, faster.hop_length) == (768, 192)


def test_pictures_of_birdclef_are_square() -> None:
    settings = Settings.from_options({"preset": "birdclef"})
    mel = settings.mel
    assert (mel.sample_rate, mel.n_fft, mel.hop_length) == (32_000, 1024, 512)
    assert (mel.n_mels, mel.fmin, mel.fmax) == (128, 50, 14_000)
    assert (settings.clips.duration, str(settings.image.size)) == (5, "256x256")


@pytest.mark.parametrize("preset", PRESETS)
def test_the_fft_of_a_preset_is_the_one_that_fits_its_window(preset: str) -> None:
    mel = Settings.from_options({"preset": preset}).mel
    given = {"preset": preset, "window_ms": mel.win_length * 1000 / mel.sample_rate}
    assert Settings.from_options(given).mel == mel


def test_explicit_settings_win_over_a_preset() -> None:
    settings = Settings.from_options({"preset": "librosa", "n-mels": 64, "sr": 16_000})
    assert settings.mel.n_mels == 64
    assert settings.mel.n_fft == 2048
    assert settings.mel.fmax == 8000  # half of the new sample rate


def test_settings_with_learned_bands_are_complete_in_their_file(tmp_path: Path) -> None:
    gain = tuple(np.random.default_rng(0).uniform(0, 1, 128).tolist())
    settings = Settings.from_options(
        {"r": "db:top_db=80", "g": Pcen(gain=gain, init="first"), "b": "exp:a=1"}
        | {"clip_duration": "whole", "size": "224x224", "mono": "left"}
        | {"manifest": "metadata.jsonl", "fmax": 8000}
    )
    path = tmp_path / "specimg.toml"
    path.write_text(settings.to_toml())
    assert Settings.load(path) == settings
    assert len(settings.to_text()) < 1000
    assert settings.to_text().isascii()


def test_learned_files_are_looked_for_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "learned.json").write_text('{"parameters": {"a": 0.5}}')
    (tmp_path / "my.toml").write_text('frontend = "exp:@learned.json"\nn-mels = 64\n')
    settings = Settings.load(tmp_path / "my.toml")
    assert settings.frontend_names == "exp:a=0.5"
    assert settings.mel.n_mels == 64


def test_the_winner_decides_between_gray_and_rgb() -> None:
    rgb = {"r": "db", "g": "pcen", "b": "exp", "sr": 16_000}
    assert merge(rgb, {"frontend": "db"}) == {"sr": 16_000, "frontend": "db"}
    assert merge(rgb, {"g": "raw"}) == rgb | {"g": "raw"}
    assert merge({"frontend": "db"}, rgb) == rgb


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_that_is_given_later_wins_over_the_settings_of_a_run(
    preset: str,
) -> None:
    run = Settings.from_options(
        {"preset": "birdnet-low", "g": "db", "r": "db", "b": "db"}
    )
    chosen = merge(run.to_options(), {"preset": preset})
    wanted = {"preset": preset, "g": "db", "r": "db", "b": "db"}
    assert Settings.from_options(chosen) == Settings.from_options(wanted)


def test_half_the_sample_rate_follows_the_sample_rate() -> None:
    run = Settings().to_options()
    assert Settings.from_options(merge(run, {"sr": 16_000})).mel.fmax == 8000
    run = Settings.from_options({"fmax": 7000}).to_options()
    assert Settings.from_options(merge(run, {"sr": 16_000})).mel.fmax == 7000


def test_milliseconds_are_another_way_to_say_samples(tmp_path: Path) -> None:
    given = {"sr": 48_000, "window_ms": 25, "hop_ms": "10.42"}
    settings = Settings.from_options(given)
    lengths = {"n_fft": 2048, "win_length": 1200, "hop_length": 500}
    assert settings == Settings.from_options({"sr": 48_000, **lengths})
    path = tmp_path / "my.toml"
    path.write_text("window-ms = 25\nhop-ms = 10.42\nsr = 48000\n")
    assert Settings.load(path) == settings
    # What is written has one way to say it, whichever was used.
    assert not {"window_ms", "hop_ms"} & settings.to_options().keys()
    default = {"window_ms": 512 / 22.05, "hop_ms": 128 / 22.05}
    assert Settings.from_options(default) == Settings()


@pytest.mark.parametrize(
    ("given", "n_fft"),
    [
        ({"window_ms": 2}, 1024),  # 64 samples, but 512 leave bands without a bin
        ({"window_ms": 2, "n_mels": 20}, 128),
        ({"window_ms": 32}, 1024),
        ({"window_ms": 32.1}, 2048),
        ({"window_ms": 32.1, "n_fft": 1500}, 1500),
    ],
)
def test_an_fft_that_is_not_given_is_the_smallest_that_fits_a_window_in_milliseconds(
    given: dict[str, object], n_fft: int
) -> None:
    settings = Settings.from_options({"sr": 32_000, "fmin": 500, **given})
    assert settings.mel.n_fft == n_fft
    # Half of it holds no window, or leaves a band black.
    with pytest.raises(ParameterError, match="win_length <= n_fft|hold no FFT bin"):
        replace(settings.mel, n_fft=settings.mel.n_fft // 2)


def test_lengths_that_are_given_later_win_in_either_unit() -> None:
    run = Settings().to_options()
    later = merge(run, {"window_ms": 50, "hop_ms": 10})
    assert "n_fft" not in later
    mel = Settings.from_options(later).mel
    assert (mel.win_length, mel.n_fft, mel.hop_length) == (1102, 2048, 220)
    preset = Settings.from_options({"preset": "perch", "hop_ms": 5})
    assert preset.mel.hop_length == 160
    assert preset.mel.win_length == 1024
    again = merge({"window_ms": 50, "hop_ms": 10}, {"win_length": 300, "hop_length": 7})
    assert again == {"win_length": 300, "hop_length": 7}


def test_numbers_of_numpy_are_numbers() -> None:
    assert Settings.from_options({"sr": np.int32(16_000)}).mel.sample_rate == 16_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_fft": 512, "n-fft": 512}, "n_fft given twice"),
        ({"hop_length": 1e308}, "hop_length=1"),
        ({"fmax": float("nan")}, "fmax=nan: need a frequency"),
        ({"mono": "9" * 5000}, "need mean, left, right, or a channel"),
        ({"frontend": None}, "frontend=None: need text"),
        ({"hop": 3}, "unknown setting 'hop': need one of preset, frontend"),
        ({"r": "db", "b": "exp"}, "RGB needs r, g and b: g missing"),
        ({"g": "db"}, "RGB needs r, g and b: r and b missing"),
        ({"frontend": "db", "r": "db"}, "not together with r"),
        ({"preset": "yamnet"}, "preset=yamnet: need one of merlin, librosa"),
        ({"sr": "high"}, "sr='high': need a whole number of Hz"),
        ({"sr": 22_050.5}, "sr=22050.5: need a whole number"),
        ({"n_fft": True}, "n_fft=True: need a whole number"),
        ({"center": 1}, "center=1: need true or false"),
        ({"sr": float("inf")}, "sr=inf: need a whole number"),
        ({"n_fft": 0}, "n_fft=0: need 2 or more"),
        ({"window_ms": "long"}, "window_ms='long': need milliseconds"),
        ({"window_ms": 2, "win_length": 64}, "window_ms=2 and win_length=64 are two"),
        ({"hop_ms": 2, "hop_length": 64}, "hop_ms=2 and hop_length=64 are two ways"),
        ({"window_ms": 0.01}, "window_ms=0.01 is 0.221 samples at sr=22050: need 0.0"),
        ({"hop_ms": -1}, "hop_ms=-1 is -22.1 samples at sr=22050: need 0.0454 to"),
        ({"hop_ms": float("inf")}, "hop_ms=inf is inf samples at sr=22050"),
        ({"window_ms": 50, "n_fft": 512}, "need 2 <= win_length <= n_fft"),
        ({"clip_duration": "long"}, "clip_duration='long': need seconds, or 'whole'"),
        ({"clip_duration": 0.01}, "clip_duration=0.01 s is shorter than one analysis"),
        ({"clip_duration": 9000}, "would make images of more than 178,956,970 pixels"),
        ({"size": "large"}, "size=large: need WIDTHxHEIGHT"),
        ({"size": "0x10"}, "size=0x10: need at least 1x1"),
        ({"size": "99999x99999"}, "size=99999x99999: .* at most 178,956,970 pixels"),
        ({"mono": "middle"}, "mono=middle: need mean, left, right, or a channel"),
        ({"bit_depth": 12}, "bit_depth=12: need one of 8, 16"),
        ({"bit_depth": 16, "format": "npy"}, "bit_depth=16 is for PNG"),
        ({"bit_depth": 16, "r": "db", "g": "db", "b": "db"}, "is for one channel"),
        ({"format": "jpg"}, "format=jpg: need one of png, npy"),
        ({"manifest": "a/b.csv"}, "manifest=a/b.csv: need a file name"),
        ({"manifest": "table.txt"}, "need a file name that ends in .csv or .jsonl"),
        ({"manifest": "failures.csv"}, "that is where the failures are written"),
        ({"manifest": "specimg.png.testset.jsonl"}, "where datasets finds the images"),
        ({"manifest": ".specimg.x.csv"}, "begin so are of specimg's own record"),
        ({"manifest": "passed_over.csv"}, "where sound that is not read is named"),
    ],
)
def test_wrong_settings_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Settings.from_options(options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sr = ", "my.toml: not a TOML file"),
        ("speed = 3", "my.toml: unknown setting 'speed'"),
        ('frontend = "mfcc"', "my.toml: unknown frontend 'mfcc'"),
    ],
)
def test_a_wrong_settings_file_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "my.toml").write_text(text)
    with pytest.raises(ParameterError, match=message):
        Settings.load(tmp_path / "my.toml")


def test_a_missing_settings_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no.toml: cannot read settings: No such"):
        Settings.load(tmp_path / "no.toml")


def test_settings_are_written_by_all_their_names() -> None:
    rgb = Settings.from_options({"r": "db", "g": "pcen", "b": "exp"})
    written = {*Settings().to_options(), *rgb.to_options()}
    assert {*written, "preset", "window_ms", "hop_ms"} == set(KNOWN)
