"""What a finished output holds, by its record, or where that is gone by its tables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from specimg.errors import RefusedError
from specimg.output.compatibility import load_settings
from specimg.output.containment import find_escape
from specimg.output.faults import find_fault
from specimg.output.journal import Journal
from specimg.output.manifest import Failure, ImageEntry
from specimg.output.merging import all_failures, all_images, all_paths
from specimg.output.reading import read_failures, read_manifest
from specimg.output.shards import ALL, find_shards
from specimg.output.tables import read_parts
from specimg.settings import FAILURES_NAME, SETTINGS_NAME, Settings


def has_record(folder: Path) -> bool:
    """Whether the record of what was done is still in an output folder."""
    return bool(find_shards(folder))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a finished output holds; made by `read_contents`."""

    folder: Path
    settings: Settings
    journals: list[Journal]
    """Its record; none where that is gone."""

    def images(self) -> Iterator[ImageEntry]:
        """Yield all images in the order of the manifest.

        Raises
        ------
        RefusedError
            A row says what cannot be.
        """
        if not self.journals:
            for record in read_manifest(self.folder / self.settings.manifest):
                yield ImageEntry(record=record)
            return
        for image in all_images(self.journals):
            if fault := find_fault(image.record):
                msg = f"{self.folder} has a damaged record: {fault}; "
                msg += "begin anew with --overwrite"
                raise RefusedError(msg)
            yield image

    def recordings(self) -> dict[str, Path]:
        """Return where each recording was when it was converted, by its name.

        Raises
        ------
        RefusedError
            The record is gone, which alone knows it.
        """
        if not self.journals:
            msg = (
                f"{self.folder} has no record any more, which knows where its "
                f"recordings are"
            )
            raise RefusedError(msg)
        return all_paths(self.journals)

    def failures(self) -> Iterator[Failure]:
        """Yield all failures in the order of their sources."""
        if self.journals:
            return all_failures(self.journals)
        path = self.folder / FAILURES_NAME
        return read_failures(path) if os.path.lexists(path) else iter(())


@contextmanager
def read_contents(folder: Path) -> Iterator[Contents]:
    """Open a finished output to be read: its record, or its manifest and settings.

    Raises
    ------
    RefusedError
        It is not complete, or being written; or neither is there; or a name in the
        manifest leads out of the folder.
    ParameterError
        Its settings cannot be read.
    """
    if has_record(folder):
        with read_parts(folder) as (settings, journals):
            yield Contents(folder, settings, journals)
        return
    toml = folder / SETTINGS_NAME
    if not os.path.lexists(toml):
        msg = (
            f"{folder} holds no output of specimg: it has neither "
            f"{ALL.journal(folder).name} nor {SETTINGS_NAME}"
        )
        raise RefusedError(msg)
    contents = Contents(folder, load_settings(folder), [])
    _check_manifest(contents)
    yield contents


def _check_manifest(contents: Contents) -> None:
    """Read all of a manifest once, before anything that it names is touched."""
    settings = contents.settings
    path = contents.folder / settings.manifest

    def names() -> Iterator[str]:
        for image in contents.images():
            record = image.record
            if record.frontends != settings.frontend_names:
                msg = (
                    f"{path} is not of {SETTINGS_NAME}: {record.file_name} was made "
                    f"with {record.frontends}, not {settings.frontend_names}"
                )
                raise RefusedError(msg)
            yield record.file_name

    if escape := find_escape(contents.folder, names()):
        msg = f"{path} {escape}"
        raise RefusedError(msg)
