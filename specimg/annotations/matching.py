"""Which recording is meant by a name in a table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import normalize

from specimg.annotations.annotation import Annotation
from specimg.annotations.tables import Annotated, Tables
from specimg.encoding import decode_name, encode_name, encode_text
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
    unmatched: tuple[Unmatched, ...]
    """In the order of the tables."""
    repeated: int
    """How many annotations say just what another one does, and are left out."""
    names: dict[tuple[str, str], str]
    """The recording of each table and file that has one."""


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
    index = _Index(names)
    claims: dict[str, list[_Claim]] = {}
    reasons: dict[int, str] = {}
    for position, entry in enumerate(tables.annotated):
        found = index.find(entry)
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
    known: dict[tuple[str, str], str] = {}
    for name, group in claims.items():
        for claim in group:
            if id(claim.entry) not in refused:
                calls.setdefault(name, []).extend(claim.entry.annotations)
                known[claim.entry.table, claim.entry.file] = name
    annotations = {name: _sort(calls[name]) for name in sorted(calls)}
    kept = sum(map(len, annotations.values()))
    return Matched(
        annotations=annotations,
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
        names=known,
    )


class _Index:
    """Recordings by what their paths end in."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(names)
        # Whole names, and names without extensions; by each of the ends of the path.
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for name in self._names:
            path = _key(name)
            for index, whole in ((self._by_name, path), (self._by_stem, _stem(path))):
                for end in _ends(whole):
                    index.setdefault(end, []).append(name)

    def find(self, entry: Annotated) -> _Claim | str:
        """Return the recording of an entry, or why it has none."""
        best: tuple[int, list[str]] = (0, [])
        for file in (entry.file, entry.place):
            fit, found = self._find_path(file)
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

    def _find_path(self, file: str) -> tuple[int, list[str]]:
        """Return the recordings that fit best, and how many parts are alike."""
        path = _clean(_normalize(encode_text(file, also="%\\")))
        for exact in (file, encode_name(file)):
            if exact in self._names:
                return exact.count("/") + 1, [exact]
        # A name that is encoded already, as in a manifest, comes last.
        best: tuple[int, list[str]] = (0, [])
        for index, sought in (
            (self._by_name, path),
            (self._by_stem, path),
            (self._by_stem, _stem(path)),
            (self._by_name, _clean(_key(file))),
        ):
            for end in _ends(sought):
                if end in index:
                    fit = end.count("/") + 1
                    if fit > best[0]:
                        best = (fit, _prefer_whole(index[end], end))
                    break
        return best


def _prefer_whole(names: list[str], end: str) -> list[str]:
    """Leave only the recording that ends with nothing else before, if there is one.

    The others lie in folders that the path in the table does not have.
    """
    if len(names) == 1:
        return names
    whole = [name for name in names if name.count("/") == end.count("/")]
    return whole if len(whole) == 1 else names


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


def _key(name: str) -> str:
    """Return the name of a recording as names are compared."""
    if "%" in name:
        # Whether its first character is encoded depends on where a path begins.
        raw = decode_name(name).decode("utf-8", "surrogateescape")
        name = encode_text(raw, also="%\\")
    return _normalize(name)


def _normalize(name: str) -> str:
    """Return a name with its letters as most systems write them.

    A Mac takes an umlaut apart into a letter and two dots.
    """
    return name if name.isascii() else normalize("NFC", name)


def _clean(path: str) -> str:
    """Return a path without what comes before its first folder."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)


def _ends(path: str) -> Iterator[str]:
    """Yield what a path ends in, from all of it to its last part."""
    yield path
    at = path.find("/")
    while at >= 0:
        yield path[at + 1 :]
        at = path.find("/", at + 1)


def _stem(name: str) -> str:
    """Return a path without the extension of its last part."""
    folder, slash, last = name.rpartition("/")
    stem, dot, _ = last.rpartition(".")
    return folder + slash + (stem if dot and stem else last)


def _is_contrary(file: str, name: str, fit: int) -> bool:
    return min(_clean(file).count("/"), name.count("/")) >= fit
