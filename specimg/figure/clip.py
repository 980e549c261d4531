"""The clip of a preview, read as convert reads it."""

from pathlib import Path

from specimg.audio import AudioReader, Excerpt, read_excerpt
from specimg.errors import ClipError
from specimg.settings import Settings


def settings_for(path: Path, settings: Settings) -> Settings:
    """Return the settings at the sample rate of a recording.

    Raises
    ------
    RecordingError
        It cannot be read, or they are not possible at its rate.
    """
    with AudioReader(path, settings.channel, settings.time_expansion) as reader:
        return settings.at(reader.sample_rate)


def read_clip(path: Path, settings: Settings, *, start: float, limit: float) -> Excerpt:
    """Read the clip that convert would cut at `start`.

    Parameters
    ----------
    path : Path
    settings : Settings
    start : float
        Seconds from the beginning of the file.
    limit : float
        Seconds that a figure can show; a longer ``whole`` recording is refused.

    Raises
    ------
    RecordingError
        The recording cannot be read, ends before `start`, leaves less than one
        analysis window after it, or is too long.
    """
    is_whole = settings.clips.is_whole
    # A little more than is shown, to see whether there is more.
    duration = limit + 0.1 if is_whole else settings.clips.duration
    with AudioReader(path, settings.channel, settings.time_expansion) as reader:
        end = start + duration * reader.time_expansion
    excerpt = read_excerpt(
        path,
        settings.channel,
        start,
        end,
        time_expansion=settings.time_expansion,
    )
    seconds = excerpt.samples.size / excerpt.sample_rate
    if excerpt.first and not excerpt.samples.size:
        total = excerpt.last / excerpt.source_rate
        msg = f"start={start:g} s: the recording has only {total:.4g} s"
        raise ClipError(msg)
    if seconds < settings.shortest:
        msg = (
            f"too short: {seconds:.4g} s of audio from {start:g} s on, "
            f"but one analysis window is {settings.shortest:.4g} s"
        )
        raise ClipError(msg)
    if is_whole and seconds > limit:
        msg = (
            f"too long for one figure: more than {limit:.1f} s from {start:g} s "
            f"on; set --clip-duration"
        )
        raise ClipError(msg)
    return excerpt
