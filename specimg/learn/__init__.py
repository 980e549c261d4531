"""Frontends whose parameters a network learns.  Needs torch: ``specimg[learn]``.

>>> from specimg.learn import PCEN, Exponential
>>> frontend = PCEN(n_mels=128, frame_rate=22_050 / 128)
"""

from specimg.errors import MissingExtraError

try:
    import torch  # noqa: F401 - only whether it is there
except ModuleNotFoundError as error:
    raise MissingExtraError(part=__name__, package="torch", extra="learn") from error

from specimg.learn.modules import PCEN, Decibel, Exponential
from specimg.learn.normalization import min_max

__all__ = ["PCEN", "Decibel", "Exponential", "min_max"]
