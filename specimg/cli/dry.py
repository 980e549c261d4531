"""``specimg convert --dry-run``: what a run would read and write."""

from collections import Counter

from specimg.audio import AudioReader
from specimg.audio.recordings import Recording
from specimg.batch.inputs import Inputs
from specimg.cli.summary import (
    count,
    describe_inputs,
    describe_passed_over,
    describe_unread,
)
from specimg.cli.terminal import say
from specimg.errors import RecordingError
from specimg.output.records import labels_of
from specimg.settings import Settings
from specimg.spans.plan import plan_known

BYTES_A_VALUE = {"png": 0.6, "npy": 4.0}
"""Bytes of an image file for each value of its pixels; that of PNG is a guess."""


def print_plan(inputs: Inputs, settings: Settings) -> int:
    """Say what would be done, by the headers alone; return how many would fail."""
    listing = inputs.listing
    seconds, clips, frames, unknown = 0.0, 0, 0, 0
    problems = list(listing.unreadable)
    for recording in listing.recordings:
        try:
            with AudioReader(
                recording.path, settings.channel, settings.time_expansion
            ) as reader:
                length = reader.promised_seconds * reader.time_expansion
                own = settings.at(reader.sample_rate)
                its_clips, its_frames = _plan(reader, recording, own)
        except RecordingError as error:
            problems.append((recording.name, str(error)))
            continue
        seconds += length
        clips += its_clips
        frames += its_frames
        unknown += not length
    values = settings.mel.n_mels * frames
    if settings.image.size is not None:
        values = settings.image.size.width * settings.image.size.height * clips
    depth = settings.image.bit_depth // 8
    size_bytes = (
        values * len(settings.frontends) * depth * BYTES_A_VALUE[settings.image.format]
    )
    readable = len(listing.recordings) + len(listing.unreadable) - len(problems)
    lines = [
        f"would read {count(readable, 'recording')}, {seconds:.1f} s of audio",
        f"would write about {count(clips, 'image')}, {_size(size_bytes)}",
    ]
    if unknown:
        lines.append(f"{unknown} recordings do not say how long they are")
    lines += _describe_images(inputs) + describe_inputs(inputs, settings)
    lines += describe_passed_over("would pass over", listing.kinds)
    if listing.unread:
        lines.append(describe_unread(len(listing.unread)) + ":")
        lines += [
            f"would pass over: {name}: {reason}" for name, reason in listing.unread
        ]
    lines += [f"would fail: {name}: {reason}" for name, reason in problems]
    say("\n".join(lines))
    return len(problems)


def _describe_images(inputs: Inputs) -> list[str]:
    """Return how many images each label would have, in each part."""
    counts = Counter[tuple[str, str]]()
    for recording in inputs.listing.recordings:
        for labels, number in inputs.counts.get(recording.name, {}).items():
            for label in labels or ("(no label)",):
                counts[recording.split, label] += number
    return [
        f"would write {count(number, 'image')} of {' '.join(filter(None, key))}"
        for key, number in sorted(counts.items())
    ]


def _plan(
    reader: AudioReader, recording: Recording, settings: Settings
) -> tuple[int, int]:
    """Return how many clips a recording has, and how many frames their pictures."""
    rate = reader.sample_rate
    n_samples = round(reader.promised_seconds * rate)
    if not n_samples:  # it does not say: one clip, at least
        shown = 0.0 if settings.clips.is_whole else settings.clips.duration
        return 1, _frames(shown, settings)
    clips = frames = 0
    source = settings.spans_of(recording.plan, reader.promised_seconds)
    for span in plan_known(source, n_samples, rate):
        if labels_of(recording, span) is None:
            continue
        clips += 1
        frames += _frames(span.shown or span.end - span.start, settings)
    return clips, frames


def _frames(seconds: float, settings: Settings) -> int:
    return max(0, settings.mel.n_frames(round(seconds * settings.mel.sample_rate)))


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} TB"
