"""What a picture cannot show is said: in the manifest, the summary and the preview."""

from pathlib import Path

import numpy as np
import pytest
from sounds import chirps, noise, read_png, rows, specimg, write

from specimg import Settings
from specimg.rendering.bandwidth import (
    count_empty_bands,
    describe_bandwidth,
    describe_ultrasound,
)
from specimg.rendering.mel import MelSettings


@pytest.mark.parametrize(
    "rate", [22_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
)
def test_ordinary_rates_are_not_worth_a_word(rate: int) -> None:
    assert describe_bandwidth(rate, MelSettings()) == ""


@pytest.mark.parametrize("rate", [192_000, 250_000, 256_000, 384_000, 500_000])
def test_ultrasound_that_is_not_shown_is_said(rate: int) -> None:
    assert describe_bandwidth(rate, MelSettings()) == (
        f"not shown: the recording reaches {rate // 2} Hz, the picture ends at 11025 Hz"
    )
    assert not describe_bandwidth(rate, MelSettings(sample_rate=rate, n_fft=16_384))


def test_ultrasonic_needs_both_a_high_rate_and_a_low_picture() -> None:
    low = MelSettings(sample_rate=22_050, fmax=4000, n_fft=2048)
    assert describe_bandwidth(96_000, low) == ""
    high = MelSettings(sample_rate=96_000, n_fft=8192)
    assert describe_bandwidth(192_000, high) == ""


def test_the_empty_bands_that_are_counted_are_black(tmp_path: Path) -> None:
    """White noise of 16 kHz fills every band that is not counted, and none that is."""
    path = write(tmp_path / "a.wav", noise(3, 16_000), 16_000)
    out = tmp_path / "out"
    assert specimg("convert", path, out).returncode == 0
    (row,) = rows(out / "manifest.csv")
    count = count_empty_bands(16_000, MelSettings())
    assert row["warning"] == (
        f"empty: {count} of 128 bands, because the recording ends at 8000 Hz"
    )
    picture = read_png(out / row["file_name"]).astype(float)
    brightness = picture.mean(axis=1)
    ordinary = np.median(brightness)
    assert brightness[:count].max() < 0.5 * ordinary
    # The resampler has faded the topmost of the others.
    assert brightness[count + 6 :].min() > 0.8 * ordinary


def test_the_summary_counts_and_says_what_helps(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number in range(2):
        write(folder / f"bat{number}.wav", chirps(1, 384_000, number), 384_000)
    write(folder / "phone.wav", chirps(1, 8000), 8000)
    write(folder / "faint.wav", 1e-4 * noise(2), 22_050, subtype="FLOAT")
    write(folder / "silent.wav", 0 * noise(7))
    write(folder / "usual.wav", chirps(2))
    result = specimg("convert", folder, tmp_path / "out")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert "silent or nearly so, below -60 dBFS: 4 clips" in lines
    assert (
        "sound above 11025 Hz is not shown, of up to 192000 Hz in 2 recordings: "
        "raise --sr and --fmax"
    ) in lines
    count = count_empty_bands(8000, MelSettings())
    assert (
        f"up to {count} of 128 bands are empty in 1 recording, which ends at 4000 Hz: "
        f"lower --fmax to that"
    ) in lines
    warnings = {
        row["source"]: row["warning"] for row in rows(tmp_path / "out" / "manifest.csv")
    }
    assert warnings["usual.wav"] == warnings["silent.wav"] == ""
    assert warnings["bat0.wav"].startswith("not shown: ")


def test_what_helps_helps(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(3, 16_000), 16_000)
    result = specimg("convert", path, tmp_path / "out", "--fmax", "8000")
    assert "empty" not in result.stdout
    bat = write(tmp_path / "bat.wav", noise(3, 256_000), 256_000)
    rates = ("--sr", "256000", "--fmin", "10000", "--n-fft", "4096")
    result = specimg("convert", bat, tmp_path / "out2", *rates)
    assert (result.returncode, "not shown" in result.stdout) == (0, False)


def test_several_warnings_share_a_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4, 8000), 8000)
    path.write_bytes(path.read_bytes()[:-4000])
    assert specimg("convert", path, tmp_path / "out").returncode == 0
    (warning,) = {row["warning"] for row in rows(tmp_path / "out" / "manifest.csv")}
    first, second = warning.split("; ")
    assert first == "truncated: shorter than its header says"
    assert second.startswith("empty: ")


def test_preview_says_it_as_well(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = write(tmp_path / "bat.wav", chirps(1, 500_000), 500_000)
    result = specimg("preview", path, "-o", tmp_path / "a.png", "--arm", "db")
    assert result.returncode == 0
    assert result.stderr == (
        f"{path}: this recording reaches 250 kHz, the picture ends at 11 kHz: "
        "raise --sr and --fmax, or try --preset bat\n"
    )
    assert (
        describe_ultrasound(500_000, Settings.from_options({"preset": "bat"}).mel) == ""
    )
