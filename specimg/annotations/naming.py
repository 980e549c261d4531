"""Which recording a table belongs to that names none."""

import re
from pathlib import PurePath

# X.Table.1.selections.txt and X.selections.txt are Raven's names and OpenSoundscape's;
# X.BirdNET.selection.table.txt and X.BirdNET.results.csv are BirdNET's.
_ENDINGS = re.compile(
    r"""(
        (\.table\.\d+)?[._]selections?
      | \.birdnet\.selection\.table
      | \.birdnet\.results(\.\w+)?
      | \.audacity
    )$""",
    re.IGNORECASE | re.VERBOSE,
)


def name_of_recording(table: PurePath) -> str:
    """Return what the recording of a table is called, perhaps without its extension."""
    stem = table.stem or table.name
    return _ENDINGS.sub("", stem) or stem


def tidy(file: str) -> str:
    """Return the path of a recording with forward slashes, whoever wrote it."""
    return file.strip().replace("\\", "/")
