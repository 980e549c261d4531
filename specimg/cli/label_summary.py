"""What ``specimg labels`` says of tables, in lines."""

from collections import Counter
from typing import TYPE_CHECKING

from specimg.cli.terminal import printable, say
from specimg.errors import count, shorten

if TYPE_CHECKING:
    from specimg.annotations.annotation import Annotation
    from specimg.annotations.matching import Matched
    from specimg.annotations.tables import Tables

MOST_LINES = 20
"""How many lines of one kind are printed; the others are only counted."""
LABEL_WIDTH = 40
"""Characters of a label that are printed."""
LOW = 250
"""Hz, above which something is in nearly all tables whose frequencies are in Hz."""


def print_contents(tables: "Tables") -> None:
    """Say what was read, and how often each label occurs."""
    kinds = Counter(tables.formats.values())
    each = ", ".join(f"{number} {name}" for name, number in kinds.most_common())
    say(f"read {count(len(tables.formats), 'table')}" + (f": {each}" if each else ""))
    calls = [call for entry in tables.annotated for call in entry.annotations]
    files = {entry.file: False for entry in tables.annotated}
    files |= {entry.file: True for entry in tables.annotated if entry.annotations}
    seconds = sum(call.end - call.start for call in calls)
    say(
        f"{count(len(files), 'recording')}, {count(len(calls), 'annotation')}, "
        f"{seconds:.1f} s"
    )
    if empty := sum(not has_calls for has_calls in files.values()):
        say(f"without any call: {count(empty, 'recording')}")
    if tables.below_confidence:
        say(f"less sure, and left out: {count(tables.below_confidence, 'annotation')}")
    if calls:
        _print_labels(tables)
    tops = [call.high for call in calls if call.high is not None]
    if tops and max(tops) < LOW:
        say(
            f"no frequency is above {max(tops):g} Hz: "
            "if they are in kHz, give --annotation-frequencies khz"
        )


def _print_labels(tables: "Tables") -> None:
    from rich.console import Console  # noqa: PLC0415 - keeps --help fast
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    calls: dict[str, list[Annotation]] = {}
    files: dict[str, set[str]] = {}
    for entry in tables.annotated:
        for call in entry.annotations:
            calls.setdefault(call.label, []).append(call)
            files.setdefault(call.label, set()).add(entry.file)
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    table.add_row("label", "annotations", "recordings", "seconds")
    for label in sorted(calls, key=lambda label: (-len(calls[label]), label)):
        seconds = sum(call.end - call.start for call in calls[label])
        cells = (f"{len(calls[label]):,}", f"{len(files[label]):,}", f"{seconds:,.1f}")
        # As Text: a label may look like markup.
        table.add_row(Text(shorten(printable(label), LABEL_WIDTH)), *cells)
    console = Console()
    if not console.is_terminal:
        console.width = 10_000  # a file has no edge to fold lines at
    console.print(table)


def print_matches(matched: "Matched") -> None:
    """Say which recordings the tables mean, and what belongs to none."""
    calls = sum(map(len, matched.annotations.values()))
    recordings = count(len(matched.annotations), "recording")
    say(f"found {recordings} that the tables name: {count(calls, 'annotation')}")
    if matched.repeated:
        say(f"the same again, and left out: {count(matched.repeated, 'annotation')}")
    if lost := matched.unmatched:
        number = sum(entry.count for entry in lost)
        names = len({entry.file for entry in lost})
        head = f"no recording for {count(names, 'name')}: {count(number, 'annotation')}"
        _print_lines(head, [str(entry) for entry in lost])


def print_odd(tables: "Tables") -> None:
    """Say what was not taken from the tables, and what was no table."""
    if tables.passed_over:
        files = [f"{file.path}: {file.why}" for file in tables.passed_over]
        _print_lines(f"passed over {count(len(files), 'file')}", files)
    if tables.remarks:
        lines = [str(remark) for remark in tables.remarks]
        number = count(len(lines), "annotation")
        _print_lines(f"taken without a band or channel that cannot be, {number}", lines)
    if tables.problems:
        lines = [str(problem) for problem in tables.problems]
        _print_lines(f"left out, {count(len(lines), 'problem')}", lines)


def _print_lines(head: str, lines: list[str]) -> None:
    """Print the first of many lines, on stderr."""
    say(head)
    for line in lines[:MOST_LINES]:
        say(f"  {line}", err=True)
    if (more := len(lines) - MOST_LINES) > 0:
        say(f"  and {more:,} more", err=True)
