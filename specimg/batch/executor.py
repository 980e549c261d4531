"""What a scheduler needs of whatever does the work."""

from collections.abc import Iterator
from typing import Protocol

from specimg.batch.task import Ending, Task


class Executor(Protocol):
    """Takes tasks, does them somewhere, and says what came of each."""

    @property
    def parallel_tasks(self) -> int:
        """How many tasks can be in flight at a time."""

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
            There is no worker that could do it.
        """

    def outcomes(self, patience: float) -> Iterator[tuple[Task, Ending]]:
        """Yield what came of tasks, waiting up to `patience` seconds for the next.

        Raises
        ------
        StorageError
            The output folder takes nothing more.
        ResourceError
            There is no worker left, and none can be started.
        """

    def stop(self) -> None:
        """End all that is under way; when this returns, no worker writes any more."""
