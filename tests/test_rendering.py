import numpy as np
import pytest
from sounds import chirps, noise, tone

import specimg
from specimg import Settings
from specimg.errors import ParameterError, RenderError
from specimg.rendering.pipeline import render_clip

RGB = {"r": "db", "g": "pcen", "b": "exp"}


def settings(**options: object) -> Settings:
    return Settings.from_options(options)


@pytest.mark.parametrize("gain", [1e-3, 0.5, 1e3])
@pytest.mark.parametrize("frontend", ["raw", "db", "exp", "pcen"])
def test_the_gain_of_a_recording_does_not_change_its_picture(
    gain: float, frontend: str
) -> None:
    samples = chirps()
    chosen = settings(frontend=frontend)
    before = specimg.render(samples, 22_050, chosen).astype(int)
    after = specimg.render(np.float32(gain) * samples, 22_050, chosen).astype(int)
    if gain == 0.5:  # a power of two changes no digit
        assert np.array_equal(before, after)
    # Others round each sample anew: a value on the edge of a level may cross it.
    assert np.abs(before - after).max() <= 1
    assert (before != after).mean() < 1e-3


@pytest.mark.parametrize("gain", [1e-30, 1e30])
@pytest.mark.parametrize("power", [1, 2])
def test_no_gain_is_too_small_or_too_large(gain: float, power: int) -> None:
    samples = chirps()
    chosen = settings(power=power)
    before = specimg.render(samples, 22_050, chosen).astype(int)
    after = specimg.render(np.float32(gain) * samples, 22_050, chosen).astype(int)
    assert np.abs(before - after).max() <= 1


def test_integers_give_the_picture_of_the_floats_that_they_are() -> None:
    samples = np.round(chirps() * 2**14).astype(np.int16)
    as_read = samples.astype(np.float32) / 2**15
    assert np.array_equal(
        specimg.render(samples, 22_050), specimg.render(as_read, 22_050)
    )


@pytest.mark.parametrize("options", [*({"frontend": f} for f in ("raw", "db")), RGB])
@pytest.mark.parametrize("level", [0.0, 0.25])
def test_silence_is_black_and_said_to_be_silent(
    options: dict[str, str], level: float
) -> None:
    # A constant offset is silence as well, also through the resampler.
    clip = np.full(3 * 44_100, level, np.float32)
    picture = render_clip(clip, 44_100, Settings.from_options(options))
    assert picture.silent
    assert not picture.pixels.any()


def test_sound_is_not_silent_and_its_range_is_that_of_the_mel_spectrogram() -> None:
    quiet = render_clip(0.25 * tone(1000), 22_050, Settings())
    loud = render_clip(tone(1000), 22_050, Settings())
    assert not loud.silent
    # A sine of amplitude 0.5 under a Hann window of 512 samples: 0.5 * 512 / 4 in
    # its bin, and about 1.6 times as much in the band around it.
    assert loud.mel_max == pytest.approx(100, rel=0.3)
    assert quiet.mel_max == pytest.approx(loud.mel_max / 4, rel=1e-6)


def test_low_frequencies_are_at_the_bottom_and_time_goes_right() -> None:
    samples = np.concatenate([tone(300, 1.5), tone(8000, 1.5)])
    pixels = specimg.render(samples, 22_050, settings(frontend="raw"))
    assert pixels.shape == (128, 513)
    early, late = pixels[:, :200].mean(axis=1), pixels[:, 300:].mean(axis=1)
    assert early.argmax() > 100
    assert late.argmax() < 30


def test_pixels_are_rounded_not_cut_off() -> None:
    samples = chirps()
    values = specimg.render(samples, 22_050, settings(format="npy"))
    assert values.dtype == np.float32
    assert (values.min(), values.max()) == (0, 1)
    eight = specimg.render(samples, 22_050)
    sixteen = specimg.render(samples, 22_050, settings(bit_depth=16))
    assert eight.dtype == np.uint8
    assert sixteen.dtype == np.uint16
    assert np.array_equal(eight, np.rint(255 * values))
    assert np.array_equal(sixteen, np.rint(65_535 * values))


def test_each_channel_is_the_gray_picture_of_its_frontend() -> None:
    samples = chirps()
    pixels = specimg.render(samples, 22_050, Settings.from_options(RGB))
    assert pixels.shape == (128, 513, 3)
    for channel, frontend in enumerate(RGB.values()):
        gray = specimg.render(samples, 22_050, settings(frontend=frontend))
        assert np.array_equal(pixels[..., channel], gray)


@pytest.mark.parametrize("rate", [22_050, 48_000])
@pytest.mark.parametrize("frontend", ["db", "pcen", "pcen:init=reflect"])
def test_extending_a_clip_adds_black_columns_and_changes_nothing_else(
    rate: int, frontend: str
) -> None:
    samples = chirps(2.0, rate)
    extended = specimg.render(samples, rate, settings(frontend=frontend))
    short = specimg.render(
        samples, rate, settings(frontend=frontend, final_clip="remainder")
    )
    assert short.shape == (128, 341)
    assert extended.shape == (128, 513)
    assert np.array_equal(extended[:, :341], short)
    assert not extended[:, 341:].any()


def test_size_resamples_the_finished_picture() -> None:
    samples = chirps()
    pixels = specimg.render(
        samples, 22_050, Settings.from_options(RGB | {"size": "64x32"})
    )
    assert pixels.shape == (32, 64, 3)
    native = specimg.render(samples, 22_050, Settings.from_options(RGB))
    assert pixels.mean() == pytest.approx(native.mean(), abs=2)


def test_channels_become_one_as_mono_says() -> None:
    both = np.stack([tone(1000), tone(5000)], axis=1)
    left = specimg.render(both, 22_050, settings(mono="left"))
    right = specimg.render(both, 22_050, settings(mono="1"))
    mean = specimg.render(both, 22_050)
    assert np.array_equal(left, specimg.render(both[:, 0], 22_050))
    assert np.array_equal(right, specimg.render(both[:, 1], 22_050))
    assert np.array_equal(mean, specimg.render(both.mean(axis=1), 22_050))
    with pytest.raises(RenderError, match="no channel 2"):
        specimg.render(both, 22_050, settings(mono="2"))


def test_a_sample_more_or_less_is_still_a_full_clip() -> None:
    samples = noise(4.0, 44_100)
    for n_samples in (132_299, 132_300, 132_301):
        assert specimg.render(samples[:n_samples], 44_100)[:, -1].any()


@pytest.mark.parametrize("rate", [0, -1, "a", None, 1e12])
def test_a_rate_that_is_none_is_named(rate: object) -> None:
    with pytest.raises(RenderError, match="sample_rate=.*: need 100 to 4,000,000 Hz"):
        specimg.render(tone(440), rate)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((5, 0)), r"shape \(5, 0\): need real numbers"),
        (np.full(22_050, 1e300), "22050 of 22050 samples are not finite"),
        (np.zeros(3 * 22_050 + 2), "66152 samples at 22050 Hz are more than one clip"),
        (np.zeros(100), "too short: 100 samples at 22050 Hz, but one analysis window"),
        (np.zeros(0), "too short"),
        (np.full(22_050, np.nan), "22050 of 22050 samples are not finite"),
        (np.array([0.0] * 22_049 + [np.inf]), "1 of 22050 samples are not finite"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\): need real numbers"),
        (np.zeros(10, complex), "samples of complex128"),
        (["a"], "need real numbers"),
    ],
)
def test_what_has_no_picture_is_an_error(samples: np.ndarray, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        specimg.render(samples, 22_050)


def test_a_frontend_that_overflows_is_an_error_not_a_picture() -> None:
    samples = np.concatenate([np.zeros(22_050, np.float32), tone(1000, 2.0)])
    with pytest.raises(RenderError, match="pcen with these parameters gives infinite"):
        specimg.render(samples, 22_050, settings(frontend="pcen:gain=9,eps=1e-30"))


def test_an_error_can_be_caught_as_specimgs_own_and_as_a_value_error() -> None:
    for error in (ParameterError, RenderError):
        assert issubclass(error, specimg.SpecimgError)
        assert issubclass(error, ValueError)
