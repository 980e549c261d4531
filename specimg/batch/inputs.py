"""What a run works on: recordings, with their labels and their parts of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from specimg.annotations.tables import read_tables
from specimg.audio.recordings import Listing
from specimg.batch.labeling import Labeling, label_recordings
from specimg.errors import ParameterError, RefusedError
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
    split: str = ""
    """Parts with their shares, or the path of a table of splits."""
    group: str = "source"
    """Which recordings are not to be divided; see `group_names`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The recordings of one shard, and what was decided about them."""

    listing: Listing
    labeling: Labeling | None = None
    """What was decided about the clips of all shards; None where nothing was."""
    annotated: bool = False
    """Whether labels are those of annotations."""
    splits: tuple[SplitRow, ...] = ()
    """Where each recording of all shards is, in the order of their names."""
    lacking: tuple[Lacking, ...] = ()
    """Labels that some part lacks."""
    counts: Mapping[str, Mapping[tuple[str, ...], int]] = field(default_factory=dict)
    """How many clips of each recording have which labels, by the headers."""


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
        listing, splits, lacking = _split(listing, labeling, before, settings, wanted)
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
        splits=tuple(splits),
        lacking=tuple(lacking),
        counts=labeling.images if labeling else {},
    )


def _split(
    listing: Listing,
    labeling: Labeling | None,
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
    has_labels = settings.labels.folder not in ("none", "auto")
    has_labels = has_labels or (settings.labels.folder == "auto" and labeling is None)
    groups = group_names(recordings, wanted.group, n_label_folders=int(has_labels))
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


def _weigh(labeling: Labeling | None, name: str, label: str) -> Mapping[str, int]:
    """Return how many clips of a recording have each label."""
    if labeling is None:
        return {label: 1} if label else {}
    weights: dict[str, int] = {}
    for labels, number in labeling.images[name].items():
        for one in labels:
            weights[one] = weights.get(one, 0) + number
    return weights
