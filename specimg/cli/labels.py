"""``specimg labels``: what tables of annotations say, in one plain form."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli import exit_codes
from specimg.cli.arguments import a_path
from specimg.cli.errors import refuse_wrong_values, stop_on_errors
from specimg.cli.label_summary import print_contents, print_matches, print_odd
from specimg.cli.terminal import printable, say
from specimg.errors import count

if TYPE_CHECKING:
    from specimg.annotations.matching import Matched
    from specimg.annotations.tables import Tables

TableArguments = Annotated[
    list[Path],
    typer.Argument(
        metavar="TABLES",
        help="Tables of annotations, and folders to search for them.",
        parser=a_path,
    ),
]
Recordings = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="A folder of recordings: say which the tables mean.",
        parser=a_path,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write all annotations into one table, in CSV.",
        parser=a_path,
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--annotation-format",
        metavar="NAME",
        help="raven, birdnet, kaleidoscope, avianz, batdetect2, audacity or plain.",
        show_default="recognized by the columns",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        metavar="FIELD=NAME,...",
        help="Which column is file, start, end, duration, low, high, label, "
        "confidence or channel; NAME:kHz and NAME:ms say the unit.",
        show_default="recognized by their names",
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The column with the labels, for all formats with columns."
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(metavar="X", help="Leave out annotations that are less sure."),
]
Frequencies = Annotated[
    str | None,
    typer.Option(
        "--annotation-frequencies",
        metavar="hz|khz,file|true",
        help="The unit of all frequencies, and, of recordings that play slower than "
        "they were made, whether they are as in the file or true.",
        show_default="as the tables say",
    ),
]

Expansion = Annotated[
    float | None,
    typer.Option(
        "--time-expansion",
        metavar="N",
        help="How many times slower recordings play, with --annotation-frequencies "
        "true.",
    ),
]


@stop_on_errors()
def labels(
    tables: TableArguments,
    *,
    recordings: Recordings = None,
    output: Output = None,
    annotation_format: FormatName = None,
    columns: Columns = None,
    label_column: LabelColumn = None,
    min_confidence: MinConfidence = None,
    annotation_frequencies: Frequencies = None,
    time_expansion: Expansion = None,
) -> None:
    """Read TABLES of annotations, say what is in them, and write them as one table.

    Reads selection tables of Raven, labels of Audacity, tables of BirdNET,
    Kaleidoscope, AviaNZ, batdetect2, monitoraSom and OpenSoundscape, and any CSV or TSV
    with a file, a start, an end and a label. In folders, what is no table is passed
    over; a file that is given by name must be one.

    Exit status: 0 everything is taken, 1 stopped or nothing to take, 3 something is
    left out, or belongs to no recording.
    """
    from specimg.annotations.formats import NAMES  # noqa: PLC0415 - keeps --help fast
    from specimg.annotations.options import (  # noqa: PLC0415
        ReadingOptions,
        parse_columns,
        parse_frequencies,
    )
    from specimg.annotations.tables import read_tables  # noqa: PLC0415
    from specimg.errors import check_choice  # noqa: PLC0415

    if annotation_format is not None:
        with refuse_wrong_values():
            check_choice("--annotation-format", annotation_format, NAMES)
    with refuse_wrong_values():
        frequencies, expansion = parse_frequencies(
            annotation_frequencies, time_expansion
        )
    with refuse_wrong_values("--columns" if columns else ""):
        options = ReadingOptions(
            format=annotation_format,
            columns=parse_columns(columns) if columns else {},
            label_column=label_column,
            min_confidence=min_confidence,
            frequencies=frequencies,
            time_expansion=expansion,
        )
    if output is not None:
        _check_output(output)
    found = read_tables(tables, options, leave_out=output)
    matched = None
    if recordings is not None:
        matched = _match(found, recordings)
    print_contents(found)
    if matched is not None:
        print_matches(matched)
    print_odd(found)
    if not found.annotated:
        raise typer.Exit(exit_codes.STOPPED)
    if output is not None:
        _write(output, found, matched)
    is_odd = found.problems or found.remarks
    if is_odd or (matched is not None and matched.unmatched):
        raise typer.Exit(exit_codes.SOME_FAILED)


def _check_output(path: Path) -> None:
    """Refuse to write over what specimg has not written."""
    from specimg.annotations.writing import is_plain_form  # noqa: PLC0415
    from specimg.errors import RefusedError  # noqa: PLC0415
    from specimg.output.files import check_writable  # noqa: PLC0415

    if path.is_file() and path.stat().st_size and not is_plain_form(path):
        msg = f"{path} is not a table that specimg labels wrote: write to another file"
        raise RefusedError(msg)
    check_writable(path)


def _match(tables: "Tables", folder: Path) -> "Matched":
    from specimg.annotations.matching import match_tables  # noqa: PLC0415
    from specimg.audio import judge  # noqa: PLC0415
    from specimg.audio.recordings import find_recordings  # noqa: PLC0415

    if not folder.is_dir():
        msg = f"--recordings: {folder} is no folder"
        raise typer.BadParameter(printable(msg))
    listing = find_recordings([folder], judge)
    for name, reason in listing.unreadable:
        say(f"{folder / name}: {reason}", err=True)
    return match_tables(tables, (recording.name for recording in listing.recordings))


def _write(path: Path, tables: "Tables", matched: "Matched | None") -> None:
    from specimg.annotations.writing import by_file, format_plain  # noqa: PLC0415
    from specimg.output.files import write_table  # noqa: PLC0415

    files = by_file(tables, matched)
    write_table(path, format_plain(files), "labels")
    number = sum(map(len, files.values()))
    say(
        f"wrote {path}: {count(number, 'annotation')}, {count(len(files), 'recording')}"
    )
