"""The formats of tables that are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from specimg.annotations import (
    audacity,
    avianz,
    batdetect2,
    birdnet,
    kaleidoscope,
    plain,
    raven,
)
from specimg.annotations.cells import shown
from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import Problem, Row
from specimg.annotations.text import Content


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how it is recognized, and how it is read."""

    name: str
    knows: Callable[[Content, ReadingOptions], bool]
    read: Callable[[Content, ReadingOptions], Iterator[Row | Problem]]


# The first that knows a file has it: plain tables may have any columns.
FORMATS = (
    Format("raven", raven.knows, raven.read),
    Format("birdnet", birdnet.knows, birdnet.read),
    Format("kaleidoscope", kaleidoscope.knows, kaleidoscope.read),
    Format("avianz", avianz.knows, avianz.read),
    Format("batdetect2", batdetect2.knows, batdetect2.read),
    Format("audacity", audacity.knows, audacity.read),
    Format("plain", plain.knows, plain.read),
)
NAMES = tuple(format_.name for format_ in FORMATS)


def recognize(content: Content, options: ReadingOptions) -> Format | None:
    """Return the format of a file, None if it is no table that is known.

    Raises
    ------
    TextError
        It looks like JSON, and is not.
    """
    for format_ in FORMATS:
        if options.format is not None:
            if format_.name == options.format and format_.knows(content, options):
                return format_
        elif options.columns:
            if format_.name == "plain" and format_.knows(content, options):
                return format_
        elif format_.knows(content, options):
            return format_
    return None


def describe_unknown(content: Content, options: ReadingOptions) -> str:
    """Say why a file is no table of annotations."""
    if not content.text.strip():
        return "is empty"
    if options.format is not None:
        what = f"is no table of the format {options.format}"
    elif options.columns:
        names = ", ".join(column.name for column in options.columns.values())
        what = f"has not all the columns that were named ({names}), or no start, end "
        what += "and label"
    else:
        what = "is no table of annotations that is known"
    if content.is_json or len(content.sheet.columns) < 2:
        return what
    return f"{what}; its columns are: {shown(content)}"
