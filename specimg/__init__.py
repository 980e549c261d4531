"""Turn recordings into spectrogram images for image models.

>>> import specimg
>>> settings = specimg.Settings.from_options({"r": "db", "g": "pcen", "b": "exp"})
"""

TYPE_CHECKING = False  # that of typing, whose import takes longer than this module
if TYPE_CHECKING:
    from specimg.errors import (
        AudioReadError,
        ParameterError,
        RecordingError,
        RenderError,
        SpecimgError,
        StorageError,
    )
    from specimg.inference import read, render
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
    "read",
    "render",
]

_HOMES = {
    "Settings": "specimg.settings",
    "read": "specimg.inference",
    "render": "specimg.inference",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that the command starts fast."""
    if name not in __all__:
        msg = f"module 'specimg' has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(_HOMES.get(name, "specimg.errors")), name)
