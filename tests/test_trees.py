"""The same command writes the same tree, byte for byte, whoever moves the code.

``trees.json`` holds a digest of every file that a dozen settings write for the sample
audio and the shared recordings.  ``python tests/test_trees.py`` writes it anew, which
is only right where pictures are to change.

A picture's last bits depend on the processor and on the versions of what computes and
packs it, so bytes are compared where those are the noted ones.  Elsewhere it is the
names of the files, the rows of the manifest, and pixels to within a level that have to
be the same.
"""

import csv
import hashlib
import importlib.metadata
import io
import json
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from runs import is_near
from sounds import SHARED, needs_shared, specimg

from specimg.settings import SPLIT_TABLES

SAMPLE_AUDIO = Path(__file__).parents[1] / "sample_audio"
NOTED = Path(__file__).with_name("trees.json")

SETTINGS: dict[str, tuple[str, ...]] = {
    "defaults": (),
    "rgb": ("--r", "db", "--g", "pcen", "--b", "exp"),
    "raw-16-bit": ("--frontend", "raw", "--bit-depth", "16"),
    "npy": ("--frontend", "pcen", "--format", "npy", "--n-mels", "32"),
    "overlap-full": ("--clip-overlap", "1.5", "--final-clip", "full"),
    "remainder": ("--clip-duration", "1.7", "--final-clip", "remainder"),
    "drop": ("--clip-duration", "1.3", "--clip-overlap", "0.4", "--final-clip", "drop"),
    "whole": ("--clip-duration", "whole", "--hop-length", "2048", "--size", "300x64"),
    "left-size": (
        "--mono",
        "left",
        "--size",
        "224x224",
        "--r=pcen",
        "--g=db",
        "--b=raw",
    ),
    "librosa": ("--preset", "librosa", "--frontend", "pcen:init=librosa"),
    "perch": ("--preset", "perch", "--r=exp", "--g=db", "--b=pcen:gain=0.8"),
    "birdnet": ("--preset", "birdnet-high", "--frontend", "db:top_db=60"),
}

FIELD = ("21100_36_48.*", "S4A03895_20190522_0[0-2]*.wav", "242A*_031300.WAV")
"""Of the shared field recordings; besides, the first of each class of the labelled."""

COMPUTES = ("numpy", "scipy", "soxr", "soundfile", "isal", "pillow")


def environment() -> dict[str, Any]:
    """What the bytes of a picture depend on, besides the recording and the settings."""
    versions = {name: importlib.metadata.version(name) for name in COMPUTES}
    features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]  # noqa: SLF001
    return versions | {
        "machine": platform.machine(),
        "processor": sorted(name for name, has in features.items() if has),
    }


def inputs(which: str) -> list[Path]:
    if which == "sample_audio":
        return [SAMPLE_AUDIO]
    found = [path for name in FIELD for path in sorted((SHARED / "field").glob(name))]
    for folder in sorted(SHARED.glob("esc10/*")) + sorted(
        SHARED.glob("insects13/test/*")
    ):
        found += sorted(folder.iterdir())[:1]
    return found


def describe(path: Path, data: bytes) -> dict[str, Any]:
    """Return what is noted of a file: its digest, and what holds on any machine."""
    noted: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest()[:16]}
    if path.suffix in (".png", ".npy"):
        noted |= {"shape": None, "levels": None}
        pixels = (
            np.load(io.BytesIO(data))
            if path.suffix == ".npy"
            else np.asarray(Image.open(io.BytesIO(data)))
        )
        full = 1.0 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
        columns = np.array_split(pixels / full * 255, 4, axis=1)
        noted["shape"] = list(pixels.shape)
        noted["levels"] = [round(float(part.mean()), 1) for part in columns]
    return noted


def convert(which: str, options: tuple[str, ...], out: Path) -> dict[str, Any]:
    result = specimg("convert", *inputs(which), out, *options, "--jobs", 2)
    paths = sorted(p for p in out.rglob("*") if not is_record(p.relative_to(out)))
    files = {
        path.relative_to(out).as_posix(): describe(path, path.read_bytes())
        for path in paths
        if path.is_file()
    }
    with (out / "manifest.csv").open(newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    return {"status": result.returncode, "files": files, "rows": rows}


def is_record(path: Path) -> bool:
    """Whether a file is specimg's own record, or the card: no part of the pictures."""
    card = ("README.md", *SPLIT_TABLES.values())
    return path.parts[0].startswith(".specimg") or path.as_posix() in card


@needs_shared
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("which", ["sample_audio", "shared"])
def test_a_tree_is_the_one_that_was_noted(
    which: str, name: str, tmp_path: Path
) -> None:
    noted = json.loads(NOTED.read_text())
    wanted = noted["trees"][which][name]
    found = convert(which, SETTINGS[name], tmp_path / "out")
    assert found["status"] == wanted["status"]
    assert list(found["files"]) == list(wanted["files"])
    if environment() == noted["environment"]:
        assert found == wanted
        return
    for path, file in found["files"].items():
        assert file.get("shape") == wanted["files"][path].get("shape"), path
        levels = wanted["files"][path].get("levels")
        assert file.get("levels") == (levels and pytest.approx(levels, abs=1)), path
    for row, cells in zip(found["rows"], wanted["rows"], strict=True):
        assert len(row) == len(cells)
        assert all(map(is_near, row, cells)), (row, cells)


def main() -> None:
    trees: dict[str, dict[str, Any]] = {}
    for which in ("sample_audio", "shared"):
        trees[which] = {}
        for name, options in SETTINGS.items():
            folder = Path(tempfile.mkdtemp())
            trees[which][name] = convert(which, options, folder / "out")
            shutil.rmtree(folder)
    noted = {"environment": environment(), "trees": trees}
    NOTED.write_text(json.dumps(noted, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    sys.exit(main())
