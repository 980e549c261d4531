"""What was written, and from what, and what was not: one row each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from specimg.arrays import DECIMALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Where an image came from and what it shows."""

    file_name: str
    """Path of the image, relative to the manifest, with forward slashes."""
    label: str
    """The clip's label where it has exactly one, else empty; see `encode_label`."""
    source: str
    """Path of the recording below the folder that all inputs share; percent-encoded
    where it holds control characters, percent signs, or bytes that are not UTF-8."""
    start: float
    """Seconds from the beginning of the recording, as its file plays."""
    end: float
    """Seconds; not beyond the end of the recording."""
    pad_seconds: float
    """Silence that was added after `end`, in such seconds; its columns are black."""
    mono: str
    """How the channels became one: `mean`, or the channel."""
    source_sr: int
    """Sample rate of the file, in Hz."""
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
    source_fmax: float = 0.0
    """The highest frequency that the recording can hold, in Hz: half the sample rate
    at which it was made, which is that of the file times the time expansion."""
    codec: str = ""
    """How the samples of the recording are coded, by FFmpeg's name for it, such as
    `pcm_s16le`, `flac` or `aac`; empty where an earlier version did not note it."""
    recorded_at: str = ""
    """When the clip begins, as ISO 8601, with an offset only where one is known; empty,
    as all that follow, where the recording does not say."""
    latitude: str = ""
    """Degrees; a number in JSON, as all others in `NUMBERS`."""
    longitude: str = ""
    """Degrees."""
    recorder: str = ""
    """Make and model of what it was recorded with."""
    device_id: str = ""
    """Its serial number."""
    temperature_c: str = ""
    """Degrees Celsius, by the recorder."""
    battery_v: str = ""
    """Volts of its battery."""
    gain: str = ""
    """As the recorder says it: `medium`, or `12 dB`."""
    metadata_from: str = ""
    """What told any of that, with ``;`` between, such as `guano;name`."""

    @property
    def true_times(self) -> tuple[float, float]:
        """Start and end in seconds of the sound itself, however its file plays."""
        slower = 2 * self.source_fmax / self.source_sr
        if slower in (0, 1):
            return self.start, self.end
        return round(self.start / slower, DECIMALS), round(self.end / slower, DECIMALS)

    def list_labels(self) -> list[str]:
        """Return all labels; manifests of earlier versions have the column of one."""
        if self.label:
            return [self.label]
        return [*dict.fromkeys(filter(None, self.labels.split(LABELS_APART)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRow:
    """What a manifest, or another table with these columns, says of a clip."""

    source: str
    """The recording, as in a manifest."""
    start: float
    """Seconds from the beginning of the recording."""
    end: float
    """Seconds."""
    label: str = ""
    labels: str = ""
    """All labels of the clip, with ``;`` between them; a list in JSON.  Where there is
    nothing, those in `label`."""
    split: str = ""

    def list_labels(self) -> list[str]:
        """Return all labels, each once."""
        texts = (self.labels or self.label).split(LABELS_APART)
        names = (text.strip() for text in texts)
        return [*dict.fromkeys(filter(None, names))]


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
    joined: Mapping[str, str] = field(default_factory=dict)
    """What a table of the user's own says of the recording, by column; columns without
    a cell may be missing."""


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

NUMBERS = ("latitude", "longitude", "temperature_c", "battery_v")
"""Columns of numbers that may be unknown: then empty, and null in JSON."""

OF_OTHERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    # Before there were several labels, there was one at most.
    "labels": ("label", str),
    "source_fmax": ("source_sr", lambda sample_rate: sample_rate / 2),
}
"""What columns say that came later, in a row of an earlier version: the column that
tells it, and how.  All others have their defaults there."""
