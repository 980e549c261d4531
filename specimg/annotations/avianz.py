"""What AviaNZ writes beside a recording: ``X.wav.data``."""

from collections.abc import Iterator

from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import Problem, Row, number
from specimg.annotations.text import Content
from specimg.errors import quote

UNKNOWN = "Don't Know"
"""What AviaNZ calls a segment that has no species."""


def knows(content: Content, _options: ReadingOptions) -> bool:
    """Whether it is a list that begins with what AviaNZ says of a recording."""
    if not content.is_json:
        return False
    document = content.document
    if not isinstance(document, list):
        return False
    if not document:
        return content.path.suffix.lower() == ".data"
    return _is_about_all(document[0]) or _is_segment(document[0])


def read(content: Content, _options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield a row for each species of each segment."""
    document = content.document
    items = document if isinstance(document, list) else []
    segments = items[1:] if items and _is_about_all(items[0]) else items
    if not segments:
        yield Row(line=1)
    for line, segment in enumerate(segments, 1):
        if not _is_segment(segment):
            why = "need a start, an end, two frequencies and a list of species"
            yield Row(line=line, fault=(quote(segment), why))
            continue
        start, end, low, high, species = segment
        if _has_no_box(low, high):
            low = high = None
        for label, confidence in _read_species(species):
            yield Row(
                line=line,
                start=start,
                end=end,
                low=low,
                high=high,
                label=label,
                confidence=confidence,
            )


def _is_about_all(item: object) -> bool:
    """Whether it is about the recording; old files have a segment that begins at -1."""
    if isinstance(item, dict):
        return bool({"Operator", "Reviewer", "Duration"} & item.keys())
    return isinstance(item, list) and len(item) == 5 and item[0] == -1


def _is_segment(item: object) -> bool:
    return isinstance(item, list) and len(item) == 5 and isinstance(item[4], list | str)


def _has_no_box(low: object, high: object) -> bool:
    """Whether a segment is of all bands.

    So it is in the first versions, which had shares of the height, with whatever is
    below 1.1, as AviaNZ itself reads them; and with 0 and 0, as in any table.
    """
    return all(
        isinstance(value, int | float) and 0 < value < 1.1 for value in (low, high)
    )


def _read_species(species: list[object] | str) -> Iterator[tuple[object, object]]:
    """Yield the species, and how certain each is, from 0 to 1."""
    for item in [species] if isinstance(species, str) else species or [UNKNOWN]:
        if isinstance(item, dict):
            certainty = item.get("certainty")
            if isinstance(certainty, int | float):
                certainty = number("certainty", certainty) / 100
            yield item.get("species"), certainty
        elif isinstance(item, str):
            # Old files have a question mark where the observer was not sure.
            sure = None if item == UNKNOWN else 1.0
            yield item.removesuffix("?") or UNKNOWN, 0.5 if item[-1:] == "?" else sure
        else:
            yield item, None
