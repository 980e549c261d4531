"""What a table of the user's own says of recordings, beside their annotations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from specimg.annotations.joined import JoinedRow, JoinedTable, read_joined
from specimg.annotations.matching import match_names
from specimg.annotations.rows import AnnotationError
from specimg.audio.recordings import Listing, Recording
from specimg.encoding import encode_label, encode_name
from specimg.errors import quote, shorten
from specimg.output.joined import is_column_of_ours
from specimg.output.manifest import PassedOver
from specimg.splits.groups import BY_SOURCE, group_names

LABEL = "label"
"""The column that gives the labels, where nothing else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A table, joined on the names of recordings."""

    table: str
    columns: tuple[str, ...]
    """All that it has, but that of the names."""
    cells: Mapping[str, Mapping[str, str]]
    """What it says of each recording that it knows, by column."""
    lost: tuple[PassedOver, ...]
    """Its rows that match no recording."""

    @property
    def label(self) -> str | None:
        """The column that gives the labels, if there is one."""
        return next((name for name in self.columns if _is_label(name)), None)

    @property
    def joined(self) -> tuple[str, ...]:
        """The columns that the manifest gets, in their order."""
        return tuple(name for name in self.columns if not _is_label(name))

    def give(self, listing: Listing) -> Listing:
        """Return the recordings with what the table says of them."""
        used = listing.without([Path(self.table)])
        recordings = tuple(map(self._give, listing.recordings))
        return replace(used, recordings=recordings)

    def _give(self, recording: Recording) -> Recording:
        cells = self.cells.get(recording.name, {})
        joined = {name: cells[name] for name in self.joined if cells.get(name)}
        if self.label is None:
            return replace(recording, joined=joined)
        label = encode_label(cells.get(self.label, "").strip())
        return replace(recording, joined=joined, label=label)

    def values(self, recordings: Sequence[Recording], column: str) -> list[str]:
        """Return the cell of each recording in a column; empty where there is none."""
        return [self.cells.get(r.name, {}).get(column, "").strip() for r in recordings]

    def groups(self, recordings: Sequence[Recording], column: str) -> dict[str, str]:
        """Return the group of each recording: its cell, or, without one, its own."""
        values = self.values(recordings, column)
        alone = group_names(recordings, BY_SOURCE)
        return {
            recording.name: value or own
            for recording, value, own in zip(recordings, values, alone, strict=True)
        }


def join(path: Path, names: Sequence[str], *, may_label: bool) -> Joining:
    """Read a table, and find the recordings that its rows mean.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Names of recordings, as `specimg.audio.recordings` gives them.
    may_label : bool
        Whether nothing else gives labels.

    Raises
    ------
    AnnotationError
        The table cannot be used: a column is called like one of the manifest, two rows
        of one recording differ, or no row is of any recording.
    """
    table = read_joined(path)
    _check_columns(table, may_label=may_label)
    named = [row for row in table.rows if row.file]
    found, reasons = match_names(named, names)
    why = {row.line: reason for row, reason in zip(named, reasons, strict=True)}
    lost = tuple(
        PassedOver(
            source=f"{encode_name(table.path)}:{row.line}",
            reason=f"{row.file}: {why[row.line]}" if row.file else "names no recording",
        )
        for row in table.rows
        if not row.file or why[row.line]
    )
    if not found:
        msg = f"no row of {path} is of a recording that is there"
        msg += f"; for example, {lost[0].source}: {lost[0].reason}"
        raise AnnotationError(msg)
    for name, rows in found.items():
        for row in rows[1:]:
            _check_equal(table, name, rows[0], row)
    cells = {
        name: dict(zip(table.columns, rows[0].cells, strict=True))
        for name, rows in found.items()
    }
    return Joining(table=table.path, columns=table.columns, cells=cells, lost=lost)


def _is_label(name: str) -> bool:
    return name.casefold() == LABEL


def _check_columns(table: JoinedTable, *, may_label: bool) -> None:
    for name in table.columns:
        if _is_label(name) and may_label:
            continue
        if is_column_of_ours(name):
            msg = (
                f"{table.path}: the column {name} would stand in the manifest beside "
                f"the one that is called so: rename or remove it"
            )
            if _is_label(name):
                msg += ", or leave out --annotations and --label, and it is the label"
            raise AnnotationError(msg)


def _check_equal(table: JoinedTable, name: str, one: JoinedRow, two: JoinedRow) -> None:
    for column, first, second in zip(table.columns, one.cells, two.cells, strict=True):
        if first != second:
            msg = (
                f"{table.path}, lines {one.line} and {two.line}: both are of "
                f"{shorten(name)}, and differ in {column}: {quote(first)} and "
                f"{quote(second)}; need one row for each recording"
            )
            raise AnnotationError(msg)
