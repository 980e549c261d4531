"""How a command that takes long goes on, on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from specimg.cli.terminal import printable, say

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
                # Not as markup: a name may look like it.
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


def _is_shown() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _tell(fault: str) -> None:
    if fault:
        say(fault, err=True)
