"""What becomes of annotations, and of clips, that tables do not say as they should."""

from pathlib import Path

import pytest
from sounds import chirps, write

from specimg.batch.inputs import Inputs, Wanted, prepare
from specimg.batch.run import list_inputs
from specimg.cli.summary import describe_inputs
from specimg.errors import SpecimgError
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
    assert [row.source for row in inputs.lost] == [f"{tmp_path / 't.csv'}:3"]


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
