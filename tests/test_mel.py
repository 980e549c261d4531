import dataclasses
from itertools import product

import librosa
import numpy as np
import pytest
from sounds import chirps, tone

from specimg.errors import ParameterError
from specimg.rendering.bands import band_edges
from specimg.rendering.mel import MelSettings, mel_filterbank, mel_spectrogram


def test_three_seconds_give_513_frames() -> None:
    settings = MelSettings()
    assert settings.n_frames(66_150) == 513
    assert mel_spectrogram(tone(440), settings).shape == (128, 513)


GRID = list(
    product(
        [True, False],
        ["htk", "slaney"],
        ["none", "slaney"],
        [1, 2],
        [(1024, 512, 128, 64), (2048, 2048, 512, 128), (1024, 700, 300, 40)],
    )
)


@pytest.mark.parametrize(("center", "scale", "norm", "power", "lengths"), GRID)
def test_mel_spectrogram_equals_that_of_librosa(
    center: bool,
    scale: str,
    norm: str,
    power: int,
    lengths: tuple[int, int, int, int],
) -> None:
    n_fft, win_length, hop_length, n_mels = lengths
    settings = MelSettings(
        n_fft=n_fft,
        win_length=win_length,
        hop_length=hop_length,
        n_mels=n_mels,
        fmin=20,
        fmax=9000,
        mel_scale=scale,
        mel_norm=norm,
        power=power,
        center=center,
    )
    samples = chirps()
    ours = mel_spectrogram(samples, settings)
    # Without centering, librosa's frames are n_fft long with the window in the
    # middle; zeros before and after make them begin with the window.
    left = (n_fft - win_length) // 2
    padded = samples if center else np.pad(samples, (left, n_fft - win_length - left))
    theirs = librosa.feature.melspectrogram(
        y=padded,
        sr=settings.sample_rate,
        n_fft=n_fft,
        win_length=win_length,
        hop_length=hop_length,
        center=center,
        power=power,
        n_mels=n_mels,
        fmin=20,
        fmax=9000,
        htk=scale == "htk",
        norm=None if norm == "none" else norm,
    )
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-5 * theirs.max()


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_filterbank_equals_that_of_librosa(scale: str) -> None:
    settings = MelSettings(mel_scale=scale, fmin=0)
    theirs = librosa.filters.mel(
        sr=22_050, n_fft=1024, n_mels=128, htk=scale == "htk", norm=None
    )
    assert mel_filterbank(settings) == pytest.approx(theirs, abs=1e-6)


def test_bands_on_a_linear_scale_are_triangles_at_equal_distances_in_hertz() -> None:
    settings = MelSettings(
        mel_scale="linear",
        sample_rate=256_000,
        n_mels=40,
        fmin=10_000.0,
        fmax=120_000.0,
    )
    edges = np.linspace(10_000, 120_000, 42)
    bins = np.fft.rfftfreq(1024, 1 / 256_000)
    triangles = [np.interp(bins, edges[k : k + 3], [0, 1, 0]) for k in range(40)]
    assert band_edges(settings) == pytest.approx(edges)
    assert mel_filterbank(settings) == pytest.approx(np.array(triangles), abs=1e-6)
    norm = dataclasses.replace(settings, mel_norm="slaney")
    area = 2 / (edges[2] - edges[0])
    assert mel_filterbank(norm) == pytest.approx(np.array(triangles) * area, abs=1e-9)


@pytest.mark.parametrize("hertz", [300, 1000, 4000, 9000])
@pytest.mark.parametrize("scale", ["htk", "slaney", "linear"])
def test_a_tone_is_loudest_in_the_band_around_it(hertz: int, scale: str) -> None:
    settings = MelSettings(mel_scale=scale)
    band = int(mel_spectrogram(tone(hertz), settings).mean(axis=1).argmax())
    edges = band_edges(settings)
    assert edges[band] < hertz < edges[band + 2]


def test_frames_of_a_long_clip_do_not_depend_on_the_block_they_are_in() -> None:
    settings = MelSettings()
    samples = chirps(seconds=9)
    whole = mel_spectrogram(samples, settings)
    later = mel_spectrogram(samples[settings.hop_length * 700 :], settings)
    assert np.array_equal(whole[:, 700:], later)


def test_a_band_without_a_bin_names_what_works() -> None:
    with pytest.raises(
        ParameterError, match=r"n_mels=300 is too many for n_fft=1024"
    ) as info:
        MelSettings(n_fft=1024, n_mels=300)
    words = str(info.value).replace("=", " ").split()
    n_fft, n_mels, fmin = (
        int(words[words.index(key, 13) + 1]) for key in ("n_fft", "n_mels", "fmin")
    )
    MelSettings(n_fft=n_fft, n_mels=300)
    MelSettings(n_fft=1024, n_mels=n_mels)
    MelSettings(n_fft=1024, n_mels=300, fmin=fmin)
    with pytest.raises(ParameterError, match="hold no FFT bin"):
        MelSettings(n_fft=n_fft - 1, n_mels=300)
    with pytest.raises(ParameterError, match="hold no FFT bin"):
        MelSettings(n_fft=1024, n_mels=n_mels + 1)
    with pytest.raises(ParameterError, match="hold no FFT bin"):
        MelSettings(n_fft=1024, n_mels=300, fmin=0.9 * fmin)


def test_a_higher_fmin_is_no_way_out_where_bands_have_one_width() -> None:
    with pytest.raises(ParameterError, match="hold no FFT bin; use") as info:
        MelSettings(n_fft=512, n_mels=600, mel_scale="linear")
    assert "fmin" not in str(info.value)


def test_no_band_of_an_accepted_setting_is_empty() -> None:
    for n_fft, n_mels in product([512, 1024, 2048], range(20, 140, 7)):
        try:
            settings = MelSettings(n_fft=n_fft, n_mels=n_mels)
        except ParameterError:
            continue
        assert mel_filterbank(settings).max(axis=1).min() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fmin": -1.0}, r"need 0 <= fmin < fmax <= 11025 Hz .* fmin=-1"),
        ({"fmax": 12_000.0}, r"fmax=12000; for that, raise sr to 24000 or more"),
        ({"fmin": 500.0, "fmax": 400.0}, r"fmin=500, fmax=400"),
        ({"win_length": 2048}, r"win_length=2048, n_fft=1024"),
        ({"hop_length": 0}, r"hop_length=0: need 1 to 1048576"),
        ({"n_mels": 0}, r"n_mels=0: need 1 to"),
        ({"power": 3}, r"power=3: need one of 1, 2"),
        ({"mel_scale": "bark"}, r"mel_scale=bark: need one of htk, slaney, linear"),
        ({"mel_norm": "l2"}, r"mel_norm=l2: need one of none, slaney"),
        ({"sample_rate": 20}, r"sr=20 Hz: need 100 to 4,000,000 Hz"),
    ],
)
def test_a_wrong_setting_is_named_with_its_range(
    change: dict[str, float], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        dataclasses.replace(MelSettings(), **change)
