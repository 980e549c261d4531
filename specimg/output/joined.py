"""The columns of a manifest that are from a table of the user's own."""

import json
from collections.abc import Sequence
from dataclasses import fields

from specimg.errors import RefusedError
from specimg.output.entries import decode_joined
from specimg.output.journal import Journal
from specimg.output.manifest import Record

_KEY = "joined"

RESERVED = ("image", "objects")
"""Columns that `datasets` and the boxes of Hugging Face add to those of a manifest."""


def is_column_of_ours(name: str) -> bool:
    """Whether a column of a manifest is called so, or one that others add to it.

    In capitals or not: some that read tables make no difference.
    """
    return name.casefold() in {*(field.name for field in fields(Record)), *RESERVED}


def known_columns(journal: Journal) -> list[str]:
    """Return the columns that a shard has joined, in their order."""
    return [*decode_joined(journal.get(_KEY), journal.path)]


def set_columns(journal: Journal, names: Sequence[str]) -> list[str]:
    """Note the columns that are joined; return those that the manifest loses."""
    before = known_columns(journal)
    if before != [*names]:
        journal.set(_KEY, json.dumps(dict.fromkeys(names, "")))
        journal.manifest = ""
    return [name for name in before if name not in names]


def joined_columns(journals: Sequence[Journal]) -> list[str]:
    """Return the columns that all shards have joined, in their order.

    Raises
    ------
    RefusedError
        They have joined different columns.
    """
    first, *others = map(known_columns, journals)
    for other in others:
        if other != first:
            one, two = (", ".join(names) or "none" for names in (first, other))
            msg = (
                f"parts were joined with different columns ({one}; {two}): run each "
                f"again with the same --join"
            )
            raise RefusedError(msg)
    return first
