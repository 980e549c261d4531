"""What must hold of the house, whatever is built in it."""

import subprocess
import sys
from pathlib import Path

import specimg

PACKAGE = Path(specimg.__file__).parent

IMPORT_ALL = """
import importlib, pkgutil, specimg
for module in pkgutil.walk_packages(specimg.__path__, "specimg."):
    if module.name != "specimg.__main__":
        importlib.import_module(module.name)
samples, rate = specimg.read("sample_audio/insects.flac", start=3, end=6)
assert specimg.render(samples, rate, specimg.Settings()).shape == (128, 513)
for name in specimg.__all__:
    assert getattr(specimg, name).__name__ == name, name
"""


def test_no_module_hides_a_public_function() -> None:
    """Importing ``specimg.x`` makes x a module, whatever it was before."""
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", IMPORT_ALL], cwd=root, check=True)
    for name in ("render", "read", "convert", "clips", "preview"):
        assert not (PACKAGE / f"{name}.py").exists(), name
        assert not (PACKAGE / name / "__init__.py").exists(), name


def test_no_module_is_longer_than_250_lines() -> None:
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text().splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > 250} == {}
