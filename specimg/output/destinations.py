"""All that images can be written to, by name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from specimg.output.destination import Destination
from specimg.output.loose import LooseFiles

LOOSE_FILES = "files"

DESTINATIONS: Mapping[str, Callable[[Path], Destination]] = {LOOSE_FILES: LooseFiles}
"""What makes a destination of the output folder."""
