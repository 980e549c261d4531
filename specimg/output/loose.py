"""Images as one file each, in the folders of their recordings."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from specimg.output import files
from specimg.output.manifest import ImageEntry, Record


@dataclass(frozen=True, slots=True)
class LooseFiles:
    """A destination that writes a file for each image; see `Destination`."""

    folder: Path
    """The output folder, which names of images are relative to."""

    def write(
        self, record: Record, data: bytes, digest: str, boxes: str = ""
    ) -> ImageEntry:
        """Write an image under its name, whole or not at all."""
        path = self.folder / record.file_name
        files.write_atomically(path, data, tag=record.source)
        n_bytes = len(data)
        return ImageEntry(record=record, n_bytes=n_bytes, digest=digest, boxes=boxes)

    def undo(self, images: Iterable[ImageEntry]) -> None:
        """Remove images; the folders that they were in stay."""
        for image in images:
            files.remove(self.folder / image.record.file_name)
