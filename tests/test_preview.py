"""The preview: panels with convert's pixels, at the right seconds and hertz."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image
from sounds import SPECIMG, chirps, noise, read_png, specimg, tone, write

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

from matplotlib.figure import Figure

from specimg import ParameterError, RecordingError, Settings
from specimg.figure.clip import read_clip
from specimg.figure.figure import make_figure
from specimg.figure.layout import Layout
from specimg.figure.panels import Panel, lay_out, render_panels
from specimg.figure.scales import hz_ticks
from specimg.figure.variants import default_variants
from specimg.figure.waveform import envelope
from specimg.rendering.axes import hz_to_band, time_extent
from specimg.rendering.bands import band_edges
from specimg.settings.variants import parse_variant

Colors = NDArray[np.uint8]

DEFAULT = ("raw", "db", "exp", "pcen:init=librosa", "pcen", "db+pcen+exp")


def read_figure(path: Path | io.BytesIO) -> Colors:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def as_colors(pixels: NDArray[np.uint8]) -> Colors:
    return pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=2)


def find_all(figure: Colors, pixels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Find where `pixels` are in a figure, to the bit, by its own looks alone."""
    wanted = as_colors(pixels)
    height, width = wanted.shape[:2]
    row = int(np.argmax(wanted.max(axis=1).sum(axis=1)))
    tops, lefts = figure.shape[0] - height + 1, figure.shape[1] - width + 1
    alike = np.ones((tops, lefts), bool)
    for column in range(0, width, max(1, width // 25)):
        part = figure[row : row + tops, column : column + lefts]
        alike &= (part == wanted[row, column]).all(axis=2)
    return [
        (int(top), int(left))
        for top, left in np.argwhere(alike)
        if np.array_equal(figure[top : top + height, left : left + width], wanted)
    ]


def options_of(spec: str) -> list[str]:
    parts = spec.split("+")
    if len(parts) == 1:
        return ["--frontend", spec]
    return [f"--{name}={part}" for name, part in zip("rgb", parts, strict=True)]


def convert(path: Path, spec: str, clip: str, *options: str) -> NDArray[np.uint8]:
    out = path.parent / f"out_{spec.replace(':', '_')}"
    result = specimg("convert", path, out, "-q", *options_of(spec), *options)
    assert result.returncode == 0, result.stderr
    pixels = read_png(out / f"{path.name}{clip}.png")
    assert pixels.dtype == np.uint8
    return pixels.astype(np.uint8)


def preview(path: Path, *options: object) -> Path:
    figure = path.parent / "figure.png"
    result = specimg("preview", path, "-o", figure, *options)
    assert (result.returncode, result.stderr) == (0, "")
    return figure


@pytest.mark.parametrize(
    ("start", "options"),
    [
        (0, []),
        (3, ["--center", "--power=2"]),
        (6, ["--mono=left"]),  # 1.5 s, extended
        (2.5, ["--clip-duration=2.5", "--hop-length=100", "--n-mels=60"]),
        (0, ["--preset=perch"]),
        (0, ["--preset=librosa"]),
        (0, ["--clip-duration=whole"]),
    ],
)
def test_each_panel_has_the_pixels_that_convert_writes(
    tmp_path: Path, start: float, options: list[str]
) -> None:
    path = write(tmp_path / "a.wav", chirps(7.5, 44_100), 44_100)
    figure = read_figure(preview(path, "--start", start, *options))
    clip = "" if "--clip-duration=whole" in options else f"_{start:09.3f}s"
    found = []
    # Every convert takes a second: all frontends once, then what is most sensitive.
    for spec in DEFAULT if not options else DEFAULT[-2:]:
        places = find_all(figure, convert(path, spec, clip, *options))
        assert len(places) == 1, spec
        found += places
    # Below each other, at the same seconds.
    assert found == sorted(found)
    assert len({left for _, left in found}) == 1


def test_each_panel_has_its_pixels_at_any_width(tmp_path: Path) -> None:
    """Where inches become pixels again, a rounding could add a column."""
    settings = Settings()
    rng = np.random.default_rng(0)
    clip = read_clip(
        write(tmp_path / "a.wav", tone(440, 0.2)), settings, start=0, limit=9
    )
    for width in [*range(1, 40), 127, 250, 999, 1001, 2047]:
        pixels = rng.integers(0, 256, (128, width, 3), np.uint8)
        layout = Layout(columns=width, rows=128, n_panels=2)
        panels = [Panel("a", pixels), Panel("b", pixels[::-1])]
        drawn = make_figure("name", clip, panels, settings, layout)
        image = rasterize(drawn)
        assert image.shape[:2] == (layout.height, layout.width)
        for index, panel in enumerate(panels):
            left, top, _, _ = map(int, layout.panel(index))
            part = image[top : top + 128, left : left + width]
            assert np.array_equal(part, panel.pixels), width


def rasterize(figure: Figure) -> Colors:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return read_figure(buffer)


def test_zoom_draws_each_pixel_as_a_square(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps())
    figure = read_figure(preview(path, "--zoom=3", "--arm=pcen", "--arm=db"))
    for spec in ("pcen", "db"):
        pixels = convert(path, spec, "_00000.000s")
        large = pixels.repeat(3, axis=0).repeat(3, axis=1)
        assert len(find_all(figure, large)) == 1


SCALES = [
    {},
    {"mel_scale": "slaney"},
    {"center": True},
    {"mel_scale": "slaney", "center": True},
    {"preset": "librosa"},
    {"preset": "perch", "mel_scale": "slaney"},
    {"preset": "birdnet-low"},
    {"preset": "birdnet-high"},
    {"n_mels": 40, "fmin": 300, "fmax": 4000, "hop_length": 333},
]


@pytest.mark.parametrize("given", SCALES)
def test_a_tone_of_1_khz_lies_at_its_tick(
    tmp_path: Path, given: dict[str, object]
) -> None:
    settings = Settings.from_options(given)
    path = write(tmp_path / "a.wav", tone(1000, 5, 48_000), 48_000)
    arms = [parse_variant("raw")]
    layout, limit = lay_out(settings, arms)
    clip = read_clip(path, settings, start=0, limit=limit)
    panels = render_panels(clip, settings, arms)
    figure = make_figure("name", clip, panels, settings, layout)
    pixels = panels[0].pixels

    axes = figure.axes[1]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    tick = axes.get_yticks()[labels.index("1k")]
    row = pixels.shape[0] - 1 - int(np.argmax(pixels.sum(axis=1)))
    assert abs(tick - row) <= 0.75
    # The row's place on the axis is its number, whatever lies between.
    image = axes.get_images()[0]
    assert image.get_extent()[2:] == [-0.5, pixels.shape[0] - 0.5]

    drawn = rasterize(figure)
    left, top, _, height = map(int, layout.panel(0))
    dark = np.all(drawn[top : top + height, left - 4] < 128, axis=1)
    marks = np.flatnonzero(dark)
    assert len(marks) == len(labels)
    mark = sorted(marks, reverse=True)[sorted(axes.get_yticks()).index(tick)]
    line = drawn[top : top + height, left + layout.columns // 2, 0]
    assert abs(int(mark) - int(np.argmax(line))) <= 1


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("start", [0.0, 1.2345])
def test_a_click_lies_at_its_second(tmp_path: Path, center: bool, start: float) -> None:
    at = start + 1.0
    samples = np.zeros(5 * 22_050, np.float32)
    samples[round(at * 22_050)] = 1.0
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")
    settings = Settings.from_options({"center": center})
    arms = [parse_variant("raw")]
    layout, limit = lay_out(settings, arms)
    clip = read_clip(path, settings, start=start, limit=limit)
    panels = render_panels(clip, settings, arms)
    figure = make_figure("name", clip, panels, settings, layout)
    waveform, panel, time = figure.axes

    left, right = panel.get_images()[0].get_extent()[:2]
    energy = panels[0].pixels.sum(axis=0).astype(float)
    seconds = left + (np.arange(energy.size) + 0.5) * (right - left) / energy.size
    assert np.average(seconds, weights=energy) == pytest.approx(at, abs=0.0005)
    # All axes have the second at the same pixel.
    places = [axes.transData.transform((at, 0))[0] for axes in figure.axes]
    assert np.ptp(places) < 0.01
    line = waveform.get_lines()[0].get_xydata()
    assert isinstance(line, np.ndarray)
    assert line[np.argmax(line[:, 1]), 0] == pytest.approx(at, abs=0.006)
    assert time.get_xlim() == pytest.approx((start, start + 3), abs=1e-4)


def test_frames_lie_where_their_samples_are() -> None:
    mel = Settings().mel
    left, right = time_extent(mel, 513)
    assert left == pytest.approx((256 - 64) / 22_050)
    assert right == pytest.approx((512 * 128 + 256 + 64) / 22_050)
    assert time_extent(replace(mel, center=True), 1) == pytest.approx(
        (-64 / 22_050, 64 / 22_050)
    )


@pytest.mark.parametrize("scale", ["htk", "slaney", "linear"])
def test_hertz_of_the_peaks_are_whole_bands(scale: str) -> None:
    mel = Settings.from_options({"mel_scale": scale, "fmin": 200}).mel
    peaks = band_edges(mel)[1:-1]
    assert hz_to_band(peaks, mel) == pytest.approx(np.arange(128), abs=1e-6)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({}, "100 500 1k 2k 5k 10k"),
        ({"mel_scale": "slaney", "fmin": 0}, "100 500 1k 2k 5k 10k"),
        ({"n_mels": 24}, "1k 10k"),
        ({"fmin": 2100, "fmax": 4900}, "2.5k 3k 3.5k 4k 4.5k"),
        ({"sr": 96_000, "fmax": 48_000, "fmin": 20_000}, "25k 30k 35k 40k 45k"),
        ({"n_mels": 4, "fmin": 400, "fmax": 3000}, "1k"),
        ({"n_mels": 40, "fmin": 300, "fmax": 4000}, "1k 2k"),
        ({"mel_scale": "linear"}, "2k 4k 6k 8k 10k"),
        ({"mel_scale": "linear", "fmin": 2100, "fmax": 4900}, "2.5k 3k 3.5k 4k 4.5k"),
    ],
)
def test_ticks_are_round_and_apart(given: dict[str, object], labels: str) -> None:
    mel = Settings.from_options(given).mel
    ticks = hz_ticks(mel, min_gap=12)
    bands = sorted(ticks)
    assert " ".join(ticks[band] for band in bands) == labels
    assert all(gap >= 12 for gap in np.diff(bands))


def test_the_same_clip_gives_the_same_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(1))
    for suffix in ("png", "svg", "pdf"):
        files = []
        for name in ("first", "second"):
            out = tmp_path / f"{name}.{suffix}"
            result = specimg("preview", path, "-o", out, "--arm=db", "--arm=db+raw+exp")
            assert (result.returncode, result.stderr) == (0, "")
            files.append(out.read_bytes())
        assert files[0] == files[1]
    assert files[0].startswith(b"%PDF")


def test_it_says_what_it_wrote_and_writes_preview_png_by_default(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.wav", chirps())
    result = specimg("preview", "a.wav", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "wrote preview.png: 6 panels of 513x128 pixels\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.wav", "preview.png"]


def test_the_frontends_of_a_settings_file_are_shown() -> None:
    def titles(**given: str) -> list[str]:
        return [arm.title for arm in default_variants(Settings.from_options(given))]

    gray, rgb = titles()[:-1], titles()[-1]
    assert rgb == "db+pcen+exp  (red+green+blue)"
    assert titles(frontend="pcen") == [*gray, rgb]
    assert titles(frontend="exp:a=2") == [*gray, "exp:a=2", rgb]
    assert titles(r="db", g="raw", b="exp:a=2") == [
        *gray,
        "db+raw+exp:a=2  (red+green+blue)",
    ]


def test_a_config_of_convert_sets_the_mel_bands(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps())
    (tmp_path / "my.toml").write_text(
        'frontend = "exp:a=2"\nn_mels = 40\nsize = "64x64"\nbit_depth = 16\n'
    )
    figure = read_figure(preview(path, "--config", tmp_path / "my.toml"))
    assert find_all(figure, convert(path, "exp:a=2", "_00000.000s", "--n-mels=40"))


@pytest.mark.parametrize("spec", ["pcen:gain=0.8", "db+pcen:gain=0.8+exp"])
def test_a_frontend_of_the_command_line_is_the_only_panel(
    tmp_path: Path, spec: str
) -> None:
    path = write(tmp_path / "a.wav", chirps())
    pixels = convert(path, spec, "_00000.000s")
    figures = [read_figure(preview(path, *options_of(spec)))]
    figures.append(read_figure(preview(path, "--frontend", spec)))
    assert len(find_all(figures[0], pixels)) == 1
    assert np.array_equal(figures[0], figures[1])
    layout, _ = lay_out(Settings(), [parse_variant(spec)])
    assert figures[0].shape[:2] == (layout.height, layout.width)


def test_one_channel_of_the_command_line_replaces_that_of_a_settings_file(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "a.wav", chirps())
    (tmp_path / "my.toml").write_text('frontend = "db+pcen+exp"\n')
    figure = read_figure(preview(path, "--config", tmp_path / "my.toml", "--g=raw"))
    assert len(find_all(figure, convert(path, "db+raw+exp", "_00000.000s"))) == 1


@pytest.mark.parametrize("options", [[], ["--clip-duration=whole"], ["--zoom=2"]])
def test_panels_of_another_size_have_the_pixels_of_convert(
    tmp_path: Path, options: list[str]
) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    figure = read_figure(preview(path, "--size=200x90", "--arm=pcen", *options))
    clip = "" if "--clip-duration=whole" in options else "_00000.000s"
    settings = [option for option in options if "zoom" not in option]
    pixels = convert(path, "pcen", clip, "--size=200x90", *settings)
    assert pixels.shape == (90, 200)
    if "--zoom=2" in options:
        pixels = pixels.repeat(2, axis=0).repeat(2, axis=1)
    assert len(find_all(figure, pixels)) == 1


def test_the_axes_of_another_size_are_those_of_the_clip(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    extents, ticks = [], []
    for size in ("native", "300x64"):
        settings, arms = Settings.from_options({"size": size}), [parse_variant("db")]
        layout, limit = lay_out(settings, arms)
        clip = read_clip(path, settings, start=1, limit=limit)
        panels = render_panels(clip, settings, arms)
        figure = make_figure("name", clip, panels, settings, layout)
        extents.append(figure.axes[1].get_images()[0].get_extent())
        ticks.append(set(figure.axes[1].get_yticks().tolist()))
        assert figure.axes[2].get_xlim() == pytest.approx((1, 4), abs=1e-4)
    assert extents[0] == extents[1]
    assert ticks[1] < ticks[0]  # at the same bands, as far as there is room


def test_a_plus_in_a_number_or_a_name_does_not_combine(tmp_path: Path) -> None:
    learned = tmp_path / "a+b.json"
    learned.write_text('{"n_mels": 128, "parameters": {"a": 1}}')
    assert len(parse_variant("exp:a=1e+0").frontends) == 1
    assert len(parse_variant(f"exp:@{learned}").frontends) == 1
    three = parse_variant(f"exp:@{learned}+pcen:bias=1e+1,gain=0.5+db")
    assert len(three.frontends) == 3
    with pytest.raises(ParameterError, match="2 frontends in 'db.pcen': need one, or"):
        parse_variant("db+pcen")
    with pytest.raises(ParameterError, match="unknown frontend 'mfcc'"):
        parse_variant("db+mfcc+exp")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_clip_is_what_convert_cuts_in_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind.lower()}"
    soundfile.write(path, chirps(7, 44_100), 44_100, format=kind)
    figure = read_figure(preview(path, "--start=3", "--arm=db"))
    assert len(find_all(figure, convert(path, "db", "_00003.000s"))) == 1


def test_long_waveforms_keep_their_peaks() -> None:
    samples = noise(30)
    positions, values = envelope(samples, 500)
    assert (positions.size, values.size) == (1000, 1000)
    assert (values.min(), values.max()) == (samples.min(), samples.max())
    short, same = envelope(samples[:100], 500)
    assert np.array_equal(same, samples[:100])
    assert np.array_equal(short, np.arange(100))


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["none.wav"], 1, "Error: none.wav: no such file"),
        (["notes.txt"], 1, "Error: notes.txt: not audio of a known format"),
        (["a.wav", "--start=9"], 1, "a.wav: start=9 s: the recording has only 3 s"),
        (["a.ogg", "--start=9"], 1, "a.ogg: start=9 s: the recording has only 3 s"),
        (["a.wav", "--start=2.99"], 1, "s of audio from 2.99 s on, but one"),
        (["a.wav", "--start=inf"], 2, "--start inf: need a number of seconds"),
        (["nan.wav"], 1, "Error: nan.wav: 22050 of 22050 samples are not finite"),
        (["a.wav", "--arm=mfcc"], 2, "--arm: unknown frontend 'mfcc': need one of raw"),
        (["a.wav", "--arm=pcen:alpha=1"], 2, "--arm: unknown parameter 'alpha' of"),
        (["a.wav", "--arm=db+pcen"], 2, "--arm: 2 frontends in 'db+pcen': need one"),
        (["a.wav", "--arm=db", "--r=db", "--g=db", "--b=db"], 2, "--r, --g, --b makes"),
        (["a.wav", "--arm=db", "--frontend=db"], 2, "--arm, which takes A+B+C as well"),
        (["a.wav", "--frontend=db+pcen"], 2, "2 frontends in 'db+pcen': need one, or"),
        (["a.wav", "--r=db"], 2, "RGB needs r, g and b: g and b missing"),
        (["a.wav", "--size=99999x9"], 2, "use a smaller --zoom or --size"),
        (["a.wav", "-o", "x.jpg"], 2, "-o x.jpg: need a name that ends in .png"),
        (["a.wav", "-o", "notes.txt/x.png"], 1, "Error: cannot write notes.txt/x.png"),
        (["a.wav", "-o", "folder.png"], 1, "Error: cannot write folder.png: Is a"),
        (["a.png", "-o", "a.png"], 2, "-o a.png: that is the recording"),
        (["a.wav", "--clip-duration=900"], 2, "use --clip-duration 173.7 or less"),
        (["a.wav", "--clip-duration=whole", "--zoom=200"], 2, "a smaller --zoom"),
        (["long.wav", "--clip-duration=whole"], 1, "too long for one figure: more"),
        (["a.wav", "--fmax=20000"], 2, "need 0 <= fmin < fmax <= 11025 Hz"),
        (["a.wav", "--config=none.toml"], 2, "none.toml: cannot read settings"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    for name, kind in (("a.wav", "WAV"), ("a.ogg", "OGG"), ("a.png", "WAV")):
        soundfile.write(tmp_path / name, noise(), 22_050, format=kind)
    write(tmp_path / "nan.wav", np.full(22_050, np.nan, np.float32), subtype="FLOAT")
    write(tmp_path / "long.wav", noise(600, 8000), 8000)
    (tmp_path / "notes.txt").write_text("no audio")
    (tmp_path / "folder.png").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = specimg("preview", *arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (status, "")
    assert message in " ".join(result.stderr.replace("│", "").split())
    assert "Traceback" not in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_odd_names_and_silence_are_drawn(tmp_path: Path) -> None:
    names = ["a$b$_{.wav", "鳥.wav", "x" * 200 + ".wav", "new\nline.wav"]
    for name in names:
        path = write(tmp_path / name, np.zeros(22_050, np.float32))
        preview(path, "--clip-duration=0.1", "--arm=pcen")


def test_an_offset_does_not_hide_the_waveform(tmp_path: Path) -> None:
    settings, arms = Settings(), [parse_variant("db")]
    path = write(tmp_path / "a.wav", 0.001 * tone(440) + 0.25, subtype="FLOAT")
    layout, limit = lay_out(settings, arms)
    clip = read_clip(path, settings, start=0, limit=limit)
    panels = render_panels(clip, settings, arms)
    figure = make_figure("name", clip, panels, settings, layout)
    low, high = figure.axes[0].get_ylim()
    assert (low, high) == pytest.approx((-0.000525, 0.000525), rel=0.01)
    texts = [text.get_text() for text in figure.texts]
    assert "waveform  (peak -12.0 dBFS; its offset of 0.25 is not drawn)" in texts


def test_it_needs_no_home_and_says_nothing_about_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(1))
    result = subprocess.run(
        [SPECIMG, "preview", path, "--arm=db"],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(path / "none"), "MPLCONFIGDIR": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_whole_recording_that_is_short_is_read_up_to_its_end(tmp_path: Path) -> None:
    settings = Settings.from_options({"clip_duration": "whole"})
    path = write(tmp_path / "a.wav", noise(2.5))
    clip = read_clip(path, settings, start=1, limit=10)
    assert (clip.start, clip.end) == (1, 2.5)
    with pytest.raises(RecordingError, match="more than 1.0 s from 1 s on"):
        read_clip(path, settings, start=1, limit=1)


def test_a_truncated_recording_is_drawn_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(2))
    path.write_bytes(path.read_bytes()[:60_000])
    result = specimg("preview", path, "-o", tmp_path / "a.png", "--arm=db")
    assert result.returncode == 0
    assert f"{path}: truncated: " in result.stderr


def test_without_matplotlib_it_says_how_to_get_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise())
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        f"sys.argv = ['specimg', 'preview', {str(path)!r}]\n"
        "from specimg.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    message = 'specimg preview needs matplotlib: pip install "specimg[preview]"'
    assert result.stderr == f"Error: {message}\n"
    assert not (tmp_path / "preview.png").exists()
