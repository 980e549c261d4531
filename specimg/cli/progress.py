"""How a command that takes long goes on, on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from specimg.figures import Watch


@contextmanager
def watch_images(verb: str) -> "Iterator[Watch]":
    """Yield what names each image that is wrong, and on a terminal moves a bar."""
    if not _is_shown():
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


@contextmanager
def watch_steps(total: int, verb: str = "") -> Iterator[Callable[[str], None]]:
    """Yield what is called after each step, and on a terminal moves a bar.

    With a text it names what is done now.
    """
    if not _is_shown():
        yield lambda _text: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for who looks on
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(verb, total=total)
        yield lambda text: progress.update(task, advance=1, description=text or verb)


def _is_shown() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _tell(fault: str) -> None:
    if fault:
        typer.echo(fault, err=True)
