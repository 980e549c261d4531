"""What is tried again after a worker was lost, and whether a recording is to blame."""

from dataclasses import replace

from specimg.batch.task import Cause, Interruption, Task

TRIES = 2
"""How often a recording may take its worker with it before it is blamed: a worker that
is killed from outside, once, costs nothing but time."""


def retry(task: Task, interruption: Interruption) -> list[Task]:
    """Return what to submit in place of a task that was interrupted.

    Nothing, where its recording is to blame.

    - A task that was lost before it began, or through no fault of its own, is
      submitted as it was.
    - Of several recordings nobody knows which one it was: each is submitted alone, as
      if it had not been tried before.
    - A recording that was alone with a worker that died gets a second worker, and is to
      blame if that one dies as well.
    - One that was alone and took more time or memory than allowed is to blame at once:
      that is its own doing, and a second try would cost as much.
    """
    if interruption.cause is Cause.LOSS:
        return [task]
    if len(task.recordings) > 1:
        return [replace(task, recordings=(one,)) for one in task.recordings]
    deaths = task.deaths + 1
    if interruption.cause is Cause.DEATH and deaths < TRIES:
        return [replace(task, deaths=deaths)]
    return []
