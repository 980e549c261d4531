"""The sounds of a gallery: what is heard is what was recorded."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from sounds import noise, specimg, tone, write

from specimg.audio.playable import MAX_RATE, encode_playable, slowdown_of
from specimg.gallery import write_gallery
from specimg.gallery.sounds import sound_folder


def page_data(out: Path) -> dict[str, Any]:
    text = (out / "gallery.html").read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def make(out: Path) -> tuple[dict[str, Any], list[str]]:
    """Write the page with sounds; return what it holds, and what was complained of."""
    told: list[str] = []
    write_gallery(out, None, lambda *_: None, on_sound=lambda _d, _t, x: told.append(x))
    return page_data(out), [text for text in told if text]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        write(tmp_path / "in" / f"{name} #%.wav", 0.5 * noise(1.2, seed=ord(name)))
    done = specimg(
        *("convert", tmp_path / "in", tmp_path / "out"),
        *("--clip-duration=0.5", "--clip-overlap=0.1", "-j1"),
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "out"


def test_each_image_has_the_samples_that_it_shows(out: Path) -> None:
    data, told = make(out)
    assert told == []
    columns = data["columns"]
    for row, name in enumerate(data["sounds"]):
        heard, rate = soundfile.read(sound_folder(out) / name, dtype="int16")
        source = out.parent / "in" / f"{'ab'[row >= len(data['sounds']) // 2]} #%.wav"
        start = round(columns["start"][row] * rate)
        recorded, _ = soundfile.read(source, start=start, dtype="int16")
        np.testing.assert_array_equal(heard, recorded[: heard.size])
        shown = columns["end"][row] - columns["start"][row]
        assert heard.size == round(shown * rate)


def test_sounds_are_written_once_and_those_of_no_image_removed(out: Path) -> None:
    names = set(make(out)[0]["sounds"])
    folder = sound_folder(out)
    other = folder / f"{'0' * 32}.flac"
    own = folder / "my own.flac"
    for path in (other, own):
        path.write_bytes(b"")
    times = {name: (folder / name).stat().st_mtime_ns for name in names}
    make(out)
    assert {path.name for path in folder.iterdir()} == {*names, own.name}
    assert times == {name: (folder / name).stat().st_mtime_ns for name in names}


def test_a_recording_that_is_gone_is_named_and_the_others_are_heard(out: Path) -> None:
    (out.parent / "in" / "a #%.wav").unlink()
    done = specimg("gallery", out, "--audio")
    assert done.returncode == 3
    assert "a #%.wav" in done.stderr
    assert "3 images have no sound" in done.stderr
    names = page_data(out)["sounds"]
    assert [bool(name) for name in names] == [False] * 3 + [True] * 3


def test_recordings_are_linked_where_they_are(out: Path) -> None:
    write_gallery(out, None, lambda *_: None)
    data = page_data(out)
    assert data["sounds"] == []
    assert not sound_folder(out).exists()
    assert data["recordings"] == {
        f"{name} #%25.wav": f"../in/{name}%20%23%25.wav" for name in "ab"
    }


def test_without_its_record_an_output_has_no_sounds(out: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(out, moved, ignore=shutil.ignore_patterns(".*"))
    done = specimg("gallery", moved, "--audio")
    assert done.returncode == 1
    assert "has no record any more, which knows where its recordings are" in done.stderr
    assert specimg("gallery", moved).returncode == 0


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000, 250_000, 384_000, 500_000])
def test_browsers_play_every_rate(rate: int, tmp_path: Path) -> None:
    hertz = 0.1 * rate
    path = tmp_path / "sound.flac"
    path.write_bytes(encode_playable(0.5 * tone(hertz, 0.2, rate), rate))
    heard, played = soundfile.read(path)
    assert played <= MAX_RATE
    assert heard.size / played == pytest.approx(0.2 * slowdown_of(rate), rel=1e-3)
    loudest = np.abs(np.fft.rfft(heard * np.hanning(heard.size))).argmax()
    expected = hertz / slowdown_of(rate)
    assert loudest * played / heard.size == pytest.approx(expected, rel=1e-2)
