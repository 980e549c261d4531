"""What holds for all tests, and a fixture that several files of tests need."""

import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import settings

# Each processor has a test of its own, and the threads of several would wait for each
# other: what multiplies many small matrices takes a tenth of the time with one.
for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from sounds import SHARED  # noqa: E402 - numpy reads that when it is loaded

# How long one example takes depends on what runs beside it.
settings.register_profile("side by side", deadline=None)
settings.load_profile("side by side")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones, of which the last would leave a processor idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the collection of odd and hostile files."""
    folder = tmp_path_factory.mktemp("odd")
    with tarfile.open(SHARED / "odd.tar.gz") as archive:
        archive.extractall(folder, filter="tar")
    return folder
