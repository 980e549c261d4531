"""How fast specimg is beside what people run today.

``python tests/benchmarks/bench.py [--clips N] [--rounds N] [--json FILE]`` makes its
own input and runs everything as whole processes, in turns, so that a busy machine is
busy for all; it prints medians and ratios.
"""

import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
SPECIMG = Path(sys.executable).with_name("specimg")
RATE = 48_000
SECONDS = 3
PR_SET_CHILD_SUBREAPER = 36
ONE_THREAD = ["OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1"]


@dataclass
class Run:
    """One process, with all that it started."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of all processors."""


def make_clips(folder: Path, count: int) -> None:
    """Write calls in noise, as a recorder at 48 kHz would."""
    folder.mkdir()
    time_axis = np.arange(RATE * SECONDS) / RATE
    for number in range(count):
        rng = np.random.default_rng(number)
        samples = 0.01 * rng.standard_normal(time_axis.size)
        for _ in range(6):
            start, hertz = rng.uniform(0, 2.7), rng.uniform(1500, 9000)
            envelope = np.exp(-(((time_axis - start) / 0.06) ** 2))
            bend = hertz + 800 * np.sin(9 * time_axis)
            samples += 0.1 * envelope * np.sin(2 * np.pi * bend * time_axis)
        soundfile.write(folder / f"{number:05d}.flac", samples, RATE)


def run(command: Sequence[str]) -> Run:
    """Run a command; its processes' processor time comes here when they end.

    The pages of what ran before are written to the disk first, not meanwhile.
    """
    os.sync()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    status = process.wait()
    wall = time.monotonic() - begin
    if status:
        sys.exit(f"{' '.join(command)}: exit status {status}")
    try:
        while True:  # workers that outlived their parent are ours now
            os.wait()
    except ChildProcessError:
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, used)


def adopt_orphans() -> None:
    """Become the parent of processes whose parent ends before them (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def contestants(folder: Path, out: Path) -> dict[str, list[str]]:
    """Return what to run on all clips, by name."""
    convert = [str(SPECIMG), "convert", str(folder), str(out)]
    rgb = ["--r", "db", "--g", "pcen", "--b", "exp", "-q"]
    loops = {
        name: [sys.executable, str(HERE / f"{name}_loop.py"), str(folder), str(out)]
        for name in ("librosa", "floor")
    }
    return {
        "librosa + Pillow loop": loops["librosa"],
        # As it comes, numpy's BLAS keeps all processors busy for nothing.
        "the same, BLAS on 1 thread": ["env", *ONE_THREAD, *loops["librosa"]],
        "bare floor loop": loops["floor"],
        "specimg --jobs 1": [*convert, *rgb, "--jobs", "1"],
        "specimg --jobs 2": [*convert, *rgb, "--jobs", "2"],
    }


def other_tools(folder: Path, out: Path) -> dict[str, list[str]]:
    """Return tools that draw a spectrogram of their own kind, where installed."""
    loop = f"mkdir {out}; for f in {folder}/*; do {{}}; done"
    tools = {
        "sox": 'sox "$f" -n spectrogram -o {out}/$(basename "$f").png',
        "ffmpeg": 'ffmpeg -loglevel error -i "$f" -lavfi showspectrumpic=s=513x128 '
        '{out}/$(basename "$f").png',
    }
    return {
        name: ["sh", "-c", loop.format(command.format(out=out))]
        for name, command in tools.items()
        if shutil.which(name)
    }


def measure(
    commands: dict[str, list[str]], out: Path, rounds: int
) -> dict[str, list[Run]]:
    """Run each command `rounds` times, in turns."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command))
            shutil.rmtree(out, ignore_errors=True)
    return runs


def mel_stages() -> dict[str, Callable[[], object]]:
    """Return ways to a mel spectrogram of three seconds, in this process."""
    import librosa  # noqa: PLC0415 - not in the processes above

    from specimg.rendering.mel import MelSettings, mel_spectrogram  # noqa: PLC0415

    samples = np.random.default_rng(0).standard_normal(66_150).astype(np.float32)
    settings = MelSettings()
    common = {"sr": 22_050, "n_fft": 1024, "hop_length": 128, "fmin": 50, "htk": True}
    stages: dict[str, Callable[[], object]] = {
        "specimg": lambda: mel_spectrogram(samples, settings),
        "librosa": lambda: librosa.feature.melspectrogram(
            y=samples, win_length=512, norm=None, power=1, **common
        ),
    }
    return stages | torch_stages(samples, common)


def torch_stages(
    samples: np.ndarray, common: dict[str, object]
) -> dict[str, Callable[[], object]]:
    """Return the ways of torch and nnAudio, where they are installed."""
    try:
        import torch  # noqa: PLC0415
    except ImportError:
        return {}
    import librosa  # noqa: PLC0415

    torch.set_num_threads(1)
    window = torch.hann_window(512)
    weights = librosa.filters.mel(norm=None, n_mels=128, **_without_hop(common))
    bands, tensor = torch.from_numpy(weights), torch.from_numpy(samples)

    def by_torch() -> object:
        spectrum = torch.stft(
            tensor, 1024, 128, 512, window, center=False, return_complex=True
        )
        return bands @ spectrum.abs()

    stages: dict[str, Callable[[], object]] = {"torch.stft": by_torch}
    try:
        from nnAudio.features import MelSpectrogram  # noqa: PLC0415
    except ImportError:
        return stages
    layer = MelSpectrogram(
        win_length=512, norm=None, power=1, center=False, verbose=False, **common
    )

    def by_nnaudio() -> object:
        with torch.no_grad():
            return layer(tensor[None])

    return stages | {"nnAudio": by_nnaudio}


def _without_hop(common: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in common.items() if name != "hop_length"}


def epoch_seconds(rounds: int = 12) -> dict[str, list[float]]:
    """Return the seconds of training epochs with each frontend, where torch is.

    In turn, and one round more, which warms up and does not count.
    """
    try:
        import torch  # noqa: PLC0415
    except ImportError:
        return {}
    from specimg.learn import PCEN, Decibel, Exponential, min_max  # noqa: PLC0415
    from specimg.learn.training import Batches, train  # noqa: PLC0415

    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    mels = torch.rand(128, 128, 513) ** 4
    classes = torch.randint(10, (128,))
    frontends: dict[str, torch.nn.Module] = {
        "db": Decibel(),
        "exp, learned per band": Exponential(128),
        "pcen, learned per band": PCEN(128, frame_rate=22_050 / 128),
    }
    seconds: dict[str, list[float]] = {name: [] for name in frontends}
    for _ in range(rounds + 1):
        for name, frontend in frontends.items():
            batches = Batches(
                make=lambda numbers, f=frontend: min_max(f(mels[numbers]))[:, None],
                targets=classes,
                height=128,
                n_classes=10,
                device=torch.device("cpu"),
            )
            learned = None if name == "db" else frontend
            trained = train(batches, learned, epochs=1, seed=0)
            seconds[name] += trained.epoch_seconds
    return {name: values[1:] for name, values in seconds.items()}


def median_ms(stage: Callable[[], object], repeats: int = 100) -> float:
    stage()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        stage()
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times)


def main() -> None:
    """Measure, print one table, and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    options = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as name:
        folder, one, few = (Path(name) / part for part in ("clips", "one", "few"))
        out = Path(name) / "out"
        make_clips(folder, options.clips)
        make_clips(one, 1)
        make_clips(few, 50)
        many = measure(contestants(folder, out), out, options.rounds)
        single = measure(
            {k: v for k, v in contestants(one, out).items() if "floor" not in k},
            out,
            2 * options.rounds + 1,
        )
        single["specimg --help"] = [run([str(SPECIMG), "--help"]) for _ in range(7)]
        others = measure(other_tools(few, out), out, 1)
    stages = {name: median_ms(stage) for name, stage in mel_stages().items()}
    report(options, many, single, others, stages, epoch_seconds())


def report(
    options: argparse.Namespace,
    many: dict[str, list[Run]],
    single: dict[str, list[Run]],
    others: dict[str, list[Run]],
    stages: dict[str, float],
    epochs: dict[str, list[float]],
) -> None:
    """Print the medians, with their ratios to the librosa loop."""
    console = Console(width=100)
    python = platform.python_version()
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {python}"
    table = Table(
        title=f"{options.clips} clips of {SECONDS} s, {machine}", title_justify="left"
    )
    for column in ("", "wall s", "cpu s", "wall ratio", "cpu ratio", "cpu ms/clip"):
        table.add_column(column, justify="left" if not column else "right")
    for title, runs, count in (("all", many, options.clips), ("one clip", single, 1)):
        base = _medians(runs["librosa + Pillow loop"])
        for name, times in runs.items():
            own = _medians(times)
            table.add_row(
                f"{title}: {name}",
                *(f"{own.wall:.2f}", f"{own.cpu:.2f}"),
                *(f"{own.wall / base.wall:.3f}", f"{own.cpu / base.cpu:.3f}"),
                f"{1000 * own.cpu / count:.2f}",
            )
    floor, ours = (
        _medians(many[name]).cpu for name in ("bare floor loop", "specimg --jobs 1")
    )
    console.print(table)
    console.print("ratios to the librosa + Pillow loop")
    console.print(f"specimg --jobs 1 takes {ours / floor:.2f} times the floor's cpu")
    for name, runs in others.items():
        per_file = 1000 * _medians(runs).wall / 50
        console.print(f"{name}: {per_file:.1f} ms a file for its own picture")
    for name, milliseconds in stages.items():
        console.print(f"mel spectrogram of 3 s by {name}: {milliseconds:.2f} ms")
    for name, seconds in epochs.items():
        pairs = zip(seconds, epochs["db"], strict=True)
        ratio = statistics.median(one / db for one, db in pairs)
        console.print(f"training epoch with {name}: {ratio:.3f} of that with db")
    results = {
        "machine": machine,
        "clips": options.clips,
        "all": {name: asdict(_medians(runs)) for name, runs in many.items()},
        "one": {name: asdict(_medians(runs)) for name, runs in single.items()},
        "others": {name: asdict(_medians(runs)) for name, runs in others.items()},
        "mel_ms": stages,
        "epoch_seconds": epochs,
    }
    options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _medians(runs: list[Run]) -> Run:
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
    )


if __name__ == "__main__":
    main()
