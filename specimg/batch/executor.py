"""What a scheduler needs of whatever does the work."""

from collections.abc import Iterator
from typing import Protocol

from specimg.batch.task import Ending, Task


class Executor(Protocol):
    """Takes tasks, does them somewhere, and says what became of each."""

    @property
    def parallel_tasks(self) -> int:
        """How many tasks it keeps busy with at a time."""

    @property
    def free_slots(self) -> int:
        """How many tasks it takes at the moment."""

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""

    def submit(self, task: Task) -> None:
        """Take on a task.

        Raises
        ------
        ResourceError
            There is nobody who could do it.
        """

    def outcomes(self, patience: float) -> Iterator[tuple[Task, Ending]]:
        """Yield what became of tasks, waiting up to `patience` seconds for the next.

        Raises
        ------
        StorageError
            The output folder takes nothing more.
        ResourceError
            There is nobody left who could do anything.
        """

    def stop(self) -> None:
        """End all that is under way; when it returns, nobody writes any more."""
