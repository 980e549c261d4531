"""Turn recordings into spectrogram images for image models.

>>> import specimg
>>> settings = specimg.Settings.from_options({"r": "db", "g": "pcen", "b": "exp"})
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specimg.errors import (
        AudioReadError,
        ParameterError,
        RecordingError,
        RenderError,
        SpecimgError,
        StorageError,
    )
    from specimg.rendering import render
    from specimg.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AudioReadError",
    "ParameterError",
    "RecordingError",
    "RenderError",
    "Settings",
    "SpecimgError",
    "StorageError",
    "render",
]

_HOMES = {"Settings": "specimg.settings", "render": "specimg.rendering"}


def __getattr__(name: str) -> object:
    """Import what is public when it is first used: the command line starts fast."""
    if name not in __all__:
        msg = f"module 'specimg' has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(_HOMES.get(name, "specimg.errors")), name)
