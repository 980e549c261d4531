"""What kinds of files were passed over, in a few words."""

import os
import re
from collections import Counter
from collections.abc import Mapping

_MOST_KINDS = 10
"""Kinds that are named; the rest is counted together."""

_ODD = ""
"""The kind of all files whose extension is not plain."""

_PLAIN_EXTENSION = re.compile(r"\.[a-z0-9_+~-]{1,12}")
"""Lower case; any other extension may be long, or hold control characters."""


def count_kinds(passed_over: Mapping[str, str]) -> dict[str, int]:
    """Count files by kind, which is their extension, and whether they have sound.

    Parameters
    ----------
    passed_over : mapping of str to str
        Paths, and why the sound of each is not read; empty where it has none.
    """
    return dict(Counter(_kind(path, reason) for path, reason in passed_over.items()))


def describe_kinds(kinds: Mapping[str, int]) -> str:
    """Return how many files are of which kind: ``96 .txt, 24 .mp4 with sound``.

    The most frequent come first.
    """
    plain = [(number, kind) for kind, number in kinds.items() if kind != _ODD]
    named = sorted(plain, key=lambda item: (-item[0], item[1]))[:_MOST_KINDS]
    rest = sum(kinds.values()) - sum(number for number, _ in named)
    if not named:
        return f"{rest} of odd kinds"
    text = ", ".join(f"{number} {kind}" for number, kind in named)
    return f"{text} and {rest} of other kinds" if rest else text


def _kind(path: str, reason: str) -> str:
    name = path[max(path.rfind("/"), path.rfind(os.sep)) + 1 :]
    extension = os.path.splitext(name)[1].lower()  # noqa: PTH122 - no Path of each
    if name.startswith("._"):
        extension = "companions of macOS (._*)"
    elif not extension:
        extension = "without an extension"
    elif not _PLAIN_EXTENSION.fullmatch(extension):
        return _ODD
    return f"{extension} with sound" if reason else extension
