"""The README's commands do what it says, and it says what there is."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from sounds import SPECIMG, read_png, specimg

from specimg.manifest import Failure, Record
from specimg.settings.options import KNOWN

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample recordings, as the README supposes."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "sample_audio", folder / "sample_audio")
    return folder


def test_its_commands_print_what_it_says_and_its_python_runs(project: Path) -> None:
    for block in blocks("console"):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            result = subprocess.run(
                ["sh", "-c", command],
                cwd=project,
                env={"PATH": f"{Path(SPECIMG).parent}:/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (result.stdout, result.stderr) == (expected, ""), command
    for block in blocks("python"):
        script = block + "print(pixels.shape, pixels.dtype, pixels.max())"
        output = subprocess.check_output(
            [sys.executable, "-c", script], cwd=project, text=True
        )
        assert output == "(128, 513, 3) uint8 255\n"
    images = re.findall(r"\((docs/\S+\.png)\)", README)
    assert len(images) == 5
    for image in images:
        shown, made = read_png(PROJECT / image), read_png(project / image)
        # Made on another machine, a value on the edge of a level may differ.
        assert np.abs(shown.astype(int) - made.astype(int)).max() <= 1
        assert np.mean(shown != made) < 1e-3


def test_it_has_every_option_and_every_option_is_in_the_help() -> None:
    text = " ".join(specimg("convert", "--help").stdout.split())
    options = [
        f"--{name.replace('_', '-')}" for name in (*KNOWN, "config", "no-center")
    ]
    for option in options:
        assert f"{option} " in text
        assert re.search(rf"`[^`]*{option}\b", README), option
    assert set(re.findall(r"(?<!\w)--[a-z][\w-]*", text)) == {*options, "--help"}


def test_it_has_every_column() -> None:
    for kind in (Record, Failure):
        for field in fields(kind):
            assert f"`{field.name}`" in README
