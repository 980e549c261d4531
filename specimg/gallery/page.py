"""The page itself: a template, and the data that it shows."""

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.resources import files
from typing import Any

from specimg.output.manifest import Record

SCRIPTS = (
    *("rows.js", "times.js", "header.js", "boxes.js", "images.js", "viewer.js"),
    "start.js",
)
"""Files that make up the script of the page, in this order."""


def tabulate(records: Iterable[Record]) -> dict[str, Any]:
    """Return the cells of each column of the manifest, as `shorten` returns them."""
    rows = list(records)
    return {
        field.name: shorten([_cell(getattr(row, field.name)) for row in rows])
        for field in fields(Record)
    }


def shorten(cells: list[Any]) -> Any:  # noqa: ANN401 - cells of any column
    """Return the one value that all rows of a column have, or else all its cells."""
    is_constant = bool(cells) and cells.count(cells[0]) == len(cells)
    return cells[0] if is_constant else cells


def format_page(data: Mapping[str, Any]) -> bytes:
    """Return the page that shows `data`.

    Whatever a name holds, it stays data: JSON in which nothing can end the element
    that it stands in, and from which the script makes text, never HTML.  The policy
    allows this script and this style alone, and images and sounds from beside the page.
    """
    script, style = "\n".join(map(_read, SCRIPTS)), _read("page.css")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        "img-src 'self' file: data:; media-src 'self' file:; "
        f"script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    )
    slots = {
        "policy": policy,
        "title": html.escape(str(data["title"])),
        "style": style,
        "script": script,
        "data": json.dumps(data, separators=(",", ":"), allow_nan=False).replace(
            "<", "\\u003c"
        ),
    }
    # In one pass: what looks like a slot inside of the data is none.
    page = re.sub(r"\{\{(\w+)\}\}", lambda slot: slots[slot[1]], _read("page.html"))
    return page.encode()


def _cell(value: Any) -> Any:  # noqa: ANN401 - any field of a row
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no infinity
    return value


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
