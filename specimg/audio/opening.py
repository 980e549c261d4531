"""Who decodes a recording: libsndfile what it can, and FFmpeg the rest, if it is there.

So a file has the same samples with and without FFmpeg, unless it has none without.
"""

from pathlib import Path

from specimg.audio import ffmpeg
from specimg.audio.decoder import Decoder
from specimg.audio.signatures import ForeignError
from specimg.errors import AudioReadError


def open_decoder(path: Path) -> Decoder | ffmpeg.FfmpegDecoder:
    """Open a recording at its first sample.

    Raises
    ------
    AudioReadError
        The file is missing, empty, or not audio that can be decoded here.
    """
    try:
        return Decoder(path)
    except ForeignError as error:
        contents = error.contents
    if contents.is_for_ffmpeg and ffmpeg.is_installed():
        return ffmpeg.FfmpegDecoder(path, contents)
    raise AudioReadError(contents.reason)
