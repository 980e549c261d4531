"""The sounds of the images on a page, beside the output: one file for each."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from specimg.audio import AudioReader
from specimg.audio.playable import encode_playable, slowdown_of
from specimg.errors import RecordingError
from specimg.output.files import remove, remove_partials, write_atomically
from specimg.output.manifest import ImageEntry, Record
from specimg.output.stats import OnProgress
from specimg.settings import Settings
from specimg.spans.listed import Listed
from specimg.spans.reader import read_clips
from specimg.spans.span import Span

_NAME = re.compile(r"[0-9a-f]{32}(_\d+x)?\.flac")
_TAG = "sounds"


def sound_folder(out: Path) -> Path:
    """Return where the sounds of an output are: beside it, where they are no class."""
    out = out.resolve()
    return out.parent / f".{out.name}.sounds"


def write_sounds(
    out: Path,
    images: Sequence[ImageEntry],
    recordings: Mapping[str, Path],
    settings: Settings,
    on_progress: OnProgress,
) -> list[str]:
    """Write what can be heard in each image; what is there already stays.

    Parameters
    ----------
    out : Path
        The output folder.
    images : sequence of ImageEntry
    recordings : mapping of Path
        Where each recording is, by its name in the manifest.
    settings : Settings
    on_progress : callable
        Called for every image, with what is wrong with its recording.

    Returns
    -------
    list of str
        The name of each image's file in `sound_folder`, which ends in ``_10x.flac``
        where it is played 10 times slower; empty for an image without one.

    Raises
    ------
    StorageError
        The folder takes nothing more.
    """
    folder = sound_folder(out)
    remove_partials(folder, _TAG)
    names = [""] * len(images)
    done = 0
    for source, rows in _by_source(images).items():
        records = [images[row].record for row in rows]
        fault = "the recording is shorter now"
        try:
            for row, name in zip(
                rows,
                _write(folder, recordings[source], records, settings),
                strict=False,
            ):
                names[row] = name
        except RecordingError as error:
            fault = f"{recordings[source]}: {error}"
        for row, record in zip(rows, records, strict=True):
            done += 1
            text = "" if names[row] else f"no sound for {record.file_name}: {fault}"
            on_progress(done, len(images), text)
    _remove_others(folder, {*names})
    return names


def _by_source(images: Sequence[ImageEntry]) -> dict[str, list[int]]:
    """Return which images each recording has, in the order of their starts."""
    rows: dict[str, list[int]] = {}
    for row in sorted(range(len(images)), key=lambda row: images[row].record.start):
        rows.setdefault(images[row].record.source, []).append(row)
    return rows


def _write(
    folder: Path, path: Path, records: Sequence[Record], settings: Settings
) -> Iterator[str]:
    """Write the sounds of clips of one recording, in their order; yield their names."""
    names = [_name(path, record) for record in records]
    if all((folder / name).is_file() for name in names):
        yield from names
        return
    with AudioReader(path, settings.channel, settings.time_expansion) as reader:
        slower = reader.time_expansion
        spans = [
            Span(start=record.start / slower, end=record.end / slower, shown=None)
            for record in records
        ]
        clips = read_clips(reader, Listed(settings.clips, tuple(spans)))
        for name, clip in zip(names, clips, strict=False):
            data = encode_playable(clip.samples, reader.sample_rate)
            write_atomically(folder / name, data, _TAG)
            yield name


def _name(path: Path, record: Record) -> str:
    """Return what the sound of a clip is called: another if the recording changes."""
    try:
        status = path.stat()
        stamp = f"{status.st_size} {status.st_mtime_ns}"
    except OSError:
        stamp = ""
    text = f"{record.source}\n{stamp} {record.start} {record.end} {record.mono}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    slowdown = slowdown_of(round(2 * record.source_fmax))
    return f"{digest}_{slowdown}x.flac" if slowdown > 1 else f"{digest}.flac"


def _remove_others(folder: Path, names: set[str]) -> None:
    """Remove the sounds that a page before had, and this one has not."""
    for path in folder.glob("*.flac"):
        if _NAME.fullmatch(path.name) and path.name not in names:
            remove(path)
