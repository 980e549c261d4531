"""The options that set how pictures look, alike in every command that has them.

Their defaults are those of the settings, so that each exists once.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from specimg.errors import ParameterError
from specimg.settings import PRESETS, Settings
from specimg.settings.options import KNOWN, merge, read_toml

DEFAULTS = Settings().to_options()


def number_or_word(text: str) -> float | str:
    """Read a number, or leave a word to the settings, which say what they need."""
    try:
        return float(text)
    except ValueError:
        return text


def option(setting: str, metavar: str, text: str, default: str = "") -> Any:  # noqa: ANN401 - typer's
    """Make the option for a setting; it shows the default of the settings."""
    value = DEFAULTS.get(setting)
    is_number = isinstance(value, int | float)
    return typer.Option(
        metavar=metavar,
        help=text,
        parser=number_or_word if is_number else None,
        show_default=default or (False if value is None else str(value)),
    )


Spec = Annotated[str | None, option("frontend", "SPEC", "Gray: its only frontend.")]
Red = Annotated[str | None, option("r", "SPEC", "RGB: the frontend of red.")]
Green = Annotated[str | None, option("g", "SPEC", "RGB: the frontend of green.")]
Blue = Annotated[str | None, option("b", "SPEC", "RGB: the frontend of blue.")]
Sr = Annotated[float | None, option("sr", "HZ", "Sample rate of the pictures.")]
Mono = Annotated[
    str | None,
    option("mono", "mean|left|right|0|1|...", "How channels become one."),
]
ClipDuration = Annotated[
    float | None,
    option("clip_duration", "SECONDS|whole", "Length of a clip, one image each."),
]
ClipOverlap = Annotated[
    float | None,
    option("clip_overlap", "SECONDS", "What a clip shares with the one before."),
]
FinalClip = Annotated[
    str | None,
    option(
        "final_clip",
        "extend|remainder|full|drop",
        "A rest shorter than a clip: extend it with silence, keep it short, take the "
        "last full clip, or drop it.",
    ),
]
NFft = Annotated[float | None, option("n_fft", "N", "Length of the FFT.")]
WinLength = Annotated[
    float | None, option("win_length", "N", "Length of the window, in samples.")
]
HopLength = Annotated[
    float | None, option("hop_length", "N", "From frame to frame, in samples.")
]
NMels = Annotated[float | None, option("n_mels", "N", "Mel bands: rows of the image.")]
Fmin = Annotated[float | None, option("fmin", "HZ", "Where the lowest band begins.")]
Fmax = Annotated[
    float | None,
    option("fmax", "HZ", "Where the highest band ends.", "half the sample rate"),
]
MelScale = Annotated[
    str | None, option("mel_scale", "htk|slaney", "Formula of the mel scale.")
]
MelNorm = Annotated[
    str | None, option("mel_norm", "none|slaney", "Whether bands have equal area.")
]
Power = Annotated[
    float | None, option("power", "1|2", "Exponent: 1 for magnitude, 2 for power.")
]
Center = Annotated[
    bool | None,
    typer.Option(
        "--center/--no-center",
        help="Pad with zeros and center the frames, as librosa does.",
        show_default="no-center",
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(PRESETS),
        help="Whose pictures to make; other options win over it.",
        show_default="merlin",
    ),
]
Format = Annotated[str | None, option("format", "png|npy", "Kind of file.")]
BitDepth = Annotated[
    float | None,
    option(
        "bit_depth",
        "8|16",
        "Of a PNG. Many loaders turn 16 bits nearly white: only for your own code.",
    ),
]
Size = Annotated[
    str | None, option("size", "WIDTHxHEIGHT", "Resample the finished image.")
]
Manifest = Annotated[
    str | None,
    option("manifest", "NAME", "Table of the images, in OUT: .csv or .jsonl."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml",
        help="Settings by these names; the command line wins. Every run writes its "
        "own to OUT/specimg.toml.",
        show_default=False,
    ),
]


def read_settings(params: dict[str, Any], config: Path | None) -> Settings:
    """Make the settings from the options that were given, and from a file."""
    given = {
        name: value
        for name, value in params.items()
        if name in KNOWN and value is not None
    }
    try:
        options = read_toml(config) if config else {}
        return Settings.from_options(merge(options, given))
    except ParameterError as error:
        raise typer.BadParameter(str(error)) from error
