"""Which recordings belong together: cut from one recording, or made in one session."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from specimg.audio.recordings import Recording
from specimg.errors import DatasetError, ParameterError

Groups = NDArray[np.int64]
"""The number of each recording's group."""

BY_SOURCE, BY_FIRST = "source", "first"


def group_names(
    recordings: Sequence[Recording],
    rule: str | Mapping[str, str],
    *,
    n_label_folders: int = 1,
) -> list[str]:
    """Name the group of each recording.

    Parameters
    ----------
    recordings : sequence of Recording
    rule : str or mapping of str to str
        ``source``: a recording is a group of its own; a copy of it in another folder,
        as whatever kind of file, is in the same group.  ``first``: the first folder
        below that of the class.  Else a regular expression, which is looked for in the
        name of the recording below its folder: what its first group captures.  A
        mapping says the group of each recording by its name.
    n_label_folders : int
        How many folders at the beginning of each name say what the recording is of;
        ``first`` is the one after these.  It is 1 with one folder per class, and 0
        where folders say nothing of the kind, so that ``first`` is the first folder
        below the input, which in passive monitoring is the site.

    Raises
    ------
    ParameterError
        `rule` is no regular expression.
    DatasetError
        It finds nothing in the name of a recording, that name has no such folder, or
        the mapping does not say.
    """
    if not isinstance(rule, str):
        return [_looked_up(rule, recording) for recording in recordings]
    if rule == BY_SOURCE:
        return [_without_extension(recording.name) for recording in recordings]
    if rule == BY_FIRST:
        return [_folder(recording, n_label_folders) for recording in recordings]
    try:
        pattern = re.compile(rule)
    except re.error as error:
        msg = f"--group {rule}: need source, first or a regular expression: {error}"
        raise ParameterError(msg) from error
    return [_captured(pattern, recording) for recording in recordings]


def number_groups(names: Sequence[str], same: Sequence[tuple[int, int]] = ()) -> Groups:
    """Return the number of each recording's group, from 0.

    Parameters
    ----------
    names : sequence of str
        The group of each recording.
    same : sequence of tuple of int
        Pairs of recordings that hold the same sound: their groups are one.

    Returns
    -------
    array of int, shape (n_recordings,)
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - a second
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    first: dict[str, int] = {}
    pairs = [(first.setdefault(name, i), i) for i, name in enumerate(names)]
    ends = np.array([*pairs, *same])
    links = coo_array(
        (np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(names),) * 2
    )
    return connected_components(links, directed=False)[1].astype(np.int64)


def _without_extension(name: str) -> str:
    folder, slash, file = name.rpartition("/")
    return folder + slash + (file.rpartition(".")[0] or file)


def _folder(recording: Recording, index: int) -> str:
    parts = recording.name.split("/")
    if len(parts) < index + 2:
        above = "that of the class" if index else "the input"
        msg = (
            f"{recording.path}: --group first needs a folder between {above} "
            f"and the recording"
        )
        raise DatasetError(msg)
    return parts[index]


def _looked_up(values: Mapping[str, str], recording: Recording) -> str:
    value = values.get(recording.name)
    if not value:
        msg = f"{recording.name}: the column of --group has no value for it"
        raise DatasetError(msg)
    return value


def _captured(pattern: re.Pattern[str], recording: Recording) -> str:
    found = pattern.search(recording.name)
    captured = found and (found[1] if pattern.groups else found[0])
    if captured is None:
        msg = f"{recording.name}: --group {pattern.pattern} finds nothing in this name"
        raise DatasetError(msg)
    return captured
