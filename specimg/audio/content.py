"""Which files in a folder are recordings."""

from pathlib import Path

from specimg.audio.reading import AudioReader
from specimg.audio.signatures import (
    AUDIO_SUFFIXES,
    is_container,
    is_foreign_audio,
    is_mpeg_frame,
    read_head,
)
from specimg.errors import AudioReadError


def is_audio(path: Path) -> bool:
    """Whether a file that is not called like audio is audio by content."""
    try:
        head = read_head(path)
    except AudioReadError:
        return False
    if is_mpeg_frame(head):
        try:
            AudioReader(path).close()
        except AudioReadError:
            return False
        return True
    return is_container(head) or is_foreign_audio(head)


def looks_like_recording(path: Path) -> bool:
    """Whether a file that was found in a folder is taken for a recording.

    One that is called like audio always is, so that a broken one is not passed
    over in silence; but not the companions that macOS writes to other disks.
    """
    if path.suffix.lower() in AUDIO_SUFFIXES:
        return not path.name.startswith("._") or is_audio(path)
    return is_audio(path)
