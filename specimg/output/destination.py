"""Where images are written to."""

from collections.abc import Iterable
from typing import Protocol

from specimg.output.manifest import ImageEntry, Record


class Destination(Protocol):
    """Takes the images of recordings, one after the other."""

    def write(
        self, record: Record, data: bytes, digest: str, boxes: str = ""
    ) -> ImageEntry:
        """Write an image, and return what to remember of it.

        Parameters
        ----------
        record : Record
            Its row of the manifest.
        data : bytes
            The content of the image file.
        digest : str
            The digest of its pixels.
        boxes : str
            The boxes in it; see `specimg.output.manifest.ImageEntry`.

        Raises
        ------
        UnwritableError
            This image cannot be written, though others can.
        StorageError
            Nothing more can be written.
        """

    def undo(self, images: Iterable[ImageEntry]) -> None:
        """Take back images that were written, all those of a recording.

        Raises
        ------
        StorageError
            They cannot be removed.
        """
