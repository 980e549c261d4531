"""What ``specimg convert`` does with its options."""

import gc
import os
import sys
from pathlib import Path

import typer

from specimg.batch.parts import Part
from specimg.batch.report import Limits, Report
from specimg.batch.run import convert_all, list_inputs
from specimg.cli.console import print_summary, watch_on
from specimg.cli.dry import print_plan
from specimg.errors import SpecimgError
from specimg.settings import Settings
from specimg.streams import stderr_of_our_own

SOME_FAILED = 3
MEGABYTE = 2**20


def run(
    inputs: list[Path],
    out: Path,
    settings: Settings,
    *,
    jobs: int | None,
    timeout: float,
    memory: int | None,
    max_failures: str | None,
    overwrite: bool,
    prune: bool,
    dry_run: bool,
    files_from: Path | None,
    from0: bool,
    shard: str | None,
    quiet: bool,
) -> None:
    """Convert, say what was done, and end with the right status."""
    # A long list of recordings is no garbage, though Python looks through it again
    # and again.
    gc.set_threshold(100_000, 50, 50)
    inputs = [*inputs, *(_read_list(files_from, from0=from0) if files_from else ())]
    if not inputs:
        msg = "need at least one INPUT, and last the folder OUT to write to"
        if files_from:
            msg = f"{files_from} names no recording"
        raise typer.BadParameter(msg)
    part = _read_part(shard)
    jobs = jobs or _processors()
    try:
        with stderr_of_our_own() as stream:
            listing = list_inputs(inputs, out, part)
            total = len(listing.recordings) + len(listing.unreadable)
            limits = Limits(
                jobs=jobs,
                timeout=timeout,
                memory=memory or _share_of_memory(jobs),
                max_failures=_read_max_failures(max_failures, total),
            )
            if dry_run:
                failed = print_plan(listing, settings)
                raise typer.Exit(SOME_FAILED if failed else 0)
            with watch_on(stream, total, quiet=quiet) as watch:
                report = convert_all(
                    listing,
                    out,
                    settings,
                    limits,
                    watch,
                    part=part,
                    overwrite=overwrite,
                    prune=prune,
                )
    except SpecimgError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    _finish(report, settings)


def _finish(report: Report, settings: Settings) -> None:
    print_summary(report, settings.manifest)
    if report.stopped:
        line = f"{report.stopped}; the same command again goes on from here"
        typer.echo(line, err=True)
        raise typer.Exit(128 + report.signal if report.signal else 1)
    if report.failed:
        raise typer.Exit(SOME_FAILED if report.recordings + report.skipped else 1)


def _read_list(path: Path, *, from0: bool) -> list[Path]:
    """Read the paths in a file; on a terminal of any encoding, names are bytes."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot read the list of inputs: {error.strerror or error}"
        raise typer.BadParameter(msg) from error
    names = data.split(b"\0") if from0 else data.splitlines()
    if any(b"\0" in name for name in names):
        msg = f"{path}: the list of inputs has NUL in it; read it with --from0"
        raise typer.BadParameter(msg)
    return [Path(os.fsdecode(name)) for name in names if name]


def _read_part(text: str | None) -> Part:
    if text is None:
        return Part()
    index, slash, count = text.partition("/")
    is_number = (
        index.isascii() and index.isdigit() and count.isascii() and count.isdigit()
    )
    if not slash or not is_number or not 1 <= int(index) <= int(count):
        msg = f"--shard {text}: need I/N with 1 <= I <= N, for example 2/7"
        raise typer.BadParameter(msg)
    return Part(int(index), int(count))


def _read_max_failures(text: str | None, total: int) -> int | None:
    if text is None:
        return None
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit()):
        msg = f"--max-failures {text}: need a number, or a share such as 5%"
        raise typer.BadParameter(msg)
    return int(number) * total // 100 if text.endswith("%") else int(number)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _share_of_memory(jobs: int) -> int:
    """Megabytes for each of `jobs` workers, of four fifths of what there is."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        total = 8 * 2**30
    return max(512, total * 4 // 5 // jobs // MEGABYTE)
