"""JSON of batdetect2: what it found in a recording, or what somebody has drawn."""

from collections.abc import Iterator
from typing import Any

from specimg.annotations.naming import tidy
from specimg.annotations.options import ReadingOptions
from specimg.annotations.rows import NonsenseError, Problem, Row, number
from specimg.annotations.text import Content
from specimg.errors import quote

BY_MODEL = "Automatically generated."
"""The note that batdetect2 leaves; such files are never marked as annotated."""


def knows(content: Content, _options: ReadingOptions) -> bool:
    """Whether it is an object with a list of annotations, or a list of such objects."""
    if not content.is_json:
        return False
    document = content.document
    if isinstance(document, list):
        return bool(document) and all(map(_is_recording, document))
    return _is_recording(document)


def read(content: Content, _options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield a row for each annotation."""
    document: Any = content.document
    for recording in document if isinstance(document, list) else [document]:
        yield from _read_recording(content, recording)


def _read_recording(content: Content, about: dict[str, Any]) -> Iterator[Row | Problem]:
    name = about.get("id")
    file = tidy(name) if isinstance(name, str) else ""
    items = about["annotation"]
    try:
        expansion = number("time_exp", about.get("time_exp", 1))
        if expansion <= 0:
            fault = (f"time_exp={expansion:g}", "need a factor above 0")
            yield Row(line=0, file=file, fault=fault)
            return
    except NonsenseError as error:
        yield Row(line=0, file=file, fault=(error.value, error.why))
        return
    is_open = about.get("annotated") is False and about.get("notes") != BY_MODEL
    if is_open and not items:
        yield content.fault(0, "annotated is false", "nobody has annotated it yet")
    elif not items:
        yield Row(line=1, file=file)
    for line, item in enumerate(items, 1):
        if not isinstance(item, dict):
            why = "need an object with class, start_time and end_time"
            yield Row(line=line, file=file, fault=(quote(item), why))
            continue
        yield Row(
            line=line,
            file=file,
            start=item.get("start_time"),
            end=item.get("end_time"),
            low=item.get("low_freq"),
            high=item.get("high_freq"),
            label=item.get("class"),
            confidence=item.get("class_prob"),
            # Its times are those of the bat: in a recording that plays ten times
            # slower, the call is ten times later and lower.
            second=expansion,
            hertz=1 / expansion,
            is_expanded=expansion != 1,
        )


def _is_recording(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("annotation"), list)
