"""The commands in README and docs do what is said, and they say what there is."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sounds import SPECIMG, specimg

from specimg import Settings
from specimg.figure.panels import lay_out
from specimg.figure.variants import default_variants
from specimg.output.manifest import Failure, PassedOver, Record
from specimg.settings.options import KNOWN, LABEL_OPTIONS

PROJECT = Path(__file__).parents[1]
FILES = [PROJECT / "README.md", *sorted(PROJECT.glob("docs/*.md"))]
PAGES = {str(file.relative_to(PROJECT)): file.read_text("utf-8") for file in FILES}
DOCUMENTATION = "\n".join(PAGES.values())
README = PAGES["README.md"]


def blocks(language: str, text: str = DOCUMENTATION) -> list[tuple[str, str]]:
    """List the blocks of code in a text; several languages have | between them."""
    return re.findall(rf"^```({language})\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the sample recordings, as every page supposes."""
    shutil.copytree(PROJECT / "sample_audio", tmp_path / "sample_audio")
    return tmp_path


def run_examples(text: str, folder: Path) -> None:
    """Do what a reader would do who types all that a page has, in its order."""
    for language, block in blocks("console|python", text):
        if language == "console":
            for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, expected = step.partition("\n")
                result = subprocess.run(
                    ["sh", "-c", command],
                    cwd=folder,
                    env={"PATH": f"{Path(SPECIMG).parent}:/usr/bin:/bin"},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert (result.stdout, result.stderr) == (expected, ""), command
        else:
            script = block + "print(pixels.shape, pixels.dtype, pixels.max())"
            output = subprocess.check_output(
                [sys.executable, "-c", script],
                cwd=folder,
                env={**os.environ, "HF_HOME": str(folder / "cache")},
                stderr=subprocess.DEVNULL,  # progress of loading
                text=True,
            )
            assert output == "(128, 513, 3) uint8 255\n"


def read_figure(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    "page", [page for page, text in PAGES.items() if blocks("console|python", text)]
)
def test_its_commands_print_what_it_says_and_its_python_runs(
    page: str, project: Path
) -> None:
    if "$ specimg preview" in PAGES[page]:
        pytest.importorskip("matplotlib")
    if "import load_dataset" in PAGES[page]:
        pytest.importorskip("datasets")
    run_examples(PAGES[page], project)


@pytest.mark.skipif(not find_spec("matplotlib"), reason="matplotlib is not installed")
def test_the_picture_of_the_readme_is_what_its_first_command_makes(
    project: Path,
) -> None:
    first, _, _ = README.partition("## ")
    run_examples(first, project)
    (picture,) = re.findall(r"\((docs/\S+\.png)\)", README)
    shown, made = read_figure(PROJECT / picture), read_figure(project / picture)
    assert shown.shape == made.shape
    arms = default_variants(Settings())
    layout, _ = lay_out(Settings(), arms)
    for index in range(len(arms)):
        # Only the panels: letters may look otherwise on another machine.
        left, top, width, height = map(int, layout.panel(index))
        panel = np.s_[top : top + height, left : left + width]
        assert made[panel].max() == 255
        # There, a value on the edge of a level may differ as well.
        assert np.abs(shown[panel].astype(int) - made[panel].astype(int)).max() <= 1
        assert np.mean(shown[panel] != made[panel]) < 1e-3


def run_in(folder: Path, *command: str, **env: str) -> str:
    path = f"{Path(SPECIMG).parent}:/usr/bin:/bin"
    result = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def field(tmp_path: Path) -> Path:
    """A folder with recordings/, as the examples for batches suppose."""
    samples = PROJECT / "sample_audio"
    ignore = shutil.ignore_patterns("*.py")
    shutil.copytree(samples, tmp_path / "recordings", ignore=ignore)
    return tmp_path


def test_its_rule_for_make_converts_once(field: Path) -> None:
    ((_, rule),) = blocks("make")
    (field / "Makefile").write_text(rule, encoding="utf-8")
    assert "converted 8" in run_in(field, "make", "images/manifest.csv")
    assert "is up to date" in run_in(field, "make", "images/manifest.csv")


def test_its_slurm_array_makes_all_parts(field: Path) -> None:
    (script,) = (block for _, block in blocks("sh") if "#SBATCH" in block)
    count = int(re.findall(r"--array=1-(\d+)", script)[0])
    for number in range(1, count + 1):
        run_in(field, "sh", "-c", script, SLURM_ARRAY_TASK_ID=str(number))
    assert f"merged {count} parts: 10 images" in run_in(
        field, "specimg", "merge", "images"
    )


@pytest.mark.skipif(not shutil.which("parallel"), reason="GNU parallel is not there")
def test_its_parallel_runs_make_all_parts(field: Path) -> None:
    (script,) = (block for _, block in blocks("sh") if "parallel" in block)
    assert "merged 4 parts: 10 images" in run_in(field, "sh", "-c", script)


def test_its_list_of_inputs_is_read(field: Path) -> None:
    (script,) = (block for _, block in blocks("sh") if "--files-from" in block)
    assert "converted 7 recordings" in run_in(field, "sh", "-c", script)
    # All of them name the images as their folder would.
    rest = run_in(field, "specimg", "convert", "recordings", "images")
    assert "converted 1 recording:" in rest
    assert "already converted: 7" in rest


FILES = "clip-overlap final-clip format bit-depth manifest"
RUN = "jobs timeout memory max-failures overwrite prune recheck dry-run files-from"
RUN += " from0"
OPTIONS = {
    "convert": {
        *(*KNOWN, "config", "no-center", "no-skip-silent", "shard", "quiet"),
        *("annotations", "join", "split", "group", *RUN.split()),
    },
    # The settings of a picture; not those of how many there are, and in what files.
    "preview": {*KNOWN, "config", "no-center", "output", "arm", "start", "zoom"}
    - {name.replace("-", "_") for name in (*FILES.split(), *LABEL_OPTIONS)},
}


@pytest.mark.parametrize("command", OPTIONS)
def test_the_help_has_every_option_and_no_other(command: str) -> None:
    text = " ".join(specimg(command, "--help").stdout.split())
    options = [f"--{name.replace('_', '-')}" for name in OPTIONS[command]]
    for option in options:
        assert re.search(rf"{option}[ ,]", text), option
    assert set(re.findall(r"(?<!\w)--[a-z][\w-]*", text)) == {*options, "--help"}


@pytest.mark.parametrize(
    "command", ["verify", "gallery", "stats", "compare", "learn", "labels"]
)
def test_it_has_every_option_of_the_other_commands(command: str) -> None:
    text = specimg(command, "--help").stdout
    options = set(re.findall(r"(?<!\w)--[a-z][\w-]*", text)) - {"--help"}
    # Settings are as those of convert; outputs and tests are in its examples.
    options -= {f"--{name.replace('_', '-')}" for name in KNOWN} - {"--frontend"}
    options -= {"--no-center", "--output", "--test", "--frontend"}
    assert options
    for option in options:
        pattern = rf"`(specimg {command} )?{option}\b"
        assert re.search(pattern, DOCUMENTATION), option


def test_it_has_every_column() -> None:
    for kind in (Record, Failure, PassedOver):
        for field in fields(kind):
            assert f"`{field.name}`" in PAGES["docs/manifest.md"]
