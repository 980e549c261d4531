"""The contract with whoever runs a batch: kills, faults, full disks, resume."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import (
    QUICK,
    field,
    left_after_2_seconds,
    linux,
    processes_of,
    rows,
    slow,
    start,
    tree,
)
from sounds import SPECIMG, chirps, noise, read_png, specimg, tone, write

from specimg.encoding import decode_name


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """300 recordings, and the tree of an undisturbed run with one worker."""
    folder = field(tmp_path_factory.mktemp("many") / "in", 300)
    out = folder.parent / "out"
    assert specimg("convert", folder, out, *QUICK, "--jobs", 1).returncode == 0
    return folder, tree(out)


@pytest.fixture(scope="module")
def few(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, bytes]]:
    """24 recordings, and the tree of an undisturbed run with one worker."""
    folder = field(tmp_path_factory.mktemp("few") / "in", 24)
    out = folder.parent / "out"
    assert specimg("convert", folder, out, *QUICK, "--jobs", 1).returncode == 0
    return folder, tree(out)


@linux
@slow
def test_60_kills_leave_no_half_image_and_the_same_tree(
    many: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, expected = many
    out = tmp_path / "out"
    chance = random.Random(1)  # noqa: S311
    kills = finished = orphans = 0
    while kills < 60 or finished == 0:
        with start("convert", folder, out, *QUICK, "--jobs", 2) as process:
            try:
                # After them the run may finish, however slow the machine is just now.
                process.wait(chance.uniform(0.2, 2.2) if kills < 60 else None)
            except subprocess.TimeoutExpired:
                kills += 1
                if kills % 2:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
                process.wait()
                orphans += len(left_after_2_seconds(process.pid))
                for name, data in tree(out).items() if out.exists() else ():
                    if name.endswith(".png"):
                        assert data == expected[name]
                continue
        assert process.returncode == 0
        assert tree(out) == expected
        shutil.rmtree(out)
        finished += 1
    print(f"{kills} kills, {finished} finished trees, {orphans} orphans")  # noqa: T201
    assert orphans == 0


@slow
@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_the_tree_does_not_depend_on_workers_or_threads(
    many: tuple[Path, dict[str, bytes]], tmp_path: Path, jobs: int, threads: int
) -> None:
    folder, expected = many
    env = os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
    with start("convert", folder, tmp_path, *QUICK, "-j", jobs, env=env) as process:
        process.communicate()
    assert process.returncode == 0
    assert tree(tmp_path) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_shards_at_the_same_time_and_a_merge_give_the_same_tree(
    few: tuple[Path, dict[str, bytes]], tmp_path: Path, count: int
) -> None:
    folder, expected = few
    shards = [
        start("convert", folder, tmp_path, *QUICK, "-j1", "--shard", f"{i}/{count}")
        for i in range(1, count + 1)
    ]
    for shard in shards:
        shard.communicate()
        assert shard.returncode == 0
    assert specimg("merge", tmp_path).returncode == 0
    assert tree(tmp_path) == expected
    assert specimg("verify", tmp_path).returncode == 0


@slow
def test_shards_make_a_folder_that_nobody_has_made_before(
    few: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    """Each round begins with nothing, not even with the folder above."""
    folder, expected = few
    count = 7
    for number in range(3):
        out = tmp_path / f"round{number}" / "out"
        command = ("convert", folder, out, *QUICK, "-j1", "--quiet")
        shards = [
            start(*command, "--shard", f"{i}/{count}") for i in range(1, count + 1)
        ]
        told = [shard.communicate()[1] for shard in shards]
        assert [shard.returncode for shard in shards] == [0] * count, told
        assert specimg("merge", out).returncode == 0
        assert tree(out) == expected
        assert specimg("verify", out).returncode == 0


def test_the_order_of_the_inputs_does_not_matter(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 9)
    classes = sorted(folder.iterdir())
    names = b"\0".join(os.fsencode(path) for path in reversed(classes))
    trees = []
    for number, inputs in enumerate([classes, classes[::-1], [folder]]):
        out = tmp_path / f"out{number}"
        assert specimg("convert", *inputs, out, *QUICK).returncode == 0
        trees.append({name: out / name for name in tree(out)})
    out = tmp_path / "listed"
    command = [SPECIMG, "convert", "--files-from", "-", "--from0", out, *QUICK]
    subprocess.run(command, input=names, check=True, stdout=subprocess.DEVNULL)
    assert tree(out) == tree(tmp_path / "out0") == tree(tmp_path / "out1")
    assert trees[0].keys() == trees[2].keys()


HOOKS = """
import os, signal, time
from specimg import conversion
whole = conversion.convert_recording
def hooked(recording, *arguments):
    if recording.name.endswith("crash.wav"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if recording.name.endswith("hang.wav"):
        while True:
            time.sleep(1)
    if recording.name.endswith("hunger.wav"):
        hoard = []
        while True:
            hoard.append(bytearray(2**24))
    return whole(recording, *arguments)
conversion.convert_recording = hooked
"""


@slow
def test_faults_stay_with_their_file(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 57)
    for name in ("crash.wav", "hang.wav", "hunger.wav"):
        write(folder / "class1" / name, chirps(1.3))
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "sitecustomize.py").write_text(HOOKS)
    env = os.environ | {"PYTHONPATH": str(tmp_path / "hooks")}
    begin = time.monotonic()
    limits = ("--timeout", "2", "--memory", "700", "--jobs", "2")
    with start(
        "convert", folder, tmp_path / "out", *QUICK, *limits, env=env
    ) as process:
        output, errors = process.communicate()
    print(f"{time.monotonic() - begin:.0f} s for 3 faults")  # noqa: T201
    assert process.returncode == 3, errors
    failures = {
        Path(row["source"]).stem: (row["stage"], row["reason"])
        for row in rows(tmp_path / "out" / "failures.csv")
    }
    assert failures == {
        "crash": ("crash", "its worker was ended by SIGSEGV"),
        "hang": ("timeout", "took longer than the 12 s that --timeout allows it"),
        "hunger": (
            "memory",
            (
                "needs more than the 700 MB that a worker may use; allow more with "
                "--memory, or make it less with a shorter --clip-duration"
            ),
        ),
    }
    assert len({row["source"] for row in rows(tmp_path / "out" / "manifest.csv")}) == 57
    assert specimg("verify", tmp_path / "out").returncode == 0
    assert "failed on 3 recordings" in output
    # Failed ones are tried again, and without the faults all is there.
    again = specimg("convert", folder, tmp_path / "out", *QUICK)
    assert again.returncode == 0
    assert "already converted: 57 recordings" in again.stdout
    assert not (tmp_path / "out" / "failures.csv").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@linux
@slow
def test_a_full_disk_stops_the_run_and_room_completes_it(
    small_disk: Path, tmp_path: Path
) -> None:
    folder = field(tmp_path / "in", 60)
    reference = tmp_path / "out"
    assert specimg("convert", folder, reference, *QUICK, "-j1").returncode == 0
    expected = tree(reference)
    need = sum(map(len, expected.values())) // 1024
    sizes = [16, 64, 100, *(need * share // 10 for share in range(2, 9))]
    assert len(sizes) >= 10
    out = small_disk / "out"

    def resize(kilobytes: int) -> None:
        options = f"remount,size={kilobytes}k"
        subprocess.run(["mount", "-o", options, small_disk], check=True)

    for size in sorted(sizes):
        resize(size)
        result = specimg("convert", folder, out, *QUICK, "--jobs", 2)
        assert result.returncode == 1, (size, result.stdout)
        assert "No space left" in result.stderr, size
        assert "Traceback" not in result.stderr
        for name, data in tree(out).items() if out.exists() else ():
            assert data == expected[name], name
    resize(64 * 1024)
    assert specimg("convert", folder, out, *QUICK, "--jobs", 2).returncode == 0
    assert tree(out) == expected


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    derandomize=True,
)
@given(
    names=st.sets(
        st.binary(min_size=1, max_size=251).filter(lambda n: not {0, 47} & {*n}),
        min_size=8,
        max_size=12,
    )
)
def test_any_bytes_may_be_a_name(
    tmp_path_factory: pytest.TempPathFactory, names: set[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    names |= {b"-o", b"a.wav", b"A.wav", b"a.flac", b"new\nline", b"\xff" * 251}
    sources = {name + b".wav" for name in names}
    for name in sources:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123
            soundfile.write(file, noise(0.1), 22_050, format="WAV")
    out = tmp_path_factory.mktemp("out")
    assert specimg("convert", folder, out, "--clip-duration", "0.1").returncode == 0
    table = rows(out / "manifest.csv")
    assert {decode_name(row["source"]) for row in table} == sources
    assert len({row["file_name"] for row in table}) == len(sources)
    assert all((out / row["file_name"]).is_file() for row in table)


def peak_of_parent(*arguments: object) -> tuple[int, float, int]:
    """Run specimg; return exit status, seconds, and the parent's peak in kB."""
    begin = time.monotonic()
    peak = 0
    command = [SPECIMG, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(status.partition("VmHWM:")[2].split()[0]))
            except (OSError, IndexError):
                pass
            time.sleep(0.05)
    return process.returncode, time.monotonic() - begin, peak


@linux
@slow
def test_10000_files_with_1_percent_broken(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    good = write(tmp_path / "good.wav", tone(440, 0.4, 8000), 8000)
    for number in range(10_000):
        path = folder / f"{number // 1000:02d}" / f"{number:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 100:
            os.link(good, path)
        else:
            path.write_bytes(b"RIFF broken" if number % 200 else b"")
    cheap = ("--clip-duration", "0.4", "-q")
    thousand = ("convert", folder / "00", tmp_path / "few", *cheap)
    few, few_again = peak_of_parent(*thousand), peak_of_parent(*thousand)
    first = peak_of_parent("convert", folder, tmp_path / "out", *cheap)
    assert (few[0], few_again[0], first[0]) == (3, 3, 3)
    failures = {row["source"] for row in rows(tmp_path / "out" / "failures.csv")}
    assert failures == {f"{n // 1000:02d}/{n:05d}.wav" for n in range(0, 10_000, 100)}
    assert len(rows(tmp_path / "out" / "manifest.csv")) == 9_900
    for path in folder.rglob("*00.wav"):
        path.unlink()
    second = peak_of_parent("convert", folder, tmp_path / "out", *cheap)
    print(  # noqa: T201
        f"1,000 files: {few[1]:.1f} s, again {few_again[1]:.1f} s; "
        f"10,000 files: {first[1]:.1f} s, again {second[1]:.1f} s; "
        f"parent's peak {few[2]} kB at 1,000, {first[2]} kB at 10,000"
    )
    assert second[0] == 0
    # What 9,000 files more take, without what a command takes to start.
    assert second[1] - few_again[1] < (first[1] - few[1]) / 10
    assert first[2] < few[2] + 45_000  # 5 kB for each


@linux
@slow
def test_24_hours_take_the_memory_of_one(tmp_path: Path) -> None:
    def peak(hours: int) -> int:
        path = tmp_path / f"{hours}.flac"
        minute = np.zeros(60 * 2000, np.float32)
        minute[:2000] = tone(500, 1.0, 2000)
        with soundfile.SoundFile(path, "w", 2000, 1) as file:
            for _ in range(60 * hours):
                file.write(minute)
        out = tmp_path / f"out{hours}"
        wide = ("--clip-duration", "60", "--sr", "2000", "--n-mels", "64", "-j2")
        largest = 0
        with start("convert", path, out, *wide, "--hop-length", "200") as process:
            while process.poll() is None:
                for pid in processes_of(process.pid):
                    try:
                        status = Path(f"/proc/{pid}/status").read_text()
                        peak = int(status.partition("VmHWM:")[2].split()[0])
                    except (OSError, IndexError):
                        continue
                    largest = max(largest, peak)
                time.sleep(0.1)
            process.communicate()
        assert process.returncode == 0
        assert len(rows(out / "manifest.csv")) == 60 * hours
        return largest

    one, day = peak(1), peak(24)
    print(f"peak {one} kB for 1 h, {day} kB for 24 h")  # noqa: T201
    assert day < one + 30_000


def test_a_long_recording_in_parts_equals_it_in_one(tmp_path: Path) -> None:
    """Longer than a part of a long recording, and with all that a seek could spoil."""
    sound = np.concatenate([chirps(100, 4000, seed) for seed in range(13)])[:-1777]
    sound = np.round(sound * 2**14).astype(np.int16)  # exact in both formats
    flac = write(tmp_path / "in" / "a.flac", sound, 4000)
    write(tmp_path / "in" / "a.wav", sound, 4000)
    for final in ("extend", "full", "remainder", "drop"):
        out = tmp_path / final
        result = specimg(
            *("convert", tmp_path / "in", out, "--sr", "4000", "--n-mels", "32"),
            *("--hop-length", "2000", "--final-clip", final, "--clip-overlap", "0.7"),
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert specimg("verify", "--deep", out).returncode == 0
        table = rows(out / "manifest.csv")
        starts = [float(row["start"]) for row in table if row["source"] == "a.flac"]
        steps = np.diff(starts)
        assert steps[:-1] == pytest.approx(2.3)
        total = soundfile.info(flac).duration
        last = float(table[len(starts) - 1]["end"])
        assert last == pytest.approx(total) or final == "drop"
        files = tree(out)
        pictures = [files[row["file_name"]] for row in table]
        half = len(table) // 2
        assert pictures[:half] == pictures[half:]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("group", [True, False])
@linux
def test_a_signal_stops_in_order_and_the_same_command_goes_on(
    tmp_path: Path, number: signal.Signals, group: bool
) -> None:
    folder = field(tmp_path / "in", 60)
    out = tmp_path / "out"
    slow_picture = ("--clip-duration", "0.5", "--hop-length", "16")
    process = start("convert", folder, out, *slow_picture)
    while not (out / "class0").is_dir() and process.poll() is None:
        time.sleep(0.02)
    (os.killpg if group else os.kill)(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number, errors
    assert f"stopped by {number.name}; the same command again goes on" in errors
    assert "failed" not in errors
    assert left_after_2_seconds(process.pid) == []
    assert not (out / "manifest.csv").exists()
    done = {name.split(".")[0] for name in tree(out) if name.endswith(".png")}
    again = specimg("convert", folder, out, *slow_picture)
    assert again.returncode == 0
    assert len(done) == 0 or f"already converted: {len(done)} rec" in again.stdout
    assert specimg("verify", out).returncode == 0
    assert len(rows(out / "manifest.csv")) == 180


def test_resume_does_only_what_is_not_done(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 8)
    out = tmp_path / "out"
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    before, times = tree(out), {p: p.stat().st_mtime_ns for p in out.rglob("*.*")}
    again = specimg("convert", folder, out, *QUICK)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("already converted: 8 recordings\n")
    for path, modified in times.items():
        if not path.name.startswith(".specimg"):
            assert path.stat().st_mtime_ns == modified, path
    images = sorted(out.rglob("*.png"))
    images[0].unlink()
    images[5].write_bytes(b"short")
    write(folder / "class0" / "00000.wav", chirps(0.7, 16_000), 16_000)
    third = specimg("convert", folder, out, *QUICK)
    assert third.stdout.startswith("converted 2 recordings")
    assert "already converted: 6" in third.stdout
    # The recording that is shorter now has lost its later images.
    assert len(tree(out)) == len(before) - 1
    assert specimg("verify", out).returncode == 0


def test_the_same_command_puts_the_tables_right(tmp_path: Path) -> None:
    folder, out = field(tmp_path / "in", 4), tmp_path / "out"
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    before, manifest = tree(out), out / "manifest.csv"

    manifest.unlink()
    (out / "failures.csv").write_text("source,stage,reason\n")
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    assert tree(out) == before
    manifest.write_text(manifest.read_text().replace("22050", "22051", 1))
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    assert tree(out) == before
    write(folder / "more.wav", chirps(1.3, 16_000), 16_000)
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    (folder / "more.wav").unlink()
    assert specimg("convert", folder, out, *QUICK, "--prune").returncode == 0
    assert tree(out) == before


def test_after_a_crash_of_the_machine_images_are_looked_into(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 4)
    out = tmp_path / "out"
    specimg("convert", folder, out, *QUICK)
    before = tree(out)
    # As it is left when the power goes: an image that has its size, but no content,
    # and a journal that another boot of the machine has opened and not closed.
    image = next(out.rglob("*.png"))
    image.write_bytes(bytes(image.stat().st_size))
    with closing(sqlite3.connect(out / ".specimg.sqlite")) as journal:
        journal.execute("UPDATE run SET value = 'another boot' WHERE key = 'open'")
        journal.commit()
    again = specimg("convert", folder, out, *QUICK)
    assert again.stdout.startswith("converted 1 recording:")
    assert "already converted: 3 recordings" in again.stdout
    assert tree(out) == before


def test_other_settings_are_refused_with_what_differs(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 4)
    out = tmp_path / "out"
    specimg("convert", folder, out, *QUICK, "--frontend", "pcen")
    before = tree(out)
    other = ("convert", folder, out, *QUICK, "--n-mels", "16", "--format", "npy")
    refused = specimg(*other, "--frontend", "pcen")
    assert refused.returncode == 1
    lines = [line.split() for line in refused.stderr.splitlines()]
    assert ["n_mels", "32", "16"] in lines
    assert ["format", '"png"', '"npy"'] in lines
    assert not any("frontend" in line for line in lines)
    assert tree(out) == before
    assert specimg(*other, "--overwrite").returncode == 0
    assert not any(name.endswith(".png") for name in tree(out))
    assert specimg("verify", out).returncode == 0


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 300)  # some seconds of work
    out = tmp_path / "out"
    first = start("convert", folder, out, "--clip-duration", "0.5", "--hop-length", "8")
    while not (out / "class0").is_dir():
        time.sleep(0.02)
    second = specimg("convert", folder, out, "--clip-duration", "0.5")
    first.communicate()
    assert first.returncode == 0
    assert second.returncode == 1
    assert f"is being written by process {first.pid} on" in second.stderr


def test_another_recording_does_not_take_over_a_name(tmp_path: Path) -> None:
    write(tmp_path / "card_a" / "1.wav", chirps(1.3))
    write(tmp_path / "card_b" / "1.wav", chirps(1.3, seed=1))
    out = tmp_path / "out"
    specimg("convert", tmp_path / "card_a", out, *QUICK)
    before = tree(out)
    refused = specimg("convert", tmp_path / "card_b", out, *QUICK)
    assert refused.returncode == 1
    assert f"already holds images of {tmp_path}/card_a/1.wav" in refused.stderr
    assert tree(out) == before


def test_vanished_recordings_are_kept_until_they_are_pruned(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 6)
    out = tmp_path / "out"
    specimg("convert", folder, out, *QUICK)
    before = tree(out)
    (folder / "class1" / "00001.flac").unlink()
    kept = specimg("convert", folder, out, *QUICK)
    assert "no longer among the inputs: 1 recording, images kept" in kept.stdout
    assert tree(out) == before
    pruned = specimg("convert", folder, out, *QUICK, "--prune")
    assert "no longer among the inputs: 1 recording, images removed" in pruned.stdout
    assert len(before) - len(tree(out)) == 3
    assert specimg("verify", out).returncode == 0


def test_vanished_inputs_that_are_named_are_kept_as_well(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 6)
    out = tmp_path / "out"
    classes = sorted(folder.iterdir())
    specimg("convert", *classes, out, *QUICK)
    before = tree(out)
    classes[2].rename(tmp_path / "away")
    kept = specimg("convert", *classes, out, *QUICK)
    assert "no longer among the inputs: 2 recordings, images kept" in kept.stdout
    assert kept.returncode == 3  # the folder itself is named, and not there
    assert {k: v for k, v in tree(out).items() if k != "failures.csv"} == before
    refused = specimg("convert", *classes, out, *QUICK, "--prune")
    assert refused.returncode == 1
    assert "--prune could remove too much, because class2 cannot be" in refused.stderr
    shutil.rmtree(out / "class2")
    lost = specimg("convert", *classes[:2], folder / "class2", out, *QUICK)
    assert "its images are gone: 2 recordings" in lost.stdout


def test_nothing_of_a_former_run_stays_after_overwrite_and_prune(
    tmp_path: Path,
) -> None:
    folder = field(tmp_path / "in", 6)
    out = tmp_path / "out"
    specimg("convert", folder, out, *QUICK)
    shutil.rmtree(folder / "class1")
    specimg("convert", folder, out, *QUICK, "--prune")
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == [
        *("class0", "class2")
    ]
    shutil.rmtree(folder / "class2")
    named = ("--overwrite", "--manifest", "metadata.jsonl")
    assert specimg("convert", folder, out, *QUICK, *named).returncode == 0
    assert sorted(p.name for p in out.iterdir()) == [
        *(".specimg.lock", ".specimg.sqlite", "README.md", "class0"),
        *("metadata.jsonl", "specimg.png.trainset.jsonl", "specimg.toml"),
    ]


def test_a_folder_in_the_place_of_an_image_fails_one_recording(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 3)
    out = tmp_path / "out"
    (out / "class0" / "00000.wav_00000.500s.png").mkdir(parents=True)
    for _ in range(2):
        result = specimg("convert", folder, out, *QUICK)
        assert result.returncode == 3
        (failure,) = rows(out / "failures.csv")
        assert (failure["source"], failure["stage"]) == ("class0/00000.wav", "write")
    assert {row["source"] for row in rows(out / "manifest.csv")} == {
        *("class1/00001.flac", "class2/00002.ogg")
    }


def test_a_long_truncated_recording_says_so_in_all_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.tile(chirps(10, 4000), 61), 4000)
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: 44 + 2 * 4000 * 600 + 80])
    small = ("--sr", "4000", "--n-mels", "16", "--hop-length", "2000")
    assert specimg("convert", path, tmp_path / "out", *small).returncode == 0
    table = rows(tmp_path / "out" / "manifest.csv")
    assert len(table) == 200
    assert {row["warning"] for row in table} == {
        "truncated: shorter than its header says"
    }


@linux
def test_a_signal_that_is_ignored_does_not_stop_a_run(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 60)
    out = tmp_path / "out"
    options = "--clip-duration 0.5 --hop-length 16"
    run = f"trap '' HUP; exec {SPECIMG} convert in out {options}"
    with subprocess.Popen(["sh", "-c", run], cwd=tmp_path) as process:
        while not (out / "class0").is_dir():
            time.sleep(0.02)
        process.send_signal(signal.SIGHUP)
    assert process.returncode == 0
    assert len({row["source"] for row in rows(out / "manifest.csv")}) == 60
    assert folder.is_dir()


@linux
def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    field(tmp_path / "in", 2)
    write(tmp_path / "in" / "class0" / "hang.wav", chirps(1.3))
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "sitecustomize.py").write_text(HOOKS)
    env = os.environ | {"PYTHONPATH": str(tmp_path / "hooks")}
    process = start("convert", tmp_path / "in", tmp_path / "out", *QUICK, env=env)
    while not (tmp_path / "out" / "class0").is_dir():
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert process.poll() is None  # it waits for what is in flight
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=5)
    assert process.returncode == 128 + signal.SIGTERM
    assert left_after_2_seconds(process.pid) == []


def test_a_list_with_nul_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"a.wav\0b.wav\0")
    result = specimg("convert", "--files-from", tmp_path / "list", tmp_path / "out")
    assert result.returncode == 2
    assert "has NUL in it; read it with --from0" in " ".join(result.stderr.split())


def test_a_hopeless_run_stops_early(tmp_path: Path) -> None:
    for number in range(150):
        path = tmp_path / "in" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    result = specimg("convert", tmp_path / "in", tmp_path / "out")
    assert result.returncode == 1
    assert "the first 100 recordings all failed" in result.stderr
    field(tmp_path / "in", 4)
    limited = specimg(
        "convert", tmp_path / "in", tmp_path / "o", "--max-failures", "3%"
    )
    assert limited.returncode == 1
    assert "more than 4 recordings failed" in limited.stderr
    # Where others succeed, the broken ones may be many, also when only they are left.
    everything = ("convert", tmp_path / "in", tmp_path / "all")
    assert specimg(*everything, "--max-failures", "100%").returncode == 3
    again = specimg(*everything)
    assert again.returncode == 3
    assert "failed on 150 recordings" in again.stdout


@pytest.mark.parametrize("final", ["extend", "remainder", "full", "drop"])
@pytest.mark.parametrize("overlap", [0.0, 0.2])
def test_a_dry_run_promises_what_a_run_does(
    tmp_path: Path, final: str, overlap: float
) -> None:
    for number, seconds in enumerate((0.01, 0.3, 0.5, 0.7, 1.0, 1.3, 2.02)):
        write(tmp_path / "in" / f"{number}.wav", chirps(seconds, 16_000), 16_000)
    command = ("convert", tmp_path / "in", tmp_path / "out", *QUICK)
    options = ("--final-clip", final, "--clip-overlap", overlap)
    promised = specimg(*command, *options, "--dry-run")
    done = specimg(*command, *options)
    assert promised.returncode == done.returncode == 3
    images = len(rows(tmp_path / "out" / "manifest.csv"))
    assert f"would write about {images} images" in promised.stdout
    failed = {
        (r["source"], r["reason"]) for r in rows(tmp_path / "out" / "failures.csv")
    }
    lines = promised.stdout.splitlines()
    told = {line.removeprefix("would fail: ") for line in lines if "would fail" in line}
    assert told == {f"{source}: {reason}" for source, reason in failed}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 8)
    (folder / "empty.wav").touch()
    (folder / "notes.txt").write_text("no audio")
    result = specimg("convert", folder, tmp_path / "out", *QUICK, "--dry-run")
    assert result.returncode == 3
    assert not (tmp_path / "out").exists()
    lines = result.stdout.splitlines()
    assert lines[0] == "would read 8 recordings, 10.4 s of audio"
    assert lines[1].startswith("would write about 24 images, ")
    assert lines[2] == "would pass over 1 file: 1 .txt"
    assert lines[3] == "would fail: empty.wav: empty: 0 bytes"
    specimg("convert", folder, tmp_path / "out", *QUICK)
    assert len(rows(tmp_path / "out" / "manifest.csv")) == 24


def test_merge_wants_all_parts_with_the_same_settings(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 12)
    out = tmp_path / "out"
    assert "holds no output" in specimg("merge", tmp_path).stderr
    specimg("convert", folder, out, *QUICK, "--shard", "1/2")
    result = specimg("merge", out)
    assert result.returncode == 1
    assert "is not complete: part-2-of-2 missing" in result.stderr
    other = specimg("convert", folder, out, *QUICK, "--shard", "1/3")
    assert "holds part-1-of-2 of another run" in other.stderr
    specimg("convert", folder, out, *QUICK, "--shard", "2/2", "--n-mels", "16")
    assert "different settings" in specimg("merge", out).stderr
    specimg("convert", folder, out, *QUICK, "--shard", "2/2", "--overwrite")
    merged = specimg("merge", out)
    assert (
        merged.stdout
        == f"merged 2 parts: 36 images, 0 failures, manifest.csv in {out}\n"
    )


def test_verify_names_whatever_is_wrong(tmp_path: Path) -> None:
    folder = field(tmp_path / "in", 4)
    out = tmp_path / "out"
    specimg("convert", folder, out, *QUICK)
    assert specimg("verify", "--deep", out).returncode == 0
    images = sorted(out.rglob("*.png"))
    images[0].unlink()
    images[1].write_bytes(b"?" * images[1].stat().st_size)
    shutil.copyfile(images[2], out / "stray.png")
    pixels = read_png(images[3])
    data = images[3].read_bytes()
    images[3].write_bytes(data[:-30] + bytes(18) + data[-12:])
    manifest = out / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("22050", "22051", 1))
    result = specimg("verify", out)
    assert result.returncode == 1
    faults = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    names = [path.relative_to(out).as_posix() for path in images]
    assert faults[names[0]] == "No such file or directory"
    assert faults[names[1]].startswith("damaged: ")
    assert faults["stray.png"] == "not in the manifest"
    assert faults["manifest.csv"] == "line 2 is not what was written"
    assert names[3] in faults
    assert pixels.shape == (32, 42)
    write(folder / "class0" / "00000.wav", chirps(1.3, 16_000, seed=7), 16_000)
    deep = specimg("verify", "--deep", out)
    assert f"looks different when it is rendered again from {folder}" in deep.stdout


def test_exit_codes_and_streams_through_a_shell_and_make(tmp_path: Path) -> None:
    field(tmp_path / "in", 4)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "empty.wav").touch()
    (tmp_path / "none").mkdir()
    convert = f"{SPECIMG} convert"
    quick = " ".join(QUICK)
    table = [
        (f"{convert} in out {quick}", 0, "converted 4", ""),
        (f"{convert} in out {quick}", 0, "already converted: 4", ""),
        (
            f"{convert} in bad out3 {quick}",
            3,
            "failed on 1 recording",
            "failed: bad/em",
        ),
        (f"{convert} in bad out3 {quick} -q", 3, "failed on 1 recording", ""),
        (f"{convert} bad out1", 1, "failed on 1 recording", "failed: empty.wav"),
        (f"{convert} none out1", 1, "", "Error: no audio found"),
        (f"{convert} in in {quick}", 1, "", "is an input and the output"),
        (f"{convert} in", 2, "", "need at least one INPUT"),
        (f"{convert} in ''", 2, "", "an empty path"),
        (f"{convert} in o --shard 3/2", 2, "", "need I/N"),
        (f"{convert} in o --max-failures x", 2, "", "need a number, or a share"),
        (f"{convert} in o {quick} >/dev/full", 1, "", "cannot write to stdout"),
        (f"{convert} bad in o2 {quick} 2>&1 >/dev/null | head -n 0", 0, "", ""),
        (f"{SPECIMG} verify out", 0, "every image is as it was written", ""),
        (f"{SPECIMG} verify in", 1, "", "holds no output"),
        (f"{SPECIMG} merge in", 1, "", "holds no output"),
    ]
    for command, status, out, err in table:
        result = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == status, (command, result.stderr)
        assert out in result.stdout, command
        assert err in result.stderr, command
        assert err or not result.stderr, (command, result.stderr)
        assert "Traceback" not in result.stderr
    assert len(rows(tmp_path / "o2" / "manifest.csv")) == 12
    rule = f"made/manifest.csv: $(wildcard in/*/*)\n\t{convert} in made {quick}\n"
    (tmp_path / "Makefile").write_text(rule)
    for expected in ("converted 4", "is up to date"):
        result = subprocess.run(
            ["make", "made/manifest.csv"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert expected in result.stdout


def test_the_settings_in_an_image_are_those_of_the_run(tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415

    folder = field(tmp_path / "in", 1)
    specimg("convert", folder, tmp_path / "out", *QUICK)
    with Image.open(next((tmp_path / "out").rglob("*.png"))) as image:
        assert json.loads(image.text["specimg"])["n_mels"] == 32
