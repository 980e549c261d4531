"""The data card: what makes ``datasets.load_dataset(OUT)`` give all there is.

Without it, `datasets` guesses.  It takes names that hold `test`, `val` or `dev` for
splits, and leaves the others out.  It chooses a loader by the most common ending of
files.  And it infers the type of a column from the rows that it reads first: a CSV
whose first warning is in row 20,000 does not load, and labels like ``2024-05-01``
become times.  So the card names a table for each split: the rows of the manifest as
JSON lines, with a row among them that has nothing but the types.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path

from specimg.audio.labels import SPLIT_FOLDERS
from specimg.bounded import begins_with
from specimg.output.boxes.huggingface import OBJECT_TYPES
from specimg.output.files import remove
from specimg.output.manifest import LABELS_APART, ImageEntry, Record
from specimg.output.writing import format_manifest
from specimg.settings import FAILURES_NAME, SETTINGS_NAME, SPLIT_TABLES, Settings

_EVERY = 1000
"""Rows after which the types come again: `datasets` reads 10 MB at a time."""

_TYPES = ImageEntry(
    record=replace(
        Record(**{field.name: field.type() for field in fields(Record)}),  # type: ignore[operator]
        labels=LABELS_APART,  # a list of texts, not one of nobody knows what
    )
)
"""A row without an image, which the card leaves out by its empty `file_name`."""

CARD_NAME = "README.md"

_JSON_LINES = ".jsonl"

_MARK = "# specimg writes this file anew; without this line, it is yours."


def find_tables(folder: Path) -> list[Path]:
    """List the tables of all splits that lie in an output folder.

    Also hidden ones, which they were for a while.
    """
    hidden = (f".specimg.{split}.png.jsonl" for split in SPLIT_TABLES)
    paths = [folder / name for name in (*hidden, *SPLIT_TABLES.values())]
    return [path for path in paths if os.path.lexists(path)]


def find_splits(images: Iterable[ImageEntry]) -> dict[str, list[str]]:
    """Return the folders of each split, where every image is in one.

    Returns
    -------
    dict
        The folders of each split.  Without splits, all images are ``train``, whose
        only folder has no name; where there is no image, there is no split.
    """
    found = set()
    for image in images:
        folder = _split_folder(image)
        if _name(folder) not in SPLIT_FOLDERS:
            return {"train": [""]}
        found.add(folder)
    splits: dict[str, list[str]] = {}
    order = list(SPLIT_FOLDERS)
    for folder in sorted(found, key=lambda path: (order.index(_name(path)), path)):
        splits.setdefault(SPLIT_FOLDERS[_name(folder)], []).append(folder)
    return splits


def format_table(
    images: Iterable[ImageEntry],
    folders: list[str],
    columns: Sequence[str] | None = None,
    objects: Callable[[ImageEntry], object] | None = None,
    joined: Sequence[str] = (),
) -> Iterator[bytes]:
    """Yield the table of the split that has these folders; see `format_manifest`.

    `objects`, if there are boxes, returns what the column of that name has for an
    image; it is called for each of `images`, whichever split they are in.
    """
    rows = _rows(images, folders, objects)
    if objects is None:
        images = (image for image, _ in rows)
        yield from format_manifest(images, _JSON_LINES, columns, joined)
        return
    for image, cell in rows:
        (line,) = format_manifest([image], _JSON_LINES, columns, joined)
        more = json.dumps(cell, ensure_ascii=False).encode()
        yield line.removesuffix(b"}\n") + b', "objects": ' + more + b"}\n"


def _rows(
    images: Iterable[ImageEntry],
    folders: list[str],
    objects: Callable[[ImageEntry], object] | None,
) -> Iterator[tuple[ImageEntry, object]]:
    """Yield the rows of a split, and now and then one that has nothing but types."""
    number = 0
    for image in images:
        cell = objects(image) if objects else None
        if "" in folders or _split_folder(image) in folders:
            if number % _EVERY == 0:
                yield _TYPES, OBJECT_TYPES
            number += 1
            yield image, cell


def _split_folder(image: ImageEntry) -> str:
    """Return the folder of all images of a split, or the first one of an image."""
    *folders, _ = image.record.file_name.split("/")
    split = image.record.split
    depth = folders.index(split) if split in folders else 0
    return "/".join(folders[: depth + 1])


def _name(folder: str) -> str:
    return folder.rpartition("/")[2]


def format_card(splits: dict[str, list[str]], settings: Settings) -> Iterator[bytes]:
    """Yield the card of an output folder with some splits, as UTF-8."""
    tables = [SPLIT_TABLES[split] for split in splits]
    lines = chain(
        ("---", _MARK, "configs:", "- config_name: default", "  data_files:"),
        *(_format_split(split, folders) for split, folders in splits.items()),
        ("  metadata_filenames:", *(f'  - "{table}"' for table in tables)),
        ("  filters:", '  - ["file_name", "!=", ""]', "---"),
    )
    yield ("\n".join(lines) + "\n").encode()
    yield _TEXT.format(
        manifest=settings.manifest,
        settings=SETTINGS_NAME,
        failures=FAILURES_NAME,
        tables="` and `".join(tables),
    ).encode()


def _format_split(split: str, folders: list[str]) -> Iterator[str]:
    yield f"  - split: {split}"
    yield "    path:"
    yield f'    - "{SPLIT_TABLES[split]}"'
    for folder in folders:
        # The table says which images there are; who loads from afar fetches these.
        yield f'    - "{folder}/**/*.png"' if folder else '    - "**/*.png"'


_TEXT = """
# Spectrogram images

Made from recordings by specimg.

- `{manifest}` has a row for every image.
- `{settings}` has the settings; `specimg convert --config {settings}` takes them.
- `{failures}`, if it is there, has the recordings that could not be converted.
- In `{tables}` are its rows again, for what follows.

To load the images with all columns of `{manifest}`, give this folder to Hugging Face's
`datasets`, version 4 or newer:

```python
from datasets import load_dataset

dataset = load_dataset("path/to/this/folder")
```
"""


def may_write_card(folder: Path) -> bool:
    """Whether the card's place is free, or holds a card that specimg has written."""
    path = folder / CARD_NAME
    if not path.is_symlink() and not path.exists():
        return True
    return _is_ours(path)


def remove_card(folder: Path) -> None:
    """Remove the tables of the splits, and the card if specimg has written it."""
    for path in find_tables(folder):
        remove(path)
    if _is_ours(folder / CARD_NAME):
        remove(folder / CARD_NAME)


def _is_ours(path: Path) -> bool:
    return begins_with(path, f"---\n{_MARK}\n".encode())
