"""Real recordings, and a collection of odd and hostile files, where they are."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from sounds import SHARED, needs_shared, read_png, rows, specimg, specimg_and_peak

import specimg as library
from specimg import Settings
from specimg.audio import AudioReader


@needs_shared
def test_every_real_recording_is_converted(tmp_path: Path) -> None:
    inputs = [SHARED / name for name in ("field", "esc10", "insects13/test")]
    count = sum(
        path.suffix.lower() in (".wav", ".flac", ".ogg", ".opus", ".mp3")
        for folder in inputs
        for path in folder.rglob("*")
    )
    out = tmp_path / "out"
    result = specimg("convert", *inputs, out, "--r", "db", "--g", "pcen", "--b", "exp")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"converted {count} recordings")
    table = rows(out / "manifest.csv")
    assert len({row["source"] for row in table}) == count
    assert len(table) == sum(1 for _ in out.rglob("*.png"))
    warned = {row["source"]: row["warning"] for row in table if row["warning"]}
    # One recording of 16 kHz, in five formats.
    assert {Path(source).stem for source in warned} == {"21100_36_48"}
    assert {warning[:24] for warning in warned.values()} == {"empty: 13 of 128 bands, "}
    settings = Settings.load(out / "specimg.toml")
    for row in table[:: len(table) // 25]:
        path = SHARED / row["source"]
        rate = int(row["source_sr"])
        first, last = (round(float(row[end]) * rate) for end in ("start", "end"))
        with AudioReader(path) as reader:
            whole = np.empty((2, last), np.float32)
            assert reader.read(whole) == last
        expected = library.render(whole[0, first:last], rate, settings)
        assert np.array_equal(read_png(out / row["file_name"]), expected)


@needs_shared
def test_one_clip_in_five_formats_looks_alike(tmp_path: Path) -> None:
    out = tmp_path / "out"
    clips = sorted((SHARED / "field").glob("21100_36_48.*"))
    specimg("convert", *clips, out, "--frontend", "exp")
    images = [
        read_png(out / row["file_name"]).astype(float)
        for row in rows(out / "manifest.csv")
        if row["start"] == "0.0"
    ]
    assert len(images) == len(clips) == 5
    for image in images:
        # No decoder's delay is left: alike in place, not two frames to the side.
        in_place, late, early = (
            np.corrcoef(np.roll(image, shift, axis=1).ravel(), images[0].ravel())[0, 1]
            for shift in (0, 2, -2)
        )
        assert in_place > 0.8
        assert in_place > max(late, early) + 0.1


@needs_shared
def test_the_odd_collection_is_survived(odd: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result, peak = specimg_and_peak(
        "convert", odd, out, "--r", "db", "--g", "pcen", "--b", "exp"
    )
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert peak < 600 * 1024
    failures = {row["source"]: row for row in rows(out / "failures.csv")}
    table = rows(out / "manifest.csv")
    converted = {row["source"] for row in table}
    assert not converted & failures.keys()
    assert len(result.stderr.splitlines()) == len(failures)
    images = {path.relative_to(out).as_posix() for path in out.rglob("*.png")}
    assert images == {row["file_name"] for row in table}
    reasons = {
        "generated/empty.wav": "empty: 0 bytes",
        "generated/float_nan.wav": "1 of 22050 samples are not finite",
        "generated/dangling_link.wav": "the link leads nowhere",
        "generated/truncated.flac": "damaged between",
        "generated/html_404.mp3": "not audio of a known format: it begins with '<!DOC",
        "generated/sr1.wav": "sample rate 1 Hz",
        "generated/one_sample.wav": "too short",
        "tinytag+tinytag/tinytag/tests/samples/test.m4a": "AAC in an MP4 file",
        "tinytag+tinytag/tinytag/tests/samples/test2.wma": "Windows Media audio",
    }
    for source, reason in reasons.items():
        assert failures[source]["reason"].startswith(reason)
    good = (
        "new%0Aline.wav",
        "latin1_%E9t%E9.wav",
        "noextension",
        "ch32.wav",
        "rf64.wav",
    )
    for name in (*good, "wav_named.mp3", "streamed_sizes_ffffffff.wav", "UPPER.WAV"):
        assert f"generated/{name}" in converted
    assert {row["source"] for row in table if row["warning"]} >= {
        "generated/truncated_half.wav",
        "generated/truncated.mp3",
    }


@needs_shared
def test_no_odd_file_takes_long(odd: Path) -> None:
    code = (
        "import sys, time, pathlib; from specimg.conversion import convert_recording\n"
        "from specimg.audio.recordings import Recording; from specimg import *\n"
        "from specimg.spans.span import ALL_CLIPS\n"
        "from specimg.output.loose import LooseFiles\n"
        "import tempfile, specimg\n"
        "worst = 0\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).rglob('*')):\n"
        "    if not path.is_dir():\n"
        "        begin = time.monotonic()\n"
        "        with tempfile.TemporaryDirectory() as out:\n"
        "            try:\n"
        "                convert_recording(Recording(path=path, name='a', label=''),\n"
        "                    LooseFiles(pathlib.Path(out)),\n"
        "                    specimg.Settings(), ALL_CLIPS)\n"
        "            except SpecimgError:\n"
        "                pass\n"
        "        worst = max(worst, time.monotonic() - begin)\n"
        "print(worst)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, odd],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert float(process.stdout) < 10


def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """Peak memory in kB of two runs, an hour apart in length."""

    def peak(minutes: int) -> int:
        path = tmp_path / f"{minutes}.flac"
        block = np.zeros(60 * 8000, np.float32)
        block[::4000] = 0.5
        with soundfile.SoundFile(path, "w", 8000, 1) as file:
            for _ in range(minutes):
                file.write(block)
        out = tmp_path / f"out{minutes}"
        return specimg_and_peak("convert", path, out, "--clip-duration", "30")[1]

    short, long = peak(2), peak(62)
    assert long < short + 20_000
