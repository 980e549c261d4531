"""What the command line says: results on stdout, everything else on stderr."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from specimg.audio.kinds import describe_kinds
from specimg.batch.report import FAINT_DBFS, Event, Report
from specimg.cli.terminal import printable, say
from specimg.encoding import encode_name
from specimg.output.manifest import Failure
from specimg.rendering.bandwidth import summarize_bandwidths
from specimg.settings import FAILURES_NAME, PASSED_OVER_NAME, Settings

A_MINUTE = 60.0

OnEvent = Callable[[Event], None]
"""What a run calls whenever something has happened."""


@contextmanager
def show_run(stream: TextIO, total: int, *, quiet: bool) -> Iterator[OnEvent]:
    """Yield a function to call after each event, which shows how a run goes on.

    A moving bar on a terminal, else one plain line a minute; and a line for every
    failure, unless `quiet`.
    """
    if quiet:
        yield lambda _: None
    elif stream.isatty():
        with _bar(stream, total) as on_progress:
            yield on_progress
    else:
        yield _plain(stream, total)


def _plain(stream: TextIO, total: int) -> OnEvent:
    begun = time.monotonic()
    told = begun

    def on_progress(event: Event) -> None:
        nonlocal told
        if event.failure:
            _write(stream, describe_failure(event.failure))
        now = time.monotonic()
        if now - told >= A_MINUTE:
            told = now
            done = _done(event.report)
            line = f"{done} of {total} recordings, {_pace(event.report, now - begun)}"
            _write(stream, line)

    return on_progress


def _write(stream: TextIO, line: str) -> None:
    # That nobody reads along is no reason to stop.
    with suppress(OSError):
        stream.write(line + "\n")
        stream.flush()


@contextmanager
def _bar(stream: TextIO, total: int) -> Iterator[OnEvent]:
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text  # noqa: PLC0415

    begun = time.monotonic()
    columns = (
        BarColumn(bar_width=8),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeRemainingColumn(compact=True),
    )
    console = Console(file=stream)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, pace="")

        def on_progress(event: Event) -> None:
            if event.failure:
                # As Text: a name may look like markup.
                line = Text(describe_failure(event.failure), style="red")
                progress.console.print(line, soft_wrap=True)
            done = _done(event.report)
            pace = _pace(event.report, time.monotonic() - begun)
            progress.update(task, completed=done, pace=pace)

        yield on_progress


def _done(report: Report) -> int:
    return report.recordings + report.failed + report.skipped


def _pace(report: Report, elapsed: float) -> str:
    """Clips, clips a second, hours of audio a second, failures."""
    seconds = max(elapsed, 1e-3)
    return (
        f"{report.images} clips, {report.images / seconds:.0f} clips/s, "
        f"{report.seconds / 3600 / seconds:.2f} h/s, {report.failed} failed"
    )


def describe_failure(failure: Failure) -> str:
    """Return one line about a recording that could not be converted."""
    return printable(f"failed: {failure.source}: {failure.reason}")


def print_summary(report: Report, settings: Settings) -> None:
    """Say what was done, and where it is."""
    lines = []
    if report.recordings or not report.skipped:
        clips = count(report.images, "clip")
        recordings = count(report.recordings, "recording")
        lines.append(
            f"converted {recordings}: {clips}, {report.seconds:.1f} s of audio"
        )
    if report.skipped:
        lines.append(f"already converted: {count(report.skipped, 'recording')}")
    if not report.shard.is_all:
        lines.append(
            f"this is {report.shard}: when all are done, specimg merge {report.out}"
        )
    elif not report.stopped:
        lines.append(
            f"wrote {count(report.images, 'image')} and {settings.manifest} "
            f"in {report.out}"
        )
    if report.failed:
        failed = count(report.failed, "recording")
        is_written = report.shard.is_all and not report.stopped
        where = f": see {report.out / FAILURES_NAME}" if is_written else ""
        lines.append(f"failed on {failed}{where}")
    if report.faint:
        faint = count(report.faint, "clip")
        lines.append(f"silent or nearly so, below {FAINT_DBFS:g} dBFS: {faint}")
    lines += summarize_bandwidths(report.rates, settings.mel)
    if report.vanished:
        vanished = count(report.vanished, "recording")
        what = "removed" if report.pruned else "kept; --prune removes them"
        lines.append(f"no longer among the inputs: {vanished}, images {what}")
    if report.lost:
        lost = count(report.lost, "recording")
        lines.append(f"no longer among the inputs, and its images are gone: {lost}")
    lines += describe_strays(report.strays, report.out)
    lines += describe_passed_over("passed over", report.passed_over)
    if report.unread:
        is_written = report.shard.is_all and not report.stopped
        where = f": see {report.out / PASSED_OVER_NAME}" if is_written else ""
        lines.append(f"{describe_unread(report.unread)}{where}")
    say("\n".join(lines))


def describe_passed_over(verb: str, kinds: Mapping[str, int]) -> list[str]:
    """Return a line about the files that are no recordings, if there are any."""
    if not kinds:
        return []
    return [f"{verb} {count(sum(kinds.values()), 'file')}: {describe_kinds(kinds)}"]


def describe_strays(names: list[str], out: Path) -> list[str]:
    """Return a line about images that no row names, if there are any."""
    if not names:
        return []
    name = names[0] if names[0].isprintable() else encode_name(names[0])
    number = count(len(names), "image")
    what = f"{number} of specimg in {out} that no row of the manifest names"
    return [f"{what}, such as {name}; --overwrite removes them"]


def describe_unread(number: int) -> str:
    """Return what to say of files with sound that were passed over."""
    return f"{count(number, 'file')} with sound that specimg cannot read"


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
