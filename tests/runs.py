"""Runs of the command: their inputs, what they leave, and their processes."""

import csv
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sounds import SPECIMG, chirps, write

slow = pytest.mark.slow
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
QUICK = ("--clip-duration", "0.5", "--n-mels", "32", "--hop-length", "256")


def tree(out: Path) -> dict[str, bytes]:
    """Return the files of an output, without the run's own record."""
    paths = (
        p for p in out.rglob("*") if p.is_file() and not p.name.startswith(".specimg")
    )
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def is_near(one: str, other: str) -> bool:
    """Whether two cells of a table say the same, numbers to six digits."""
    try:
        return float(one) == pytest.approx(float(other), rel=1e-5, abs=1e-9)
    except ValueError:
        return one == other


def field(folder: Path, count: int, seconds: float = 1.3) -> Path:
    """Make `count` recordings in several formats."""
    kinds = [("wav", "WAV"), ("flac", "FLAC"), ("ogg", "OGG"), ("aiff", "AIFF")]
    made = {}
    for number in range(count):
        suffix, kind = kinds[number % 4]
        path = folder / f"class{number % 3}" / f"{number:05d}.{suffix}"
        variant = number % 12
        if variant not in made:
            samples = chirps(seconds, 16_000, seed=variant)
            made[variant] = write(path, samples, 16_000, format=kind)
        elif not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made[variant], path)
    return folder


def left_after_2_seconds(session: int) -> list[int]:
    """Return the processes of a run that are still alive two seconds after its end."""
    give_up = time.monotonic() + 2
    while processes_of(session) and time.monotonic() < give_up:
        time.sleep(0.05)
    return processes_of(session)


def processes_of(session: int) -> list[int]:
    """Return the processes that a run has started, by the session that it is in."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def children_of(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def server_of(pid: int) -> int | None:
    """The process that the workers of a run are forked from."""
    for child in children_of(pid):
        try:
            if b"forkserver" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        except OSError:
            continue
    return None


def workers_of(pid: int) -> list[int]:
    server = server_of(pid)
    return children_of(server) if server else []


def hear_signals() -> None:
    """Let a process be ended by signals.

    Where the tests run in the background, SIGINT is ignored, and under nohup, SIGHUP;
    both are inherited.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def start(*arguments: object, **kwargs: object) -> "subprocess.Popen[str]":
    kwargs = {"preexec_fn": hear_signals} | kwargs
    return subprocess.Popen(
        [SPECIMG, *map(str, arguments)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **kwargs,
    )
