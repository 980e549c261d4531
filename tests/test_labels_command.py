"""``specimg labels``: what it prints, what it writes, and how it ends."""

from pathlib import Path

import pytest
from sounds import rows, specimg, tone
from sounds import write as write_sound

from specimg.annotations.tables import read_tables
from specimg.annotations.writing import by_file, format_plain
from specimg.cli.label_summary import print_contents

RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\t"
    "High Freq (Hz)\tSpecies\n"
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Three tables of three recordings; nothing calls in one of them."""
    folder = tmp_path / "tables"
    write(
        folder / "a.Table.1.selections.txt",
        RAVEN + "1\tSpectrogram 1\t1\t0.5\t1\t500\t900.5\twren\n"
        "2\tSpectrogram 1\t1\t1\t2.5\t500\t900\trobin\n",
    )
    write(folder / "night/b.Table.1.selections.txt", RAVEN)
    write(folder / "c.txt", "0.25\t0.75\twren\n")
    return folder


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    for name in ("site/a.wav", "site/b.wav", "d.wav"):
        write_sound(folder / name, tone(440, 0.1))
    return folder


def test_it_says_what_is_in_the_tables(tables: Path) -> None:
    result = specimg("labels", tables)
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "read 3 tables: 2 raven, 1 audacity",
        "3 recordings, 3 annotations, 2.5 s",
        "without any call: 1 recording",
        "label  annotations  recordings  seconds",
        "wren             2           2      1.0",
        "robin            1           1      1.5",
    ]


def test_it_writes_one_table_that_it_reads_again(tables: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    result = specimg("labels", tables, "-o", out)
    assert result.returncode == 0
    assert result.stdout.endswith(f"wrote {out}: 3 annotations, 3 recordings\n")
    assert out.read_text(encoding="utf-8").splitlines() == [
        "file,start,end,low,high,label,confidence,channel",
        "a,0.5,1.0,500.0,900.5,wren,,0",
        "a,1.0,2.5,500.0,900.0,robin,,0",
        "c,0.25,0.75,,,wren,,",
        "night/b,,,,,,,",
    ]
    again = tmp_path / "again.csv"
    assert specimg("labels", out, "-o", again).returncode == 0
    assert again.read_bytes() == out.read_bytes()


def test_it_names_what_belongs_to_no_recording(
    tables: Path, recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "labels.csv"
    result = specimg("labels", tables, "--recordings", recordings, "-o", out)
    assert result.returncode == 3
    assert "found 2 recordings that the tables name: 2 annotations\n" in result.stdout
    assert "no recording for 1 name: 1 annotation\n" in result.stdout
    lost = f"  {tables / 'c.txt'}, line 1: c: there is no such recording\n"
    assert result.stderr == lost
    # What has no recording is written all the same.
    assert [row["file"] for row in rows(out)] == [
        *("site/a.wav", "site/a.wav", "site/b.wav", "c")
    ]


def test_what_is_odd_is_named_and_the_rest_is_taken(tables: Path) -> None:
    table = tables / "odd.csv"
    lines = "".join(f"o.wav,{number},1,wren\n" for number in range(2, 32))
    write(table, "file,start,end,label\n" + lines)
    write(tables / "README.txt", "Read me\n")
    result = specimg("labels", tables)
    assert result.returncode == 3
    assert "3 recordings, 3 annotations" in result.stdout
    assert "left out, 30 problems\n" in result.stdout
    assert "passed over 1 file\n" in result.stdout
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"  {tables / 'README.txt'}: is no table")
    first = "start=2 and end=1: need 0 <= start <= end, in seconds"
    assert lines[1] == f"  {table}, line 2: {first}"
    assert len(lines) == 22
    assert lines[-1] == "  and 10 more"


def test_nothing_but_nonsense_is_not_written(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "file,start,end,label\na.wav,2,1,wren\n")
    result = specimg("labels", table, "-o", tmp_path / "labels.csv")
    assert result.returncode == 1
    assert "line 2: start=2 and end=1" in result.stderr
    assert not (tmp_path / "labels.csv").exists()


def test_the_options_about_reading_are_heard(tmp_path: Path) -> None:
    text = "Wo;von;bis;tief;Art;sicher;andere\na.wav;500;900;2;wren;0,4;x\n"
    text += "a.wav;500;900;2;wren;0,9;x\n"
    table = write(tmp_path / "t.csv", text)
    out = tmp_path / "labels.csv"
    columns = "file=Wo,start=von:ms,end=bis:ms,low=tief,confidence=sicher"
    options = ("--columns", columns, "--label-column", "Art", "-o", out)
    options += ("--min-confidence", 0.5, "--annotation-frequencies", "khz")
    result = specimg("labels", table, *options, "--annotation-format", "plain")
    assert result.returncode == 0, result.stderr
    assert "less sure, and left out: 1 annotation\n" in result.stdout
    assert out.read_text().splitlines()[1:] == ["a.wav,0.5,0.9,2000.0,,wren,0.9,"]


def test_frequencies_that_may_be_in_khz_are_told(tmp_path: Path) -> None:
    table = write(tmp_path / "a.txt", "1\t2\twren\n\\\t2\t8\n")
    told = "no frequency is above 8 Hz: if they are in kHz"
    assert told in specimg("labels", table).stdout
    options = ("--annotation-frequencies", "khz")
    assert told not in specimg("labels", table, *options).stdout


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["gone.txt"], 1, "gone.txt cannot be read: No such file"),
        (["a.csv"], 1, "a.csv is no table of annotations that is known; its columns"),
        (["."], 1, "no table of annotations found in"),
        (["a.txt", "--annotation-format", "wav"], 2, "need one of raven, birdnet"),
        (["a.txt", "--annotation-format", "raven"], 1, "no table of the format raven"),
        (["a.txt", "--columns", "label"], 2, "--columns: 'label': need FIELD=NAME"),
        (["a.txt", "--annotation-frequencies", "mhz"], 2, "need one of hz, khz"),
        (["a.txt", "--min-confidence", "nan"], 2, "need a finite number"),
        (["a.txt", "--recordings", "gone"], 2, "gone is no folder"),
        (["a.txt", "-o", "a.csv"], 1, "a.csv is not a table that specimg labels"),
        (["a.txt", "-o", "."], 1, "Is a directory"),
        (["a.txt", "-o", "a.csv/b.csv"], 1, "cannot"),
        (["x" * 300], 1, "File name too long"),
        ([""], 2, "an empty path"),
    ],
)
def test_what_cannot_be_costs_a_sentence(
    tmp_path: Path, options: list[str], status: int, told: str
) -> None:
    write(tmp_path / "a.csv", "site,latitude\nx,1\n")
    if options != ["."]:
        write(tmp_path / "a.txt", "1\t2\twren\n")
    result = specimg("labels", *options, cwd=tmp_path)
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert (result.returncode, "Traceback" in result.stderr) == (status, False)
    assert (tmp_path / "a.csv").read_text() == "site,latitude\nx,1\n"


def test_its_own_table_is_written_anew_and_not_read(tables: Path) -> None:
    """Also where it lies among the tables: their calls must not count twice."""
    out = tables / "labels.csv"
    for _ in range(2):
        assert specimg("labels", tables, "-o", out).returncode == 0
        assert len(rows(out)) == 4
    assert not [path for path in tables.iterdir() if path.name.startswith(".specimg")]


def test_a_table_can_be_tidied_in_place(tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    header = "file,start,end,low,high,label,confidence,channel\n"
    write(out, header + "a.wav,2,3.50,,,wren,,\na.wav,1,2,,,wren,,\n")
    result = specimg("labels", "labels.csv", "-o", "labels.csv", cwd=tmp_path)
    assert result.returncode == 0
    assert out.read_text().splitlines()[1] == "a.wav,2.0,3.5,,,wren,,"


def test_labels_and_names_that_would_be_commands_are_only_text(tmp_path: Path) -> None:
    table = tmp_path / "\x1b[31m.csv"
    write(table, "file,start,end,label\na\x07.wav,1,2,=cmd[bold]\n[1],2,1,x\n")
    out = tmp_path / "labels.csv"
    result = specimg("labels", table, "-o", out)
    assert result.returncode == 3
    assert "=cmd[bold]" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr
    assert "a%07.wav,1.0,2.0,,,%3Dcmd[bold],,\n" in out.read_text()


def test_a_label_of_a_whole_sentence_is_cut_where_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label = "maybe a robin " * 20 + "or a wren"
    table = write(tmp_path / "t.csv", f"file,start,end,label\na.wav,1,2,{label}\n")
    found = read_tables([table])
    print_contents(found)
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith(f"{label[:37]}...  ")
    assert line.split()[-3:] == ["1", "1", "1.0"]
    assert len(line) < 80
    assert label in b"".join(format_plain(by_file(found))).decode()
