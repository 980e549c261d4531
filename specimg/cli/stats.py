"""``specimg stats``: what a set of images consists of, in numbers."""

from collections.abc import Iterator
from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli import exit_codes
from specimg.cli.arguments import Out
from specimg.cli.errors import stop_on_errors
from specimg.cli.terminal import printable, say
from specimg.encoding import decode_label
from specimg.errors import count

if TYPE_CHECKING:
    from specimg.output.stats import PixelStats, Stats, Summary

UNLIMITED = 10_000
"""Characters of a line that no table reaches."""

_NONE = "(none)"

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, for a program to read.")
]
Split = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only the images of this split, such as train.",
        show_default="all images",
    ),
]


@stop_on_errors()
def stats(out: Out, *, split: Split = None, json: Json = False) -> None:
    """Say what the images in OUT show, and the mean and deviation of their pixels.

    Clips are the rows of the manifest, and hours the audio that they show, overlaps
    counted twice. A clip is silent if it has no sound at all, padded if pad_seconds is
    above 0, clipped if clipped_fraction is, and truncated if its warning says so.
    Failures are recordings. A clip with several labels counts for each of them. Where
    recordings say when and where they were made, hours are by the recorder's clock, and
    a place is its latitude and longitude, or else the recorder's number.

    The pixel figures are over all values of each channel, in the units of a tensor:
    value/255, for 16 bits value/65535, for NPY as it is; the deviation is divided by
    n. They are what torchvision's Normalize(mean, std) takes; with --split train,
    without a look at what a model is tested with.

    Exit status: 0 all images were read, 1 refused or none, 3 some are missing or
    damaged, and left out of the pixel figures.
    """
    from specimg.cli.progress import show_images  # noqa: PLC0415 - keeps --help fast
    from specimg.output.stats import compute_stats  # noqa: PLC0415

    with show_images("reading") as on_progress:
        found = compute_stats(out, on_progress, split)
    if json:
        _print_json(found)
    else:
        _print_tables(found)
    if not found.pixels.images:
        raise typer.Exit(exit_codes.STOPPED)
    if found.faults:
        raise typer.Exit(exit_codes.SOME_FAILED)


def _print_json(stats: "Stats") -> None:
    summary, pixels = stats.summary, stats.pixels
    values = {
        "images": pixels.images,
        "faults": stats.faults,
        "hours": summary.seconds / 3600,
        **asdict(summary),
        "labels": _decode(summary.labels),
        "labels_of_splits": {
            split: _decode(labels) for split, labels in summary.labels_of_splits.items()
        },
        # Without an image there is no mean, and JSON has no NaN.
        "channels": [
            {"frontend": name, "mean": mean, "std": std}
            for name, mean, std in _channels(pixels)
        ],
    }
    say(dumps(values, ensure_ascii=False, indent=2, allow_nan=False))


def _decode(labels: dict[str, int]) -> dict[str, int]:
    """Return counts by the labels as they were written, which JSON can hold."""
    return {decode_label(label): number for label, number in labels.items()}


def _print_tables(stats: "Stats") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    summary, pixels = stats.summary, stats.pixels
    console = Console()
    if not console.is_terminal:
        console.width = UNLIMITED  # a file has no edge to fold lines at

    def show(rows: list[tuple[str, ...]]) -> None:
        table = Table.grid(padding=(0, 2))
        table.add_column(overflow="fold")
        for _ in rows[0][1:]:
            table.add_column(justify="right", no_wrap=True)
        for row in rows:
            # As Text: a label may look like markup.
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(table)

    counts = {
        "images": pixels.images,
        **({"missing or damaged": stats.faults} if stats.faults else {}),
        "recordings": summary.recordings,
        **({} if summary.failures is None else {"failures": summary.failures}),
        "clips": summary.clips,
    }
    hours = ("hours of audio", f"{summary.seconds / 3600:.3f}")
    show([*((name, f"{n:,}") for name, n in counts.items()), hours])
    console.print()
    marks = {
        "silent": summary.silent,
        "padded": summary.padded,
        "clipped": summary.clipped,
        "truncated": summary.truncated,
    }
    show(
        [
            ("of the clips", "", "share"),
            *((name, f"{n:,}", _share(n, summary)) for name, n in marks.items()),
        ]
    )
    console.print()
    for rows in (*_label_tables(summary), *_time_tables(summary)):
        show(rows)
        console.print()
    rows = [(name, f"{m:.6f}", f"{s:.6f}") for name, m, s in _channels(pixels)]
    show([("channel", "mean", "std"), *rows])


def _label_tables(summary: "Summary") -> Iterator[list[tuple[str, ...]]]:
    """Yield the rows of the tables of splits and labels."""
    splits = summary.splits
    if splits:
        clips = ((name, f"{n:,}", _share(n, summary)) for name, n in splits.items())
        yield [("split", "clips", "share"), *map(_named, clips)]
    columns = splits if len(splits) > 1 else {}  # else they are those of all clips
    labels = (
        (
            *(label, f"{n:,}", _share(n, summary)),
            *(f"{summary.labels_of_splits[name].get(label, 0):,}" for name in columns),
        )
        for label, n in sorted(summary.labels.items())
    )
    heads = (name or _NONE for name in columns)
    yield [("label", "clips", "share", *heads), *map(_named, labels)]


def _time_tables(summary: "Summary") -> Iterator[list[tuple[str, ...]]]:
    """Yield the rows of what is known of when and where clips were recorded."""
    times = summary.times
    if times.first:
        untimed = [("not known", count(times.untimed, "clip"))] if times.untimed else []
        yield [("recorded", ""), ("from", times.first), ("to", times.last), *untimed]
        hours = times.hours_of_day.items()
        yield [("hour", "hours of audio"), *((f"{h}:00", f"{n:.3f}") for h, n in hours)]
    if times.hours_of_places:
        places = times.hours_of_places.items()
        yield [
            ("place", "hours of audio"),
            *(_named((place, f"{hours:.3f}")) for place, hours in places),
        ]


def _named(row: tuple[str, ...]) -> tuple[str, ...]:
    name, *cells = row
    return (name or _NONE, *cells)


def _share(clips: int, summary: "Summary") -> str:
    return f"{clips / max(summary.clips, 1):.1%}"


def _channels(pixels: "PixelStats") -> list[tuple[str, float, float]]:
    """List the frontend of each channel with its mean and deviation."""
    if not pixels.images:
        return []
    return list(zip(pixels.names, pixels.mean, pixels.std, strict=True))
