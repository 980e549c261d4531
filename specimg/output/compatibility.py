"""Whether a folder that is there may be written to, under some settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specimg.audio import judge
from specimg.errors import ParameterError, RefusedError
from specimg.output.shards import Shard, find_shards
from specimg.settings import MANIFEST_SUFFIXES, SETTINGS_NAME, Settings
from specimg.settings.toml import parse_toml, read_toml

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


def check_settings_file(folder: Path, settings: Settings) -> None:
    """Refuse a folder whose settings file says otherwise, or cannot be read."""
    try:
        before = load_settings(folder)
    except ParameterError as error:
        msg = f"{error}; begin anew with --overwrite, or remove the file"
        raise RefusedError(msg) from error
    check_settings(folder, before.to_toml(), settings)


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
