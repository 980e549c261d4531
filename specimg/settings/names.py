"""What is called how in an output folder."""

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
