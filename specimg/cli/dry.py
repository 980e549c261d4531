"""``specimg convert --dry-run``: what a run would read and write."""

from specimg.audio import AudioReader
from specimg.audio.recordings import Listing
from specimg.cli.summary import count, describe_passed_over, describe_unread
from specimg.cli.terminal import say
from specimg.errors import RecordingError
from specimg.settings import Settings
from specimg.spans.plan import plan_known

BYTES_A_VALUE = {"png": 0.6, "npy": 4.0}
"""Bytes of an image file for each value of its pixels; that of PNG is a guess."""


def print_plan(listing: Listing, settings: Settings) -> int:
    """Say what would be done, by the headers alone; return how many would fail."""
    seconds, clips, frames, unknown = 0.0, 0, 0, 0
    problems = list(listing.unreadable)
    for recording in listing.recordings:
        try:
            with AudioReader(recording.path, settings.channel) as reader:
                length = reader.promised_seconds
                its_clips, its_frames = _plan(reader, settings)
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
    lines += describe_passed_over("would pass over", listing.kinds)
    if listing.unread:
        lines.append(describe_unread(len(listing.unread)) + ":")
        lines += [
            f"would pass over: {name}: {reason}" for name, reason in listing.unread
        ]
    lines += [f"would fail: {name}: {reason}" for name, reason in problems]
    say("\n".join(lines))
    return len(problems)


def _plan(reader: AudioReader, settings: Settings) -> tuple[int, int]:
    """Return how many clips a recording has, and how many frames their pictures."""
    rate = reader.sample_rate
    n_samples = round(reader.promised_seconds * rate)
    if not n_samples:  # it does not say: one clip, at least
        shown = 0.0 if settings.clips.is_whole else settings.clips.duration
        return 1, _frames(shown, settings)
    clips = frames = 0
    for span in plan_known(settings.spans, n_samples, rate):
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
