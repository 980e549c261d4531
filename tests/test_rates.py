"""Pictures at the rate of each recording, with windows and hops in milliseconds."""

import json
from pathlib import Path

import numpy as np
import pytest
from sounds import chirps, noise, read_png, rows, specimg, tone, write

from specimg import ParameterError, RenderError, Settings, read, render
from specimg.gallery import write_gallery
from specimg.output.verify import find_faults
from specimg.rendering.axes import PixelBox
from specimg.rendering.bandwidth import count_empty_bands, summarize_bandwidths
from specimg.rendering.frontends import Pcen

NATIVE = {"sr": "native", "window_ms": 25, "hop_ms": 10, "fmax": 10_000}
RATES = (22_050, 24_000, 48_000, 96_000)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frontend", ["db", "pcen"])
def test_a_picture_at_the_native_rate_is_that_of_this_rate(
    rate: int, frontend: str
) -> None:
    samples = chirps(1, rate)
    given = {**NATIVE, "clip_duration": 1, "frontend": frontend}
    native = render(samples, rate, Settings.from_options(given))
    same = render(samples, rate, Settings.from_options({**given, "sr": rate}))
    assert np.array_equal(native, same)
    n_frames = 1 + (rate - round(0.025 * rate)) // round(0.01 * rate)
    assert native.shape == (128, n_frames)


def test_without_an_fmax_a_picture_ends_at_half_of_its_own_rate() -> None:
    given = {"sr": "native", "window_ms": 25, "hop_ms": 10}
    settings = Settings.from_options(given)
    assert [settings.at(rate).mel.fmax for rate in RATES] == [r / 2 for r in RATES]
    (line,) = summarize_bandwidths(dict.fromkeys(RATES, 1), settings.mel)
    assert line.startswith(
        "pictures end at 11025 to 48000 Hz, half of each sample rate"
    )
    assert summarize_bandwidths({22_050: 3}, settings.mel) == []


def test_bands_above_a_recording_are_black_and_counted() -> None:
    settings = Settings.from_options({"preset": "bat", "sr": "native"})
    for rate in (48_000, 192_000):
        empty = count_empty_bands(rate, settings.mel.at(rate))
        pixels = render(noise(0.5, rate), rate, settings)
        assert not pixels[:empty].any()
        assert pixels[empty + 1 :].min() > 0
        (line,) = summarize_bandwidths({rate: 2}, settings.mel)
        assert line.startswith(f"up to {empty} of 128 bands are empty in 2 recordings")
    assert count_empty_bands(256_000, settings.mel.at(256_000)) == 0


def test_a_recording_below_all_bands_has_no_picture() -> None:
    settings = Settings.from_options({"preset": "bat", "sr": "native"})
    message = "sr=native, which is 16000 Hz here: fmin=10000 Hz is above all of a rec"
    with pytest.raises(RenderError, match=message):
        render(noise(0.5, 16_000), 16_000, settings)


def test_the_coefficient_of_a_smoother_becomes_its_time_constant() -> None:
    """A hop of 10 ms is 220.5 samples at 22,050 Hz, and 480 at 48,000 Hz."""
    settings = Settings.from_options({**NATIVE, "frontend": "pcen:s=0.05"})
    seconds = np.sqrt(1 - 0.05) / 0.05 / 100
    for one in (settings, settings.at(22_050), settings.at(48_000)):
        (pcen,) = one.frontends
        assert isinstance(pcen, Pcen)
        assert (pcen.s, pcen.time_constant) == (None, pytest.approx(seconds))
    at = settings.at(48_000)
    assert pcen.smoothing(at.mel.frame_rate).item() == pytest.approx(0.05)
    # With one rate for all, it stays what it is.
    (pcen,) = Settings.from_options({"frontend": "pcen:s=0.05"}).frontends
    assert pcen == Pcen(s=0.05)


def test_native_settings_are_written_and_read() -> None:
    for given in (
        NATIVE,
        {"preset": "bat", "sr": "native"},
        {"sr": "native", "window_ms": 20, "hop_ms": 5, "n_fft": 4096},
    ):
        settings = Settings.from_options(given)
        options = settings.to_options()
        assert not {"win_length", "hop_length"} & options.keys()
        assert Settings.from_options(options) == settings
        text = json.loads(settings.to_text())
        assert (text["sr"], text["window_ms"]) == ("native", settings.mel.window_ms)
        assert hash(settings) == hash(Settings.from_options(options))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"sr": "native"},
            "needs window_ms and hop_ms, and window_ms and hop_ms are missing: as many",
        ),
        (
            {"sr": "native", "preset": "perch", "hop_ms": 10},
            "needs window_ms and hop_ms, and window_ms is missing: as many samples",
        ),
        ({**NATIVE, "win_length": 512}, "window_ms=25 and win_length=512 are two ways"),
        ({**NATIVE, "hop_ms": 0}, "hop_ms=0: need more than 0 ms"),
        ({**NATIVE, "n_fft": 2**20}, "n_fft=1048576: need 2 to 131072 samples"),
        ({**NATIVE, "fmin": 20_000}, "need 0 <= fmin < fmax, got fmin=20000"),
        (
            {**NATIVE, "clip_duration": 0.02},
            "shorter than one analysis window of 0.025",
        ),
        ({"sr": 0}, "sr=0: need a whole number of Hz, or 'native'"),
        ({"sr": "own"}, "sr='own': need a whole number of Hz, or 'native'"),
    ],
)
def test_wrong_native_settings_are_named(
    given: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        Settings.from_options(given)


def test_boxes_need_a_rate() -> None:
    settings = Settings.from_options({**NATIVE, "center": True})
    with pytest.raises(ParameterError, match="sr=native: .* take settings.at"):
        settings.box(0, 1)
    box = settings.at(48_000).box(0.995, 1.995, seconds=3)
    assert box == PixelBox(x=100, y=0, width=100, height=128, visible=1)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert recordings of three rates, one of which is too low for the pictures."""
    folder = tmp_path_factory.mktemp("rates")
    for rate in (8000, 48_000, 192_000):
        write(folder / "in" / f"{rate}.wav", chirps(0.7, rate), rate)
    table = (
        "file,start,end,low,high,label\n48000.wav,0.1,0.2,12000,16000,bush-cricket\n"
    )
    (folder / "table.csv").write_text(table)
    options = ("--preset", "bat", "--sr", "native", "--clips=annotation", "--boxes=csv")
    options = (*options, "--unannotated=keep", "--annotations", folder / "table.csv")
    dry = specimg("convert", folder / "in", folder / "out", *options, "--dry-run")
    assert dry.stdout.startswith("would read 2 recordings, 1.4 s of audio\n")
    assert "would fail: 8000.wav: sr=native, which is 8000 Hz here: fmin" in dry.stdout
    assert "would write about 1 image" in dry.stdout
    options = options[:4]
    result = specimg("convert", folder / "in", folder / "out", *options)
    assert (result.returncode, result.stderr.count("Traceback")) == (3, 0)
    (folder / "stdout").write_text(result.stdout)
    return folder


def test_each_recording_is_converted_at_its_rate_or_fails_by_it(
    converted: Path,
) -> None:
    out = converted / "out"
    found = rows(out / "manifest.csv")
    assert [(row["source_sr"], row["sr"]) for row in found] == [
        ("192000", "192000"),
        ("192000", "192000"),
        ("48000", "48000"),
        ("48000", "48000"),
    ]
    assert [row["source_fmax"] for row in found[::2]] == ["96000.0", "24000.0"]
    assert found[0]["warning"].startswith("empty: 27 of 128 bands, because the recordi")
    (failure,) = rows(out / "failures.csv")
    assert (failure["source"], failure["stage"]) == ("8000.wav", "render")
    assert "fmin=10000 Hz is above all of a recording" in failure["reason"]
    summary = (converted / "stdout").read_text()
    assert "bands are empty in 2 recordings, which end at 24000 Hz and above" in summary
    assert list(find_faults(out, deep=True)) == []


def test_the_same_pixels_in_python(converted: Path) -> None:
    settings = Settings.load(converted / "out" / "specimg.toml")
    for row in rows(converted / "out" / "manifest.csv"):
        path = converted / "in" / row["source"]
        place = (float(row["start"]), float(row["end"]))
        pixels = render(*read(path, settings, *place), settings)
        assert np.array_equal(pixels, read_png(converted / "out" / row["file_name"]))


def test_the_gallery_of_pictures_with_ends_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(3000, 0.3))
    out = tmp_path / "out"
    given = ("--sr=native", "--window-ms=20", "--hop-ms=10", "--clip-duration=0.3")
    assert specimg("convert", path, out, *given).returncode == 0
    write_gallery(out, None, lambda *_: None)
    assert '"fmax":null' in (out / "gallery.html").read_text()
