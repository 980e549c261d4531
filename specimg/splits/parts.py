"""The parts that recordings are divided into, and how much of them each is to get."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from specimg.errors import ParameterError, shorten

EXAMPLE = "train=70,val=15,test=15"

# A part is a folder, a value in tables, and a split of Hugging Face, which refuses
# hyphens; a file system that ignores case would mix two that differ in that alone.
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_SHARE = re.compile(r"[0-9]{1,9}([.][0-9]{0,9}|/[0-9]{1,9})?|[.][0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part."""

    name: str
    share: Fraction
    """Of all recordings, between 0 and 1; those of all parts add up to 1."""


def is_part_name(text: str) -> bool:
    """Whether a part may be called so: letters, digits and underscores."""
    return _NAME.fullmatch(text) is not None


def parse_split(text: str) -> tuple[Part, ...]:
    """Read the parts and their shares, such as ``train=70,val=15,test=15``.

    Parameters
    ----------
    text : str
        Shares are percent, which add up to 100, or fractions, which add up to 1.  A
        share may have a decimal point, or be a ratio such as ``1/3``.

    Returns
    -------
    tuple of Part
        In the order in which they are given.

    Raises
    ------
    ParameterError
        The message names what is refused, and what would be right.
    """
    pairs = [_parse_part(one, text) for one in text.split(",")]
    names = [name.lower() for name, _ in pairs]
    if twice := [name for name, _ in pairs if names.count(name.lower()) > 1]:
        raise _refuse(text, f"{shorten(twice[-1])} is there twice: need each part once")
    total = sum((share for _, share in pairs), Fraction())
    if total not in (1, 100):
        shown = f"{float(total):.10g}"
        raise _refuse(text, f"the shares add up to {shown}: need 100 percent, or 1")
    return tuple(Part(name, share / total) for name, share in pairs)


def _parse_part(part: str, text: str) -> tuple[str, Fraction]:
    name, equals, share = (piece.strip() for piece in part.partition("="))
    if not equals:
        what = f"{shorten(part)!r} has no share: need parts such as {EXAMPLE}"
        raise _refuse(text, what)
    if not is_part_name(name):
        what = f"{shorten(name)!r} cannot be a folder: need up to 64 letters, digits "
        raise _refuse(text, what + "and underscores")
    try:
        value = Fraction(share) if _SHARE.fullmatch(share) else Fraction()
    except ZeroDivisionError:
        value = Fraction()
    if value <= 0:
        what = f"{name}={shorten(share)}: need a share above 0, such as 70 or 0.7"
        raise _refuse(text, what)
    return name, value


def _refuse(text: str, what: str) -> ParameterError:
    return ParameterError(f"--split {shorten(text)}: {what}")


def shares_of(parts: Sequence[str]) -> tuple[Part, ...]:
    """Return the parts that recordings are in, with the shares that they have.

    Parameters
    ----------
    parts : sequence of str
        The name of the part of each recording.

    Returns
    -------
    tuple of Part
        In the order of their first recordings.
    """
    counts = dict.fromkeys(parts, 0)
    for name in parts:
        counts[name] += 1
    return tuple(Part(name, Fraction(n, len(parts))) for name, n in counts.items())
