"""Folders that released versions wrote are recognized, read, and gone on with.

``released/0.1`` was written by the code at f7d3cf2, ``released/0.1-later`` by that at
ce703cc, from ``released/recordings``.
"""

import io
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from runs import is_near, rows, tree
from sounds import specimg

RELEASED = Path(__file__).with_name("released")
OPTIONS = (
    *("--clip-duration", "0.1", "--sr", "4000", "--n-mels", "8"),
    *("--n-fft", "256", "--win-length", "128", "--hop-length", "32"),
)
WRITTEN = 10**18
"""When the recordings were written, in nanoseconds since 1970."""


NOT_NOTED = re.compile(r'.*-1\.0|( "codec": "")?}?')
"""Cells of `activity` and `codec`, in CSV and JSON."""


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = shutil.copytree(RELEASED / "recordings", tmp_path / "in")
    for path in folder.rglob("*.*"):
        os.utime(path, ns=(WRITTEN, WRITTEN))
    return folder


def images(out: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(out).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in out.rglob("*.png")
        if not path.name.startswith(("=", "%"))
    }


@pytest.mark.parametrize("version", ["0.1", "0.1-later"])
def test_a_run_goes_on_in_a_folder_of_an_earlier_version(
    recordings: Path, tmp_path: Path, version: str
) -> None:
    out = shutil.copytree(RELEASED / version / "whole", tmp_path / "out")
    before = images(out)
    named = ("--manifest", "metadata.csv")
    result = specimg("convert", recordings, out, *OPTIONS, *named)
    assert result.returncode == 3  # wren/empty.wav, as before
    # Only what a spreadsheet would run has another name now.
    assert result.stdout.startswith("converted 1 recording: 1 clip")
    assert "already converted: 4 recordings" in result.stdout
    assert images(out) == before
    assert not (out / ".specimg").exists()
    assert specimg("verify", out).returncode == 0
    new = tmp_path / "new"
    assert specimg("convert", recordings, new, *OPTIONS, *named).returncode == 3
    assert_same_but_for_processor(tree(new), tree(out))


def assert_same_but_for_processor(
    found: dict[str, bytes], there: dict[str, bytes]
) -> None:
    """What was written on another machine: its last bits are that processor's."""
    assert list(found) == list(there)
    for name, data in found.items():
        if name.endswith(".png"):
            new, old = (Image.open(io.BytesIO(png)) for png in (data, there[name]))
            assert new.info == old.info
            levels = [np.asarray(image).astype(int) for image in (new, old)]
            np.testing.assert_allclose(*levels, atol=1)
        else:
            new, old = (
                re.split("[,\n]", text.decode()) for text in (data, there[name])
            )
            pairs = zip(new, old, strict=True)
            # What was not noted then is not known now.
            assert all(
                is_near(*cells) or NOT_NOTED.fullmatch(cells[1]) for cells in pairs
            ), name


@pytest.mark.parametrize("which", ["0.1/whole", "0.1/shards", "0.1-later/whole"])
@pytest.mark.parametrize("command", ["verify", "stats", "gallery"])
def test_whoever_reads_a_folder_of_an_earlier_version_leaves_its_record_alone(
    tmp_path: Path, which: str, command: str
) -> None:
    out = shutil.copytree(RELEASED / which, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (out / ".specimg").glob("*.sqlite")}
    result = specimg(command, out)
    assert result.returncode == 0, result.stdout
    after = {p.name: p.read_bytes() for p in (out / ".specimg").glob("*.sqlite")}
    assert before == after


def test_shards_of_an_earlier_version_go_on(recordings: Path, tmp_path: Path) -> None:
    out = shutil.copytree(RELEASED / "0.1" / "shards", tmp_path / "out")
    before = images(out)
    done = 0
    for number in (1, 2):
        shard = ("--shard", f"{number}/2")
        result = specimg("convert", recordings, out, *OPTIONS, *shard)
        (count,) = re.findall(r"already converted: (\d+)", result.stdout)
        done += int(count)
    assert done == 4
    assert images(out) == before
    assert specimg("merge", out).returncode == 3
    assert not (out / ".specimg").exists()
    assert specimg("verify", out).returncode == 0
    assert len(rows(out / "manifest.csv")) == 8


def test_other_settings_are_refused_there_as_well(
    recordings: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(RELEASED / "0.1" / "whole", tmp_path / "out")
    result = specimg("convert", recordings, out, *OPTIONS)
    assert result.returncode == 1
    assert "written with other settings" in result.stderr
    again = specimg("convert", recordings, out, *OPTIONS, "--overwrite")
    assert again.stdout.startswith("converted 5 recordings")
    assert not (out / "=sum.wav_00000.000s.png").exists()
    assert specimg("verify", out).returncode == 0


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 3", "was written by a newer specimg"),
        ("ALTER TABLE images ADD COLUMN moon TEXT", "what is moon?"),
        ("ALTER TABLE images DROP COLUMN sr", "it lacks sr"),
        ("DROP TABLE recordings", "is no record that specimg wrote"),
        ("PRAGMA application_id = 1", "is no record that specimg wrote"),
        ("UPDATE images SET start = 'early'", "a row is not what it should be"),
    ],
)
def test_a_journal_of_another_version_is_refused_with_what_to_do(
    recordings: Path, tmp_path: Path, statement: str, message: str
) -> None:
    out = tmp_path / "out"
    specimg("convert", recordings, out, *OPTIONS)
    with closing(sqlite3.connect(out / ".specimg.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()
    result = specimg("verify", out)
    assert result.returncode == 1
    assert message in result.stderr
    assert "begin anew with --overwrite, or remove the file" in result.stderr
