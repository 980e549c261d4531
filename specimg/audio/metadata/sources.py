"""The sources of metadata, and how all of them are asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from specimg.audio.metadata.audiomoth import read_audiomoth
from specimg.audio.metadata.contents import Contents, read_contents
from specimg.audio.metadata.facts import Facts
from specimg.audio.metadata.guano import read_guano
from specimg.audio.metadata.json_comment import read_json
from specimg.audio.metadata.merging import Metadata, merge
from specimg.audio.metadata.names import read_name
from specimg.audio.metadata.tags import read_tags
from specimg.audio.metadata.wamd import read_wamd

Level = Literal["full", "names", "none"]
"""Where metadata are looked for: in files and their names, in names alone, nowhere."""


class Source(NamedTuple):
    """Where something may be said of a recording."""

    needs: str
    """The attribute of `Contents` that it reads; without it, it says nothing."""
    read: Callable[[Contents], Facts]


SOURCES: Mapping[str, Source] = {
    "guano": Source("guano", read_guano),
    "wamd": Source("wamd", read_wamd),
    "audiomoth": Source("tags", read_audiomoth),
    "json": Source("tags", read_json),
    "tags": Source("tags", read_tags),
    "name": Source("name", read_name),
}
"""In the order in which they are believed."""


def read_metadata(path: Path, level: Level = "full") -> Metadata:
    """Return when, where and with what a recording was made, as far as that is known.

    Never fails: what cannot be read or understood is left out, with a warning where it
    was meant to be metadata.

    Parameters
    ----------
    path : Path
    level : str
        ``full``: the file is opened, and what is in it comes before its name.
        ``names``: only the name is looked at.  ``none``: nothing is.
    """
    contents = read_contents(path) if level == "full" else Contents(path.name)
    return find_metadata(contents, level)


def find_metadata(contents: Contents, level: Level = "full") -> Metadata:
    """Return what is said of a recording, of which the contents are read already."""
    if level == "none":
        return Metadata()
    if level == "names":
        contents = Contents(contents.name)
    facts = {
        name: source.read(contents)
        for name, source in SOURCES.items()
        if getattr(contents, source.needs)
    }
    merged = merge(facts, contents.sample_rate)
    if not contents.warnings:
        return merged
    warnings = dict.fromkeys((*contents.warnings, *merged.warnings))
    return replace(merged, warnings=tuple(warnings))


def find_time_expansion(contents: Contents) -> int | None:
    """Return how many times slower a file plays; None where it does not say."""
    for source in SOURCES.values():
        if source.needs in ("guano", "wamd") and getattr(contents, source.needs):
            found = source.read(contents).time_expansion
            if found is not None:
                return found
    return None
