"""``specimg convert --dry-run``: what a run would read and write."""

import math

import typer

from specimg.audio import AudioReader
from specimg.cli.console import count
from specimg.errors import RecordingError
from specimg.recordings import Listing
from specimg.settings import Settings

BYTES_A_VALUE = {"png": 0.6, "npy": 4.0}
"""Of an image file, for each value of a pixel; of PNG a guess."""


def print_plan(listing: Listing, settings: Settings) -> int:
    """Say what would be done, by the headers; return how many cannot be opened."""
    seconds, clips, unknown = 0.0, 0, 0
    problems = list(listing.unreadable)
    for recording in listing.recordings:
        try:
            with AudioReader(recording.path, settings.channel) as reader:
                length = reader.promised_seconds
        except RecordingError as error:
            problems.append((recording.name, str(error)))
            continue
        seconds += length
        clips += _clips(length, settings)
        unknown += not length
    values = settings.mel.n_mels * len(settings.frontends) * clips
    if settings.image.size is not None:
        size = settings.image.size
        values = size.width * size.height * len(settings.frontends) * clips
    elif settings.clips.is_whole:
        values = int(values / max(clips, 1) * seconds * settings.mel.frame_rate)
    else:
        length = round(settings.clips.duration * settings.mel.sample_rate)
        values *= settings.mel.n_frames(length)
    depth = settings.image.bit_depth // 8
    size_bytes = values * depth * BYTES_A_VALUE[settings.image.format]
    readable = len(listing.recordings) + len(listing.unreadable) - len(problems)
    lines = [
        f"would read {count(readable, 'recording')}, {seconds:.1f} s of audio",
        f"would write about {count(clips, 'image')}, {_size(size_bytes)}",
    ]
    if unknown:
        lines.append(f"{unknown} recordings do not say how long they are")
    if listing.passed_over:
        lines.append(f"would pass over {count(listing.passed_over, 'file')}: not audio")
    lines += [f"would fail: {name}: {reason}" for name, reason in problems]
    typer.echo("\n".join(lines))
    return len(problems)


def _clips(seconds: float, settings: Settings) -> int:
    clips = settings.clips
    if clips.is_whole or seconds <= clips.duration:
        return 1
    full = math.floor((seconds - clips.duration) / clips.step + 1e-9) + 1
    rest = seconds - ((full - 1) * clips.step + clips.duration)
    has_rest = rest >= settings.shortest and clips.final != "drop"
    return full + int(has_rest)


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} TB"
