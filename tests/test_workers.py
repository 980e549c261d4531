"""Workers that die or hang at any moment: what is tried again, and who is blamed."""

import os
import random
import signal
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import (
    QUICK,
    field,
    left_after_2_seconds,
    linux,
    rows,
    server_of,
    slow,
    start,
    tree,
    workers_of,
)
from sounds import chirps, specimg, write

from specimg.audio.recordings import Recording
from specimg.batch.pending import PendingRecordings
from specimg.batch.report import Limits, Report
from specimg.batch.retries import retry
from specimg.batch.scheduler import Scheduler
from specimg.batch.task import Cause, Ending, Interruption, Task
from specimg.conversion import Converted, SplitPlan
from specimg.errors import WorkerError
from specimg.output.loose import LooseFiles
from specimg.output.session import open_output
from specimg.output.shards import ALL
from specimg.settings import Settings
from specimg.spans.selection import SelectionSettings
from specimg.spans.span import ClipRange

DEATH = Interruption(Cause.DEATH, WorkerError("its worker was ended by SIGSEGV"))
LIMIT = Interruption(Cause.LIMIT, WorkerError("took too long", "timeout"))
LOSS = Interruption(Cause.LOSS, WorkerError("its worker ended before it began"))


def recording(name: str) -> Recording:
    return Recording(path=Path("in") / name, name=name, label="")


def task(*names: str) -> Task:
    return Task(tuple(map(recording, names)), None, 70.0)


def test_a_recording_is_blamed_after_two_workers_died_over_it_alone() -> None:
    (second,) = retry(task("a.wav"), DEATH)
    assert second.recordings == task("a.wav").recordings
    assert retry(second, DEATH) == []


def test_of_several_recordings_each_is_tried_alone_as_if_for_the_first_time() -> None:
    for end in (DEATH, LIMIT):
        assert retry(task("a.wav", "b.wav"), end) == [task("a.wav"), task("b.wav")]


def test_what_had_not_begun_is_not_held_against_a_recording() -> None:
    again = task("a.wav")
    for _ in range(5):
        (again,) = retry(again, LOSS)
    assert again == task("a.wav")
    (second,) = retry(again, DEATH)
    assert retry(second, LOSS) == [second]


def test_time_and_memory_blame_at_once() -> None:
    assert retry(task("a.wav"), LIMIT) == []


class Chance:
    """An executor of its own: workers die at random, and over what is guilty always."""

    def __init__(self, seed: int, guilty: set[str], long: set[str]) -> None:
        self.deaths: Counter[tuple[str, ClipRange | None]] = Counter()
        self.submitted: Counter[tuple[str, ClipRange | None]] = Counter()
        self._chance = random.Random(seed)  # noqa: S311
        self._guilty = guilty
        self._long = long
        self._tasks: deque[Task] = deque()

    parallel_tasks = 4

    @property
    def free_slots(self) -> int:
        return 4 - len(self._tasks)

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    def submit(self, task: Task) -> None:
        for recording in task.recordings:
            self.submitted[recording.name, task.clip_range] += 1
        self._tasks.append(task)

    def outcomes(self, _: float) -> Iterator[tuple[Task, Ending]]:
        self._chance.shuffle(self._tasks)
        task = self._tasks.popleft()
        (one, *others) = [recording.name for recording in task.recordings]
        names = [one, *others]
        key = one, task.clip_range
        # What is long crashes in all of its parts, but not when it is measured.
        guilty = self._guilty - (set() if task.clip_range else self._long)
        is_guilty = bool(guilty.intersection(names))
        # From outside, no recording is hit twice while it is alone.
        is_hit = self._chance.random() < 0.2 and (others or not self.deaths[key])
        if self._chance.random() < 0.1:
            yield task, LOSS
        elif is_guilty or is_hit:
            if not others:
                self.deaths[key] += 1
            yield task, DEATH
        elif task.clip_range is None and self._long.intersection(names):
            parts = tuple(ClipRange(first, first + 10) for first in (0, 10, 20))
            long = SplitPlan(1800.0, parts)
            done = Converted([], "")
            yield (
                task,
                [long if r.name in self._long else done for r in task.recordings],
            )
        else:
            yield task, [Converted([], "") for _ in task.recordings]


@pytest.mark.parametrize("seed", range(20))
def test_only_what_two_workers_died_over_is_blamed(tmp_path: Path, seed: int) -> None:
    names = [f"{number:03d}.wav" for number in range(120)]
    chance = random.Random(seed)  # noqa: S311
    guilty = set(chance.sample(names, 6))
    pool = Chance(seed, guilty, long=set(chance.sample(names, 12)))
    report = Report(out=tmp_path, shard=ALL)
    limits = Limits(jobs=2, timeout=60.0, memory=1000)
    with open_output(tmp_path, ALL, Settings(), overwrite=False) as output:
        pending = PendingRecordings(
            output, LooseFiles(tmp_path), SelectionSettings(), report, lambda _: None
        )
        scheduler = Scheduler(pending, output.journal, limits, report)
        scheduler.run(pool, map(recording, names))  # type: ignore[arg-type]
        blamed = {failure.source for failure in output.journal.failures()}
    assert blamed == guilty
    assert {n for (n, _), deaths in pool.deaths.items() if deaths == 2} == guilty
    assert max(pool.deaths.values()) == 2
    assert (report.recordings, report.failed) == (114, 6)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """300 recordings, and the tree of an undisturbed run."""
    folder = field(tmp_path_factory.mktemp("many") / "in", 300)
    out = folder.parent / "out"
    assert specimg("convert", folder, out, *QUICK, "--jobs", 1).returncode == 0
    return folder, tree(out)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """24 recordings, and the tree of an undisturbed run."""
    folder = field(tmp_path_factory.mktemp("few") / "in", 24)
    out = folder.parent / "out"
    assert specimg("convert", folder, out, *QUICK, "--jobs", 1).returncode == 0
    return folder, tree(out)


ONCE = """
import os, signal, sys, time
from multiprocessing import connection, parent_process

def once(name):
    try:
        os.close(os.open(os.environ["ONCE"] + name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True

def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""

AT_ITS_START = """
from specimg.batch import worker
init_worker = worker.init_worker
def hooked(*arguments):
    if once("start"):
        die()
    init_worker(*arguments)
worker.init_worker = hooked
"""

BEFORE_IT_ACKNOWLEDGES = """
from pebble.pool import process
acknowledge = process.Acknowledgement.__init__
def hooked(self, *arguments):
    if parent_process() and once("acknowledge"):
        die()  # with the task, and both locks, in its hand
    acknowledge(self, *arguments)
process.Acknowledgement.__init__ = hooked
"""

AMID_A_MESSAGE = """
send = connection.Connection._send
def hooked(self, data, *arguments):
    if parent_process() and len(data) > 1000 and once("message"):
        os.write(self.fileno(), bytes(data[:99]))
        die()
    return send(self, data, *arguments)
connection.Connection._send = hooked
"""

AMID_AN_IMAGE = """
from specimg.output import files
replace = os.replace
from pathlib import Path
whole = Path.replace
def hooked(self, target):
    if str(target).endswith("500s.png") and once("image"):
        die()  # between the hidden name and the visible one
    return whole(self, target)
Path.replace = hooked
"""

STOPS_BEFORE_IT_BEGINS = """
from specimg.batch import worker
init_worker = worker.init_worker
def hooked(*arguments):
    if once("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
    init_worker(*arguments)
worker.init_worker = hooked
from specimg.batch import process
process.HEARTBEAT_SECONDS = 3.0
"""

STOPS_AMID_A_MESSAGE = """
from specimg.batch import process
process.HEARTBEAT_SECONDS = 3.0
send = connection.Connection._send
def hooked(self, data, *arguments):
    if parent_process() and len(data) > 1000 and once("halt"):
        os.write(self.fileno(), bytes(data[:99]))
        os.kill(os.getpid(), signal.SIGSTOP)
    return send(self, data, *arguments)
connection.Connection._send = hooked
"""


def hooked(tmp_path: Path, hooks: str) -> dict[str, str]:
    """Return an environment in which every process of a run begins with `hooks`."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(hooks)
    return os.environ | {"PYTHONPATH": str(folder), "ONCE": str(tmp_path / "once-")}


@linux
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    "moment",
    [
        AT_ITS_START,
        BEFORE_IT_ACKNOWLEDGES,
        AMID_A_MESSAGE,
        AMID_AN_IMAGE,
        STOPS_BEFORE_IT_BEGINS,
    ],
    ids=["start", "acknowledge", "message", "image", "stop"],
)
def test_a_worker_lost_once_at_any_moment_costs_nothing_but_time(
    few: tuple[Path, dict[str, bytes]], tmp_path: Path, moment: str, jobs: int
) -> None:
    folder, expected = few
    out = tmp_path / "out"
    env = hooked(tmp_path, ONCE + moment)
    with start("convert", folder, out, *QUICK, "--jobs", jobs, env=env) as process:
        output, errors = process.communicate(timeout=100)
    assert list(tmp_path.glob("once-*")), "nothing has happened to a worker"
    assert (process.returncode, errors) == (0, ""), output
    assert tree(out) == expected
    assert left_after_2_seconds(process.pid) == []


@linux
def test_a_worker_that_stops_amid_its_result_is_found_when_its_time_is_over(
    few: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, expected = few
    out = tmp_path / "out"
    env = hooked(tmp_path, ONCE + STOPS_AMID_A_MESSAGE)
    limits = ("--timeout", "1", "--jobs", "2")
    with start("convert", folder, out, *QUICK, *limits, env=env) as process:
        process.communicate(timeout=100)
    # It had begun, and it took longer than it may: that much is its own.
    assert process.returncode in (0, 3)
    assert (tmp_path / "once-halt").exists()
    failures = rows(out / "failures.csv") if process.returncode else []
    assert [row["stage"] for row in failures] in ([], ["timeout"])
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    assert tree(out) == expected


CRASHES = """
import os, signal
from specimg import conversion
whole = conversion.convert_recording
def hooked(recording, *arguments):
    if recording.name.endswith("crash.wav"):
        with open(os.environ["ONCE"] + recording.name.replace("/", "-"), "a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGSEGV)
    return whole(recording, *arguments)
conversion.convert_recording = hooked
"""


@linux
@pytest.mark.parametrize("alone", [True, False])
def test_what_crashes_its_decoder_is_blamed_after_two_tries_alone(
    tmp_path: Path, alone: bool
) -> None:
    folder = field(tmp_path / "in", 0 if alone else 60)
    crashing = {f"class{n}/crash.wav" for n in range(1 if alone else 3)}
    for name in crashing:
        write(folder / name, chirps(1.3))
    env = hooked(tmp_path, CRASHES)
    out = tmp_path / "out"
    with start("convert", folder, out, *QUICK, "-j2", env=env) as process:
        process.communicate(timeout=100)
    assert process.returncode == (1 if alone else 3)
    table = rows(out / "failures.csv")
    assert {row["source"] for row in table} == crashing
    assert {(row["stage"], row["reason"]) for row in table} == {
        ("crash", "its worker was ended by SIGSEGV")
    }
    tries = [len(path.read_text()) for path in tmp_path.glob("once-*")]
    # Once more with others, of whom nobody knew which one it was.
    assert set(tries) <= ({2} if alone else {2, 3}), tries
    again = specimg("convert", folder, out, *QUICK)
    assert again.returncode == 0
    assert not (out / "failures.csv").exists()


NEVER = """
from specimg.batch import worker
def hooked(*arguments):
    raise RuntimeError("cannot begin")
worker.init_worker = hooked
"""


@linux
def test_workers_that_can_never_start_end_the_run_with_a_sentence(
    few: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, expected = few
    out = tmp_path / "out"
    env = hooked(tmp_path, NEVER)
    with start("convert", folder, out, *QUICK, "--jobs", 2, env=env) as process:
        _, errors = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "worker processes in a row ended before they had done anything" in errors
    assert len(errors.splitlines()) == 1
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    assert tree(out) == expected


def kill(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


@linux
def test_stretches_of_long_recordings_outlive_their_workers_and_the_server(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "in"
    for seed in range(2):
        write(folder / f"{seed}.wav", chirps(1500, 4000, seed), 4000)
    wide = ("--sr", "4000", "--n-mels", "16", "--hop-length", "2000", "-j2")
    assert specimg("convert", folder, tmp_path / "ref", *wide).returncode == 0
    out = tmp_path / "out"
    kills = 0
    with start("convert", folder, out, *wide) as process:
        while process.poll() is None:
            images = len(list(out.glob("*.png")))
            # No more: one that ends twice over the same stretch has it to blame.
            if kills < 2 and images > 150 * (kills + 1):
                victims = workers_of(process.pid)
                if kills == 1 and (server := server_of(process.pid)):
                    victims = [server]
                kills += any(kill(victim, signal.SIGKILL) for victim in victims[:1])
            time.sleep(0.005)
        _, errors = process.communicate()
    assert kills > 1
    assert (process.returncode, errors) == (0, "")
    assert tree(out) == tree(tmp_path / "ref")


# Before it acknowledges a task, because from then on its death counts; and by a rename,
# because it may be stopped anywhere.
WITNESS = """
import os, sys
from multiprocessing import parent_process
from pebble.pool import process
acknowledge = process.Acknowledgement.__init__
def hooked(self, *arguments):
    if parent_process():
        recordings, _ = sys._getframe(1).f_locals["task"].payload.args
        note = os.environ["ONCE"] + str(os.getpid())
        with open(note + ".new", "w") as file:
            file.write("\\n".join(recording.name for recording in recordings))
        os.replace(note + ".new", note)
    acknowledge(self, *arguments)
process.Acknowledgement.__init__ = hooked
"""


class Killer:
    """Kills workers, half of them within a tenth of a second of their start.

    It looks first what they are at: a recording over which it has killed a worker that
    did nothing else is left alone, because a second time would be held against it.
    """

    def __init__(self, seed: int, notes: Path) -> None:
        self.kills = self.early = 0
        self._chance = random.Random(seed)  # noqa: S311
        self._notes = notes
        self.begin_run()

    def begin_run(self) -> None:
        self._moments: dict[int, float] = {}
        self._early: set[int] = set()
        self._hit: set[str] = set()
        for note in self._notes.parent.glob(self._notes.name + "*"):
            note.unlink()

    def strike(self, workers: list[int]) -> None:
        for worker in workers:
            now = time.monotonic()
            if worker not in self._moments:
                is_early = self._chance.random() < 0.5
                if is_early:
                    self._early.add(worker)
                wait = self._chance.uniform(*((0, 0.1) if is_early else (0.1, 1.5)))
                self._moments[worker] = now + wait
            if self._moments[worker] <= now:
                self._strike(worker, now)

    def _strike(self, worker: int, now: float) -> None:
        if not kill(worker, signal.SIGSTOP):
            return
        try:
            names = Path(f"{self._notes}{worker}").read_text().splitlines()
        except OSError:
            names = []
        if len(names) == 1 and names[0] in self._hit:
            self._moments[worker] = now + 0.02
        else:
            self._hit.update(names if len(names) == 1 else ())
            number = self._chance.choice([signal.SIGSEGV, signal.SIGKILL])
            self.kills += kill(worker, number)
            self.early += worker in self._early
            self._moments[worker] = float("inf")
        kill(worker, signal.SIGCONT)


@linux
@slow
def test_200_kills_of_single_workers_blame_nobody_and_give_the_same_tree(
    many: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, expected = many
    env = hooked(tmp_path, WITNESS)
    killer = Killer(5, tmp_path / "once-")
    runs = hangs = tracebacks = blamed = unequal = 0
    while killer.kills < 200:
        out = tmp_path / f"out{runs}"
        killer.begin_run()
        with start("convert", folder, out, *QUICK, "--jobs", 2, env=env) as process:
            began = time.monotonic()
            while process.poll() is None and time.monotonic() - began < 120:
                killer.strike(workers_of(process.pid))
                time.sleep(0.001)
            if process.poll() is None:
                hangs += 1
                os.killpg(process.pid, signal.SIGKILL)
            _, errors = process.communicate()
        tracebacks += "Traceback" in errors
        blamed += len(rows(out / "failures.csv")) if process.returncode == 3 else 0
        unequal += tree(out) != expected
        # A hook that does not fit any more says so on stderr.
        assert (process.returncode, errors) == (0, "")
        runs += 1
    print(  # noqa: T201
        f"{killer.kills} kills, {killer.early} of them early, in {runs} runs: "
        f"{tracebacks} tracebacks, {hangs} hangs, {blamed} blamed, {unequal} unequal"
    )
    assert (tracebacks, hangs, blamed, unequal) == (0, 0, 0, 0)


def test_no_file_of_the_current_folder_is_run_by_workers(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", chirps(1.0, 16_000), 16_000)
    (tmp_path / "nt.py").write_text("open('was_run', 'w')")  # what shutil looks for
    result = specimg("convert", "a.wav", "out", *QUICK, "--jobs", 1, cwd=tmp_path)
    assert result.returncode == 0
    assert not (tmp_path / "was_run").exists()
