"""Whether a folder that is there may be written to, under some settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specimg.audio import judge
from specimg.errors import ParameterError, RefusedError
from specimg.output.reading import read_columns
from specimg.output.shards import Shard, find_shards
from specimg.settings import (
    FAILURES_NAME,
    LABELS_NAME,
    MANIFEST_SUFFIXES,
    PASSED_OVER_NAME,
    SETTINGS_NAME,
    SPLIT_TABLES,
    SPLITS_NAME,
    Settings,
)
from specimg.settings.toml import parse_toml, read_toml

_COLUMNS = {
    FAILURES_NAME: {"source", "stage", "reason"},
    PASSED_OVER_NAME: {"source", "reason"},
    LABELS_NAME: {"file_name"},
    SPLITS_NAME: {"source", "split"},
}
"""By which a table is known, where it is no manifest."""

DEFAULTS_OF_THEN: Mapping[str, Any] = {}
"""What a setting counts as in a folder that was written before there was one, where
that is not its default of today."""


def load_settings(folder: Path) -> Settings:
    """Load the settings that an output folder was written with.

    Raises
    ------
    ParameterError
        They cannot be read.
    """
    return Settings.from_options(load_options(folder))


def load_options(folder: Path) -> dict[str, Any]:
    """Load the same, by the names of the options.

    Raises
    ------
    ParameterError
        As from `load_settings`.
    """
    return {**DEFAULTS_OF_THEN, **read_toml(folder / SETTINGS_NAME)}


def are_equal(before: str, settings: Settings) -> bool:
    """Whether settings, as the text of a TOML file, are those of today.

    A setting that the text lacks counts as its default of then.
    """
    if before == settings.to_toml():
        return True
    try:
        options = {**DEFAULTS_OF_THEN, **parse_toml(before)}
        return Settings.from_options(options).to_toml() == settings.to_toml()
    except ParameterError:
        return False


def check_settings(folder: Path, before: str, settings: Settings) -> None:
    """Refuse to go on in a folder that was written with other settings.

    Raises
    ------
    RefusedError
        With a table of what differs.
    """
    if not before or are_equal(before, settings):
        return
    had, wants = _tabulate(before), _tabulate(settings.to_toml())
    names = [name for name in {**had, **wants} if had.get(name) != wants.get(name)]
    rows = [("setting", "in the folder", "now")]
    rows += [(n, _short(had.get(n)), _short(wants.get(n))) for n in names]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    table = "\n  ".join(lines)
    msg = (
        f"{folder} was written with other settings:\n  {table}\n"
        f"write to another folder, or begin anew with --overwrite"
    )
    raise RefusedError(msg)


def _check_settings_file(folder: Path, settings: Settings) -> None:
    """Refuse a folder whose settings file says otherwise, or cannot be read."""
    try:
        before = load_settings(folder)
    except ParameterError as error:
        msg = f"{error}; begin anew with --overwrite, or remove the file"
        raise RefusedError(msg) from error
    check_settings(folder, before.to_toml(), settings)


def check_output(
    folder: Path, part: Shard, settings: Settings, *, overwrite: bool
) -> bool:
    """Refuse a folder that a run would refuse, as far as no record has to be opened.

    Returns
    -------
    bool
        Whether something is there that the run would add to.

    Raises
    ------
    RefusedError
        It is no folder, was written with other settings or parts, is a folder of
        recordings, or a table of others would be lost.
    """
    check_folder(folder, settings, overwrite=overwrite)
    check_parts(folder, part, overwrite=overwrite)
    if overwrite or not find_shards(folder):
        return False
    if (folder / SETTINGS_NAME).exists():
        _check_settings_file(folder, settings)
    return True


def check_folder(folder: Path, settings: Settings, *, overwrite: bool) -> None:
    """Refuse a folder by what can be seen in it, without its record.

    Raises
    ------
    RefusedError
        As from `check_output`, but for other parts.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file: the last argument is the folder to write to"
        raise RefusedError(msg)
    check_forgotten(folder)
    check_others(folder, settings)
    path = folder / SETTINGS_NAME
    if not overwrite and os.path.lexists(path) and not find_shards(folder):
        _check_settings_file(folder, settings)


def check_parts(folder: Path, part: Shard, *, overwrite: bool) -> list[Shard]:
    """Return the parts of a folder that `overwrite` would remove besides `part`.

    Raises
    ------
    RefusedError
        They are not to be removed.
    """
    others = [other for other in find_shards(folder) if other.count != part.count]
    if others and not (overwrite and part.is_all):
        msg = f"{folder} holds {others[0]} of another run; to remove it, "
        msg += "use --overwrite without --shard"
        raise RefusedError(msg)
    return others


def check_forgotten(folder: Path) -> None:
    """Refuse a folder of recordings: it is an input, and the output was forgotten."""
    if not folder.is_dir() or find_shards(folder) or (folder / SETTINGS_NAME).exists():
        return
    for path in sorted(folder.iterdir()):
        if not path.is_dir() and judge(path) is True:
            msg = (
                f"{folder} holds recordings, such as {path.name}: did you forget OUT? "
                f"The last argument is the folder to write to"
            )
            raise RefusedError(msg)


def check_others(folder: Path, settings: Settings) -> None:
    """Refuse to write over tables that specimg has not written.

    Where there are settings or a record, the names that they say are specimg's.

    Raises
    ------
    RefusedError
        A table is there that has other columns.
    """
    names = {settings.manifest, *_COLUMNS, *SPLIT_TABLES.values()}
    try:
        names = {settings.manifest} - {load_settings(folder).manifest}
    except ParameterError:
        if find_shards(folder):
            return
    for name in sorted(names):
        path = folder / name
        columns = _COLUMNS.get(name, {"file_name", "label", "source"})
        if (
            path.is_file()
            and path.stat().st_size
            and not columns <= {*read_columns(path)}
        ):
            msg = f"{path} is not of specimg, and would be lost: rename it"
            raise RefusedError(msg)


def manifest_of(text: str) -> str:
    """Return the name of the manifest by settings in TOML; empty if they cannot say."""
    try:
        name = parse_toml(text).get("manifest")
    except ParameterError:
        return ""
    if not isinstance(name, str) or name != Path(name).name:
        return ""
    return name if name.endswith(MANIFEST_SUFFIXES) else ""


def _tabulate(text: str) -> dict[str, str]:
    lines = (line.partition(" = ") for line in text.splitlines())
    return {name: value for name, _, value in lines if value}


def _short(text: str | None) -> str:
    limit = 40
    text = "-" if text is None else text
    return text if len(text) <= limit else text[: limit - 3] + "..."
