"""Paths in tables beside the paths that there are."""

from collections.abc import Iterable, Iterator
from unicodedata import normalize

from specimg.encoding import decode_name, encode_name, encode_text


class Index:
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

    def find(self, file: str) -> tuple[int, list[str]]:
        """Return the recordings that fit best, and how many parts are alike."""
        path = clean(_normalize(encode_text(file, also="%\\")))
        for exact in (file, encode_name(file)):
            if exact in self._names:
                return exact.count("/") + 1, [exact]
        # A name that is encoded already, as in a manifest, comes last.
        best: tuple[int, list[str]] = (0, [])
        for index, sought in (
            (self._by_name, path),
            (self._by_stem, path),
            (self._by_stem, _stem(path)),
            (self._by_name, clean(_key(file))),
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


def clean(path: str) -> str:
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
