"""Text that tables, terminals and other systems can hold, whatever was in it."""

import os
from urllib.parse import unquote_to_bytes

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@")
"""What a cell begins with that a spreadsheet takes for a formula."""


def encode_name(name: str) -> str:
    """Percent-encode what a table, a terminal or another system would stumble over.

    That is control characters, bytes that are not UTF-8, backslashes and the
    percent sign itself, and what a spreadsheet would run, at the beginning;
    `decode_name` gives the bytes back.
    """
    return encode_cell(name, also="%\\")


def decode_name(encoded: str) -> bytes:
    """Return the bytes of the name, or of the path, that was encoded."""
    return unquote_to_bytes(encoded)


def encode_cell(text: str, also: str = "") -> str:
    """Percent-encode control characters, and a formula's first character.

    For prose, which may hold a percent sign of its own; and the characters of `also`.
    """
    is_formula = text.startswith(RUN_BY_SPREADSHEETS)
    first = _percent(text[0]) if is_formula else ""
    return first + encode_text(text[is_formula:], also)


def encode_text(text: str, also: str = "", keep: str = "") -> str:
    """Percent-encode what cannot be printed, such as the commands of a terminal.

    And the characters of `also`, but not those of `keep`.
    """
    if text.isprintable() and not any(char in text for char in also):
        return text  # nearly every text
    return "".join(
        char
        if char in keep or (char.isprintable() and char not in also)
        else _percent(char)
        for char in text
    )


def _percent(char: str) -> str:
    try:
        data = os.fsencode(char)
    except UnicodeEncodeError:  # half of a pair, which no name holds
        data = char.encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in data)
