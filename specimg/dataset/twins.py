"""Recordings that are the same, or of one group: never learned from and asked about."""

from collections.abc import Hashable, Iterable, Sequence

from specimg.audio.recordings import Recording
from specimg.errors import DatasetError


def find_twins(marks: Iterable[Iterable[Hashable]]) -> list[tuple[int, int]]:
    """Return the pairs of recordings that have a mark in common.

    Marks are digests of the samples of a clip, for example.  That a recording was made
    louder, or went through MP3, is not noticed.
    """
    pairs = []
    seen: dict[Hashable, int] = {}
    for number, own in enumerate(marks):
        for mark in own:
            first = seen.setdefault(mark, number)
            if first != number:
                pairs.append((first, number))
    return list(dict.fromkeys(pairs))


def find_same_files(recordings: Iterable[Recording]) -> list[tuple[int, int]]:
    """Return the pairs of recordings that are one file.

    Raises
    ------
    DatasetError
        A file is not there.
    """
    return find_twins([_identity(one)] for one in recordings)


def _identity(recording: Recording) -> tuple[int, int]:
    try:
        status = recording.path.stat()
    except OSError as error:
        msg = f"{recording.path}: {error.strerror or error}"
        raise DatasetError(msg) from error
    return status.st_dev, status.st_ino


def refuse_shared(
    recordings: Sequence[Recording],
    names: Sequence[str],
    same: Sequence[tuple[int, int]],
    n_training: int,
) -> None:
    """Refuse a test of what was learned from.

    Parameters
    ----------
    recordings : sequence of Recording
        The first ones are learned from, the others asked about.
    names : sequence of str
        The group of each.
    same : sequence of tuple of int
        Pairs that hold the same sound.
    n_training : int
        How many are learned from.

    Raises
    ------
    DatasetError
    """
    for known, asked in same:
        if known < n_training <= asked:
            msg = (
                f"{recordings[asked].path} holds the same recording as "
                f"{recordings[known].path}: a model must not be tested on what it was "
                f"trained on"
            )
            raise DatasetError(msg)
    learned = dict(zip(names[:n_training], recordings, strict=False))
    for name, recording in zip(
        names[n_training:], recordings[n_training:], strict=True
    ):
        if known_recording := learned.get(name):
            msg = (
                f"{recording.path} is of the same group, {name}, as "
                f"{known_recording.path}: a model must not be tested on what it was "
                f"trained on; --folds keeps them apart"
            )
            raise DatasetError(msg)
