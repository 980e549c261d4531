"""A recording decoded from its first sample to its last, in whatever file it is.

soundfile seeks after every read, and a seek is not exact in MP3 and Vorbis; so nothing
here ever seeks while it reads.  Nothing is allocated by what a header promises, either.
"""

import os
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from specimg.audio.codec_names import name_codec
from specimg.audio.forward import (
    UNKNOWN_FRAMES,
    VALUES_AT_ONCE,
    count_frames,
    describe_other,
    describe_truncation,
    open_forward,
    seeks_exactly,
)
from specimg.audio.signatures import open_regular, why_not_audio
from specimg.audio.streams import (
    MAX_HOLE_SECONDS,
    Stream,
    describe_holes,
    describe_leftover,
    find_streams,
)
from specimg.errors import AudioReadError, DecodeError, join_warnings


class Decoder:
    """The streams of a file as one sound: its frames with all their channels.

    Raises
    ------
    AudioReadError
        The file is missing, empty, or not audio.
    """

    def __init__(self, path: Path) -> None:
        self._handle, head = open_regular(path)
        self._streams = find_streams(self._handle, head, path.suffix, count_frames)
        self._warnings: list[str] = []
        self._holes: list[tuple[float, float]] = []
        self._at_end = False
        self._silent = self._muted = 0
        """Frames of silence to give next, and decoded frames to silence after them."""
        self.frames_read = 0
        """Frames of the recording so far, with holes and frames that were skipped."""
        try:
            stream = self._next_stream() or Stream()
            self._file = open_forward(self._handle, stream.source)
        except soundfile.LibsndfileError as error:
            self._handle.close()
            raise why_not_audio(path, head, error.error_string) from error
        except OSError as error:
            self._handle.close()
            msg = f"cannot be read: {error.strerror or error}"
            raise AudioReadError(msg) from error
        self.sample_rate: int = self._file.samplerate
        """In Hz."""
        self.channels: int = self._file.channels
        self.codec = name_codec(self._file)
        """How the samples are coded, by FFmpeg's name for it."""
        rows = max(1, VALUES_AT_ONCE // max(1, self.channels))
        self._block = np.empty((rows, self.channels), np.float32)
        self._begin(stream)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._handle.close()

    @property
    def is_8_bit(self) -> bool:
        """Whether samples have eight bits only."""
        return self._file.subtype in ("PCM_S8", "PCM_U8")

    @property
    def promised_seconds(self) -> float:
        """Length by the headers, before anything is read; 0 where it is unknown."""
        frames: int = self._file.frames
        if self._stream.frames is not None:  # also those that an encoder has added
            return min(self._stream.frames, frames) / self.sample_rate
        if frames >= UNKNOWN_FRAMES:
            return 0.0
        # Only the first stream is known yet; others count as if they were as dense.
        source = self._stream.source
        n_bytes = self._size() - self._stream.offset
        whole = n_bytes / max(1, len(source)) if source is not None else 1.0
        return frames / self.sample_rate * max(1.0, whole)

    @property
    def may_seek(self) -> bool:
        """Whether it is of a kind in which reading can begin anywhere, exactly."""
        source = self._stream.source
        is_all = source is None or len(source) >= self._size() - self._stream.offset
        return is_all and seeks_exactly(self._file)

    def has_last_frame(self) -> bool:
        """Whether the last promised frame is there, where reading can begin anywhere.

        Asking loses the position: only for a recording that is not read afterwards.
        """
        try:
            self._file.seek(self._file.frames - 1)
            return len(self._file.read(1)) == 1
        except soundfile.LibsndfileError:
            return False

    def seek(self, frame: int) -> None:
        """Go to a frame, in a recording that can seek.

        Raises
        ------
        DecodeError
            The recording has no such frame, or is damaged before it.
        """
        try:
            self._file.seek(frame)
        except soundfile.LibsndfileError as error:
            msg = f"damaged before {frame / self.sample_rate:.1f} s: cannot go there"
            raise DecodeError(msg) from error
        self._left -= frame - self.frames_read
        self.frames_read = frame

    def read(self, n_frames: int) -> NDArray[np.float32]:
        """Decode up to `n_frames`, shape (n, n_channels); 0 where the recording ends.

        The array is valid until the next call.

        Raises
        ------
        DecodeError
            The recording is damaged here.
        """
        n_frames = min(n_frames, len(self._block))
        block = self._block[:0]
        while n_frames and not len(block) and not self._at_end:
            if self._silent:
                block = self._block[: min(n_frames, self._silent)]
                block[:] = 0
                self._silent -= len(block)
            elif self._left:
                block = self._decode(min(n_frames, self._left))
            if not len(block):
                self._at_end = not self._go_on()
        self.frames_read += len(block)
        return block

    @property
    def warning(self) -> str:
        """What is wrong with the recording, once all is read; until then empty."""
        if not self._at_end:
            return ""
        return join_warnings(*self._warnings, describe_holes(self._holes))

    def _decode(self, n_frames: int) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._file.read(out=self._block[:n_frames])
        except soundfile.LibsndfileError as error:
            after = self.frames_read / self.sample_rate
            before = (self.frames_read + n_frames) / self.sample_rate
            text = error.error_string.strip().removeprefix("Error : ").rstrip(".")
            msg = f"damaged between {after:.1f} s and {before:.1f} s: {text}"
            raise DecodeError(msg) from error
        self._left -= len(block)
        if self._muted:
            block[: self._muted] = 0
            self._muted = max(0, self._muted - len(block))
        return block

    def _next_stream(self) -> Stream | None:
        """Return the next stream, and note what is left undecoded before it."""
        for item in self._streams:
            if isinstance(item, Stream):
                return item
            self._leave(item.n_bytes, item.seconds, item.text)
        return None

    def _go_on(self) -> bool:
        """Go on with the next stream; return whether there is one."""
        self._warnings.append(self._stream.warning)
        n_decoded = self.frames_read - self._begun
        if self._stream.frames is None:
            self._warnings.append(describe_truncation(self._file, n_decoded))
        try:
            stream = self._next_stream()
            return stream is not None and self._open(stream)
        except OSError as error:
            msg = f"vanished while it was read: {error.strerror or error}"
            raise AudioReadError(msg) from error

    def _open(self, stream: Stream) -> bool:
        """Open a further stream, if its format is that of the first; else leave it."""
        gap = 0 if stream.start is None else stream.start - self.frames_read
        n_bytes = self._size() - stream.offset
        if gap > MAX_HOLE_SECONDS * self.sample_rate:
            self._leave(n_bytes, None, "of audio with a time that is not credible")
            return False
        try:
            file = open_forward(self._handle, stream.source)
        except soundfile.LibsndfileError:
            self._leave(n_bytes, None, "behind the first recording in this file")
            return False
        if (file.samplerate, file.channels) != (self.sample_rate, self.channels):
            seconds = file.frames / file.samplerate
            if stream.source is not None:  # and of what is behind it
                seconds *= n_bytes / max(1, len(stream.source))
            text = describe_other(file)
            file.close()
            self._leave(n_bytes, seconds, text)
            return False
        self._file.close()
        self._file = file
        self._begin(stream)
        return True

    def _begin(self, stream: Stream) -> None:
        """Note how the stream that was opened continues the recording."""
        self._stream = stream
        frames: int = self._file.frames
        self._left = min(UNKNOWN_FRAMES, frames)
        gap = 0 if stream.start is None else stream.start - self.frames_read
        self._silent, known = max(0, gap), max(0, -gap)
        self._muted = max(0, stream.skip - known) if gap else 0
        self._begun = self.frames_read + gap
        if hole := self._silent + self._muted:
            begin = self.frames_read / self.sample_rate
            self._holes.append((begin, hole / self.sample_rate))
        while known and self._left:
            block = self._decode(min(known, self._left, len(self._block)))
            known -= len(block) or known  # nothing decoded: the stream has ended

    def _leave(self, n_bytes: int, seconds: float | None, text: str) -> None:
        """Note that `n_bytes` at the end of the file are not decoded."""
        before = self._size() - n_bytes
        # Less than a second does not tell how many bytes a second has.  Before the
        # first stream is open, not even the sample rate is known.
        is_enough = self.frames_read and self.frames_read >= self.sample_rate
        if seconds is None and is_enough and before > 0:
            seconds = n_bytes / before * self.frames_read / self.sample_rate
        self._warnings.append(describe_leftover(n_bytes, seconds, text))

    def _size(self) -> int:
        return os.fstat(self._handle.fileno()).st_size
