"""Signals that stop a run in order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from specimg.signals import ended_by, exit_at_once, heard_signals


@contextmanager
def signals_to(stop: Callable[[str, int], None]) -> Iterator[None]:
    """Let the first signal stop a run in order, and a second one at once.

    `stop` is told why, and the number of the signal.
    """
    is_stopping = False

    def handle(number: int, _: FrameType | None) -> None:
        nonlocal is_stopping
        if is_stopping:
            exit_at_once(ended_by(number))
        is_stopping = True
        stop(f"stopped by {signal.Signals(number).name}", number)

    before = {number: signal.signal(number, handle) for number in heard_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
