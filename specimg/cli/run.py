"""What ``specimg convert`` does with its options."""

import os
import sys
from pathlib import Path

import typer

from specimg.batch.inputs import Wanted, prepare
from specimg.batch.report import Limits, Report
from specimg.batch.run import convert_all, list_inputs
from specimg.cli import exit_codes
from specimg.cli.dry import print_plan
from specimg.cli.errors import refuse_wrong_values
from specimg.cli.progress import show_run
from specimg.cli.run_options import RunOptions
from specimg.cli.summary import print_summary
from specimg.cli.terminal import say
from specimg.output.foreign import check_output
from specimg.output.shards import Shard
from specimg.resources import count_processors, share_memory
from specimg.settings import Settings
from specimg.signals import ended_by
from specimg.startup import collect_garbage_seldom
from specimg.stderr import private_stderr


def run(inputs: list[Path], out: Path, settings: Settings, options: RunOptions) -> None:
    """Convert, say what was done, and end with the right status."""
    collect_garbage_seldom()
    inputs = [*inputs, *_read_list(options)]
    if not inputs:
        msg = "need at least one INPUT, and last the folder OUT to write to"
        if options.files_from:
            msg = f"{options.files_from} names no recording"
        raise typer.BadParameter(msg)
    shard = _read_shard(options.shard)
    with private_stderr() as stream:
        rule = settings.labels.folder
        if rule == "auto":
            rule = "none" if options.annotations else "first"
        listing = list_inputs(inputs, out, rule)
        wanted = Wanted(
            annotations=options.annotations or (),
            join=options.join,
            split=options.split or "",
            group=options.group,
        )
        with refuse_wrong_values():
            work = prepare(
                listing, out, settings, wanted, shard, overwrite=options.overwrite
            )
        listing = work.listing
        total = len(listing.recordings) + len(listing.unreadable)
        limits = _read_limits(options, total)
        if options.dry_run:
            overwrite = options.overwrite
            is_begun = check_output(out, shard, settings, overwrite=overwrite)
            failed = print_plan(work, settings, is_begun=is_begun)
            raise typer.Exit(exit_codes.SOME_FAILED if failed else exit_codes.SUCCESS)
        with show_run(stream, total, quiet=options.quiet) as on_progress:
            report = convert_all(
                work,
                out,
                settings,
                limits,
                on_progress,
                shard=shard,
                overwrite=options.overwrite,
                prune=options.prune,
                recheck=options.recheck,
            )
    _finish(report, settings)


def _finish(report: Report, settings: Settings) -> None:
    print_summary(report, settings)
    if report.stopped:
        line = f"{report.stopped}; the same command again goes on from here"
        say(line, err=True)
        number = report.signal
        raise typer.Exit(ended_by(number) if number else exit_codes.STOPPED)
    some = report.recordings + report.skipped
    # A shard may well have only recordings that have no image.
    has_images = report.images or report.images_before or not report.shard.is_all
    if not has_images and (some or not report.failed):
        say("nothing converted: no clip of any recording became an image", err=True)
        raise typer.Exit(exit_codes.STOPPED)
    if report.failed:
        raise typer.Exit(exit_codes.SOME_FAILED if some else exit_codes.STOPPED)


def _read_list(options: RunOptions) -> list[Path]:
    """Read the paths in a file; on a terminal of any encoding, names are bytes."""
    path = options.files_from
    if path is None:
        return []
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot read the list of inputs: {error.strerror or error}"
        raise typer.BadParameter(msg) from error
    names = data.split(b"\0") if options.from0 else data.splitlines()
    if any(b"\0" in name for name in names):
        msg = f"{path}: the list of inputs has NUL in it; read it with --from0"
        raise typer.BadParameter(msg)
    return [Path(os.fsdecode(name)) for name in names if name]


def _read_shard(text: str | None) -> Shard:
    if text is None:
        return Shard()
    index, slash, count = text.partition("/")
    is_number = (
        index.isascii() and index.isdigit() and count.isascii() and count.isdigit()
    )
    if not slash or not is_number or not 1 <= int(index) <= int(count):
        msg = f"--shard {text}: need I/N with 1 <= I <= N, for example 2/7"
        raise typer.BadParameter(msg)
    return Shard(int(index), int(count))


def _read_limits(options: RunOptions, total: int) -> Limits:
    jobs = options.jobs or count_processors()
    return Limits(
        jobs=jobs,
        timeout=options.timeout,
        memory=options.memory or share_memory(jobs),
        max_failures=_read_max_failures(options.max_failures, total),
    )


def _read_max_failures(text: str | None, total: int) -> int | None:
    if text is None:
        return None
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit()):
        msg = f"--max-failures {text}: need a number, or a share such as 5%"
        raise typer.BadParameter(msg)
    return int(number) * total // 100 if text.endswith("%") else int(number)
