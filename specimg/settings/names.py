"""What is called how in an output folder."""

from pathlib import Path

from specimg.errors import ParameterError, shorten

MANIFEST_SUFFIXES = (".csv", ".jsonl")
FAILURES_NAME = "failures.csv"
PASSED_OVER_NAME = "passed_over.csv"
SETTINGS_NAME = "specimg.toml"
LABELS_NAME = "labels.csv"
SPLITS_NAME = "splits.csv"
SPLIT_TABLES = {
    split: f"specimg.png.{split}set.jsonl" for split in ("train", "validation", "test")
}
"""The tables that `datasets` loads the images of each split by; see `output.card`.

Not hidden, because ``cp out/*`` leaves behind what is.  `datasets` counts every ending
in a name: the ``png`` makes up for the table itself beside a single image, and for the
``wav`` in ``robin.wav.png``, which it would take for sound.  It is not the last ending
but one, by which "imagefolder" would open the table as an image; nor is the split a
word of its own, by which it would leave all other files out.
"""
RESERVED_NAMES = {
    FAILURES_NAME: "the failures are written",
    PASSED_OVER_NAME: "sound that is not read is named",
    SETTINGS_NAME: "the settings are written",
    LABELS_NAME: "the labels are written, one column each",
    SPLITS_NAME: "it stands which part each recording is in",
    **dict.fromkeys(SPLIT_TABLES.values(), "datasets finds the images"),
}
"""What is written at the top of an output beside the manifest: where it is that ..."""


def check_manifest_name(name: str) -> None:
    """Refuse what is no name of a table, or is that of another file.

    Raises
    ------
    ParameterError
    """
    is_name = name == Path(name).name and name.isprintable() and "\\" not in name
    if not is_name or not name.endswith(MANIFEST_SUFFIXES):
        name = shorten(name)
        msg = f"manifest={name}: need a file name that ends in .csv or .jsonl"
        raise ParameterError(msg)
    if name in RESERVED_NAMES:
        msg = f"manifest={name}: that is where {RESERVED_NAMES[name]}"
        raise ParameterError(msg)
    if name.startswith(".specimg"):
        msg = f"manifest={name}: names that begin so are of specimg's own record"
        raise ParameterError(msg)
