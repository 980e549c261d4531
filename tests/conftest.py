"""Settings of hypothesis, and a fixture that several files of tests need."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import settings
from sounds import SHARED

# How long one example takes depends on what runs beside it.
settings.register_profile("side by side", deadline=None)
settings.load_profile("side by side")


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the collection of odd and hostile files."""
    folder = tmp_path_factory.mktemp("odd")
    with tarfile.open(SHARED / "odd.tar.gz") as archive:
        archive.extractall(folder, filter="tar")
    return folder
