"""The plain form: tables of annotations as specimg writes them, and reads them back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from specimg.annotations.aliases import HEADER
from specimg.annotations.annotation import Annotation
from specimg.annotations.matching import Matched
from specimg.annotations.tables import Tables
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


def by_file(
    tables: Tables, matched: Matched | None = None
) -> dict[str, list[Annotation]]:
    """Return the annotations of each file, as they are to be written.

    Where recordings were looked for, the files have their names; what has none of them
    keeps the name that it has in its table, so that nothing is lost.
    """
    files: dict[str, list[Annotation]] = {}
    lost = None
    if matched is not None:
        files |= {name: list(calls) for name, calls in matched.annotations.items()}
        lost = {(entry.table, entry.file) for entry in matched.unmatched}
    for entry in tables.annotated:
        if lost is None or (entry.table, entry.file) in lost:
            files.setdefault(entry.file, []).extend(entry.annotations)
    return files


def is_plain_form(path: Path) -> bool:
    """Whether a file is a table that `format_plain` wrote."""
    try:
        return read_content(path).sheet.columns == HEADER
    except (OSError, TextError):
        return False
