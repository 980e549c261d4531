"""The options that set how pictures look: each stands here, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass

from specimg.cli.sections import INPUT_AND_OUTPUT, LABELS
from specimg.settings import PRESETS
from specimg.settings.options import GRAY, LABEL_OPTIONS, RGB

FRONTENDS = "Frontends"
FRONTEND_NAMES = (*GRAY, *RGB)
FILE_NAMES = ("format", "bit_depth", "manifest", *LABEL_OPTIONS)
"""Options that mean nothing to commands that write no images."""


@dataclass(frozen=True, slots=True)
class PictureOption:
    """What ``--help`` says of an option."""

    metavar: str | None
    text: str
    default: str = ""
    """What help calls the default, where the settings' own value does not say it."""


PICTURE_OPTIONS: Mapping[str, Mapping[str, PictureOption]] = {
    FRONTENDS: {
        "frontend": PictureOption(
            "SPEC", "Gray: its only frontend. Or A+B+C, for red, green and blue."
        ),
        "r": PictureOption("SPEC", "RGB: the frontend of red."),
        "g": PictureOption("SPEC", "RGB: the frontend of green."),
        "b": PictureOption("SPEC", "RGB: the frontend of blue."),
    },
    "Sound": {
        "sr": PictureOption(
            "HZ|native",
            "Sample rate of the pictures; native: that of each recording.",
        ),
        "time_expansion": PictureOption(
            "N", "How many times slower recordings play than they were made."
        ),
        "mono": PictureOption("mean|left|right|0|1|...", "How channels become one."),
    },
    "Clips": {
        "clip_duration": PictureOption(
            "SECONDS|whole", "Length of a clip, one image each."
        ),
        "clip_overlap": PictureOption(
            "SECONDS", "What a clip shares with the one before."
        ),
        "final_clip": PictureOption(
            "extend|remainder|full|drop",
            "A rest shorter than a clip: extend it with silence, keep it short, take "
            "the last full clip, or drop it.",
        ),
    },
    LABELS: {
        "label": PictureOption(
            "first|parent|none|REGEX",
            "Which folder is a recording's label, or what to find in its name.",
            "first; none with --annotations",
        ),
        "clips": PictureOption(
            "grid|annotation", "Clips in a row, or one around each annotation."
        ),
        "min_label_overlap": PictureOption(
            "SECONDS", "How much of an annotation labels a clip."
        ),
        "min_label_fraction": PictureOption(
            "SHARE", "Or which share of it, from 0 to 1."
        ),
        "classes": PictureOption(
            "A,B,...|FILE", "Only these labels count; in a file, one a line.", "all"
        ),
        "negatives": PictureOption(
            "keep|drop|RATIO",
            "Clips without a label: all, none, or so many for each clip with one.",
        ),
        "negative_label": PictureOption("NAME", "What to call clips without a label."),
        "unannotated": PictureOption(
            "drop|keep", "Recordings that no table speaks of."
        ),
        "boxes": PictureOption(
            "none|coco|yolo|hf|csv", "Boxes around annotations, in pixels."
        ),
        "max_per_label": PictureOption(
            "N", "How many clips of a label are kept.", "all"
        ),
        "seed": PictureOption("N", "For what is drawn."),
    },
    "Selection": {
        "min_clip": PictureOption(
            "SECONDS", "Drop clips with less than that of the recording."
        ),
        "skip_silent": PictureOption(None, "Drop clips of digital silence."),
        "min_peak_dbfs": PictureOption(
            "DB", "Drop clips that are nowhere as loud.", "none"
        ),
        "select": PictureOption(
            "N[:activity|loudest|random|first]",
            "Keep so many clips of each recording, and which.",
            "all",
        ),
    },
    "Spectrogram": {
        "n_fft": PictureOption("N", "Length of the FFT."),
        "win_length": PictureOption("N", "Length of the window, in samples."),
        "hop_length": PictureOption("N", "From frame to frame, in samples."),
        "window_ms": PictureOption("MS", "Length of the window, in milliseconds."),
        "hop_ms": PictureOption("MS", "From frame to frame, in milliseconds."),
        "n_mels": PictureOption("N", "Mel bands: rows of the image."),
        "fmin": PictureOption("HZ", "Where the lowest band begins."),
        "fmax": PictureOption(
            "HZ", "Where the highest band ends.", "half the sample rate"
        ),
        "mel_scale": PictureOption(
            "htk|slaney|linear", "Formula of the mel scale; linear: bands in Hz."
        ),
        "mel_norm": PictureOption("none|slaney", "Whether bands have equal area."),
        "power": PictureOption("1|2", "Exponent: 1 for magnitude, 2 for power."),
        "center": PictureOption(
            None, "Pad with zeros and center the frames, as librosa does."
        ),
    },
    "Image": {
        "format": PictureOption("png|npy", "Kind of file."),
        "bit_depth": PictureOption(
            "8|16",
            "Of a PNG. Many loaders turn 16 bits nearly white: only for your own code.",
        ),
        "size": PictureOption("WIDTHxHEIGHT", "Resample the finished image."),
    },
    "Settings": {
        "preset": PictureOption(
            "|".join(PRESETS),
            "Whose pictures to make; other options win over it. See specimg presets.",
            next(name for name, preset in PRESETS.items() if not preset.options),
        ),
        "config": PictureOption(
            "FILE.toml",
            "Settings by these names; the command line wins. Every run writes its own "
            "to OUT/specimg.toml.",
        ),
    },
    INPUT_AND_OUTPUT: {
        "manifest": PictureOption(
            "NAME", "Table of the images, in OUT: .csv or .jsonl."
        ),
        "metadata": PictureOption(
            "full|names|none",
            "Look for when and where recordings were made in files and their names, in "
            "names alone, or not at all.",
        ),
    },
}
"""All of them, by the section of ``--help`` in which they stand."""
