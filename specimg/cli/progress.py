"""How a command that reads many images goes on, on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from specimg.figures import Watch


@contextmanager
def watch_images(verb: str) -> Iterator[Watch]:
    """Yield what names each image that is wrong, and on a terminal moves a bar."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _done, _total, fault: _tell(fault)
        return
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(verb)

        def watch(done: int, total: int, fault: str) -> None:
            if fault:
                # Not as markup: a name may look like it.
                progress.console.print(fault, markup=False, soft_wrap=True)
            progress.update(task, completed=done, total=total)

        yield watch


def _tell(fault: str) -> None:
    if fault:
        typer.echo(fault, err=True)
