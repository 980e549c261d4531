"""The tables of all parts of an output folder."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from specimg.errors import ParameterError, RefusedError
from specimg.output.card import (
    CARD_NAME,
    find_splits,
    find_tables,
    format_card,
    format_table,
    may_write_card,
    remove_card,
)
from specimg.output.compatibility import are_equal, load_settings
from specimg.output.containment import check_names
from specimg.output.entries import FAILED, FileStamp
from specimg.output.files import (
    remove,
    remove_partials,
    write_table,
)
from specimg.output.folders import known_folders, remove_emptied_folders
from specimg.output.joined import joined_columns
from specimg.output.journal import Journal
from specimg.output.label_files import (
    count_points,
    find_label_files,
    objects_of_images,
    write_label_files,
)
from specimg.output.merging import all_failures, all_images, all_passed_over
from specimg.output.session import FINISHED, SETTINGS
from specimg.output.shards import ALL, Shard, find_journal, find_shards, hold_to_read
from specimg.output.strays import find_strays
from specimg.output.writing import format_failures, format_manifest, format_passed_over
from specimg.settings import (
    FAILURES_NAME,
    PASSED_OVER_NAME,
    SETTINGS_NAME,
    SPLIT_TABLES,
    Settings,
)


@contextmanager
def read_parts(folder: Path) -> Iterator[tuple[Settings, list[Journal]]]:
    """Open the journals of all parts of a finished output, and its settings.

    Raises
    ------
    RefusedError
        A part is missing, not finished, being written, or has other settings.
    """
    parts = find_shards(folder)
    if not parts:
        msg = (
            f"{folder} holds no output of specimg: it has no {ALL.journal(folder).name}"
        )
        raise RefusedError(msg)
    count = parts[0].count
    wanted = [Shard(index, count) for index in range(1, count + 1)]
    if missing := [str(part) for part in wanted if part not in parts]:
        msg = f"{folder} is not complete: {', '.join(missing)} missing"
        raise RefusedError(msg)
    with ExitStack() as stack:
        journals = []
        for part in parts:
            stack.enter_context(hold_to_read(folder, part))
            journal = Journal(find_journal(folder, part), read_only=True)
            stack.callback(journal.close)
            check_names(folder, journal)
            if journal.get(FINISHED) != str(True):
                msg = f"{folder}: {part} is not finished; run its command again"
                raise RefusedError(msg)
            journals.append(journal)
        if len(parts) != count:
            msg = f"{folder} holds parts that were made with different settings"
            raise RefusedError(msg)
        yield _read_settings(folder, journals), journals


def _read_settings(folder: Path, journals: list[Journal]) -> Settings:
    """Return the settings of all journals, which are in a file beside them."""
    remedy = "the same specimg convert command writes it anew"
    try:
        settings = load_settings(folder)
    except ParameterError as error:
        msg = f"{error}; {remedy}"
        raise RefusedError(msg) from error
    texts = {text for journal in journals if (text := journal.get(SETTINGS))}
    if all(are_equal(text, settings) for text in texts):
        return settings
    if len(texts) > 1:
        msg = f"{folder} holds parts that were made with different settings"
    else:
        msg = f"{folder / SETTINGS_NAME} has other settings than the images were "
        msg += f"made with; {remedy}"
    raise RefusedError(msg)


def all_splits(settings: Settings, journals: list[Journal]) -> dict[str, list[str]]:
    """Return the folders of each split; none of NPY files, which nobody loads so."""
    is_png = settings.image.format == "png"
    return find_splits(all_images(journals)) if is_png else {}


def update_tables(
    folder: Path, settings: Settings, journal: Journal, tag: str, *, is_trusted: bool
) -> None:
    """Write the tables of an output in one part, unless they are there already.

    Parameters
    ----------
    folder, settings, journal
    tag : str
        Who writes, of those who may be killed.
    is_trusted : bool
        Whether what is there is what was written if it has its size and its time.
    """
    remove_partials(folder, tag)
    if not is_trusted or journal.manifest != _stamp(folder, settings):
        _write_manifest(folder, settings, [journal], tag)
        _write_card(folder, settings, [journal], tag)
        write_label_files(folder, settings, [journal], tag)
        journal.manifest = _stamp(folder, settings)
    _write_failures(folder, [journal], tag)
    _write_passed_over(folder, [journal], tag)


def _stamp(folder: Path, settings: Settings) -> str:
    """Return what tells the manifest, the card and its tables from others."""
    paths = [folder / settings.manifest, folder / CARD_NAME, *find_tables(folder)]
    paths += find_label_files(folder, settings)
    stamps = [(path.name, FileStamp.of(path)) for path in paths]
    return " ".join(f"{name} {stamp.size} {stamp.modified}" for name, stamp in stamps)


def _write_manifest(
    folder: Path, settings: Settings, journals: list[Journal], tag: str
) -> None:
    images, joined = all_images(journals), joined_columns(journals)
    lines = format_manifest(images, settings.manifest, joined=joined)
    write_table(folder / settings.manifest, lines, tag)


def _write_card(
    folder: Path, settings: Settings, journals: list[Journal], tag: str
) -> None:
    """Write what `datasets` loads the images by; the card only if its place is free."""
    splits = all_splits(settings, journals)
    if not splits:
        remove_card(folder)
        return
    for path in set(find_tables(folder)) - {folder / SPLIT_TABLES[s] for s in splits}:
        remove(path)
    for split, folders in splits.items():
        objects = objects_of_images(settings, journals)
        joined = joined_columns(journals)
        lines = format_table(
            all_images(journals), folders, objects=objects, joined=joined
        )
        write_table(folder / SPLIT_TABLES[split], lines, tag)
    if may_write_card(folder):
        write_table(folder / CARD_NAME, format_card(splits, settings), tag)


def _write_failures(folder: Path, journals: list[Journal], tag: str) -> None:
    """Write the failures if there are any."""
    for journal in journals:
        for name, above in product(journal.names(FAILED), known_folders(journal)):
            remove_emptied_folders(folder, name, above)
    if any(True for _ in all_failures(journals)):
        lines = format_failures(all_failures(journals))
        write_table(folder / FAILURES_NAME, lines, tag)
    else:
        remove(folder / FAILURES_NAME)


def _write_passed_over(folder: Path, journals: list[Journal], tag: str) -> None:
    """Write which files with sound were passed over if there are any."""
    if any(True for _ in all_passed_over(journals)):
        lines = format_passed_over(all_passed_over(journals))
        write_table(folder / PASSED_OVER_NAME, lines, tag)
    else:
        remove(folder / PASSED_OVER_NAME)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge put together."""

    parts: int
    images: int
    failures: int
    passed_over: int
    """Files with sound that is not read."""
    manifest: str
    points: tuple[int, int]
    """As from `count_points`."""
    strays: list[str]
    """Images of specimg that no row of the manifest names."""


def merge_parts(folder: Path) -> Merged:
    """Write the tables of an output that was made in parts.

    Raises
    ------
    RefusedError
        It is not complete.
    StorageError
        The tables cannot be written.
    """
    with read_parts(folder) as (settings, journals):
        remove_partials(folder, "merge")
        _write_manifest(folder, settings, journals, "merge")
        _write_card(folder, settings, journals, "merge")
        write_label_files(folder, settings, journals, "merge")
        _write_failures(folder, journals, "merge")
        _write_passed_over(folder, journals, "merge")
        return Merged(
            parts=len(journals),
            images=sum(1 for journal in journals for _ in journal.images()),
            failures=sum(1 for _ in all_failures(journals)),
            passed_over=sum(1 for _ in all_passed_over(journals)),
            manifest=settings.manifest,
            points=count_points(settings, journals),
            strays=find_strays(folder, journals, settings),
        )
