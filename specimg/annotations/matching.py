"""Which recording is meant by a name in a table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from specimg.annotations.annotation import Annotation, Times
from specimg.annotations.paths import Index, clean
from specimg.annotations.tables import Tables
from specimg.errors import shorten

SHOWN = 3
"""How many recordings are named where several could be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Annotations of a recording that is not there, or not the only one."""

    table: str
    line: int
    """Where the table first names it, from 1; 0 for the whole table."""
    file: str
    """The recording, as `Annotated.file`."""
    count: int
    """How many annotations; 0 where the table says that nothing calls there."""
    reason: str
    """Why, with the names of the recordings that could be meant."""

    def __str__(self) -> str:
        where = f"{self.table}, line {self.line}" if self.line else self.table
        return f"{where}: {self.file}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What tables say of the recordings that are there."""

    annotations: dict[str, tuple[Annotation, ...]]
    """By the name of the recording, sorted by start, end and label; none for one of
    which a table says that nothing calls there, and no entry for one that no table
    knows."""
    unclear: dict[str, tuple[Times, ...]]
    """When something may be heard that tables do not say as they should, by the name of
    the recording; also of recordings that have no other entry."""
    unmatched: tuple[Unmatched, ...]
    """In the order of the tables."""
    repeated: int
    """How many annotations say just what another one does, and are left out."""


class Named(Protocol):
    """Something that a table says of a recording."""

    @property
    def file(self) -> str:
        """The recording as the table has it, with forward slashes."""

    @property
    def place(self) -> str:
        """The absolute path that the recording has if it lies beside the table."""

    @property
    def table(self) -> str:
        """The path of the table."""


_Entry = TypeVar("_Entry", bound=Named)


@dataclass(frozen=True, slots=True)
class _Claim(Generic[_Entry]):
    """A table's name for a recording, and how well it fits."""

    number: int
    """Which of all entries it is."""
    entry: _Entry
    name: str
    fit: int
    """How many parts of the path are alike, from the end."""
    is_contrary: bool
    """Whether both have more parts, which differ."""


def match_tables(tables: Tables, names: Iterable[str]) -> Matched:
    """Find the recordings that tables mean.

    Parameters
    ----------
    tables : Tables
    names : iterable of str
        Names of recordings, as `specimg.audio.recordings` gives them.

    Returns
    -------
    Matched
        Recordings are found by `match_names`.

        Annotations with the same time, label, band and channel, to the last digit,
        count once: nobody hears that twice, but a table is easily given twice.
    """
    entries = (*tables.annotated, *tables.unclear)
    found, reasons = match_names(entries, names)
    nothing_else = {id(entry) for entry in tables.unclear}
    calls: dict[str, list[Annotation]] = {}
    unclear: dict[str, set[Times]] = {}
    for name, its in found.items():
        for entry in its:
            if id(entry) not in nothing_else:
                calls.setdefault(name, []).extend(entry.annotations)
            if entry.unclear:
                unclear.setdefault(name, set()).update(entry.unclear)
    annotations = {name: _sort(calls[name]) for name in sorted(calls)}
    kept = sum(map(len, annotations.values()))
    return Matched(
        annotations=annotations,
        unclear={name: tuple(sorted(unclear[name])) for name in sorted(unclear)},
        unmatched=tuple(
            Unmatched(
                table=entry.table,
                line=entry.line,
                file=entry.file,
                count=len(entry.annotations),
                reason=reason,
            )
            for entry, reason in zip(tables.annotated, reasons, strict=False)
            if reason
        ),
        repeated=sum(map(len, calls.values())) - kept,
    )


def match_names(
    entries: Sequence[_Entry], names: Iterable[str]
) -> tuple[dict[str, list[_Entry]], list[str]]:
    """Find the recordings that entries of tables mean.

    A recording is the one whose path is the same as in the table, else whose path ends
    in the same parts, as many as possible, with or without its extension.  Where that
    leaves several, the one that lies beside the table; else none.

    Two paths of one table are two recordings.  Where both lead to one, only the better
    fit has it; without one, neither.  So a table of ``a/1.wav`` and ``b/1.wav`` does
    not put the calls of ``a`` on ``b`` where ``a`` is not there.

    Returns
    -------
    tuple of dict and list of str
        The entries of each recording, by its name; and for each entry why it has no
        recording, which is empty where it has one.
    """
    index = Index(names)
    claims: dict[str, list[_Claim[_Entry]]] = {}
    reasons = [""] * len(entries)
    for number, entry in enumerate(entries):
        claim = _find(index, number, entry)
        if isinstance(claim, str):
            reasons[number] = claim
        else:
            claims.setdefault(claim.name, []).append(claim)
    for group in claims.values():
        for claim, reason in _settle(group):
            reasons[claim.number] = reason
    found: dict[str, list[_Entry]] = {}
    for name, group in claims.items():
        for claim in group:
            if not reasons[claim.number]:
                found.setdefault(name, []).append(claim.entry)
    return found, reasons


def _find(index: Index, number: int, entry: _Entry) -> _Claim[_Entry] | str:
    """Return the recording of an entry, or why it has none."""
    best: tuple[int, list[str]] = (0, [])
    for file in (entry.file, entry.place):
        fit, found = index.find(file)
        if len(found) == 1:
            name = found[0]
            return _Claim(number, entry, name, fit, _is_contrary(file, name, fit))
        best = best if best[1] else (fit, found)
        if not found:
            break
    candidates = sorted(best[1])
    if not candidates:
        return "there is no such recording"
    some = ", ".join(map(shorten, candidates[:SHOWN]))
    more = len(candidates) - SHOWN
    return "could be any of " + (f"{some} and {more} more" if more > 0 else some)


def _settle(
    claims: list[_Claim[_Entry]],
) -> Iterator[tuple[_Claim[_Entry], str]]:
    """Yield the claims to a recording that others exclude, and why."""
    best = max(claim.fit for claim in claims)
    tables: dict[str, list[_Claim[_Entry]]] = {}
    for claim in claims:
        if claim.is_contrary and claim.fit < best:
            yield claim, f"there is no such recording; {claim.name} is another one"
        else:
            tables.setdefault(claim.entry.table, []).append(claim)
    for group in tables.values():
        first = max(group, key=lambda c: (c.fit, len(c.entry.file), c.entry.file))
        others = [
            claim
            for claim in group
            if not f"/{first.entry.file}".endswith(f"/{claim.entry.file}")
        ]
        for claim in others:
            reason = f"is not the recording that {first.entry.file} is: {claim.name}"
            yield claim, reason
        if any(claim.fit == first.fit for claim in others):
            for claim in group:
                if claim not in others:
                    other = others[0].entry.file
                    yield claim, f"it or {other} could be {claim.name}"


def _sort(annotations: list[Annotation]) -> tuple[Annotation, ...]:
    once: dict[tuple[object, ...], Annotation] = {}
    for call in annotations:
        key = (call.start, call.end, call.label, call.low, call.high, call.channel)
        once.setdefault(key, call)
    order = sorted(
        once.values(),
        key=lambda call: (call.start, call.end, call.label, call.low or 0),
    )
    return tuple(order)


def _is_contrary(file: str, name: str, fit: int) -> bool:
    return min(clean(file).count("/"), name.count("/")) >= fit
