"""What a recording's name says is heard in it."""

import re
from collections.abc import Callable

from specimg.encoding import encode_label_of_name

SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
"""Which split a folder is by its name, as `datasets` has it, in the order of a card."""


def label_by_name(rule: str) -> Callable[[str], str]:
    """Return what finds the label of a recording in its name.

    Parameters
    ----------
    rule : str
        ``first``: the first folder of the name, but for one that is called after a
        split and has other folders in it, as in ``train/robin/1.wav``; ``parent``: the
        last; ``none``.  Else a regular expression that is looked for in the name: what
        its first group has captured, or, without a group, what it has found.  Where
        there is no such folder, or nothing is found, the label is empty.
    """
    find = {"none": _no_folder, "first": _first_folder, "parent": _last_folder}.get(
        rule
    )
    if find is None:
        pattern = re.compile(rule)

        def find(name: str) -> str:
            found = pattern.search(name)
            return (found[1 if pattern.groups else 0] or "") if found else ""

    return lambda name: encode_label_of_name(find(name))


def _no_folder(name: str) -> str:  # noqa: ARG001 - as the others
    return ""


def _first_folder(name: str) -> str:
    *folders, _ = name.split("/")
    if len(folders) > 1 and folders[0] in SPLIT_FOLDERS:
        del folders[0]
    return folders[0] if folders else ""


def _last_folder(name: str) -> str:
    return name.rpartition("/")[0].rpartition("/")[2]
