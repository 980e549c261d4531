"""Plain tables: a file, a start, an end and a label, whatever they are called."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from specimg.annotations.aliases import ALIASES, HEADER, KILOHERTZ, find_unit
from specimg.annotations.cells import Cells, note_no_line, refuse_lines
from specimg.annotations.naming import tidy
from specimg.annotations.options import MEASURES, UNITS, ReadingOptions
from specimg.annotations.rows import MISSING, Problem, Row
from specimg.annotations.text import Content, squeeze
from specimg.encoding import decode_name
from specimg.errors import quote, shorten

_Place = tuple[int, float]
"""Where a column is, and how large its unit is."""

_ZEROS = ("0", "0.0", "false", "False", "FALSE")
_ONES = ("1", "1.0", "true", "True", "TRUE")


def knows(content: Content, options: ReadingOptions) -> bool:
    """Whether it has columns that are a start, an end, and labels or classes."""
    if any(squeeze(c.name) not in content.sheet.keys for c in options.columns.values()):
        return False
    places = _find_places(content, options)
    has_times = "start" in places and ("end" in places or "duration" in places)
    has_labels = "label" in places or _is_multi_hot(content, places)
    # Where a column was asked for, its lack is better told than the whole table's.
    return has_times and (has_labels or options.label_column is not None)


def read(content: Content, options: ReadingOptions) -> Iterator[Row | Problem]:
    """Yield a row for each line; in a multi-hot table, for each 1."""
    places = _find_places(content, options)
    if options.label_column is not None and "label" not in places:
        why = f"has no column {quote(options.label_column)}"
        yield from refuse_lines(content, content.fault(0, "", why))
        return
    is_own = _is_own(content, options)
    get = Cells(**{k: place[0] for k, place in places.items() if k != "file"})
    sizes = {
        measure: {
            places[key][1]
            for key in MEASURES
            if MEASURES[key] == measure and key in places
        }
        for measure in ("seconds", "hertz")
    }
    if any(len(found) > 1 for found in sizes.values()):
        why = (
            "its columns have different units; need one for times, one for frequencies"
        )
        yield from refuse_lines(content, content.fault(0, "", why))
        return
    second, hertz = (max(found, default=1.0) for found in sizes.values())
    file = places["file"][0] if "file" in places else None
    classes = {} if "label" in places else _find_classes(content, places)
    line = 0
    for line, cells in content.sheet.lines:
        row = get.row(line, cells)
        row.second, row.hertz = second, hertz
        if is_own and file is not None:
            row.file, row.label = decode(cells[file]), decode(str(row.label))
            yield row
            continue
        if file is not None and cells[file].strip() not in MISSING:
            row.file = tidy(cells[file])
        if classes:
            yield from _read_classes(row, cells, classes)
            continue
        if str(row.label).strip() in MISSING:
            row.label = None
        yield row
    if file is not None:
        yield from note_no_line(content, line)


def decode(cell: str) -> str:
    """Return a name that was written so that a table can hold it."""
    return decode_name(cell).decode("utf-8", "surrogateescape") if "%" in cell else cell


def _find_places(content: Content, options: ReadingOptions) -> Mapping[str, _Place]:
    """Return where each field is, and how large its unit is."""
    columns = content.sheet.columns
    if _is_own(content, options):
        return {name: (index, 1.0) for index, name in enumerate(HEADER)}
    places = _find_named(content, options)
    taken = {index for index, _ in places.values()}
    units = {index: find_unit(columns[index]) for index in content.sheet.keys.values()}
    for name, aliases in ALIASES.items():
        if name in places or (name == "label" and options.label_column is not None):
            continue
        known = {squeeze(columns[index]): index for index in units}
        for index, (base, unit) in units.items():
            # An onset in Hz is no start.
            if unit is not None and UNITS[unit][0] == MEASURES.get(name):
                known.setdefault(base, index)
        found = (a for a in aliases if a in known and known[a] not in taken)
        if (alias := next(found, None)) is not None:
            index = known[alias]
            size = 1e3 if alias in KILOHERTZ else _size(units[index][1])
            places[name] = (index, size if name in MEASURES else 1.0)
            taken.add(index)
    if "end" in places:
        places.pop("duration", None)
    return places


def _find_named(content: Content, options: ReadingOptions) -> dict[str, _Place]:
    """Return the places of the columns that were asked for."""
    sheet = content.sheet
    places: dict[str, _Place] = {}
    for name, column in options.columns.items():
        index = sheet.keys.get(squeeze(column.name))
        if index is not None:
            unit = column.unit or find_unit(sheet.columns[index])[1]
            places[name] = (index, _size(unit) if name in MEASURES else 1.0)
    if options.label_column is not None:
        index = sheet.keys.get(squeeze(options.label_column))
        if index is not None:
            places["label"] = (index, 1.0)
    return places


def _size(unit: str | None) -> float:
    return 1.0 if unit is None else UNITS[unit][1]


def _find_classes(content: Content, places: Mapping[str, _Place]) -> dict[int, str]:
    """Return the columns that no field has: those of the classes."""
    taken = {index for index, _ in places.values()}
    return {
        index: name
        for index, name in enumerate(content.sheet.columns)
        # pandas writes a column with the numbers of the rows, called so or not at all.
        if index not in taken and name and not name.startswith("Unnamed: ")
    }


def _is_own(content: Content, options: ReadingOptions) -> bool:
    """Whether specimg has written it, and it is to be read so."""
    as_it_says = not options.columns and options.label_column is None
    return as_it_says and content.sheet.columns == HEADER


def _is_multi_hot(content: Content, places: Mapping[str, _Place]) -> bool:
    """Whether it has columns of classes: those of measurements are not 0 and 1."""
    classes = _find_classes(content, places)
    if "file" not in places or not classes:
        return False
    # Another sheet of the same text, as lines can be taken only once.
    _, first = next(Content(content.path, content.text).sheet.lines, (0, None))
    return first is None or any(
        first[index].strip() in (*_ZEROS, *_ONES) for index in classes
    )


def _read_classes(
    row: Row, cells: list[str], classes: Mapping[int, str]
) -> Iterator[Row]:
    is_empty = True
    for index, name in classes.items():
        cell = cells[index].strip()
        if cell in _ZEROS or cell in MISSING:
            continue
        is_empty = False
        if cell in _ONES:
            yield replace(row, label=name)
        else:
            value = f"{shorten(name)}={shorten(cell)}"
            yield replace(row, fault=(value, "need 0 or 1 for each class"))
    if is_empty:
        yield Row(line=row.line, file=row.file)
