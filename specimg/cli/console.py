"""What the command line says: results on stdout, everything else on stderr."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import typer

from specimg.batch import Progress, Report
from specimg.manifest import Failure
from specimg.settings import FAILURES_NAME


@contextmanager
def stderr_without_decoders() -> Iterator[TextIO]:
    """Yield a stream to stderr, which nothing else reaches meanwhile.

    libmpg123 writes its own complaints about damaged MP3 files there.
    """
    if sys.stderr is None:  # closed by the shell
        with open(os.devnull, "w", encoding="utf-8") as nothing:  # noqa: PTH123
            yield nothing
        return
    sys.stderr.flush()
    descriptor = sys.stderr.fileno()
    saved = os.dup(descriptor)
    try:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
            os.dup2(nothing.fileno(), descriptor)
        with os.fdopen(
            os.dup(saved), "w", encoding="utf-8", errors="backslashreplace"
        ) as stream:
            yield stream
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)


@contextmanager
def progress_on(stream: TextIO, total: int) -> Iterator[Progress]:
    """Yield what to call after each recording; a moving bar on a terminal only."""
    if not stream.isatty():

        def tell(failure: Failure | None) -> None:
            if failure:
                stream.write(describe_failure(failure) + "\n")
                stream.flush()

        yield tell
        return
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    columns = (TextColumn("recordings"), BarColumn(), MofNCompleteColumn())
    console = Console(file=stream)
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(failure: Failure | None) -> None:
            if failure:
                # As Text: a name may look like markup.
                line = Text(describe_failure(failure), style="red")
                bar.console.print(line, soft_wrap=True)
            bar.advance(task)

        yield advance


def describe_failure(failure: Failure) -> str:
    """Return one line about a recording that could not be converted."""
    return f"failed: {failure.source}: {failure.reason}"


def print_summary(report: Report, manifest: str) -> None:
    """Say what was done, and where it is."""
    images = len(report.records)
    lines = [
        (
            f"converted {_count(report.recordings, 'recording')}: "
            f"{_count(images, 'clip')}, {report.seconds:.1f} s of audio"
        ),
        f"wrote {_count(images, 'image')} and {manifest} in {report.out}",
    ]
    if report.failures:
        count = _count(len(report.failures), "recording")
        lines.append(f"failed on {count}: see {report.out / FAILURES_NAME}")
    if report.passed_over:
        count = _count(report.passed_over, "file")
        lines.append(f"passed over {count}: not audio")
    typer.echo("\n".join(lines))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
