"""``specimg convert --dry-run``: what a run would read and write."""

import math
from collections import Counter
from typing import TypeAlias

from specimg.audio import AudioReader
from specimg.audio.recordings import Recording
from specimg.batch.inputs import Inputs
from specimg.cli.summary import (
    describe_inputs,
    describe_passed_over,
    describe_unread,
)
from specimg.cli.terminal import say
from specimg.errors import RecordingError, count
from specimg.output.records import labels_of
from specimg.settings import Settings
from specimg.spans.plan import plan_known
from specimg.spans.selection import why_dropped

_Clip: TypeAlias = tuple[tuple[str, ...], int]
"""The labels of a clip, and how many frames its picture has."""

BYTES_A_VALUE = {"png": 0.6, "npy": 4.0}
"""Bytes of an image file for each value of its pixels; that of PNG is a guess."""


def print_plan(inputs: Inputs, settings: Settings, *, is_begun: bool) -> int:
    """Say what would be done, by the headers alone; return how many would fail.

    `is_begun` says whether the output holds what is done already; it is counted, too.
    """
    listing = inputs.listing
    seconds, unknown = 0.0, 0
    images = _Images(inputs, settings)
    problems = list(listing.unreadable)
    for recording in listing.recordings:
        try:
            with AudioReader(
                recording.path, settings.channel, settings.time_expansion
            ) as reader:
                length = reader.promised_seconds * reader.time_expansion
                clips = _plan(reader, recording, settings.at(reader.sample_rate))
        except RecordingError as error:
            problems.append((recording.name, str(error)))
            continue
        seconds += length
        images.add(recording, clips, is_known=bool(length))
        unknown += not length
    values = settings.mel.n_mels * images.frames
    if settings.image.size is not None:
        values = settings.image.size.width * settings.image.size.height * images.count
    depth = settings.image.bit_depth // 8
    size_bytes = (
        values * len(settings.frontends) * depth * BYTES_A_VALUE[settings.image.format]
    )
    size = _size(size_bytes)
    readable = len(listing.recordings) + len(listing.unreadable) - len(problems)
    lines = [
        f"would read {count(readable, 'recording')}, {seconds:.1f} s of audio",
        f"would write {images.about} {count(images.count, 'image')}, {size}",
    ]
    if is_begun:
        lines.append("what OUT holds already is counted as well")
    if unknown:
        lines.append(f"of unknown length: {count(unknown, 'recording')}")
    lines += images.describe_labels() + describe_inputs(inputs, settings)
    lines += describe_passed_over("would pass over", listing.kinds)
    if listing.unread:
        lines.append(describe_unread(len(listing.unread)) + ":")
        lines += [
            f"would pass over: {name}: {reason}" for name, reason in listing.unread
        ]
    lines += [f"would fail: {name}: {reason}" for name, reason in problems]
    say("\n".join(lines))
    return len(problems)


class _Images:
    """How many images a run would write, as far as nothing has to be decoded."""

    def __init__(self, inputs: Inputs, settings: Settings) -> None:
        self.count = self.frames = 0
        selection = settings.selection
        self._is_most = selection.skip_silent or selection.min_peak_dbfs > -math.inf
        self.about = "at most" if self._is_most else "about"
        self._most = selection.select.count if selection.select else math.inf
        self._known = inputs.counts
        self._labels = Counter[tuple[str, str]]()

    def add(self, recording: Recording, clips: list[_Clip], *, is_known: bool) -> None:
        """Add the clips of a recording; one stands for all of an unknown length."""
        kept = int(min(len(clips), self._most))
        self.count += kept
        if kept:
            self.frames += sum(n for _, n in clips) * kept // len(clips)
        if recording.name not in self._known:
            return
        counts = Counter(labels for labels, _ in clips)
        if not is_known:
            counts = Counter(self._known[recording.name])
        own = Counter[str]()
        for labels, number in counts.items():
            own.update(dict.fromkeys(labels or ("(no label)",), number))
        self._is_most |= counts.total() > self._most  # nobody knows yet which are kept
        for label, number in own.items():
            self._labels[recording.split, label] += int(min(number, self._most))

    def describe_labels(self) -> list[str]:
        """Return how many images each label would have, in each part."""
        verb = "would write at most" if self._is_most else "would write"
        return [
            f"{verb} {count(number, 'image')} of {' '.join(filter(None, key))}"
            for key, number in sorted(self._labels.items())
        ]


def _plan(reader: AudioReader, recording: Recording, settings: Settings) -> list[_Clip]:
    """Return the clips of a recording that are long enough."""
    rate = reader.sample_rate
    n_samples = round(reader.promised_seconds * rate)
    if not n_samples:  # it does not say: one clip, at least
        shown = 0.0 if settings.clips.is_whole else settings.clips.duration
        return [((), _frames(shown, settings))]
    clips: list[_Clip] = []
    source = settings.spans_of(recording.plan, reader.promised_seconds)
    for span in plan_known(source, n_samples, rate):
        labels = labels_of(recording, span)
        begin, end = span.samples(rate)
        too_short = why_dropped(
            settings.selection,
            n_samples=end - begin,
            sample_rate=rate,
            peak_dbfs=0.0,
            silent=False,
        )
        if labels is not None and not too_short:
            seconds = span.shown or span.end - span.start
            clips.append((labels, _frames(seconds, settings)))
    return clips


def _frames(seconds: float, settings: Settings) -> int:
    return max(0, settings.mel.n_frames(round(seconds * settings.mel.sample_rate)))


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} TB"
