"""Text that tables, terminals and other systems can hold, whatever was in it."""

import os
from urllib.parse import unquote_to_bytes

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@")
"""First characters of a cell that a spreadsheet takes for a formula."""


def encode_name(name: str) -> str:
    """Percent-encode what a table, a terminal or another system would stumble over.

    These are control characters, bytes that are not UTF-8, backslashes, the percent
    sign itself, and a first character that makes a spreadsheet run the name.
    `decode_name` gives the bytes back.
    """
    return encode_cell(name, also="%\\")


def decode_name(encoded: str) -> bytes:
    """Return the bytes of the name, or of the path, that was encoded."""
    return unquote_to_bytes(encoded)


def encode_label(label: str) -> str:
    """Percent-encode what a table would stumble over in a label, or a list of them.

    That is as in a name, and what stands between the labels of a list.
    """
    return encode_cell(label, also="%\\;")


def encode_label_of_name(part: str) -> str:
    """Return a part of an encoded name as `encode_label` would have made it."""
    return encode_cell(part, also="\\;")


def decode_label(encoded: str) -> str:
    """Return the label that was encoded; what is not UTF-8 in it stays encoded."""
    if "%" not in encoded:
        return encoded  # nearly every label
    try:
        return decode_name(encoded).decode()
    except UnicodeDecodeError:
        return encoded


def encode_cell(text: str, also: str = "") -> str:
    """Percent-encode control characters, a formula's first character, and `also`.

    A percent sign stays as it is, so prose can be read, but not always decoded.
    """
    is_formula = text.startswith(RUN_BY_SPREADSHEETS)
    first = _percent(text[0]) if is_formula else ""
    return first + encode_text(text[is_formula:], also)


def encode_text(text: str, also: str = "", keep: str = "") -> str:
    """Percent-encode what cannot be printed, such as the commands of a terminal.

    The characters of `also` are encoded as well; those of `keep` never are.
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
    except UnicodeEncodeError:  # half of a surrogate pair, which no file name holds
        data = char.encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in data)
