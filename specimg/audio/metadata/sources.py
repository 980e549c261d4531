"""The sources of metadata, and how all of them are asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

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

SOURCES: Mapping[str, Callable[[Contents], Facts]] = {
    "guano": read_guano,
    "wamd": read_wamd,
    "audiomoth": read_audiomoth,
    "json": read_json,
    "tags": read_tags,
    "name": read_name,
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
    if level == "none":
        return Metadata()
    contents = read_contents(path) if level == "full" else Contents(path.name)
    facts = {name: read(contents) for name, read in SOURCES.items()}
    merged = merge(facts, contents.sample_rate)
    warnings = dict.fromkeys((*contents.warnings, *merged.warnings))
    return replace(merged, warnings=tuple(warnings))
