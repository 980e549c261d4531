"""``compare`` and ``learn`` on tables of clips: outputs of ``convert``, and others."""

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from labeled import clear_call, one_hot, write_folder
from numpy.typing import NDArray
from sounds import noise, read_png, rows, specimg, tone, write
from typer.testing import CliRunner

from specimg.cli import app
from specimg.dataset import rendered
from specimg.dataset.labeled import Dataset, check_training, find_dataset
from specimg.dataset.recording import LabeledClip, mark_clips, mark_labels
from specimg.dataset.table import read_parts, read_test
from specimg.dataset.trial import Trial, plan_trial
from specimg.errors import ClipError, DatasetError, RefusedError
from specimg.evaluate import scoring
from specimg.evaluate.experiment import Experiment
from specimg.evaluate.scoring import Options
from specimg.output.compatibility import load_settings
from specimg.settings.variants import parse_variant
from specimg.spans.listed import Listed
from specimg.spans.plan import plan_known
from specimg.spans.settings import ClipSettings

RATE = 8000
SMALL = ("--sr", RATE, "--n-fft", 256, "--win-length", 256, "--n-mels", 24)
PITCHES = {"low": 700, "high": 2600}

Row = tuple[object, ...]


def write_table(path: Path, rows: Iterable[Row], *more: str) -> Path:
    """Write a table of clips: source, start, end, labels, and `more` columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["source", "start", "end", "labels", *more])
        table.writerows(rows)
    return path


def sound(labels: str, seed: int, seconds: float = 1.0) -> NDArray[np.float32]:
    """Noise, and a tone for each label, anywhere in a second."""
    rng = np.random.default_rng(seed)
    samples = 0.2 * noise(seconds, RATE, seed)
    for label in filter(None, labels.split(";")):
        first = rng.integers(RATE // 2)
        samples[first : first + RATE // 3] += tone(PITCHES[label], 1 / 3, RATE, 0.3)[
            : RATE // 3
        ]
    return samples


EVERY = ("low", "high", "low;high", "")
"""What clips are heard: one label, both, or nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of two seconds, of which each holds clips of all kinds, and tables."""
    folder = tmp_path_factory.mktemp("tables")
    parts = ["train"] * 8 + ["val"] * 2 + ["test"] * 4 + ["spare"]
    found: list[Row] = []
    for number, part in enumerate(parts):
        name = f"site{number // 2}/{number}.wav"
        pair = EVERY[number % 4], EVERY[(number + 1) % 4]
        halves = [sound(own, 2 * number + i) for i, own in enumerate(pair)]
        write(folder / "recordings" / name, np.concatenate(halves), RATE)
        found += [(name, i, i + 1, own, part) for i, own in enumerate(pair)]
    write_table(folder / "recordings" / "clips.csv", found, "split")
    write_table(folder / "recordings" / "one.csv", [row[:4] for row in found])
    return folder


def options(**changes: object) -> Options:
    usual = {
        "model": "ridge",
        "seeds": 1,
        "folds": None,
        "group": None,
        "network": "",
        "device": "cpu",
        "jobs": 1,
        "cache": 10**9,
    }
    return Options(**(usual | changes))  # type: ignore[arg-type]


def names(dataset: Dataset) -> set[str]:
    return {recording.name for recording in dataset.recordings}


@pytest.fixture(autouse=True)
def _without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do in this process what workers do, who take seconds to begin."""

    def here(
        function: Callable[..., object], tasks: Iterable[tuple[object, ...]], _: int
    ) -> Iterator[tuple[int, object]]:
        for number, task in enumerate(tasks):
            yield number, function(*task)

    monkeypatch.setattr(rendered, "run_tasks", here)
    monkeypatch.setattr(scoring, "run_tasks", here)


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command in this process."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    shown = " ".join(result.stderr.replace("│", " ").split())
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, shown


# Where the clips lie.


def test_listed_clips_are_where_the_table_says_and_as_long_as_pictures() -> None:
    settings = ClipSettings(duration=2.0)
    times = [(0.0, 2.0), (0.5, 1.0), (0.5, 2.5), (3.0, 5.0)]
    source = Listed.of(times, settings, 100.0, 10)
    assert [(s.start, s.end, s.shown) for s in plan_known(source, 40, 10)] == [
        (0.0, 2.0, 2.0),
        (0.5, 1.0, 2.0),
        (0.5, 2.5, 2.0),
        (3.0, 4.0, 2.0),
    ]
    short = Listed.of(times, ClipSettings(duration=2.0, final="remainder"), 100.0, 10)
    shown = [span.shown for span in plan_known(short, 40, 10)]
    assert shown == [2.0, None, 2.0, None]


def test_a_listed_clip_behind_the_end_or_longer_than_a_picture_is_refused() -> None:
    settings = ClipSettings(duration=2.0)
    with pytest.raises(ClipError, match="from 3 to 5 s begins behind the end .*, 3 s"):
        [*plan_known(Listed.of([(0.0, 1.0), (3.0, 5.0)], settings, 100.0, 10), 30, 10)]
    with pytest.raises(ClipError, match=r"from 1 to 3.5 s is longer than clip_dur.*=2"):
        Listed.of([(1.0, 3.5)], settings, 100.0, 10)
    whole = ClipSettings(duration=float("inf"))
    with pytest.raises(ClipError, match="longer than clip_duration=100 s"):
        Listed.of([(0.0, 1e9)], whole, 100.0, 10)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of classes, and what convert makes of it."""
    folder = tmp_path_factory.mktemp("converted")
    write_folder(folder / "in", clear_call, count=5)
    write(folder / "in" / "b" / "longer.wav", noise(2.3))
    made = specimg(
        *("convert", folder / "in", folder / "out", "--clip-duration", 1),
        *("--clip-overlap", 0.25, "--n-mels", 24, "-j", 1, "--manifest", "all.jsonl"),
    )
    assert (made.returncode, made.stderr) == (0, "")
    return folder


def test_pictures_of_an_output_are_its_images(converted: Path, tmp_path: Path) -> None:
    out = converted / "out"
    parts = read_parts(out)
    settings = load_settings(out)
    variants = [settings.frontends]
    (pictures,) = rendered.render_dataset(
        parts.train.recordings, settings, variants, tmp_path, jobs=1, limit=10**9
    ).variants
    lines = (out / "all.jsonl").read_text().splitlines()
    written = [read_png(out / json.loads(line)["file_name"]) for line in lines]
    assert len(written) == 13
    np.testing.assert_array_equal(np.stack(list(pictures))[..., 0], np.stack(written))


def test_an_output_scores_as_the_folder_that_it_was_made_of(
    converted: Path, tmp_path: Path
) -> None:
    settings = load_settings(converted / "out")
    found = []
    for dataset in (
        find_dataset(converted / "in"),
        read_parts(converted / "out").train,
        read_parts(converted / "out" / "all.jsonl").train,
    ):
        assert dataset.classes == ("a", "b")
        experiment = Experiment(
            dataset,
            {},
            [parse_variant("db")],
            settings,
            options(folds=3, seeds=2),
            tmp_path / str(len(found)),
        )
        found.append([one.scores.tobytes() for one in experiment.run()])
    assert found[0] == found[1] == found[2]


def test_a_copy_without_the_record_is_told_where_the_recordings_are(
    converted: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(converted / "out", copy, ignore=shutil.ignore_patterns(".*"))
    with pytest.raises(DatasetError, match=r"a/0.wav is not at .*--recordings DIR"):
        read_parts(copy)
    with pytest.raises(DatasetError, match="nor 10 more where they should be: need"):
        read_parts(copy, tmp_path)
    found = read_parts(copy, converted / "in").train
    assert found.recordings == read_parts(converted / "out").train.recordings
    moved = read_parts(converted / "out", converted / "in")  # wins over the record
    assert moved.train.recordings[0].path == converted / "in" / "a" / "0.wav"


def test_settings_are_those_of_the_output_unless_they_are_given(
    converted: Path, tmp_path: Path
) -> None:
    start = ("compare", converted / "out", "-o", tmp_path, "--arm=db", "--seeds=1")
    status, stdout, _ = run(*start, "-j", 1, "--folds", 2)
    assert (status, "ridge, 1 seed, 2 folds" in stdout) == (0, True)
    status, _, stderr = run(*start, "-j", 1, "--clip-duration", 0.5)
    assert status == 1
    assert "the clip from 0 to 1 s is longer than clip_duration=0.5 s" in stderr
    status, _, stderr = run(*start, "--clip-overlap", 0.1)
    assert (status, "--clip-overlap: clips lie where" in stderr) == (2, True)
    start = ("compare", converted / "in", "-o", tmp_path)
    status, _, stderr = run(*start, "--recordings", "x")
    assert (status, "is for a table of clips" in stderr) == (2, True)


# Which parts are used for what.


def test_train_and_val_are_learned_from_and_test_is_asked(folder: Path) -> None:
    parts = read_parts(folder / "recordings" / "clips.csv")
    assert {one.split for one in parts.train.recordings} == {"train", "val"}
    assert {name: len(test.recordings) for name, test in parts.tests.items()} == {
        "test": 4
    }
    assert parts.train.classes == ("high", "low")
    first, second = parts.train.recordings[0].clips or ()
    assert first == LabeledClip(start=0.0, end=1.0, labels=("low",))
    assert second.labels == ("high",)
    assert "learned from train and val" in parts.notes[0]
    assert parts.notes[1] == "left out: the recordings of spare"
    test = read_test(folder / "recordings" / "clips.csv")
    assert names(test) == names(parts.tests["test"])


def a_table(tmp_path: Path, *parts: str) -> Path:
    """Write a table with a recording of each of these parts."""
    found = []
    for number, part in enumerate(parts):
        write(tmp_path / f"{number}.wav", noise(0.1, RATE, number), RATE)
        found.append((f"{number}.wav", 0, 0.1, "ab"[number % 2], part))
    return write_table(tmp_path / "table.csv", found, "split")


@pytest.mark.parametrize(
    ("parts", "learned", "tests"),
    [
        (("train", "val", "train"), "02", {"val": "1"}),
        (("training", "valid", "eval", "test"), "01", {"eval": "2", "test": "3"}),
        (("Train", "train"), "01", {}),
        (("", ""), "01", {}),
        (("train", "train", ""), "01", {}),
    ],
)
def test_without_a_test_val_is_asked(
    parts: Sequence[str], learned: str, tests: dict[str, str], tmp_path: Path
) -> None:
    found = read_parts(a_table(tmp_path, *parts))
    assert names(found.train) == {f"{digit}.wav" for digit in learned}
    assert {name: names(test) for name, test in found.tests.items()} == {
        name: {f"{digits}.wav"} for name, digits in tests.items()
    }


def test_without_train_there_is_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no split is called train, but dev, test"):
        read_parts(a_table(tmp_path, "test", "dev"))


def test_a_recording_in_two_parts_is_named_with_its_line(tmp_path: Path) -> None:
    table = a_table(tmp_path, "train", "test")
    with table.open("a") as file:
        file.write("0.wav,0.1,0.2,a,test\n")
    with pytest.raises(RefusedError, match="line 4: 0.wav is in split test, but in tr"):
        read_parts(table)


# What a table may look like.


def test_a_table_by_anybody_is_read(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", noise(1, RATE), RATE)
    text = "\ufefflabel,note,end,source,start\r\nwren,!,0.5,x.wav,0\r\n"
    text += "robin,,0.5,x.wav,0.0\r\n\r\n,,1,x.wav,0.5\r\nlark; wren,,1,x.wav,0.25"
    (tmp_path / "t.csv").write_bytes(text.encode())
    dataset = read_parts(tmp_path / "t.csv").train
    (recording,) = dataset.recordings
    assert [(c.start, c.end, c.labels) for c in recording.clips or ()] == [
        (0.0, 0.5, ("robin", "wren")),
        (0.25, 1.0, ("lark", "wren")),
        (0.5, 1.0, ()),
    ]
    row = {"source": "x.wav", "start": 0, "end": 0.5, "labels": ["wren", "robin"]}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    (same,) = read_parts(tmp_path / "t.jsonl").train.recordings
    assert (same.clips or ())[0] == (recording.clips or ())[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("source,end\nx,1\n", "line 1: the column start is missing"),
        ("source,start,end\nx,1\n", "line 2: 2 cells, but there are 3 columns"),
        ("source,start,end\nx,1,nan\n", "line 2: start=1.0 and end=nan: need 0 <="),
        ("source,start,end\nx,1,1\n", "line 2: start=1.0 and end=1.0: need 0 <="),
        ("source,start,end\nx,a,1\n", "line 2: start='a' is not a number"),
        ("source,start,end\n,0,1\n", "line 2: the cell of source is empty"),
        ("source,start,end,label\nx,0,1,\x1b[2J\n", "line 2: label=.* not printable"),
    ],
)
def test_a_line_that_says_what_cannot_be_is_named(
    line: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(line)
    with pytest.raises(RefusedError, match=f"t.csv, {why}"):
        read_parts(tmp_path / "t.csv")


def test_a_table_of_nothing_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="t.csv is not there"):
        read_parts(tmp_path / "t.csv")
    with pytest.raises(DatasetError, match="lists no clip"):
        read_parts(write_table(tmp_path / "t.csv", []))
    write(tmp_path / "x.wav", noise(1, RATE), RATE)
    for labels, why in (("", "no clip .* has a label"), ("a", "all clips .* label a")):
        table = write_table(tmp_path / "t.csv", [("x.wav", 0, 1, labels)])
        with pytest.raises(DatasetError, match=why):
            check_training(read_parts(table).train)


# Groups, and classes.


def plan(
    dataset: Dataset,
    n_folds: int | None = 3,
    group: str | None = None,
    **tests: Dataset,
) -> Trial:
    return plan_trial(dataset, tests, group=group, n_folds=n_folds)


def test_groups_are_those_of_the_table_of_splits(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "recordings", tmp_path / "in")
    dataset = read_parts(tmp_path / "in" / "one.csv").train
    assert len(set(plan(dataset).groups)) == 15
    lines = (f"{name},train,{name[:5]}\n" for name in sorted(names(dataset))[1:])
    (tmp_path / "in" / "splits.csv").write_text("source,split,group\n" + "".join(lines))
    dataset = read_parts(tmp_path / "in" / "one.csv").train
    own = [recording.name for recording in dataset.recordings]
    found = dict(zip(own, plan(dataset).groups, strict=True))
    assert found["site1/2.wav"] == found["site1/3.wav"]
    assert found["site0/0.wav"] != found["site0/1.wav"]  # which has none there
    assert len(set(found.values())) == 9
    assert len(set(plan(dataset, group="source").groups)) == 15
    assert len(set(plan(dataset, group=r"site(\d)").groups)) == 8
    assert len(set(plan(dataset, group="first").groups)) == 8


def test_first_is_the_folder_below_the_class_where_that_is_the_label(
    tmp_path: Path,
) -> None:
    found: list[Row] = []
    for number, name in enumerate(("a/x/1.wav", "a/y/2.wav", "b/x/3.wav", "b/y/4.wav")):
        write(tmp_path / name, noise(0.1, RATE, number), RATE)
        found.append((name, 0, 0.1, name[0]))
    dataset = read_parts(write_table(tmp_path / "t.csv", found)).train
    assert plan(dataset, 2, "first").groups.tolist() == [0, 1, 0, 1]


def test_classes_that_cannot_be_learned_or_asked_are_left_out_and_told(
    tmp_path: Path,
) -> None:
    heard = {
        "train": ["a", "a;b", "b", "a", "b;rare", "c", "c"],
        "test": ["a", "b;new", "new"],
    }
    found: list[Row] = []
    for part, labels in heard.items():
        for own in labels:
            name = f"{len(found)}.wav"
            write(tmp_path / name, noise(0.1, RATE, len(found)), RATE)
            found.append((name, 0, 0.1, own, part))
    parts = read_parts(write_table(tmp_path / "t.csv", found, "split"))
    trial = plan(parts.train, None, **parts.tests)
    assert trial.classes == ("a", "b", "c", "rare")
    assert trial.notes == (
        "left out of test, as no clip to learn from: 1 class, new",
        "learned, but in no clip of test: 2 classes, c, rare",
    )
    assert trial.labels[-1].tolist() == [False] * 4  # known for nothing else
    folds = plan(parts.train, 2, **parts.tests)
    assert folds.classes == ("a", "b", "c")
    assert folds.notes[0] == "left out, in a single group of recordings: 1 class, rare"
    only_new = read_test(write_table(tmp_path / "n.csv", [("9.wav", 0, 0.1, "new")]))
    with pytest.raises(DatasetError, match="no clip of x has a label that is learned"):
        plan(parts.train, None, x=only_new)


def test_labels_are_those_of_each_clip(folder: Path) -> None:
    dataset = read_parts(folder / "recordings" / "clips.csv").train
    counts = [2] * len(dataset.recordings)
    labels = mark_clips(dataset.recordings, counts, dataset.classes)
    written = rows(folder / "recordings" / "clips.csv")
    kept = [row["labels"] for row in written if row["split"] in ("train", "val")]
    expected = [[name in own.split(";") for name in ("high", "low")] for own in kept]
    assert labels.tolist() == expected
    assert mark_labels([("x",), ("y", "z")], "zx").tolist() == [[0, 1], [1, 0]]


# The commands.


def test_several_labels_are_learned_and_asked(folder: Path, tmp_path: Path) -> None:
    table = folder / "recordings" / "clips.csv"
    start = ("compare", table, "-o", tmp_path, *SMALL, "--clip-duration", 1)
    status, stdout, stderr = run(*start, "--arm=db", "--arm=raw", "--seeds=2", "-j", 1)
    assert (status, stderr) == (0, "")
    scores = {
        row["arm"]: float(row["macro_ap"]) for row in rows(tmp_path / "compare.csv")
    }
    assert scores["db"] > 0.95
    assert {row["test"] for row in rows(tmp_path / "compare.csv")} == {"test"}
    assert "4 recordings of 2 classes" in stdout
    assert "learned from train and val of" in stdout
    status, _, stderr = run(*start, "--test", f"test={table}")
    assert (status, "there is a test called test already" in stderr) == (2, True)


def test_one_class_and_clips_without_it_are_enough(
    folder: Path, tmp_path: Path
) -> None:
    table = rows(folder / "recordings" / "clips.csv")
    found = [
        (row["source"], row["start"], row["end"], row["labels"].replace("high", ""))
        for row in table
    ]
    path = write_table(folder / "recordings" / "low.csv", found)
    start = ("compare", path, "-o", tmp_path, *SMALL, "--clip-duration", 1, "-j", 1)
    status, stdout, stderr = run(*start, "--arm=db", "--seeds=1", "--folds=3")
    assert (status, stderr) == (0, "")
    assert "15 recordings of 1 classes" in stdout
    assert float(rows(tmp_path / "compare.csv")[0]["macro_ap"]) > 0.9


def test_a_network_learns_several_labels(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    table = folder / "recordings" / "clips.csv"
    start = ("compare", table, "-o", tmp_path, *SMALL, "--clip-duration", 1, "-j", 1)
    status, _, stderr = run(*start, "--arm=db", "--model=cnn", "--seeds=1")
    assert (status, stderr) == (0, "")
    assert float(rows(tmp_path / "compare.csv")[0]["macro_ap"]) > 0.9


@pytest.mark.parametrize(
    ("table", "scored"),
    [("clips.csv", "8 clips of test"), ("one.csv", "clips left out")],
)
def test_learn_takes_a_table(
    table: str, scored: str, folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    out = tmp_path / "learned.json"
    start = ("learn", folder / "recordings" / table, "-o", out, "--frontend", "exp")
    status, stdout, stderr = run(*start, *SMALL, "--clip-duration", 1, "--epochs", 1)
    assert (status, stderr) == (0, "")
    assert scored in stdout
    assert ("learned from train and val" in stdout) == (table == "clips.csv")
    assert json.loads(out.read_text())["frontend"] == "exp"


def test_targets_are_classes_where_each_clip_has_one_label() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from specimg.learn.training import targets_of  # noqa: PLC0415

    labels = one_hot(np.array([1, 0, 1]))
    assert targets_of(labels, one=True).tolist() == [1, 0, 1]
    each = targets_of(labels, one=False)
    assert (each.dtype, each.tolist()) == (torch.float32, [[0, 1], [1, 0], [0, 1]])
