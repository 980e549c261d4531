"""The script that makes the data of the page "Which frontend?"."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sounds import noise, tone, write

SCRIPT = Path(__file__).parents[1] / "docs" / "which_frontend" / "make_data.py"


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """The checkouts that the script reads, as far as it reads them, in small."""
    hz = iter(range(600, 3000, 50))
    for hour in ("000000", "010000"):
        path = tmp_path / "noise" / f"S4A03895_20190522_{hour}.wav"
        # Recorders have an offset, and wind is louder than all else.
        samples = noise(2, 22_000, int(hour)) + tone(30, 2, 22_000) + 0.1
        write(path, samples.astype(np.float32), 22_000)
    write(tmp_path / "noise" / "S4A03895_20190522_001500.wav", tone(100, 2), 22_000)
    for name in ("A_MHV%201%20x%20%231", "A_MHV%201%20x%20%232", "A_dat003-029.M"):
        write(tmp_path / "insects/data/O/A" / f"{name}.wav", tone(next(hz)), 44_100)
    write(tmp_path / "insects/data/O/B/B_Take01.wav", tone(next(hz)), 44_100)
    for label in ("rain", "rooster"):
        path = tmp_path / "esc10" / label / "1-17367-A.ogg"
        write(path, tone(next(hz), 2), 22_050)
    for digit in (0, 1):
        for number in range(12):
            path = tmp_path / "digits/recordings" / f"{digit}_jackson_{number}.wav"
            write(path, tone(next(hz), 0.4, 8_000), 8_000)
    write(tmp_path / "birds/audio/data/processed/12.mp3", tone(next(hz)), 44_100)
    table = tmp_path / "birds/audio/data/analysis.csv"
    table.write_text("id,scientific_name\n12,Parus major\n", encoding="utf-8")
    return tmp_path


def make(downloads: Path, out: Path, *options: str) -> Path:
    folders = [
        f"--{name}={downloads / name}"
        for name in ("noise", "insects", "esc10", "digits", "birds")
    ]
    subprocess.run([sys.executable, SCRIPT, *folders, *options, out], check=True)
    return out


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}


def pairs(out: Path) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    for path in out.glob("*-noisy/**/*.flac"):
        folder = path.relative_to(out).parts[0]
        clean = out / folder.removesuffix("-noisy") / path.relative_to(out / folder)
        yield soundfile.read(clean)[0], soundfile.read(path)[0]


def test_each_set_has_a_noisy_copy_with_the_same_names(
    downloads: Path, tmp_path: Path
) -> None:
    out = make(downloads, tmp_path / "out")
    assert names(out / "insects") == {
        "A/MHV 1/A_MHV%201%20x%20%231.flac",
        "A/MHV 1/A_MHV%201%20x%20%232.flac",
        "A/dat003/A_dat003-029.M.flac",
        "B/B_Take01/B_Take01.flac",
    }
    assert names(out / "esc10") == {
        "rain/17367/1-17367-A.flac",
        "rooster/17367/1-17367-A.flac",
    }
    assert names(out / "birds") == {"Parus major/12.flac"}
    digits = names(out / "digits")
    assert len(digits) == 20  # ten of twelve, for each digit
    assert all(name.split("/")[1] == "jackson" for name in digits)
    for name in ("insects", "esc10", "digits", "birds"):
        assert names(out / f"{name}-noisy") == names(out / name)


def test_noise_is_0_to_10_decibels_above_the_recording_and_no_rumble(
    downloads: Path, tmp_path: Path
) -> None:
    ratios = []
    for clean, noisy in pairs(make(downloads, tmp_path / "out")):
        assert clean.size == noisy.size
        # The noise has nothing of the tone, so that this is its part in the mixture.
        part = noisy @ clean / (clean @ clean) * clean
        rest = noisy - part
        ratios.append(10 * np.log10(np.mean(part**2) / np.mean(rest**2)))
        assert np.abs(noisy).max() < 1
    assert len(ratios) == 27
    assert min(ratios) > -10.5
    assert max(ratios) < 0.5
    assert np.ptp(ratios) > 5


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(
    downloads: Path, tmp_path: Path
) -> None:
    def bytes_of(out: Path) -> dict[str, bytes]:
        return {name: (out / name).read_bytes() for name in names(out) if "." in name}

    first = bytes_of(make(downloads, tmp_path / "first"))
    assert bytes_of(make(downloads, tmp_path / "second")) == first
    other = bytes_of(make(downloads, tmp_path / "other", "--seed=1"))
    for name in set(first) & set(other):
        assert (first[name] == other[name]) == ("-noisy/" not in name), name


def test_a_clone_of_esc_50_is_read_by_its_table(
    downloads: Path, tmp_path: Path
) -> None:
    clone = downloads / "clone"
    for name in ("1-17367-A-10", "1-5-A-2"):
        write(clone / "audio" / f"{name}.wav", tone(500), 44_100)
    table = clone / "meta" / "esc50.csv"
    table.parent.mkdir()
    table.write_text(
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-17367-A-10.wav,1,10,rain,True,17367,A\n"
        "1-5-A-2.wav,1,2,pig,False,5,A\n",
        encoding="utf-8",
    )
    out = make(downloads, tmp_path / "out", f"--esc10={clone}")
    assert names(out / "esc10") == {"rain/17367/1-17367-A-10.flac"}


def test_a_folder_without_what_is_needed_is_named(downloads: Path) -> None:
    command = [sys.executable, SCRIPT, "--noise", downloads / "noise"]
    result = subprocess.run(
        [*command, "--birds", downloads / "digits", downloads / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "no recordings as --birds needs them" in result.stderr
