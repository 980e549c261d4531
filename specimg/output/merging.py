"""What the journals of all shards know, in the order of one."""

import os
from collections.abc import Iterable, Iterator
from heapq import merge as merge_sorted
from pathlib import Path

from specimg.encoding import decode_name
from specimg.output.journal import Journal
from specimg.output.manifest import Failure, ImageEntry, PassedOver


def all_images(journals: Iterable[Journal]) -> Iterator[ImageEntry]:
    """Yield the images of all parts in the order of the manifest."""
    parts = [journal.images() for journal in journals]
    if len(parts) == 1:
        return parts[0]  # which is in this order
    return merge_sorted(
        *parts,
        key=lambda image: (image.record.source, image.record.start),
    )


def all_paths(journals: Iterable[Journal]) -> dict[str, Path]:
    """Return where each recording was when it was converted, by its name."""
    return {
        entry.name: Path(os.fsdecode(decode_name(entry.stamp.path)))
        for journal in journals
        for entry in journal.entries()
    }


def all_failures(journals: Iterable[Journal]) -> Iterator[Failure]:
    """Yield the failures of all parts in the order of their sources."""
    return merge_sorted(
        *(journal.failures() for journal in journals), key=lambda f: f.source
    )


def all_passed_over(journals: Iterable[Journal]) -> Iterator[PassedOver]:
    """Yield the files with sound that all parts passed over, in the order of names."""
    return merge_sorted(
        *(journal.passed_over() for journal in journals), key=lambda file: file.source
    )
