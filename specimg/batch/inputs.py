"""What a run works on: recordings, with their labels and their parts of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from specimg.annotations.tables import read_tables
from specimg.audio.recordings import Listing, Recording
from specimg.batch.joining import Joining, join
from specimg.batch.labeling import Labeling, label_recordings
from specimg.errors import DatasetError, ParameterError, RefusedError
from specimg.output.shards import Shard
from specimg.settings import SPLITS_NAME, Settings
from specimg.splits.assignment import assign
from specimg.splits.balance import Lacking, find_lacking
from specimg.splits.groups import group_names
from specimg.splits.parts import parse_split, shares_of
from specimg.splits.table import SplitError, SplitRow, read_splits, tabulate_splits


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is known of recordings besides their sound, and what is to be made of it."""

    annotations: Sequence[Path] = ()
    """Tables, and folders of them."""
    join: Path | None = None
    """A table with a row for each recording, whose columns the manifest gets."""
    split: str = ""
    """Parts with their shares, or the path of a table of splits."""
    group: str = "source"
    """Which recordings are not to be divided: a column of `join`, or as `group_names`
    has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The recordings of one shard, and what was decided about them."""

    listing: Listing
    labeling: Labeling | None = None
    """What was decided about the clips of all shards; None where nothing was."""
    annotated: bool = False
    """Whether labels are those of annotations."""
    joining: Joining | None = None
    """What a table of the user's own says of the recordings of all shards."""
    unjoined: int = 0
    """Recordings that it says nothing of."""
    ungrouped: tuple[str, int] = ("", 0)
    """The column of the groups, and how many recordings have nothing in it."""
    splits: tuple[SplitRow, ...] = ()
    """Where each recording of all shards is, in the order of their names."""
    lacking: tuple[Lacking, ...] = ()
    """Labels that some part lacks."""
    counts: Mapping[str, Mapping[tuple[str, ...], int]] = field(default_factory=dict)
    """How many clips of each recording have which labels, by the headers."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the manifest gets of a table."""
        return self.joining.joined if self.joining else ()


def prepare(
    listing: Listing,
    out: Path,
    settings: Settings,
    wanted: Wanted,
    shard: Shard,
    *,
    overwrite: bool = False,
) -> Inputs:
    """Decide on labels and parts of all recordings, then take those of a shard.

    Parts that recordings are in already stay, unless all is written anew.

    All of it depends on the complete listing, so it is the same in each shard.

    Raises
    ------
    AnnotationError, SplitError
        The tables cannot be used.
    RefusedError
        The output folder is divided into parts, and no parts are wanted.
    """
    joining = None
    if wanted.join:
        names = [recording.name for recording in listing.recordings]
        may_label = settings.labels.folder == "auto" and not wanted.annotations
        joining = join(wanted.join, names, may_label=may_label)
        listing = joining.give(listing)
    labeling = None
    if wanted.annotations:
        tables = read_tables(wanted.annotations)
        listing = listing.without(Path(table) for table in tables.formats)
        labeling = label_recordings(listing, tables, settings)
    elif settings.labels.max_per_label is not None:
        labeling = label_recordings(listing, None, settings)
    elif settings.labels.clips == "annotation":
        msg = "--clips annotation needs --annotations"
        raise ParameterError(msg)
    listing = labeling.listing if labeling else listing
    splits: list[SplitRow] = []
    lacking: list[Lacking] = []
    table = out / SPLITS_NAME
    before = read_splits(table) if table.exists() and not overwrite else []
    if wanted.split:
        groups = _group(listing.recordings, labeling, joining, settings, wanted)
        listing, splits, lacking = _split(
            listing, labeling, groups, before, settings, wanted
        )
    elif before:
        msg = (
            f"{table} says which part each recording is in: give --split as before, "
            f"or --split {table}"
        )
        raise RefusedError(msg)
    return Inputs(
        listing=listing.part(shard.index, shard.count),
        labeling=labeling,
        annotated=bool(wanted.annotations),
        joining=joining,
        unjoined=_count_unjoined(listing, joining),
        ungrouped=_count_ungrouped(listing, joining, wanted),
        splits=tuple(splits),
        lacking=tuple(lacking),
        counts=labeling.images if labeling else {},
    )


def _split(
    listing: Listing,
    labeling: Labeling | None,
    groups: Sequence[str],
    rows: Sequence[SplitRow],
    settings: Settings,
    wanted: Wanted,
) -> tuple[Listing, list[SplitRow], list[Lacking]]:
    """Divide recordings into parts; return the table's rows, and what parts lack."""
    before = {row.source: row for row in rows}
    if "=" in wanted.split:
        parts = parse_split(wanted.split)
    else:
        given = read_splits(Path(wanted.split))
        parts = shares_of([row.split for row in given])
        for row in given:
            if before.setdefault(row.source, row).split != row.split:
                msg = (
                    f"{row.source} is in {row.split} by {wanted.split}, but in "
                    f"{before[row.source].split} already: write to another folder"
                )
                raise SplitError(msg)
    recordings = listing.recordings
    names = [recording.name for recording in recordings]
    labels = [_weigh(labeling, one.name, one.label) for one in recordings]
    assigned = assign(
        names,
        groups,
        labels,
        parts,
        seed=settings.labels.seed,
        before=before.values(),
    )
    listing = replace(
        listing,
        recordings=tuple(replace(one, split=assigned[one.name]) for one in recordings),
    )
    table = tabulate_splits(names, groups, assigned, before.values())
    dealt = [assigned[name] for name in names]
    return listing, table, find_lacking(groups, labels, dealt, parts)


def _group(
    recordings: Sequence[Recording],
    labeling: Labeling | None,
    joining: Joining | None,
    settings: Settings,
    wanted: Wanted,
) -> list[str]:
    """Return the name of the group of each recording."""
    rule = wanted.group
    if joining and rule in joining.columns:
        return group_names(recordings, joining.groups(recordings, rule))
    has_labels = settings.labels.folder not in ("none", "auto")
    if settings.labels.folder == "auto":
        has_labels = labeling is None and not (joining and joining.label)
    try:
        return group_names(recordings, rule, n_label_folders=int(has_labels))
    except DatasetError as error:
        if not joining:
            raise
        names = ", ".join(joining.columns)
        msg = f"{error}; the columns of {joining.table} are {names}"
        raise DatasetError(msg) from error


def _count_unjoined(listing: Listing, joining: Joining | None) -> int:
    known = joining.cells if joining else None
    return sum(known is not None and r.name not in known for r in listing.recordings)


def _count_ungrouped(
    listing: Listing, joining: Joining | None, wanted: Wanted
) -> tuple[str, int]:
    """Return the column of the groups, and how many recordings have nothing in it."""
    if not (wanted.split and joining and wanted.group in joining.columns):
        return "", 0
    values = joining.values(listing.recordings, wanted.group)
    return wanted.group, values.count("")


def _weigh(labeling: Labeling | None, name: str, label: str) -> Mapping[str, int]:
    """Return how many clips of a recording have each label."""
    if labeling is None:
        return {label: 1} if label else {}
    weights: dict[str, int] = {}
    for labels, number in labeling.images[name].items():
        for one in labels:
            weights[one] = weights.get(one, 0) + number
    return weights
