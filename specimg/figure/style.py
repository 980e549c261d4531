"""How matplotlib is kept to one style, and silent."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_style() -> Iterator[None]:
    """Draw alike for everyone: without the user's style, and without messages."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    # Before it is imported, because then it already tells of its folder and its fonts.
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an optional part

        with mpl.rc_context(), warnings.catch_warnings():
            # A name in letters that the font lacks is drawn as boxes.
            warnings.filterwarnings("ignore", "Glyph .* missing")
            mpl.rcdefaults()
            mpl.rcParams["svg.hashsalt"] = "specimg"
            yield
    finally:
        logger.setLevel(level)
