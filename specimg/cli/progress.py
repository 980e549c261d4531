"""How a command that takes long goes on, on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from specimg.batch.report import Event, OnProgress, Report
from specimg.cli.terminal import printable, say
from specimg.errors import count
from specimg.output.manifest import Failure

A_MINUTE = 60.0

OnImage = Callable[[int, int, str], None]
"""Takes how many images are done, of how many, and what is wrong with this one."""
OnStep = Callable[[str], None]
"""Takes the name of what is done now, or nothing."""


@contextmanager
def show_images(verb: str) -> Iterator[OnImage]:
    """Yield a function to call after each image.

    It names the images that are wrong, and on a terminal moves a bar.
    """
    if not _is_shown():
        yield lambda _done, _total, fault: _tell(fault)
        return
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(verb)

        def on_progress(done: int, total: int, fault: str) -> None:
            if fault:
                # Not as markup, which a name may look like.
                line = printable(fault)
                progress.console.print(line, markup=False, soft_wrap=True)
            progress.update(task, completed=done, total=total)

        yield on_progress


@contextmanager
def show_steps(total: int, verb: str = "") -> Iterator[OnStep]:
    """Yield a function to call after each step, which on a terminal moves a bar."""
    if not _is_shown():
        yield lambda _text: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(verb, total=total)
        yield lambda text: progress.update(task, advance=1, description=text or verb)


@contextmanager
def show_stages() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function to call with what is done now, how much of it, and of how much.

    On a terminal each stage moves a bar of its own; else there is one line a minute.
    """
    if not _is_shown():
        told = time.monotonic()

        def tell(what: str, done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told >= A_MINUTE:
                told = time.monotonic()
                say(f"{what}: {done} of {total}", err=True)

        yield tell
        return
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.markup import escape  # noqa: PLC0415
    from rich.progress import Progress, TaskID  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        stages: dict[str, TaskID] = {}

        def move(what: str, done: int, total: int) -> None:
            if what not in stages:
                stages[what] = progress.add_task(escape(printable(what)))
            progress.update(stages[what], completed=done, total=total)
            if done == total:
                progress.remove_task(stages.pop(what))

        yield move


@contextmanager
def show_run(stream: TextIO, total: int, *, quiet: bool) -> Iterator[OnProgress]:
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


def _plain(stream: TextIO, total: int) -> OnProgress:
    begun = time.monotonic()
    told = begun

    def on_progress(event: Event) -> None:
        nonlocal told
        if event.failure:
            _write(stream, _describe_failure(event.failure))
        now = time.monotonic()
        if now - told >= A_MINUTE:
            told = now
            done = f"{_done(event.report)} of {count(total, 'recording')}"
            _write(stream, f"{done}, {_pace(event.report, now - begun)}")

    return on_progress


def _write(stream: TextIO, line: str) -> None:
    # That nobody reads along is no reason to stop.
    with suppress(OSError):
        stream.write(line + "\n")
        stream.flush()


@contextmanager
def _bar(stream: TextIO, total: int) -> Iterator[OnProgress]:
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
                # As Text, because a name may look like markup.
                line = Text(_describe_failure(event.failure), style="red")
                progress.console.print(line, soft_wrap=True)
            done = _done(event.report)
            pace = _pace(event.report, time.monotonic() - begun)
            progress.update(task, completed=done, pace=pace)

        yield on_progress


def _done(report: Report) -> int:
    return report.recordings + report.failed + report.skipped


def _pace(report: Report, elapsed: float) -> str:
    """Return clips, clips a second, hours of audio a second, and failures."""
    seconds = max(elapsed, 1e-3)
    return (
        f"{count(report.images, 'clip')}, {report.images / seconds:.0f} clips/s, "
        f"{report.seconds / 3600 / seconds:.2f} h/s, {report.failed} failed"
    )


def _describe_failure(failure: Failure) -> str:
    return printable(f"failed: {failure.source}: {failure.reason}")


def _is_shown() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _tell(fault: str) -> None:
    if fault:
        say(fault, err=True)
