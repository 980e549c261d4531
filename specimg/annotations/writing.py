"""The plain form: tables of annotations as specimg writes them, and reads them back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from specimg.annotations.aliases import HEADER
from specimg.annotations.annotation import Annotation
from specimg.annotations.text import TextError, read_content
from specimg.encoding import encode_name


def format_plain(
    recordings: Mapping[str, Iterable[Annotation]],
) -> Iterator[bytes]:
    """Yield a table of annotations, as CSV.

    A recording without any has a line with its name and nothing else.  Names and labels
    are percent-encoded where they hold control characters, percent signs, or what a
    spreadsheet would run.

    Parameters
    ----------
    recordings : mapping of str to iterable of Annotation
        By the recording's path, in the order in which they are to be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for file, annotations in recordings.items():
        name = encode_name(file)
        lines: Sequence[Sequence[object]] = [
            (
                name,
                call.start,
                call.end,
                call.low,
                call.high,
                encode_name(call.label),
                call.confidence,
                call.channel,
            )
            for call in annotations
        ]
        writer.writerows(lines or [(name, *[None] * (len(HEADER) - 1))])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def is_plain_form(path: Path) -> bool:
    """Whether a file is a table that `format_plain` wrote."""
    try:
        return read_content(path).sheet.columns == HEADER
    except (OSError, TextError):
        return False
