"""A table of the user's own in the manifest, and as groups: ``--join``."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from runs import QUICK, rows, tree
from sounds import noise, specimg, write

from specimg.annotations.joined import MAX_CHARACTERS, read_joined
from specimg.annotations.plan import LabelPlan
from specimg.annotations.rows import AnnotationError
from specimg.audio.recordings import Listing, Recording
from specimg.batch.inputs import Inputs, Wanted, prepare
from specimg.batch.joining import Joining, join
from specimg.errors import DatasetError, RefusedError
from specimg.output.entries import DONE, FileStamp, JournalEntry
from specimg.output.joined import joined_columns, known_columns, set_columns
from specimg.output.journal import Journal
from specimg.output.manifest import ImageEntry, Record
from specimg.output.schema import JournalError
from specimg.output.session import Output
from specimg.output.shards import Shard
from specimg.output.stats import compute_stats
from specimg.output.verify import find_faults
from specimg.output.writing import format_manifest
from specimg.settings import Settings

NAMES = ["north/1.wav", "north/2.wav", "south/3.wav", "south/4.flac"]
TABLE = """\
file,site,date,east
north/1.wav,Pond,2024-05-01,-58.4
2.wav,Pond,2024-05-01,"-58,4"
C:\\field\\south\\3.wav,"Hill, upper",,=1+1
5.wav,Hill,,
"""


def table(folder: Path, text: str = TABLE, name: str = "sites.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def joining(folder: Path, text: str = TABLE, *, may_label: bool = True) -> Joining:
    return join(table(folder, text), NAMES, may_label=may_label)


# What is read.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_cells_are_as_they_are_written(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    text = "File Name|Beobachter|n\r\n1.wav| Jörg |1.50\r\n2|007|\r\n"
    path = tmp_path / "t.csv"
    path.write_bytes(text.replace("|", separator).encode(encoding))
    read = join(path, NAMES, may_label=True)
    assert read.columns == ("Beobachter", "n")
    assert read.cells == {
        "north/1.wav": {"Beobachter": " Jörg ", "n": "1.50"},
        "north/2.wav": {"Beobachter": "007", "n": ""},
    }


def test_recordings_are_found_as_those_of_annotations(tmp_path: Path) -> None:
    read = joining(tmp_path)
    assert list(read.cells) == NAMES[:3]
    assert read.cells["south/3.wav"]["site"] == "Hill, upper"
    (lost,) = read.lost
    assert lost.source.endswith("sites.csv:5")
    assert lost.reason == "5.wav: there is no such recording"


def test_a_name_of_several_recordings_is_of_none_and_they_are_named(
    tmp_path: Path,
) -> None:
    path = table(tmp_path, "file,site\n1.wav,x\nc/2.wav,y\n,z\n")
    read = join(path, ["a/1.wav", "b/1.wav", "c/2.wav"], may_label=True)
    assert list(read.cells) == ["c/2.wav"]
    assert [lost.reason for lost in read.lost] == [
        "1.wav: could be any of a/1.wav, b/1.wav",
        "names no recording",
    ]


def test_the_same_row_twice_is_one_row(tmp_path: Path) -> None:
    text = "file,site\n1.wav,x\nnorth/1.wav,x\n1.wav,x\n"
    assert joining(tmp_path, text).cells == {"north/1.wav": {"site": "x"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,site\n1.wav,x\n2.wav,x\nnorth/1.wav,y\n", "lines 2 and 4: both are of"),
        ("file,site\n9.wav,x\n", "no row of .* for example, .*:2: 9.wav: there is no"),
        ("file,site\n", "has no rows"),
        ("file\n1.wav\n", "has no column besides 'file'"),
        ("name,site\n1.wav,x\n", "call it file, path, recording or source; it has n"),
        ("file,site,Site\n1.wav,x,y\n", "two columns are called Site: rename one"),
        (",file,site\n0,1.wav,x\n", "column 1 has no name"),
        ("file,a\x1b,b\n1.wav,x,y\n", r"column 'a\\x1b' has characters"),
        ("file,Start,b\n1.wav,x,y\n", "the column Start would stand in the manifest"),
        ("file,split\n1.wav,x\n", "the column split would .*: rename or remove it"),
        ("file,image\n1.wav,x\n", "the column image would"),
        ("file,source\n1.wav,x\n", "the column source would"),
        ("file,site\n1.wav,x,y\n", "line 2: 3 cells: need 2 cells"),
        (f"file,site\n1.wav,{'x' * MAX_CHARACTERS}\n", "line 2: has more than 65536"),
        ("", "is no table: need CSV or TSV"),
        ('[{"file": "1.wav"}]', "is no table: need CSV or TSV"),
    ],
)
def test_what_cannot_be_joined_is_a_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(AnnotationError, match=message) as caught:
        joining(tmp_path, text)
    assert "sites.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(9))
    for name, message in (
        ("zeros", "is not a text"),
        ("gone.csv", "cannot be read: No such file"),
        ("", "cannot be read: "),
    ):
        with pytest.raises(AnnotationError, match=message):
            read_joined(tmp_path / name)


# What it is for.


def prepared(folder: Path, wanted: Wanted, shard: Shard, **options: object) -> Inputs:
    recordings = tuple(
        Recording(path=folder / name, name=name, label=name.partition("/")[0])
        for name in NAMES
    )
    listing = Listing(recordings=recordings, passed_over={}, unreadable=())
    settings = Settings.from_options(options)
    return prepare(listing, folder / "out", settings, wanted, shard)


def test_recordings_get_cells_and_the_listing_says_what_is_missing(
    tmp_path: Path,
) -> None:
    inputs = prepared(tmp_path, Wanted(join=table(tmp_path)), Shard())
    assert inputs.columns == ("site", "date", "east")
    assert [one.joined for one in inputs.listing.recordings] == [
        {"site": "Pond", "date": "2024-05-01", "east": "-58.4"},
        {"site": "Pond", "date": "2024-05-01", "east": "-58,4"},
        {"site": "Hill, upper", "east": "=1+1"},
        {},
    ]
    assert [one.label for one in inputs.listing.recordings[1:3]] == ["north", "south"]
    assert inputs.unjoined == 1
    assert inputs.joining
    assert len(inputs.joining.lost) == 1


LABELED = "file,site,Label\n1.wav,x, wren \n2.wav,y,a;b\n3.wav,,\n"


def test_a_column_of_labels_gives_the_labels_where_nothing_else_does(
    tmp_path: Path,
) -> None:
    wanted = Wanted(join=table(tmp_path, LABELED))
    inputs = prepared(tmp_path, wanted, Shard())
    labels = [one.label for one in inputs.listing.recordings]
    assert labels == ["wren", "a%3Bb", "", ""]
    assert inputs.columns == ("site",)
    for rule in ("first", "none", "(.)"):
        with pytest.raises(AnnotationError, match="leave out --annotations and"):
            prepared(tmp_path, wanted, Shard(), label=rule)


SPLIT = "train=50,test=50"


def test_a_column_says_which_recordings_stay_together(tmp_path: Path) -> None:
    path = table(tmp_path, "file,first\n1.wav,x\n3.wav, x\n2.wav,\n")
    wanted = Wanted(join=path, split=SPLIT, group="first")
    inputs = prepared(tmp_path, wanted, Shard())
    # The column, though there is a rule that is called so.
    groups = [row.group for row in inputs.splits]
    assert groups == ["x", "north/2", "x", "south/4"]
    assert inputs.ungrouped == ("first", 2)
    parts = {row.source: row.split for row in inputs.splits}
    assert parts["north/1.wav"] == parts["south/3.wav"]


def test_what_is_no_column_groups_as_it_did(tmp_path: Path) -> None:
    path = table(tmp_path)
    wanted = Wanted(join=path, split=SPLIT, group=r"(\d)\.")
    groups = [row.group for row in prepared(tmp_path, wanted, Shard()).splits]
    assert groups == ["1", "2", "3", "4"]
    # Folders are no labels where the table has them.
    wanted = Wanted(join=table(tmp_path, LABELED), split=SPLIT, group="first")
    groups = [row.group for row in prepared(tmp_path, wanted, Shard()).splits]
    assert groups == ["north", "north", "south", "south"]
    wanted = Wanted(join=table(tmp_path), split=SPLIT, group="sites")
    with pytest.raises(DatasetError, match=r"csv are site, date, east"):
        prepared(tmp_path, wanted, Shard())


@pytest.mark.parametrize(
    "plan",
    [None, LabelPlan(annotations=()), LabelPlan(annotations=(), negative_label="x")],
    ids=["without a plan", "with a plan", "with a label for none"],
)
def test_a_recording_whose_label_has_changed_is_not_done(
    tmp_path: Path, plan: LabelPlan | None
) -> None:
    path = table(tmp_path)
    stamp = FileStamp.of(path)
    output = Output(tmp_path, Shard(), Journal(tmp_path / "j.sqlite"), Settings())

    def is_done(before: str, now: str) -> bool:
        recording = Recording(path=path, name="a", label=now, plan=plan)
        entry = JournalEntry(
            name="a",
            stamp=stamp,
            state=DONE,
            plan=recording.plan_digest,
            label=before,
            files=((path.name, stamp.size),),
        )
        return output.is_done(entry, stamp, recording)

    none = plan.negative_label if plan else ""
    assert is_done("robin", "robin")
    assert is_done(none, "")
    assert not is_done("robin", "wren")
    assert not is_done("robin", "")
    assert not is_done(none, "wren")


# What is written.

RECORD = Record(
    **{
        name: kind()
        for name, kind in Record.__annotations__.items()  # type: ignore[operator]
    }
)


def test_a_cell_is_whole_in_json_and_runs_in_no_spreadsheet() -> None:
    cells = {
        "number": "-58.4",
        "comma": "+1,5",
        "small": "-.5E-3",
        "formula": "=1+1",
        "phone": "+54 11",
        "lines": 'a\n"b", c\0',
        "warning ": "@x",
    }
    image = ImageEntry(record=RECORD, joined=cells)
    names = [*cells, "none"]
    text = b"".join(format_manifest([image], "m.csv", joined=names)).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert [*row][-8:] == names
    assert {name: row[name] for name in names} == {
        **cells,
        "formula": "%3D1+1",
        "phone": "%2B54 11",
        "lines": 'a%0A"b", c%00',
        "warning ": "%40x",
        "none": "",
    }
    (line,) = format_manifest([image], "m.jsonl", joined=names)
    assert [*json.loads(line).items()][-8:] == [*cells.items(), ("none", "")]


def test_shards_of_other_columns_are_not_merged(tmp_path: Path) -> None:
    one, two = Journal(tmp_path / "1.sqlite"), Journal(tmp_path / "2.sqlite")
    assert joined_columns([one, two]) == []
    one.manifest = "written"
    assert set_columns(one, ["site", "date"]) == []
    assert not one.manifest
    with pytest.raises(RefusedError, match=r"\(site, date; none\): run each again"):
        joined_columns([one, two])
    set_columns(two, ["site", "date"])
    assert joined_columns([one, two]) == ["site", "date"]
    one.manifest = "written"
    assert set_columns(one, ["site", "date"]) == []
    assert one.manifest
    assert set_columns(one, ["date"]) == ["site"]
    for text in ("[]", "7", '{"a": 1}', "{", "[" * 100_000):
        one.set("joined", text)
        with pytest.raises(JournalError, match="is damaged"):
            known_columns(one)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joined")
    for number, name in enumerate(NAMES):
        write(folder / "in" / name, noise(0.6, 16_000, number), 16_000)
    options = ("--join", table(folder / "in"), "--jobs", 1)
    result = specimg("convert", folder / "in", folder / "out", *QUICK, *options)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    (folder / "said").write_text(result.stdout)
    return folder


def test_the_manifest_has_the_columns_and_the_summary_what_is_missing(
    made: Path,
) -> None:
    out = made / "out"
    found = {row["source"]: [*row.values()][-3:] for row in rows(out / "manifest.csv")}
    assert found == {
        "north/1.wav": ["Pond", "2024-05-01", "-58.4"],
        "north/2.wav": ["Pond", "2024-05-01", "-58,4"],
        "south/3.wav": ["Hill, upper", "", "%3D1+1"],
        "south/4.flac": ["", "", ""],
    }
    said = (made / "said").read_text()
    path = made / "in" / "sites.csv"
    assert f"{path} has no row of 1 recording: empty cells\n" in said
    lost = f"1 row of {path} that matches nothing: see {out / 'passed_over.csv'}\n"
    assert lost in said
    assert "passed over" not in said  # the table itself
    (row,) = rows(out / "passed_over.csv")
    assert row["source"] == f"{path}:5"
    assert list(find_faults(out)) == []


def edited(text: str) -> str:
    """Return the table with a cell, a row and a column that are others."""
    text = text.replace("-58.4", "-58.5").replace("date", "day")
    return text.replace("5.wav,Hill", "4.flac,Hill")


def test_another_table_changes_rows_and_no_image(made: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    path = table(tmp_path, edited(TABLE), "other.csv")
    again = ("convert", made / "in", out, *QUICK, "--join", path)
    said = specimg(*again).stdout
    assert said.startswith("already converted: 4 recordings\n")
    assert "with new cells in manifest.csv: 3 recordings of these\n" in said
    assert "columns of --join that manifest.csv has no more: date\n" in said
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.png")} == before
    # As if all of it had been made so, and in parts.
    parts = tmp_path / "parts"
    for index in (1, 2):
        shard = ("--shard", f"{index}/2", "--join", path)
        assert specimg("convert", made / "in", parts, *QUICK, *shard).returncode == 0
    assert specimg("merge", parts).returncode == 0
    assert tree(out) == tree(parts)
    assert [row["day"] for row in rows(out / "manifest.csv")[:1]] == ["2024-05-01"]
    assert [row["site"] for row in rows(out / "manifest.csv")[-1:]] == ["Hill"]


def test_a_changed_cell_is_a_fault_and_without_a_record_none(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    manifest = out / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("-58.4", "-58.5"))
    assert [*find_faults(out)] == ["manifest.csv: line 2 is not what was written"]
    (out / ".specimg.sqlite").unlink()
    assert [*find_faults(out)] == []
    stats = compute_stats(out, lambda *_: None)
    assert (stats.summary.clips, stats.faults) == (2 * len(NAMES), 0)
    assert "images" in specimg("gallery", out).stdout
