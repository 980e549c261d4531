"""Which recording is meant by a name in a table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from specimg.annotations.annotation import Annotation, Times
from specimg.annotations.paths import Index, clean
from specimg.annotations.tables import Annotated, Tables
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


@dataclass(frozen=True, slots=True)
class _Claim:
    """A table's name for a recording, and how well it fits."""

    entry: Annotated
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
        A recording is the one whose path is the same as in the table, else whose path
        ends in the same parts, as many as possible, with or without its extension.
        Where that leaves several, the one that lies beside the table; else none, and
        the annotations are unmatched.

        Two paths of one table are two recordings.  Where both lead to one, only the
        better fit has it; without one, neither.  So a table of ``a/1.wav`` and
        ``b/1.wav`` does not put the calls of ``a`` on ``b`` where ``a`` is not there.

        Annotations with the same time, label, band and channel, to the last digit,
        count once: nobody hears that twice, but a table is easily given twice.
    """
    index = Index(names)
    claims: dict[str, list[_Claim]] = {}
    reasons: dict[int, str] = {}
    for position, entry in enumerate((*tables.annotated, *tables.unclear)):
        found = _find(index, entry)
        if isinstance(found, str):
            reasons[position] = found
        else:
            claims.setdefault(found.name, []).append(found)
    refused = {
        id(claim.entry): reason
        for group in claims.values()
        for claim, reason in _settle(group)
    }
    calls: dict[str, list[Annotation]] = {}
    unclear: dict[str, set[Times]] = {}
    nothing_else = {id(entry) for entry in tables.unclear}
    for name, group in claims.items():
        for claim in group:
            if id(claim.entry) in refused:
                continue
            if id(claim.entry) not in nothing_else:
                calls.setdefault(name, []).extend(claim.entry.annotations)
            if claim.entry.unclear:
                unclear.setdefault(name, set()).update(claim.entry.unclear)
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
            for position, entry in enumerate(tables.annotated)
            if (reason := reasons.get(position) or refused.get(id(entry), ""))
        ),
        repeated=sum(map(len, calls.values())) - kept,
    )


def _find(index: Index, entry: Annotated) -> _Claim | str:
    """Return the recording of an entry, or why it has none."""
    best: tuple[int, list[str]] = (0, [])
    for file in (entry.file, entry.place):
        fit, found = index.find(file)
        if len(found) == 1:
            return _Claim(entry, found[0], fit, _is_contrary(file, found[0], fit))
        best = best if best[1] else (fit, found)
        if not found:
            break
    candidates = sorted(best[1])
    if not candidates:
        return "there is no such recording"
    some = ", ".join(map(shorten, candidates[:SHOWN]))
    more = len(candidates) - SHOWN
    return "could be any of " + (f"{some} and {more} more" if more > 0 else some)


def _settle(claims: list[_Claim]) -> Iterator[tuple[_Claim, str]]:
    """Yield the claims to a recording that others exclude, and why."""
    best = max(claim.fit for claim in claims)
    tables: dict[str, list[_Claim]] = {}
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
