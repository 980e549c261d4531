"""The first second of a command, and machines that allow little."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from runs import QUICK, field, linux, processes_of, slow, start, tree
from sounds import SPECIMG, chirps, specimg, write

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOMENTS = 18


def wait_for_first_instruction(process: "subprocess.Popen[str]") -> None:
    """Wait until specimg hears signals; before, it is Python that starts."""
    wanted = 1 << (signal.SIGTERM - 1)
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            continue
        caught = status.partition("SigCgt:")[2].split()
        if caught and int(caught[0], 16) & wanted:
            return


def interrupt(
    process: "subprocess.Popen[str]", number: signal.Signals, *, group: bool
) -> str:
    """Send a signal, and return what the command writes to stderr."""
    (os.killpg if group else os.kill)(process.pid, number)
    return process.communicate(timeout=60)[1]


def wait_until_nobody_is_left(session: int) -> None:
    """Wait as long as the contract allows."""
    end = time.monotonic() + 2
    while processes_of(session) and time.monotonic() < end:
        time.sleep(0.02)
    assert processes_of(session) == []


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = field(tmp_path_factory.mktemp("some") / "in", 60)
    out = folder.parent / "out"
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    return folder, tree(out)


def seconds_of_a_run(folder: Path, out: Path) -> float:
    """Return how long a run takes here and now, from its first instruction on."""
    process = start("convert", folder, out, *QUICK, "--jobs", 2)
    wait_for_first_instruction(process)
    begun = time.monotonic()
    process.communicate(timeout=60)
    seconds = time.monotonic() - begun
    shutil.rmtree(out)
    return seconds


@linux
@slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("group", [True, False])
def test_a_signal_in_the_first_second_ends_a_run_without_a_traceback(
    some: tuple[Path, dict[str, bytes]],
    tmp_path: Path,
    number: signal.Signals,
    group: bool,
) -> None:
    folder, expected = some
    out = tmp_path / "out"
    temporary = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    env = os.environ | {"TMPDIR": str(temporary)}
    chance = random.Random(2 * number + group)  # noqa: S311 - other moments each
    ended = 0
    first = min(1.0, 0.8 * seconds_of_a_run(folder, out))
    for index in range(MOMENTS):
        shutil.rmtree(out, ignore_errors=True)  # each is to be a whole run
        process = start("convert", folder, out, *QUICK, "--jobs", 2, env=env)
        wait_for_first_instruction(process)
        time.sleep(first * (index + chance.random()) / MOMENTS)
        errors = interrupt(process, number, group=group)
        # Python restores what signals do in its very last moments.
        assert process.returncode in (128 + number, 0, -number), errors
        ended += process.returncode == 128 + number
        told = f"stopped by {number.name}; the same command again goes on from here\n"
        assert errors in ("", told)
        wait_until_nobody_is_left(process.pid)
    print(f"{ended} of {MOMENTS} ended by {number.name}")  # noqa: T201
    assert ended > MOMENTS / 2
    assert not list(temporary.iterdir()), "a folder of a socket is left"
    temporary.rmdir()
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    assert tree(out) == expected


@linux
@pytest.mark.parametrize("command", ["--help", "stats", "verify", "gallery", "preview"])
@pytest.mark.parametrize("number", SIGNALS)
def test_every_command_ends_with_the_status_of_the_signal(
    some: tuple[Path, dict[str, bytes]], command: str, number: signal.Signals
) -> None:
    folder, _ = some
    out = folder.parent / "out"
    recording = next(folder.rglob("*.wav"))
    arguments: dict[str, tuple[object, ...]] = {
        "--help": (),
        "verify": ("--deep", out),
        "preview": (recording, "-o", folder.parent / "preview.png"),
    }
    for wait in (0.0, 0.02, 0.1):
        process = start(command, *arguments.get(command, (out,)))
        wait_for_first_instruction(process)
        time.sleep(wait)
        errors = interrupt(process, number, group=False)
        assert process.returncode in (128 + number, 0, -number)
        assert process.returncode == 128 + number or wait
        assert errors == ""


@linux
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_is_ignored_stays_ignored_from_the_first_instruction_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = write(tmp_path / "a.wav", chirps(1.3))

    def ignore() -> None:
        signal.signal(number, signal.SIG_IGN)

    with start("convert", path, tmp_path / "out", preexec_fn=ignore) as process:
        while process.poll() is None:
            process.send_signal(number)
            time.sleep(0.02)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def limited(
    limit: str, *arguments: object, cwd: Path, before: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run specimg where ulimit allows little."""
    words = " ".join(map(str, arguments))
    script = f"ulimit {limit} && exec {SPECIMG} {words}"
    return subprocess.run(
        [*before.split(), "bash", "-c", script],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@linux
@pytest.mark.parametrize("files", [6, 8, 10, 12, 14, 16, 18, 20, 25])
def test_too_few_open_files_are_a_sentence(tmp_path: Path, files: int) -> None:
    write(tmp_path / "a.wav", chirps(1.3))
    result = limited(f"-n {files}", *("convert", "a.wav", "out", "-j2"), cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert f"too few open files allowed ({files})" in line
    assert "raise it with ulimit -n" in line
    assert specimg("convert", "a.wav", "out", cwd=tmp_path).returncode == 0


@linux
def test_more_open_files_are_allowed_where_the_machine_lets_us(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 12)
    result = limited("-Sn 25", "convert", folder, "out", *QUICK, "-j4", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


@linux
@pytest.mark.parametrize(
    "kilobytes", [16_000, 20_000, 40_000, 80_000, 100_000, 120_000, 140_000]
)
@pytest.mark.parametrize("command", ["convert a.wav out -j2", "--help"])
def test_too_little_address_space_is_a_sentence(
    tmp_path: Path, kilobytes: int, command: str
) -> None:
    write(tmp_path / "a.wav", chirps(1.3))
    result = limited(f"-v {kilobytes}", command, cwd=tmp_path)
    if result.returncode == 0:  # on a machine where it is enough
        assert kilobytes >= 110_000
        assert result.stderr == ""
        return
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"too little address space allowed ({kilobytes} kB)" in line
    assert "raise it with ulimit -v" in line


@linux
def test_torch_that_has_too_little_room_is_not_called_missing(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for label in "ab":
        for number in range(2):
            write(tmp_path / "recordings" / label / f"{number}.wav", chirps(1.3))
    learn = ("learn", "recordings", "--frontend", "exp", "-o", "out/learned.json")
    result = limited("-v 300000", *learn, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "too little address space allowed (300000 kB)" in line


@linux
@pytest.mark.parametrize("length", [70, 76, 108, 250])
def test_a_temporary_folder_may_have_a_long_path(
    some: tuple[Path, dict[str, bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    length: int,
) -> None:
    folder, expected = some
    temporary = Path(tempfile.mkdtemp(prefix="t" * (length // 2), dir="/tmp"))
    temporary /= "d" * (length - len(str(temporary)) - 1)
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    result = specimg("convert", folder, tmp_path / "out", *QUICK, "-j2")
    assert (result.returncode, result.stderr) == (0, "")
    assert tree(tmp_path / "out") == expected
    temporary.rmdir()
    temporary.parent.rmdir()


# Root has no such limit. The tests' Python may be in a folder that only root can read.
NOBODY = (
    "setpriv --reuid=nobody --regid=nogroup --clear-groups "
    "--inh-caps=+dac_override --ambient-caps=+dac_override"
)


@pytest.fixture
def nobody() -> str:
    try:
        tried = subprocess.run(
            [*NOBODY.split(), SPECIMG, "--version"], check=False, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("there is no setpriv to become another user with")
    if tried.returncode:
        pytest.skip("nobody else can run specimg here, or this is not root")
    return NOBODY


@linux
@pytest.mark.parametrize("processes", [*range(1, 8), 9, 11])
def test_too_few_processes_are_a_sentence_or_fewer_workers(
    some: tuple[Path, dict[str, bytes]], tmp_path: Path, nobody: str, processes: int
) -> None:
    folder, expected = some
    convert = ("convert", folder, "out", *QUICK, "-j2")
    result = limited(f"-u {processes}", *convert, cwd=tmp_path, before=nobody)
    if result.returncode == 0 and processes > 6:
        assert result.stderr == ""
        assert tree(tmp_path / "out") == expected
        return
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"too few processes and threads of one user allowed ({processes})" in line
    assert "raise it with ulimit -u" in line
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
