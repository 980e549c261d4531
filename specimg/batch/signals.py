"""Signals that stop a run in order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from specimg.signals import NAMES, exit_at_once


@contextmanager
def signals_to(stop: Callable[[str, int], None]) -> Iterator[None]:
    """Let the first signal stop a run in order, and a second one at once.

    `stop` is told why, and the number of the signal.
    """
    is_stopping = False

    def handle(number: int, _: FrameType | None) -> None:
        nonlocal is_stopping
        if is_stopping:
            exit_at_once(128 + number)
        is_stopping = True
        stop(f"stopped by {signal.Signals(number).name}", number)

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    # What is ignored, by nohup or in the background of a shell, stays ignored.
    heard = [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
