"""``specimg compare``: what it renders, keeps, prints and refuses."""

import csv
import fcntl
import os
import pty
import re
import shutil
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from labeled import (
    SAMPLE_RATE,
    call_under_noise,
    clear_call,
    only_noise,
    write_folder,
)
from PIL import Image
from runs import left_after_2_seconds, linux, start, workers_of
from sounds import SPECIMG, noise, read_png, specimg, write
from typer.testing import CliRunner

from specimg.batch.crew import run_tasks
from specimg.cli import app, progress
from specimg.dataset import rendered
from specimg.dataset.labeled import find_dataset
from specimg.dataset.rendered import TooLargeError, render_dataset
from specimg.errors import DatasetError, ParameterError, ResourceError
from specimg.evaluate.clips import ArmScores
from specimg.evaluate.experiment import Experiment
from specimg.evaluate.results import FOLDER, PICTURES, Results
from specimg.evaluate.scoring import Options
from specimg.evaluate.significance import Verdict
from specimg.evaluate.summary import Row, Summary, summarize
from specimg.settings import Settings
from specimg.settings.variants import parse_variant

SECOND = Settings.from_options({"clip_duration": 1})
BOTH = ("db", "pcen")


def an_experiment(
    train: Path,
    out: Path,
    specs: Iterable[str] = BOTH,
    tests: dict[str, Path] | None = None,
    on_progress: Callable[[str, int, int], object] = lambda *_: None,
    **options: object,
) -> Experiment:
    chosen = {
        "model": "ridge",
        "seeds": 2,
        "folds": None if tests else 3,
        "group": "source",
        "network": "",
        "device": "auto",
        "jobs": 2,
        "cache": 10**9,
    } | options
    return Experiment(
        find_dataset(train),
        {name: find_dataset(folder) for name, folder in (tests or {}).items()},
        [parse_variant(spec) for spec in specs],
        SECOND,
        Options(**chosen),  # type: ignore[arg-type]
        out,
        on_progress,
    )


def scores_of(found: Iterable[ArmScores]) -> dict[tuple[str, int], list[float]]:
    return {(one.arm, one.seed): one.scores.ravel().tolist() for one in found}


def summarized(
    train: Path, test: Path | None, *specs: str, seeds: int = 5
) -> dict[str, Row]:
    tests = {"test": test} if test else None
    experiment = an_experiment(
        train,
        train.parent / "out",
        specs,
        tests,
        seeds=seeds,
        folds=None if test else 5,
    )
    found = list(experiment.run())
    summary: Summary = summarize(experiment.known_clips, found, specs, "source")
    return {row.arm: row for row in summary.rows}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    write_folder(folder / "train", clear_call, count=4, seed=1)
    write_folder(folder / "test", clear_call, count=3, seed=2)
    return folder


def arguments(folder: Path, out: Path, *more: object) -> list[object]:
    clean = f"clean={folder / 'test'}"
    start = ["compare", folder / "train", "--test", clean, "-o", out]
    return [*start, "--clip-duration", 1, "-j", 2, *more]


def compare(folder: Path, *more: object) -> tuple[int, str, str]:
    result = specimg(*arguments(folder, folder / "out", *more))
    return result.returncode, result.stdout, result.stderr


def table(out: Path) -> list[tuple[str, str, str, str]]:
    """Return compare.csv without the seconds."""
    with (out / "compare.csv").open(newline="") as file:
        return [
            (row["arm"], row["seed"], row["test"], row["macro_ap"])
            for row in csv.DictReader(file)
        ]


# What is rendered.


@pytest.mark.parametrize(
    ("spec", "count"),
    [("db", 1), ("pcen:scale=1e+3", 1), ("db+pcen:gain=1e+0,bias=3+exp:a=1", 3)],
)
def test_an_arm_is_one_frontend_or_three(spec: str, count: int) -> None:
    assert len(parse_variant(spec).frontends) == count


@pytest.mark.parametrize("spec", ["db+pcen", "db+", "", "loud", "db:loud=3"])
def test_an_arm_of_anything_else_is_refused(spec: str) -> None:
    with pytest.raises(ParameterError):
        parse_variant(spec)


def test_pictures_are_those_that_convert_writes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", clear_call, count=2)
    write(folder / "b" / "longer.wav", noise(2.4))
    arms = [parse_variant(spec) for spec in ("exp", "db+pcen+exp")]
    found = render_dataset(
        find_dataset(folder).recordings,
        SECOND,
        [arm.frontends for arm in arms],
        tmp_path,
        jobs=2,
        limit=10**9,
    )
    assert found.counts == (1, 1, 1, 1, 3)
    options = (["--frontend", "exp"], ["--r", "db", "--g", "pcen", "--b", "exp"])
    for pictures, frontends in zip(found.variants, options, strict=True):
        out = tmp_path / frontends[0]
        done = specimg("convert", folder, out, *frontends, "--clip-duration", 1)
        assert done.returncode == 0
        written = np.stack([read_png(path) for path in sorted(out.glob("*/*.png"))])
        written = written.reshape(7, *pictures.shape)
        np.testing.assert_array_equal(np.stack(list(pictures)), written)
        chosen = np.array([6, 0, 4, 5, 4])
        np.testing.assert_array_equal(pictures.take(chosen), written[chosen])


def test_a_recording_is_decoded_once_for_all_arms(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    mels = 0

    class CountingReader(rendered.AudioReader):
        def __init__(self, path: Path, *more: object) -> None:
            read.append(path)
            super().__init__(path, *more)  # type: ignore[arg-type]

    def count_mels(*arguments: object) -> object:
        nonlocal mels
        mels += 1
        return mel_of_clip(*arguments)  # type: ignore[arg-type]

    def here(
        function: Callable[..., object], tasks: Iterable[tuple[object, ...]], _: int
    ) -> Iterator[tuple[int, object]]:
        for number, task in enumerate(tasks):
            yield number, function(*task)

    mel_of_clip = rendered.mel_of_clip
    monkeypatch.setattr(rendered, "AudioReader", CountingReader)
    monkeypatch.setattr(rendered, "mel_of_clip", count_mels)
    monkeypatch.setattr(rendered, "run_tasks", here)
    recordings = find_dataset(folders / "train").recordings
    arms = [parse_variant(spec).frontends for spec in ("db", "pcen", "db+pcen+exp")]
    render_dataset(recordings, SECOND, arms, tmp_path, jobs=1, limit=10**9)
    assert sorted(read) == sorted(recording.path for recording in recordings)
    assert mels == len(recordings)


def picture_bytes(folder: Path) -> int:
    """Return what the pictures of one gray arm take."""
    clips = len(find_dataset(folder).recordings)
    return clips * SECOND.mel.n_mels * (SAMPLE_RATE // SECOND.mel.hop_length + 1)


@pytest.mark.parametrize(
    ("room", "passes"), [(4.1, [4]), (2.1, [2, 2]), (1.1, [1, 1, 1, 1])]
)
def test_arms_that_do_not_fit_on_disk_together_score_the_same_one_after_another(
    room: float, passes: list[int], folders: Path, tmp_path: Path
) -> None:
    specs = ("db", "pcen", "exp", "raw")
    once = an_experiment(folders / "train", tmp_path / "once", specs)
    together: list[int] = []

    def on_progress(what: str, done: int, total: int) -> None:
        if what == "render" and done == total:
            pictures = (tmp_path / "out" / FOLDER).glob(f"{PICTURES}*/*.pixels")
            size = sum(path.stat().st_size for path in pictures)
            together.append(round(size / picture_bytes(folders / "train")))

    limit = round(room * picture_bytes(folders / "train"))
    limited = an_experiment(
        folders / "train",
        tmp_path / "out",
        specs,
        cache=limit,
        on_progress=on_progress,
    )
    assert scores_of(limited.run()) == scores_of(once.run())
    assert together == passes


def test_a_limit_below_one_arm_is_a_sentence(folders: Path, tmp_path: Path) -> None:
    limit = picture_bytes(folders / "train") // 2
    limited = an_experiment(folders / "train", tmp_path, cache=limit)
    with pytest.raises(TooLargeError, match="GB, of db alone: allow .*--cache"):
        list(limited.run())
    assert not list((tmp_path / FOLDER).glob(f"{PICTURES}*"))


# What is concluded.


def test_what_only_pcen_can_see_is_seen_by_pcen_alone(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, count=16, seed=1)
    test = write_folder(tmp_path / "test", call_under_noise, count=16, seed=2)
    found = summarized(train, test, "db", "raw", "exp", "pcen")
    assert found["db"].verdict == Verdict.REFERENCE
    assert found["pcen"].verdict == Verdict.BETTER
    assert found["pcen"].macro_ap > 0.95
    assert max(found[arm].macro_ap for arm in ("db", "raw", "exp")) < 0.8


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_where_there_is_nothing_to_hear_all_is_undecided(
    seed: int, tmp_path: Path
) -> None:
    train = write_folder(tmp_path / "train", only_noise, seed=seed + 1)
    test = write_folder(tmp_path / "test", only_noise, seed=seed + 2)
    for other in (test, None):
        found = summarized(train, other, "db", "raw", "exp", "pcen", "db+pcen+exp")
        verdicts = [row.verdict for row in found.values()]
        assert verdicts == ["reference", *["undecided"] * 4]


def test_folds_of_one_folder_decide_what_is_clear(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, count=16, seed=1)
    found = summarized(train, None, "raw", "pcen")
    assert found["pcen"].verdict == Verdict.BETTER


def test_one_seed_decides_nothing(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, seed=1)
    test = write_folder(tmp_path / "test", call_under_noise, seed=2)
    pcen = summarized(train, test, "raw", "pcen", seeds=1)["pcen"]
    assert (pcen.verdict, pcen.why) == (Verdict.UNDECIDED, "one seed")


def test_one_recording_of_two_classes_decides_nothing(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, seed=1)
    test = write_folder(tmp_path / "test", call_under_noise, count=1, seed=2)
    found = summarized(train, test, "db", "raw", "pcen")
    assert {row.verdict for row in found.values()} == {"reference", "undecided"}


# What the command writes and prints.


def test_the_command_writes_a_row_for_each_arm_seed_and_test(folders: Path) -> None:
    pytest.importorskip("matplotlib")
    specs = ["--arm", "raw", "--arm", "db+pcen+exp"]
    more = [f"--test=noisy={folders / 'test'}", f"--test=third={folders / 'test'}"]
    status, stdout, stderr = compare(folders, *specs, *more, "--seeds", 2)
    assert (status, stderr) == (0, "")
    tests = ("clean", "noisy", "third")
    written = table(folders / "out")
    assert [row[:3] for row in written] == [
        (arm, seed, test)
        for arm in ("raw", "db+pcen+exp")
        for seed in ("0", "1")
        for test in tests
    ]
    values = [float(row[3]) for row in written if row[0] == "raw"][::3]
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    assert f"{mean:.3f} ± {deviation:.3f}" in stdout
    for test in tests:
        note = rf"\n{test}: \S+ leads with [01]\.\d+\. 6 recordings"
        assert re.search(note, stdout)
    with Image.open(folders / "out" / "compare.png") as chart:
        assert chart.width == round(120 * (2 + 3.2 * 3))  # a panel for each test


def test_the_table_for_papers_is_markdown(folders: Path) -> None:
    odd = f"a|b={folders / 'test'}"
    arms = [f"--arm={spec}" for spec in BOTH]
    more = ("--seeds", 2, "--test", odd, "--format", "md")
    status, stdout, stderr = compare(folders, *arms, *more)
    assert (status, stderr) == (0, "")
    lines = [line for line in stdout.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 4
    assert lines[0].startswith(
        "| arm | test | macro AP | minus first | 95 % interval |"
    )
    cells = {len(re.split(r"(?<!\\)\|", line)) for line in lines}
    assert cells == {9}
    assert r"| pcen | a\|b |" in stdout
    assert re.search(r"\| [+-]\d\.\d{3} to [+-]\d\.\d{3} \|", stdout)


def test_names_that_look_like_formulas_and_small_pictures_are_fine(
    folders: Path,
) -> None:
    pytest.importorskip("matplotlib")
    names = ("a$\\foo$", "日本", "x\x1b[31m\ny")
    odd = [f"--test={name}={folders / 'test'}" for name in names]
    size = ["--n-mels", 4, "--size", "20x3", "--arm", "db", "--seeds", 1]
    status, stdout, stderr = compare(folders, *odd, *size)
    assert (status, stderr) == (0, "")
    assert "a$\\foo$" in stdout
    assert "x%1B[31m%0Ay" in stdout
    assert "\x1b" not in stdout


def as_it_is(folder: Path) -> None:
    pass


def one_clip(folder: Path) -> None:
    shutil.rmtree(folder / "test" / "b")
    for name in ("1.wav", "2.wav"):
        (folder / "test" / "a" / name).unlink()


def one_class_asked(folder: Path) -> None:
    shutil.rmtree(folder / "test" / "b")


def one_clip_of_one_class(folder: Path) -> None:
    for name in ("1.wav", "2.wav"):
        (folder / "test" / "a" / name).unlink()


@pytest.mark.parametrize("arms", [("db",), BOTH])
@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize(
    "spoil", [as_it_is, one_clip, one_class_asked, one_clip_of_one_class]
)
def test_what_is_not_known_is_left_out_and_never_nan(
    spoil: Callable[[Path], None],
    seeds: int,
    arms: tuple[str, ...],
    folders: Path,
    tmp_path: Path,
) -> None:
    shutil.copytree(folders / "train", tmp_path / "train")
    shutil.copytree(folders / "test", tmp_path / "test")
    spoil(tmp_path)
    specs = [f"--arm={spec}" for spec in arms]
    status, stdout, stderr = compare(tmp_path, *specs, "--seeds", seeds)
    assert (status, stderr) == (0, "")
    written = (tmp_path / "out" / "compare.csv").read_text()
    assert not re.search(r"\b(nan|inf)\b", (stdout + written).lower())
    if len(arms) > 1:
        assert ("need --seeds 2" in stdout) == (seeds == 1)


def test_duplicates_to_learn_from_are_joined_and_told(
    folders: Path, tmp_path: Path
) -> None:
    train = tmp_path / "train"
    shutil.copytree(folders / "train", train)
    shutil.copy(train / "a" / "1.wav", train / "a" / "copy.wav")
    samples, _ = soundfile.read(train / "b" / "1.wav", dtype="float32")
    soundfile.write(train / "b" / "new.aiff", samples, SAMPLE_RATE, "FLOAT")
    run = ("compare", train, "-o", tmp_path / "out", "--arm", "db", "--folds", 4)
    result = specimg(*run, "--seeds", 3, "--clip-duration", 1)
    assert (result.returncode, result.stderr) == (0, "")
    assert "2 recordings hold the same sound as another" in result.stdout
    assert "8 recordings of 2 classes" in result.stdout
    assert specimg(*run[:-1], 9, "--clip-duration", 1).stderr.count("8 groups") == 1


def test_noisy_copies_are_a_further_test_beside_the_folds(
    folders: Path, tmp_path: Path
) -> None:
    noisy = tmp_path / "noisy"
    for path in sorted((folders / "train").glob("*/*.wav")):
        samples, _ = soundfile.read(path, dtype="float32")
        louder = samples + 0.01 * noise(1, seed=int(path.stem)) / 0.1
        write(noisy / path.parent.name / f"{path.stem}.flac", louder)
    experiment = an_experiment(
        folders / "train", tmp_path / "out", tests={"noisy": noisy}, folds=3
    )
    found = list(experiment.run())
    trial, clips = experiment.trial, experiment.known_clips
    assert list(trial.tests) == ["folds", "noisy"]
    assert not any(np.isnan(one.scores).any() for one in found)  # all are asked about
    for seed in range(2):
        for split in clips.splits(seed):
            known = set(trial.groups[clips.recordings[split.training]])
            assert known.isdisjoint(trial.groups[clips.recordings[split.asked]])


def test_the_same_command_gives_the_same_scores(folders: Path, tmp_path: Path) -> None:
    tables = []
    for out in (tmp_path / "one", tmp_path / "one", tmp_path / "two"):
        result = specimg(*arguments(folders, out, "--arm", "pcen", "--seeds", 2))
        assert result.returncode == 0
        tables.append(table(out))
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.slow
def test_the_network_tells_clear_calls_apart(folders: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    arms = ["--arm", "db", "--arm", "db+pcen+exp"]
    small = ("--n-mels", 32, "--hop-length", 256)
    status, stdout, stderr = compare(
        folders, *arms, *small, "--model", "cnn", "--seeds", 2
    )
    assert (status, stderr) == (0, "")
    assert "cnn, 2 seeds" in stdout
    found = [float(value) for *_, value in table(folders / "out")]
    assert len(found) == 4
    assert min(found) > 0.9


# How it goes on.


def lines_of_progress(folders: Path, out: Path, capsys: pytest.CaptureFixture) -> str:
    with progress.show_stages() as on_progress:
        list(an_experiment(folders / "train", out, on_progress=on_progress).run())
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_without_a_terminal_progress_is_a_line_a_minute(
    folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lines_of_progress(folders, tmp_path / "quick", capsys) == ""
    monkeypatch.setattr(progress, "A_MINUTE", 0.0)
    lines = lines_of_progress(folders, tmp_path / "long", capsys).splitlines()
    assert lines[:8] == [f"render: {number} of 8" for number in range(1, 9)]
    assert len(lines) == 8 + 4
    assert all(re.fullmatch(r"learn (db|pcen): \d of 4", line) for line in lines[8:])


def test_on_a_terminal_a_bar_moves_and_is_gone_in_the_end(
    folders: Path, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(
        theirs, termios.TIOCSWINSZ, b"\x18\0\x50\0\0\0\0\0"
    )  # 24 rows of 80 columns
    command = [SPECIMG, *map(str, arguments(folders, tmp_path / "out", "--seeds", 1))]
    with subprocess.Popen(
        [*command, "--arm", "db"],
        stderr=theirs,
        stdout=subprocess.PIPE,
        env=os.environ | {"TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                if not (part := os.read(ours, 4096)):
                    break
            except OSError:  # of a terminal that nobody has any more
                break
            shown += part
        assert process.wait() == 0
    os.close(ours)
    assert b"render" in shown
    assert shown.rstrip().endswith(b"\x1b[2K\x1b[?25h")  # no line, and the cursor


MANY = ("--seeds", 30, "--arm", "db", "--arm", "exp", "--arm", "raw")


def began(out: Path, process: "subprocess.Popen[str]", rows: int) -> None:
    """Wait until a run has written some rows."""
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        assert process.poll() is None, "it was too quick for this test"
        if (out / "compare.csv").exists() and len(table(out)) >= rows:
            return
        time.sleep(0.005)
    pytest.fail("no row was written")


@pytest.fixture(scope="module")
def undisturbed(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> list:
    out = tmp_path_factory.mktemp("undisturbed")
    assert specimg(*arguments(folders, out, *MANY)).returncode == 0
    return table(out)


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_killed_goes_on_to_the_same_table(
    number: signal.Signals, folders: Path, undisturbed: list, tmp_path: Path
) -> None:
    process = start(*arguments(folders, tmp_path, *MANY))
    began(tmp_path, process, 2)
    process.send_signal(number)
    _, stderr = process.communicate()
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert stderr == ""
    assert left_after_2_seconds(process.pid) == []
    half = table(tmp_path)
    assert 2 <= len(half) < len(undisturbed)
    assert set(half) <= set(undisturbed)
    kept = {
        path: path.stat().st_mtime_ns for path in (tmp_path / FOLDER).glob("*.result")
    }
    (tmp_path / FOLDER / "pictures-of-a-kill").mkdir(exist_ok=True)
    assert specimg(*arguments(folders, tmp_path, *MANY)).returncode == 0
    assert table(tmp_path) == undisturbed
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # not done again
    names = {path.name for path in tmp_path.iterdir()} - {"compare.png"}
    assert names == {"compare.csv", FOLDER}
    inside = {path.suffix or path.name for path in (tmp_path / FOLDER).iterdir()}
    assert inside == {".result", "lock"}


@linux
def test_a_worker_that_is_killed_is_a_sentence(folders: Path, tmp_path: Path) -> None:
    process = start(*arguments(folders, tmp_path, *MANY))
    began(tmp_path, process, 1)
    # Again and again: one that has nothing to do is only replaced.
    while process.poll() is None:
        for worker in workers_of(process.pid):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        time.sleep(0.05)
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert re.fullmatch(
        r"Error: a worker ended with status (-9|unknown), .*--jobs.*\n", stderr
    )
    assert not list((tmp_path / FOLDER).glob(f"{PICTURES}*"))
    assert left_after_2_seconds(process.pid) == []


def test_a_worker_that_ends_on_its_own_is_an_error() -> None:
    with pytest.raises(ResourceError, match="ended with status 3"):
        list(run_tasks(os._exit, [(3,)], 1))


def test_tasks_come_back_with_their_numbers() -> None:
    found = dict(run_tasks(divmod, [(n, 7) for n in range(40)], 3))
    assert found == {n: divmod(n, 7) for n in range(40)}
    with pytest.raises(ZeroDivisionError):
        list(run_tasks(divmod, [(1, 0)], 1))


def test_a_second_comparison_in_the_same_folder_is_refused(
    folders: Path, tmp_path: Path
) -> None:
    with Results(tmp_path, {}).alone():
        result = specimg(*arguments(folders, tmp_path, "--seeds", 1, "--arm", "db"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith("another comparison is written there\n")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "compare.csv").exists()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def turn_a_bit(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


def a_huge_shape(data: bytes) -> bytes:
    return data.replace(b"'shape': (", b"'shape': (9" + b"9" * 9 + b",")


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, turn_a_bit, a_huge_shape, empty])
def test_damaged_results_are_computed_anew(
    damage: Callable[[bytes], bytes], folders: Path, tmp_path: Path
) -> None:
    learned: list[str] = []

    def run() -> dict[tuple[str, int], list[float]]:
        learned.clear()
        experiment = an_experiment(
            folders / "train",
            tmp_path,
            on_progress=lambda what, *_: learned.append(what),
        )
        return scores_of(experiment.run())

    first = run()
    assert "render" in learned
    assert run() == first
    assert learned == []
    for path in (tmp_path / FOLDER).glob("*.result"):
        path.write_bytes(damage(path.read_bytes()))
    assert run() == first
    assert len([what for what in learned if what != "render"]) == 4


def test_other_recordings_are_not_taken_for_those_that_were_there(
    folders: Path, tmp_path: Path
) -> None:
    shutil.copytree(folders / "train", tmp_path / "train")
    before = scores_of(an_experiment(tmp_path / "train", tmp_path / "out").run())
    write(tmp_path / "train" / "a" / "0.wav", noise(1, seed=5))
    after = scores_of(an_experiment(tmp_path / "train", tmp_path / "out").run())
    assert before.keys() == after.keys()
    assert all(before[key] != after[key] for key in before)


def test_one_more_seed_and_arm_learn_only_what_is_new(
    folders: Path, tmp_path: Path
) -> None:
    first = scores_of(an_experiment(folders / "train", tmp_path).run())
    learned: list[str] = []
    again = an_experiment(
        folders / "train",
        tmp_path,
        (*BOTH, "exp"),
        seeds=3,
        on_progress=lambda what, *_: learned.append(what),
    )
    found = scores_of(again.run())
    assert len(found) == 9
    assert first.items() <= found.items()
    counts = [learned.count(f"learn {spec}") for spec in ("db", "pcen", "exp")]
    assert counts == [1, 1, 3]


# What is refused.


def copy(original: Path, new: Path) -> None:
    shutil.copy(original, new)


def recode(original: Path, new: Path) -> None:
    samples, _ = soundfile.read(original, dtype="float32")
    soundfile.write(new.with_suffix(".aiff"), samples, SAMPLE_RATE, "FLOAT")


@pytest.mark.parametrize("way", [copy, recode])
def test_the_same_sound_on_both_sides_is_refused_without_folds(
    way: Callable[[Path, Path], None], folders: Path, tmp_path: Path
) -> None:
    shutil.copytree(folders / "test", tmp_path / "test")
    way(folders / "train" / "b" / "1.wav", tmp_path / "test" / "b" / "new.wav")
    tests = {"test": tmp_path / "test"}
    held_out = an_experiment(folders / "train", tmp_path / "out", tests=tests)
    with pytest.raises(DatasetError, match=r"new\.\w+ holds the same .*1\.wav"):
        list(held_out.run())
    folds = an_experiment(folders / "train", tmp_path / "out", tests=tests, folds=3)
    assert len(list(folds.run())) == 4
    assert folds.trial.groups[-1] == folds.trial.groups[5]


def test_silence_on_both_sides_is_no_recording_on_both_sides(
    folders: Path, tmp_path: Path
) -> None:
    for name in ("train", "test"):
        shutil.copytree(folders / name, tmp_path / name)
        silence = np.zeros(SAMPLE_RATE, np.float32)
        write(tmp_path / name / "a" / "silence.wav", silence)
    tests = {"test": tmp_path / "test"}
    experiment = an_experiment(tmp_path / "train", tmp_path / "out", tests=tests)
    assert len(list(experiment.run())) == 4


def lonely(folder: Path) -> None:
    write(folder / "train" / "c" / "1.wav", noise(1))


def empty_class(folder: Path) -> None:
    (folder / "train" / "c").mkdir()


def empty_train(folder: Path) -> None:
    shutil.rmtree(folder / "train")
    (folder / "train").mkdir()


def no_train(folder: Path) -> None:
    shutil.rmtree(folder / "train")


def loose(folder: Path) -> None:
    write(folder / "train" / "1.wav", noise(1))


def broken(folder: Path) -> None:
    (folder / "train" / "a" / "1.wav").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")


def broken_test(folder: Path) -> None:
    (folder / "test" / "a" / "1.wav").write_bytes(b"")


def unknown_class(folder: Path) -> None:
    write(folder / "test" / "c" / "1.wav", noise(1))


def one_class(folder: Path) -> None:
    shutil.rmtree(folder / "train" / "b")
    shutil.rmtree(folder / "test" / "b")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lonely, "class c has 1 recording"),
        (empty_class, "train/c is empty"),
        (empty_train, "no audio found in"),
        (no_train, "no such folder"),
        (loose, "train/1.wav has no class"),
        (broken, "a/1.wav: damaged header"),
        (broken_test, "a/1.wav: empty: 0 bytes"),
        (unknown_class, "class c is not in"),
        (one_class, "holds one class, a"),
    ],
)
def test_folders_that_cannot_be_compared_are_an_error(
    spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    write_folder(tmp_path / "train", clear_call, count=2, seed=1)
    write_folder(tmp_path / "test", clear_call, count=2, seed=2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "compare.csv").write_text("of another day")
    spoil(tmp_path)
    status, stdout, stderr = compare(tmp_path, "--seeds", 1)
    assert (status, stdout) == (1, "")
    assert message in stderr
    assert stderr.count("\n") == 1
    assert (tmp_path / "out" / "compare.csv").read_text() == "of another day"
    assert not list((tmp_path / "out").glob(f"{FOLDER}/{PICTURES}*"))


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        (["--arm", "db+pcen"], 2, "need one, or three"),
        (["--arm", "loud"], 2, "unknown frontend 'loud'"),
        (["--model", "forest"], 2, "need one of ridge, pretrained, cnn"),
        (["--format", "tex"], 2, "need one of text, md"),
        (["--device", "abacus"], 2, "need one of auto, cpu, cuda, mps"),
        (["--device", "cpu"], 2, "--device is for --model pretrained and cnn"),
        (["--network", "a.pt2"], 2, "--network is for --model pretrained, not ridge"),
        (["--test", "noisy"], 2, "need NAME=DIR"),
        (["--test", "clean=x"], 2, "a test called clean already"),
        (["--test", "folds=x"], 2, "a test called folds already"),
        (["--seeds", "0"], 2, "greater than or equal to 1"),
        (["--folds", "1"], 2, "greater than or equal to 2"),
        (["--folds", "9"], 1, "9 folds of 8 groups of recordings"),
        (["--cache", "0"], 2, "greater than or equal to 0.001"),
        (["--group", "("], 1, "need source, first or a regular expression"),
        (["--group", "x"], 1, "--group x finds nothing in this name"),
        (["--group", "first"], 1, "--group first needs a folder"),
        (["--group", r"(\d)"], 1, "is of the same group, 0, as"),
        (["--n-mels", "4000"], 2, "too many for n_fft"),
        (["--final-clip", "remainder", "--clip-duration", "0.7"], 1, "final_clip="),
        (["-o", "/dev/null/x"], 1, "cannot write"),
    ],
)
def test_a_wrong_option_is_named(
    more: list[str], status: int, message: str, folders: Path
) -> None:
    found, stdout, stderr = compare(folders, *more)
    assert (found, stdout) == (status, "")
    assert message in " ".join(stderr.replace("│", " ").split())


def test_the_network_of_images_needs_a_test_or_folds(
    folders: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    out = ("-o", tmp_path / "out")
    result = specimg("compare", folders / "train", *out, "--model", "cnn")
    assert (result.returncode, result.stdout) == (2, "")
    shown = " ".join(result.stderr.replace("│", " ").split())
    assert "--model cnn needs --test NAME=DIR, or --folds K" in shown


def test_learned_parameters_of_other_bands_are_refused(
    folders: Path, tmp_path: Path
) -> None:
    (tmp_path / "learned.json").write_text('{"parameters": {"a": [0.1, 0.2]}}')
    arm = f"exp:@{tmp_path / 'learned.json'}"
    status, _, stderr = compare(folders, "--arm", arm)
    assert status == 2
    assert "a has 2 values, one per band, but n_mels=128" in stderr


# Where torch computes.


@pytest.mark.parametrize("model", ["cnn", "pretrained"])
def test_a_device_that_is_not_there_is_refused_before_anything_is_rendered(
    model: str, folders: Path, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if torch.cuda.is_available():
        pytest.skip("it is there")
    more = ("--model", model, "--device", "cuda")
    result = specimg(*arguments(folders, tmp_path / "out", *more))
    assert (result.returncode, result.stdout) == (1, "")
    expected = "Error: --device cuda: torch finds none here; there is cpu\n"
    assert result.stderr == expected
    assert not list((tmp_path / "out" / FOLDER).glob("*.result"))


@pytest.mark.parametrize("command", ["compare", "learn"])
def test_the_device_that_was_chosen_is_the_one_that_learns(
    command: str, folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from specimg.learn import device, training  # noqa: PLC0415

    asked, used = [], []

    def choose(name: str) -> object:
        asked.append(name)
        return torch.device("cpu", 0)  # not what would be chosen here

    class Network(training.Network):
        def to(self, where: object) -> object:
            used.append(where)
            return super().to("cpu")

    monkeypatch.setattr(device, "choose_device", choose)
    monkeypatch.setattr(training, "Network", Network)
    if command == "learn":
        out = tmp_path / "learned.json"
        more = ["learn", folders / "train", "-o", out, "--frontend", "exp"]
        more += ["--epochs", 1, "--clip-duration", 1]
    else:
        more = arguments(folders, tmp_path, "--model", "cnn", "--seeds", 1, "--arm=db")
    result = CliRunner().invoke(app, [*map(str, more), "--device", "mps"])
    assert result.exit_code == 0, result.output
    assert set(asked) == {"mps"}
    assert set(used) == {torch.device("cpu", 0)}


def test_copies_without_folds_are_pointed_out(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", clear_call, count=4, seed=1)
    write_folder(tmp_path / "noisy", clear_call, count=4, seed=2)
    run = ["compare", tmp_path / "train", "--test", f"noisy={tmp_path / 'noisy'}"]
    run += ["-o", tmp_path / "out", "--clip-duration", 1, "--arm", "db", "--seeds", 2]
    told = "noisy: 8 recordings are called as in TRAIN."
    assert told in specimg(*run).stdout
    for number, path in enumerate(sorted((tmp_path / "noisy").glob("*/*.wav"))):
        path.rename(path.with_name(f"other{number}.wav"))
    assert told not in specimg(*run).stdout
