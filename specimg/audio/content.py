"""Which files in a folder are recordings, and which have sound that cannot be read."""

from pathlib import Path

from specimg.audio import ffmpeg
from specimg.audio.decoder import Decoder
from specimg.audio.foreign import behind_tags, identify, identify_by_head
from specimg.audio.foreign.ogg import begins_with_video
from specimg.audio.foreign.probing import Probe
from specimg.audio.signatures import (
    AUDIO_SUFFIXES,
    is_container,
    is_mpeg_frame,
    open_regular,
)
from specimg.audio.tags import has_id3
from specimg.errors import AudioReadError


def judge(path: Path) -> bool | str:
    """Say what to do with a file that was found in a folder.

    A file with the extension of an audio format is always a recording, so that a
    damaged one is not passed over in silence; except for the companions (``._*``) that
    macOS writes to other disks.

    Returns
    -------
    bool or str
        True for a recording, False for a file without sound.  For sound that is not
        read, and whose format is not one of recorders, a text that says why.
    """
    if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("._"):
        return True
    try:
        file, head = open_regular(path)
        with file:
            if is_mpeg_frame(head):
                return _opens(path)
            if begins_with_video(head) and _opens(path):
                return True
            return _judge_content(head, Probe(file))
    except (AudioReadError, OSError):
        return False


def _judge_content(head: bytes, probe: Probe) -> bool | str:
    is_tagged = has_id3(head)
    if not is_tagged and is_container(head) and not begins_with_video(head):
        return True
    found = (
        identify(probe, behind_tags(probe))
        if is_tagged
        else identify_by_head(head, probe)
    )
    if found is None or found.is_recording:
        return is_tagged or found is not None
    if found.is_for_ffmpeg and ffmpeg.is_installed():
        return True
    return found.reason if found.codecs else False


def _opens(path: Path) -> bool:
    """Whether libsndfile opens a file."""
    try:
        Decoder(path).close()
    except AudioReadError:
        return False
    return True
