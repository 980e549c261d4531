"""What becomes of annotations, and of clips, that tables do not say as they should."""

from pathlib import Path

import pytest
from runs import tree
from sounds import chirps, rows, write
from typer.testing import CliRunner

from specimg.annotations.tables import read_tables
from specimg.annotations.writing import by_file, format_plain
from specimg.batch.inputs import Inputs, Wanted, prepare
from specimg.batch.report import Limits
from specimg.batch.run import convert_all, list_inputs
from specimg.batch.task import Ending, Task
from specimg.batch.worker import WorkerConfig
from specimg.cli import app
from specimg.cli.dry import print_plan
from specimg.cli.summary import describe_inputs
from specimg.conversion import convert_recording
from specimg.encoding import decode_label
from specimg.errors import SpecimgError
from specimg.output.loose import LooseFiles
from specimg.output.records import labels_of
from specimg.output.shards import ALL
from specimg.settings import Settings
from specimg.spans.plan import plan_known

RATE = 4000
SECONDS = 4
SMALL = {"sr": RATE, "clip_duration": 1, "n_mels": 16, "n_fft": 512}
HEADER = "file,start,end,low,high,label"
GOOD = "a.wav,0.2,0.6,,,wren"
"""A line of which nothing is wrong, so that there is one."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recordings")
    for seed, name in enumerate("ab"):
        write(made / f"{name}.wav", chirps(SECONDS, RATE, seed=seed), RATE)
    return made


def decide(folder: Path, table: Path, *lines: str, **options: object) -> Inputs:
    """Decide about the clips of recordings by a table, before they are read."""
    table.write_text("\n".join([HEADER, *lines]) + "\n")
    settings = Settings.from_options(SMALL | options)
    wanted = Wanted(annotations=[table])
    listing = list_inputs([folder], folder / "out", "none")
    return prepare(listing, folder / "out", settings, wanted, ALL)


def clips(inputs: Inputs) -> dict[str, str]:
    """The clips that become images, by recording: + with a label, - without."""
    found = {}
    for recording in inputs.listing.recordings:
        spans = plan_known(Settings.from_options(SMALL).spans, SECONDS * RATE, RATE)
        chosen = [labels_of(recording, span) for span in spans]
        marks = {None: " ", (): "-"}
        found[recording.name] = "".join(marks.get(one, "+") for one in chosen)
    return found


@pytest.mark.parametrize(
    ("line", "expected", "said"),
    [
        # Who is heard, and when, can be right.
        ("b.wav,1.2,1.5,900,100,wren", "-+--", "1 annotation taken without a band"),
        # When it is heard is known.
        ("b.wav,1.2,1.5,,,", "- --", "left out 1 clip without a label, of which"),
        ("b.wav,1.2,1.5,2500,2600,bat", "- --", "left out 1 clip without a label"),
        ("b.wav,1.5,1.5,2500,2600,bat", "- --", "left out 1 clip without a label"),
        # Nobody knows when.
        ("b.wav,2,1,,,wren", None, "tables say only what cannot be of 1 recording"),
        ("b.wav,-1,1,,,wren", None, "tables say only what cannot be of 1 recording"),
        ("b.wav,nan,1,,,wren", None, "tables say only what cannot be of 1 recording"),
        ("b.wav,5,6,,,wren", "    ", "left out 4 clips without a label, of which"),
        # It may be in any recording of the table.
        ("b.wav,1,2,,,Warbler, Yellow", None, "left out 3 clips without a label"),
    ],
)
def test_clips_of_which_a_table_says_what_cannot_be_are_no_negatives(
    folder: Path, tmp_path: Path, line: str, expected: str | None, said: str
) -> None:
    inputs = decide(folder, tmp_path / "t.csv", GOOD, line)
    found = clips(inputs)
    assert found.get("b.wav") == expected
    assert found["a.wav"] == ("+   " if "Yellow" in line else "+---")
    summary = "\n".join(describe_inputs(inputs, Settings()))
    assert said in summary
    assert ("no table speaks of" in summary) == ("Yellow" in line)
    assert inputs.labeling
    (row,) = inputs.labeling.lost.rows(1, 1)
    assert row.source == f"{tmp_path / 't.csv'}:3"


def test_a_recording_with_wrong_times_keeps_only_clips_with_a_label(
    folder: Path, tmp_path: Path
) -> None:
    lines = ("b.wav,1.2,1.5,,,wren", "b.wav,2,1,,,wren")
    inputs = decide(folder, tmp_path / "t.csv", GOOD, *lines)
    assert clips(inputs) == {"a.wav": "+---", "b.wav": " +  "}
    counted = {name: dict(labels) for name, labels in inputs.counts.items()}
    assert counted["b.wav"] == {("wren",): 1}


def test_a_recording_of_nonsense_is_left_out_also_where_unannotated_ones_are_kept(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "b.json").write_text('[{"Operator": "x"}, [1, 2, 0')
    (tmp_path / "tables" / "t.csv").write_text(f"{HEADER}\n{GOOD}\n")
    settings = Settings.from_options(SMALL | {"unannotated": "keep"})
    wanted = Wanted(annotations=[tmp_path / "tables"])
    listing = list_inputs([folder], tmp_path / "out", "none")
    inputs = prepare(listing, tmp_path / "out", settings, wanted, ALL)
    assert clips(inputs) == {"a.wav": "+---"}


def test_tables_of_nonsense_alone_are_refused_with_an_example(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(SpecimgError, match=r"t\.csv, line 2: start=2 and end=1: need"):
        decide(folder, tmp_path / "t.csv", "b.wav,2,1,,,wren")


# What is left out when recordings are converted.


class InProcess:
    """Converts in the process of the test, one task after the other."""

    parallel_tasks = free_slots = 1

    def __init__(self, _jobs: int, config: WorkerConfig) -> None:
        self.config = config
        self.ended: list[tuple[Task, Ending]] = []

    @property
    def is_idle(self) -> bool:
        return not self.ended

    def submit(self, task: Task) -> None:
        destination = LooseFiles(self.config.out)
        settings = self.config.settings
        outcomes = [
            convert_recording(recording, destination, settings, task.clip_range)
            for recording in task.recordings
        ]
        self.ended.append((task, outcomes))

    def outcomes(self, _patience: float) -> list[tuple[Task, Ending]]:
        ended, self.ended = self.ended, []
        return ended

    def stop(self) -> None:
        pass


CALLS = (
    "c.wav,0.2,0.6,,,wren",
    "c.wav,1.2,1.6,,,wren",  # silent
    "c.wav,2.2,2.6,,,wren",  # quiet
    "c.wav,3.1,3.4,,,robin",  # the rest, which is short
    "c.wav,3.2,3.4,,,robin",
    "c.wav,0.1,1.9,,,owl",  # in two clips, one of which is silent
)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of clips that are loud, silent, quiet, and short."""
    made = tmp_path_factory.mktemp("uneven")
    samples = chirps(3.5, RATE)
    samples[RATE : 2 * RATE] = 0
    samples[2 * RATE : 3 * RATE] *= 0.001
    write(made / "c.wav", samples, RATE, subtype="FLOAT")
    return made


@pytest.mark.parametrize("is_long", [False, True])
@pytest.mark.parametrize(
    ("options", "lost", "why"),
    [
        ({"skip_silent": True}, {3}, "silent, and skip_silent is set"),
        ({"min_peak_dbfs": -40.0}, {3, 4}, "peak below min_peak_dbfs=-40 dB"),
        ({"min_clip": 0.7}, {5, 6}, "shorter than min_clip=0.7 s"),
        ({"select": "1:first"}, {3, 4, 5, 6}, "that select=1:first keeps"),
        ({"select": "2:loudest"}, {3, 4}, "that select=2:loudest keeps"),
        ({"max_per_label": 1}, {3}, "that max_per_label=1 keeps"),
        ({"negatives": "drop"}, set(), ""),
    ],
)
def test_annotations_of_clips_that_are_left_out_are_named(
    uneven: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, object],
    lost: set[int],
    why: str,
    is_long: bool,
) -> None:
    monkeypatch.setattr("specimg.batch.run.LocalExecutor", InProcess)
    if is_long:
        # Converted in parts, of which each knows its own clips only.
        monkeypatch.setattr("specimg.conversion.LONG_SECONDS", 0.0)
        monkeypatch.setattr("specimg.conversion.RANGE_SECONDS", 1.0)
    limits = Limits(jobs=1, timeout=60, memory=1000)
    settings = Settings.from_options(SMALL | options)
    out, table = tmp_path / "out", tmp_path / "t.csv"
    for attempt in ("new", "again", "moved"):
        lines = CALLS
        if attempt == "moved":  # to other lines, which is no reason to convert anew
            lines = ("", *CALLS)
            lost = {line + 1 for line in lost}
        inputs = decide(uneven, table, *lines, **options)
        report = convert_all(inputs, out, settings, limits, lambda _: None)
        assert report.recordings == (attempt == "new")
        told = {}
        if (out / "passed_over.csv").exists():
            told = {r["source"]: r["reason"] for r in rows(out / "passed_over.csv")}
        assert set(told) == {f"{table}:{line}" for line in lost}
        assert all(reason.endswith(why) for reason in told.values())
        assert all(" labels no image of c.wav: " in one for one in told.values())
        assert inputs.labeling
        assert inputs.labeling.lost.count == len(lost)


def test_annotations_behind_the_end_are_named_once(
    uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specimg.batch.run.LocalExecutor", InProcess)
    inputs = decide(uneven, tmp_path / "t.csv", *CALLS, "c.wav,8,9,,,owl")
    limits = Limits(jobs=1, timeout=60, memory=1000)
    settings = Settings.from_options(SMALL)
    convert_all(inputs, tmp_path / "out", settings, limits, lambda _: None)
    (row,) = rows(tmp_path / "out" / "passed_over.csv")
    assert (
        row["reason"] == "owl from 8 to 9 s is in no clip of c.wav, which is 3.5 s long"
    )
    assert inputs.labeling
    assert inputs.labeling.lost.count == 1


def test_annotations_behind_what_can_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specimg.batch.run.LocalExecutor", InProcess)
    path = write(tmp_path / "in/c.flac", chirps(1.1, RATE), RATE, format="FLAC")
    data = bytearray(path.read_bytes())
    data[22:26] = (4 * RATE).to_bytes(4)  # samples that its header promises
    path.write_bytes(data)
    lines = [line.replace("wav", "flac") for line in CALLS]
    inputs = decide(path.parent, tmp_path / "t.csv", *lines)
    limits = Limits(jobs=1, timeout=60, memory=1000)
    settings = Settings.from_options(SMALL)
    convert_all(inputs, tmp_path / "out", settings, limits, lambda _: None)
    told = rows(tmp_path / "out" / "passed_over.csv")
    assert [row["source"][-1:] for row in told] == ["3", "4", "5", "6"]
    assert "no clip of what can be read holds enough of it" in told[0]["reason"]


# What is said beforehand, and where nothing is left.


def dry(
    folder: Path,
    table: Path,
    capsys: pytest.CaptureFixture[str],
    **options: object,
) -> list[str]:
    inputs = decide(folder, table, *CALLS, **options)
    settings = Settings.from_options(SMALL | options)
    print_plan(inputs, settings, is_begun=False)
    lines = capsys.readouterr().out.splitlines()
    written = [line for line in lines if line.startswith("would write")]
    return [line.removeprefix("would write ").partition(", ")[0] for line in written]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["about 4 images", "1 image of robin", "2 images of owl"]),
        ({"min_clip": 0.7}, ["about 3 images", "2 images of owl"]),
        ({"select": "2"}, ["about 2 images", "at most 1 image of robin"]),
        ({"select": "4"}, ["about 4 images", "1 image of robin"]),
        ({"skip_silent": True}, ["at most 4 images", "at most 2 images of owl"]),
        ({"min_peak_dbfs": -9.0}, ["at most 4 images", "at most 3 images of wren"]),
        ({"clips": "annotation", "select": "3:first"}, ["about 3 images"]),
    ],
)
def test_a_dry_run_counts_what_can_be_known_beforehand(
    uneven: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: dict[str, object],
    expected: list[str],
) -> None:
    told = dry(uneven, tmp_path / "t.csv", capsys, **options)
    assert set(expected) <= set(told)


def convert(*arguments: object, table: Path) -> tuple[int, str, str]:
    """Run the command in this process; return its status and what it prints."""
    table.write_text("\n".join([HEADER, *CALLS]) + "\n")
    small = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    words = ["convert", *map(str, arguments), *small, "--annotations", str(table)]
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.stdout, result.stderr


def test_a_dry_run_refuses_what_the_run_refuses_and_changes_nothing(
    uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specimg.batch.run.LocalExecutor", InProcess)
    out, table = tmp_path / "out", tmp_path / "t.csv"
    assert convert(uneven, out, table=table)[0] == 0
    before = tree(out)
    for options in (("--skip-silent",), ("--shard", "1/2")):
        refused = convert(uneven, out, *options, table=table)
        assert refused[0] == 1
        assert "other settings" in refused[2] or "of another run" in refused[2]
        assert convert(uneven, out, *options, "--dry-run", table=table) == refused
    _, text, _ = convert(uneven, out, "--dry-run", table=table)
    assert "what OUT holds already is counted as well" in text
    anew = ("--skip-silent", "--overwrite", "--dry-run")
    status, text, _ = convert(uneven, out, *anew, table=table)
    assert status == 0
    assert "what OUT holds" not in text
    assert tree(out) == before


def test_a_run_without_any_image_has_converted_nothing(
    uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specimg.batch.run.LocalExecutor", InProcess)
    some = ("--classes", "emu,owl", "--negatives", "drop")
    out, table = tmp_path / "out", tmp_path / "t.csv"
    status, text, _ = convert(uneven, out, *some, table=table)
    assert status == 0
    assert "no annotation has 1 of --classes: emu\n" in text
    nothing = ("--classes", "emu,kiwi", "--negatives", "drop")
    said = "nothing converted: no clip of any recording became an image\n"
    for _ in ("new", "again"):
        status, text, error = convert(uneven, tmp_path / "none", *nothing, table=table)
        assert (status, error) == (1, said)
        assert "no annotation has 2 of --classes: emu, kiwi\n" in text
    # What is there already is converted, too.
    assert convert(uneven, out, *some, table=table)[0] == 0
    # Others have what this shard lacks.
    part = ("--shard", "1/2")
    status, *_ = convert(uneven, tmp_path / "part", *nothing, *part, table=table)
    assert status == 0


def test_a_channel_that_a_recording_lacks_is_named_and_the_rest_is_taken(
    folder: Path, tmp_path: Path
) -> None:
    columns = "Selection\tChannel\tBegin Time (s)\tEnd Time (s)\tSpecies\tBegin File\n"
    table = tmp_path / "all.txt"
    lines = ("1\t1\t1.2\t1.5\twren\ta.wav", "2\t3\t2\t3\twren\ta.wav")
    table.write_text(columns + "\n".join(lines))
    for mono in ("mean", "left"):
        settings = Settings.from_options(SMALL | {"mono": mono})
        listing = list_inputs([folder], tmp_path / "out", "none")
        wanted = Wanted(annotations=[table])
        inputs = prepare(listing, tmp_path / "out", settings, wanted, ALL)
        assert clips(inputs) == {"a.wav": "-++-"}
        (row,) = inputs.labeling.lost.rows(1, 1)
        assert row.source == f"{table}:3"
        assert "in channel 2, from 0, but a.wav has 1 channel" in row.reason
        assert inputs.labeling.lost.count == inputs.labeling.other_channels == 0
        said = describe_inputs(inputs, settings)
        assert "1 annotation taken without a band or channel that cannot be" in said


def test_one_annotation_is_not_one_annotations(folder: Path, tmp_path: Path) -> None:
    inputs = decide(folder, tmp_path / "t.csv", GOOD, GOOD, "z.wav,1,2,,,wren")
    (row,) = inputs.labeling.lost.rows(1, 1)
    assert row.reason.startswith("1 annotation of z.wav: there is no such")
    settings = Settings.from_options(SMALL)
    said = describe_inputs(inputs, settings)
    assert "left out 1 annotation, just the same as another" in said


def test_labels_come_through_a_table_of_specimg_as_they_were_written(
    folder: Path, tmp_path: Path
) -> None:
    labels = ["-", "=1+1", "100%41", "a;b"]
    lines = [f"a.wav,{n}.2,{n}.8,,,{label}" for n, label in enumerate(labels)]
    inputs = decide(folder, tmp_path / "t.csv", *lines)
    plain = tmp_path / "labels.csv"
    tables = read_tables([tmp_path / "t.csv"])
    plain.write_bytes(b"".join(format_plain(by_file(tables))))
    listing = list_inputs([folder], tmp_path / "out", "none")
    wanted = Wanted(annotations=[plain])
    settings = Settings.from_options(SMALL)
    again = prepare(listing, tmp_path / "out", settings, wanted, ALL)
    for one in (inputs, again):
        plan = one.listing.recordings[0].plan
        assert [decode_label(call.label) for call in plan.annotations] == labels
