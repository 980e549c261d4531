"""What was written, and from what, and what was not: one row each."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter

from specimg.encoding import encode_cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Where an image came from and what it shows."""

    file_name: str
    """Path of the image, relative to the manifest, with forward slashes."""
    label: str
    """The clip's label where it has exactly one, else empty."""
    source: str
    """Path of the recording below the folder that all inputs share; percent-encoded
    where it holds control characters, percent signs, or bytes that are not UTF-8."""
    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds; not beyond the end of the recording."""
    pad_seconds: float
    """Silence that was added after `end`, in seconds; its columns are black."""
    mono: str
    """How the channels became one: `mean`, or the channel."""
    source_sr: int
    """Sample rate of the recording, in Hz."""
    sr: int
    """Sample rate that the picture was made at, in Hz."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    frontends: str
    """The frontend, or those of red, green and blue with `+` between them."""
    silent: bool
    """Whether the clip holds no sound at all; its image is black."""
    clipped_fraction: float
    """Share of the samples at which a channel that is used is at full scale."""
    peak_dbfs: float
    """Largest sample of the channels that are used, in dB; 0 is full scale, `-inf` is
    silence."""
    mel_min: float
    """Smallest value of the mel spectrogram before the first normalization."""
    mel_max: float
    """Largest value of the mel spectrogram before the first normalization."""
    warning: str
    """What is wrong with the recording, else empty."""
    activity: float = -1.0
    """Share of the picture that stands above its bands' background, from 0 to 0.5; see
    `specimg.rendering.activity`; -1 where it was not measured."""
    labels: str = ""
    """All labels of the clip, sorted, with ``;`` between them; a list in JSON."""
    split: str = ""
    """Which part of the data the image belongs to, such as `train`; empty without
    any."""
    codec: str = ""
    """How the samples of the recording are coded, by FFmpeg's name for it, such as
    `pcm_s16le`, `flac` or `aac`; empty where an earlier version did not note it."""

    def list_labels(self) -> list[str]:
        """Return all labels; manifests of earlier versions have the column of one."""
        if self.label:
            return [self.label]
        return [*dict.fromkeys(filter(None, self.labels.split(LABELS_APART)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEntry:
    """An image that was written."""

    record: Record
    n_bytes: int | None = None
    """Size of the file; None where only the manifest is there, which does not say."""
    digest: str | None = None
    """SHA-256 of the pixels, with their shape and type; None as above."""
    boxes: str = ""
    """Boxes around what is heard, if they were asked for; see `encode_boxes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A recording that could not be converted."""

    source: str
    """As in the manifest."""
    stage: str
    """Where it failed: `open`, `decode`, `clip`, `render`, `write`, `memory`, `timeout`
    or `crash`."""
    reason: str
    """Why, for a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A file in an input folder with sound that is not read."""

    source: str
    """As in the manifest."""
    reason: str
    """What it is, and what to do about it, for a human."""


LABELS_APART = ";"

_QUOTES = ("warning", "reason")
"""Columns that may quote what is in a file; names are encoded where they are made."""

_CELLS = {True: "true", False: "false"}


def format_manifest(
    records: Iterable[Record], name: str, columns: Sequence[str] | None = None
) -> Iterator[bytes]:
    """Yield the manifest as CSV, or as JSON lines if `name` ends in ``.jsonl``.

    It has all columns, unless it is to be that of an earlier version, which had fewer.
    """
    columns = columns or _names(Record)
    if name.endswith(".jsonl"):
        return _to_json(columns, records)
    return _to_csv(columns, records)


def format_failures(failures: Iterable[Failure]) -> Iterator[bytes]:
    """Yield the failures as CSV."""
    return _to_csv(_names(Failure), failures)


def format_passed_over(files: Iterable[PassedOver]) -> Iterator[bytes]:
    """Yield the files with sound that were passed over, as CSV."""
    return _to_csv(_names(PassedOver), files)


def _names(kind: type[Record | Failure | PassedOver]) -> list[str]:
    return [field.name for field in fields(kind)]


def _to_csv(
    names: Sequence[str], rows: Iterable[Record | Failure | PassedOver]
) -> Iterator[bytes]:
    values = attrgetter(*names)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in chain([names], map(values, rows)):
        # Line by line, because that is how a table is verified.
        writer.writerow(map(_to_cell, names, row))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _to_cell(name: str, value: object) -> object:
    if name in _QUOTES and isinstance(value, str):
        return encode_cell(value)
    return _CELLS[value] if value.__class__ is bool else value


def _to_json(names: Sequence[str], records: Iterable[Record]) -> Iterator[bytes]:
    # Not by `asdict`, which takes longer than all the rest.
    get = attrgetter(*names)
    for record in records:
        values = dict(zip(names, get(record), strict=True))
        for name, value in values.items():
            if value.__class__ is float and not math.isfinite(value):
                values[name] = None  # JSON has no infinity
        labels = values.get("labels")
        if labels is not None:
            values["labels"] = labels.split(LABELS_APART) if labels else []
        yield _encode(values).encode() + b"\n"


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
