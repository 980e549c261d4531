"""The format of YOLO, as Ultralytics reads it: a file of boxes beside each image.

Images lie in a tree ``images/``, and the boxes of ``images/train/a.png`` are in
``labels/train/a.txt``.  A line is ``class x y width height``: the class from 0, the
middle of the box, and its size, as shares of the image.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from specimg.encoding import decode_label
from specimg.output.boxes.labeled import BoxedImage, BoxFile, Images

IMAGES, LABELS = "images", "labels"
"""The folders at the top of an output that are YOLO's."""

MARK = b"# For Ultralytics.  The paths are relative to this file.\n"
"""What ``data.yaml`` begins with."""

_KEYS = {"training": "train", "validation": "val", "valid": "val", "dev": "val"}
"""What Ultralytics calls splits that have other names as well."""

_DECIMALS = 6

_NO_VAL = "# There is no validation split, but Ultralytics needs one to begin."


def format_yolo(images: Images, classes: Sequence[str]) -> Iterator[BoxFile]:
    """Yield the boxes of each image, and ``data.yaml``.

    An image without boxes has an empty file: nothing is there to be found.
    """
    splits: dict[str, None] = {}
    numbers = {name: number for number, name in enumerate(classes)}
    for image in images():
        splits[image.split] = None
        lines = format_labels(image, numbers)
        yield BoxFile(label_path(image.file_name), [lines], is_of_image=True)
    yield BoxFile("data.yaml", format_data(list(splits), classes))


def label_path(file_name: str) -> str:
    """Return where the boxes of an image are, as Ultralytics finds them.

    It takes the last folder of the name ``images`` for that of the images, even if
    that is one of the recordings.

    Raises
    ------
    ValueError
        The image is in no such folder.
    """
    before, found, after = f"/{file_name}".rpartition(f"/{IMAGES}/")
    if not found:
        msg = f"{file_name} is in no folder {IMAGES}"
        raise ValueError(msg)
    stem = after.rpartition(".")[0]
    return f"{before}/{LABELS}/{stem}.txt".removeprefix("/")


def format_labels(image: BoxedImage, numbers: Mapping[str, int]) -> bytes:
    """Return the lines of one image; each class has a number."""
    lines = []
    for box in image.boxes:
        x, width = _share(box.box.x, box.box.width, image.width)
        y, height = _share(box.box.y, box.box.height, image.height)
        if box.has_area and min(width, height) > 0:
            line = f"{numbers[box.label]} {x:.7f} {y:.7f} {width:.6f} {height:.6f}\n"
            lines.append(line)
    return "".join(lines).encode()


def _share(begin: float, length: float, total: int) -> tuple[float, float]:
    """Return the middle and the length of an interval, as shares of a total.

    The ends are what is rounded, so that both lie in [0, 1]; the middle needs one more
    decimal than they have.
    """
    first = round(begin / total, _DECIMALS)
    last = round((begin + length) / total, _DECIMALS)
    return (first + last) / 2, last - first


def format_data(splits: Sequence[str], classes: Sequence[str]) -> Iterator[bytes]:
    """Yield ``data.yaml``: where the images of each split are, and the classes.

    It has no `path`.  An absolute one would be wrong as soon as the folder is moved,
    and a relative one is taken from where Ultralytics runs; without any, Ultralytics
    takes the folder of the file.
    """
    keys = {_KEYS.get(split, split) or "train": split for split in splits}
    keys = keys or {"train": ""}
    yield MARK
    for key, split in keys.items():
        yield _entry(key, split)
    if "val" not in keys:
        yield f"{_NO_VAL}\n".encode()
        yield _entry("val", next(iter(keys.values())))
    yield b"names:\n"
    for number, name in enumerate(classes):
        yield f"  {number}: {_quote(decode_label(name))}\n".encode()


def _entry(key: str, split: str) -> bytes:
    folder = f"{IMAGES}/{split}" if split else IMAGES
    return f"{_quote(key)}: {_quote(folder)}\n".encode()


def _quote(text: str) -> str:
    """Quote a text for YAML.

    It takes the strings of JSON, but stops at characters that cannot be printed.
    """
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
