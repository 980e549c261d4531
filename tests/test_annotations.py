"""Tables of annotations as the tools write them, and all that goes wrong in them."""

import csv
import io
import json
import math
import os
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specimg.annotations.annotation import Annotation
from specimg.annotations.formats import FORMATS
from specimg.annotations.matching import Matched, match_tables
from specimg.annotations.options import Column, ReadingOptions, parse_columns
from specimg.annotations.rows import AnnotationError
from specimg.annotations.tables import Tables, read_tables
from specimg.annotations.writing import by_file, format_plain
from specimg.encoding import encode_name
from specimg.errors import ParameterError

RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\t"
    "High Freq (Hz)"
)
BIRDNET = "Start (s),End (s),Scientific name,Common name,Confidence,File\n"
KALEIDOSCOPE = "INDIR,FOLDER,IN FILE,CHANNEL,OFFSET,DURATION,Fmin,Fmax,TOP1MATCH"

Call = tuple[float, float, str]
Box = tuple[float, float, str, float | None, float | None]


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(path: Path, text: str | bytes, **options: object) -> Tables:
    return read_tables([write(path, text)], ReadingOptions(**options))


def calls(tables: Tables) -> dict[str, list[Call]]:
    return {
        entry.file: [(call.start, call.end, call.label) for call in entry.annotations]
        for entry in tables.annotated
    }


def boxes(tables: Tables) -> list[Box]:
    return [
        (call.start, call.end, call.label, call.low, call.high)
        for entry in tables.annotated
        for call in entry.annotations
    ]


def only(tables: Tables) -> Annotation:
    (call,) = [call for entry in tables.annotated for call in entry.annotations]
    return call


# Raven


def test_rows_of_raven_repeat_for_each_view_and_count_once(tmp_path: Path) -> None:
    header = RAVEN + "\tDelta Time (s)\tAvg Power Density (dB FS/Hz)\tAnnotation\n"
    rows = (
        "1\tWaveform 1\t1\t6.709509878\t15.096397225\t1739.012\t3798.813\t8.4\t\tBirb\n"
        "1\tSpectrogram 1\t1\t6.709509878\t15.096397225\t1739.012\t3798.813\t8.4\t-75"
        "\tBirb\n"
        "2\tWaveform 1\t1\t29.383\t40.257\t1587\t4136\t10.87\t\tdonkey\n"
        "2\tSpectrogram 1\t1\t29.383\t40.257\t1587\t4136\t10.87\t-75\tdonkey\n"
    )
    tables = read(tmp_path / "rec.Table.1.selections.txt", header + rows)
    assert boxes(tables) == [
        (6.709509878, 15.096397225, "Birb", 1739.012, 3798.813),
        (29.383, 40.257, "donkey", 1587.0, 4136.0),
    ]
    assert [entry.file for entry in tables.annotated] == ["rec"]
    assert set(tables.formats.values()) == {"raven"}
    assert tables.problems == ()


def test_what_one_view_of_raven_lacks_the_other_has(tmp_path: Path) -> None:
    rows = "\tSpecies\n1\tWaveform 1\t1\t1\t2\t\t\twren\n"
    rows += "1\tSpectrogram 1\t2\t1\t2\t500\t900\twren\n"
    call = only(read(tmp_path / "a.txt", RAVEN + rows))
    assert (call.low, call.high, call.channel) == (500, 900, None)


def test_selections_with_one_number_in_one_view_are_two(tmp_path: Path) -> None:
    """As somebody leaves it who writes such a table by hand."""
    rows = "\tSpecies\n" + 2 * "1\tSpectrogram 1\t1\t1\t2\t500\t900\twren\n"
    assert len(boxes(read(tmp_path / "a.txt", RAVEN + rows))) == 2


def test_channels_of_raven_count_from_1(tmp_path: Path) -> None:
    rows = "\tSpecies\n1\tSpectrogram 1\t2\t1\t2\t500\t900\twren\n"
    rows += "2\tSpectrogram 1\t0\t1\t2\t500\t900\twren\n"
    tables = read(tmp_path / "a.txt", RAVEN + rows)
    (entry,) = tables.annotated
    assert [call.channel for call in entry.annotations] == [1, None]
    (remark,) = tables.remarks
    assert (remark.line, remark.value) == (3, "channel=-1")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_of_raven_with_a_header_alone_says_that_nothing_calls(
    tmp_path: Path, end: str
) -> None:
    tables = read(tmp_path / "quiet.Table.2.selections.txt", RAVEN + "\t\t" + end)
    assert calls(tables) == {"quiet": []}
    assert match_tables(tables, ["s/quiet.wav"]).annotations == {"s/quiet.wav": ()}


def test_tabs_at_the_end_and_whole_numbers_are_read(tmp_path: Path) -> None:
    rows = "\tSpecies\t\t\r\n1\tSpectrogram 1\t1\t1\t2\t0\t9000\tEATO\t\t\t\t\r\n"
    assert boxes(read(tmp_path / "a.txt", RAVEN + rows)) == [(1, 2, "EATO", 0, 9000)]


def test_a_quote_in_a_cell_of_raven_is_a_quote(tmp_path: Path) -> None:
    rows = '\tSpecies\n1\tS\t1\t1\t2\t0\t9\t"chip\n2\tS\t1\t3\t4\t0\t9\t"a ""b"""\n'
    labels = [box[2] for box in boxes(read(tmp_path / "a.txt", RAVEN + rows))]
    assert labels == ['"chip', 'a "b"']


def test_times_that_count_through_several_files_are_those_of_each_file(
    tmp_path: Path,
) -> None:
    header = RAVEN + "\tCommon Name\tSpecies Code\tConfidence\tBegin Path\t"
    rows = (
        "1\tSpectrogram 1\t1\t0.5\t3.0\t0\t15000\tBlackbird\teurbla\t0.81\t"
        "D:\\site1\\rec1.wav\t0.5\n"
        "2\tSpectrogram 1\t1\t60.25\t63.5\t0\t15000\tBlue Tit\teubtit\t0.91\t"
        "D:\\site1\\rec2.wav\t0.25\n"
    )
    text = f"{header}File Offset (s)\n{rows}"
    tables = read(tmp_path / "BirdNET_SelectionTable.txt", text)
    assert calls(tables) == {
        "D:/site1/rec1.wav": [(0.5, 3.0, "Blackbird")],
        "D:/site1/rec2.wav": [(0.25, 3.5, "Blue Tit")],
    }
    assert [e.annotations[0].confidence for e in tables.annotated] == [0.81, 0.91]
    names = ["site1/rec1.wav", "site1/rec2.wav"]
    assert list(match_tables(tables, names).annotations) == names


def test_times_that_may_count_through_several_files_are_refused(tmp_path: Path) -> None:
    header = RAVEN + "\tBegin File\tSpecies\n"
    rows = "1\tS\t1\t1\t2\t0\t9\ta.wav\twren\n2\tS\t1\t61\t62\t0\t9\tb.wav\twren\n"
    tables = read(tmp_path / "all.txt", header + rows)
    assert tables.annotated == ()
    assert [problem.line for problem in tables.problems] == [2, 3]
    assert "File Offset" in str(tables.problems[0])
    back = "3\tS\t1\t0.5\t2\t0\t9\tb.wav\twren\n"
    tables = read(tmp_path / "all.txt", header + rows + back)
    assert len(boxes(tables)) == 3
    assert tables.problems == ()


def test_birdnet_says_nocall_where_nothing_calls(tmp_path: Path) -> None:
    header = RAVEN + "\tCommon Name\tSpecies Code\tConfidence\tBegin Path\t"
    row = "1\tSpectrogram 1\t1\t0\t3\t0\t15000\tnocall\tnocall\t1.0\t/x/night.wav\t0\n"
    path = tmp_path / "night.BirdNET.selection.table.txt"
    tables = read(path, f"{header}File Offset (s)\n{row}")
    assert calls(tables) == {"/x/night.wav": []}


def test_the_label_of_raven_is_in_the_first_column_that_may_have_it(
    tmp_path: Path,
) -> None:
    text = RAVEN + "\tTags\tcomment\tSpecies\n1\tS\t1\t1\t2\t0\t9\tlow\tloud\twren\n"
    assert only(read(tmp_path / "a.txt", text)).label == "wren"
    other = read(tmp_path / "a.txt", text, label_column="Comment")
    assert only(other).label == "loud"
    for option, table in (({}, RAVEN), ({"label_column": "Call"}, text)):
        tables = read(tmp_path / "a.txt", table + "\n1\tS\t1\t1\t2\t0\t9\n", **option)
        assert tables.annotated == ()
        assert "it has Selection, View" in str(tables.problems[0])


@pytest.mark.parametrize(
    "name",
    [
        "X.Table.1.selections.txt",
        "X.Table.12.Selections.txt",
        "X.selections.txt",
        "X.txt",
        "X.BirdNET.selection.table.txt",
    ],
)
@pytest.mark.parametrize("stem", ["X", "20240501_050000", "a.b c"])
def test_a_table_belongs_to_the_recording_that_it_is_called_after(
    tmp_path: Path, name: str, stem: str
) -> None:
    path = tmp_path / name.replace("X", stem)
    tables = read(path, RAVEN + "\tSpecies\n1\tS\t1\t1\t2\t0\t9\twren\n")
    for suffix in ("wav", "WAV", "flac"):
        matched = match_tables(tables, [f"{stem}.{suffix}", "other.wav"])
        assert list(matched.annotations) == [f"{stem}.{suffix}"]


# Audacity


def test_labels_of_audacity_have_lines_of_frequencies_or_not(tmp_path: Path) -> None:
    text = (
        "0.101385\t0.367520\tSP\n\\\t6441.064453\t12296.577148\n"
        "0,5\t3,041545\tpunto y coma\n"
        "4.000000\t4.000000\tpoint\n\\\t-1.000000\t900,5\n"
        "5\t6\tlast\n\\\t-1\t-1\n"
    )
    tables = read(tmp_path / "spinetail.txt", text)
    assert boxes(tables) == [
        (0.101385, 0.36752, "SP", 6441.064453, 12296.577148),
        (0.5, 3.041545, "punto y coma", None, None),
        (4, 4, "point", None, 900.5),
        (5, 6, "last", None, None),
    ]
    assert tables.annotated[0].file == "spinetail"
    assert [c.line for c in tables.annotated[0].annotations] == [1, 3, 4, 6]
    assert not only(read(tmp_path / "b.txt", "1\t2\ta\n\\\t-1\t9\n")).has_box


def test_labels_of_audacity_by_birdnet_have_its_confidence(tmp_path: Path) -> None:
    text = "0.0\t3.0\tTurdus merula, Eurasian Blackbird\t0.8123\n"
    tables = read(tmp_path / "rec1.BirdNET.results.txt", text)
    assert calls(tables) == {"rec1": [(0, 3, "Turdus merula, Eurasian Blackbird")]}
    assert only(tables).confidence == 0.8123
    pasted = read(tmp_path / "a.txt", "0\t1\ta\n0\t1\tb\t7\n")
    assert [box[2] for box in boxes(pasted)] == ["a", "b 7"]


def test_lines_of_audacity_that_say_nothing_are_named(tmp_path: Path) -> None:
    text = "1\t2\twren\n3\t4\t\nnonsense\n\\\t1\t2\n"
    tables = read(tmp_path / "a.txt", text)
    assert calls(tables) == {"a": [(1, 2, "wren")]}
    assert [problem.line for problem in tables.problems] == [2, 3, 4]


# BirdNET, Kaleidoscope


def test_csv_of_birdnet_names_its_recordings(tmp_path: Path) -> None:
    rows = (
        "0.0,3.0,Turdus merula,Eurasian Blackbird,0.8123,/data/site1/rec1.wav\n"
        "3.0,6.0,Erithacus rubecula,European Robin,0.4411,/data/site1/rec1.wav\n"
    )
    path = tmp_path / "rec1.BirdNET.results.csv"
    tables = read(path, BIRDNET + rows)
    assert set(tables.formats.values()) == {"birdnet"}
    assert calls(tables) == {
        "/data/site1/rec1.wav": [
            (0, 3, "Eurasian Blackbird"),
            (3, 6, "European Robin"),
        ]
    }
    tables = read(path, BIRDNET + rows, min_confidence=0.5)
    assert only(tables).label == "Eurasian Blackbird"
    assert tables.below_confidence == 1
    tables = read(path, BIRDNET + rows, min_confidence=0.9)
    assert calls(tables) == {"/data/site1/rec1.wav": []}
    tables = read(path, BIRDNET + rows, label_column="Scientific name")
    assert boxes(tables)[0][2] == "Turdus merula"
    assert calls(read(path, BIRDNET)) == {"rec1": []}
    tables = read(path, "Start (s);End (s);Common name\n0,5;3,5;Wren\n")
    assert calls(tables) == {"rec1": [(0.5, 3.5, "Wren")]}


def test_kaleidoscope_has_the_label_of_a_person_where_there_is_one(
    tmp_path: Path,
) -> None:
    rows = (
        f"{KALEIDOSCOPE},MANUAL ID\r\n"
        "C:\\rec,night\\1,a.wav,0,10.1,0.2,20,40,EPFU,LANO\r\n"
        "C:\\rec,night\\1,a.wav,1,0.5,1.5,20,40,Noise,\r\n"
        "C:\\rec\\,,b.wav,0,1,1,,,,\r\n"
    )
    tables = read(tmp_path / "cluster.csv", rows)
    assert set(tables.formats.values()) == {"kaleidoscope"}
    assert calls(tables) == {
        "C:/rec/night/1/a.wav": [(10.1, 10.3, "LANO"), (0.5, 2, "Noise")]
    }
    assert [c.channel for c in tables.annotated[0].annotations] == [0, 1]
    assert tables.problems[0].line == 4
    assert "has no label" in tables.problems[0].why


def test_kaleidoscope_tables_of_birdnet_and_of_bats_are_read(tmp_path: Path) -> None:
    header = "INDIR,FOLDER,IN FILE,OFFSET,DURATION,scientific_name,common_name,"
    text = header + "confidence,lat,lon\n/d,s,a.wav,3.0,3.0,Turdus,Merle,0.7,-1,-1\n"
    call = only(read(tmp_path / "k.csv", text))
    assert (call.start, call.end, call.label, call.confidence) == (3, 6, "Merle", 0.7)
    text = "INDIR,FOLDER,IN FILE,OFFSET,DURATION,AUTO ID*\n/d,s,a.wav,0,5,MYOLUC\n"
    assert only(read(tmp_path / "id.csv", text)).label == "MYOLUC"


# JSON


def test_aviaz_files_are_read_beside_their_recording(tmp_path: Path) -> None:
    text = json.dumps(
        [
            {"Operator": "S", "Reviewer": "N", "Duration": 9.97},
            [1.27, 1.9, 815, 12883, [{"species": "Cat", "certainty": 100}]],
            [2, 3, 0, 0, [{"species": "Kiwi", "certainty": 50}, {"species": "Ruru"}]],
            [4, 5, 0, 0, []],
            [4, 5, 0],
        ]
    )
    tables = read(tmp_path / "a.wav.data", text)
    assert boxes(tables) == [
        (1.27, 1.9, "Cat", 815, 12883),
        (2, 3, "Kiwi", None, None),
        (2, 3, "Ruru", None, None),
        (4, 5, "Don't Know", None, None),
    ]
    confidences = [c.confidence for c in tables.annotated[0].annotations]
    assert confidences == [1, 0.5, None, None]
    assert tables.annotated[0].file == "a.wav"
    assert tables.problems[0].line == 4


@pytest.mark.parametrize("species", ["Morepork?", ["Morepork?"]])
def test_old_aviaz_files_have_strings_and_shares_of_the_height(
    tmp_path: Path, species: object
) -> None:
    old = [[-1, -1, "None", -1, -1], [1, 2, 0.2, 0.9, species]]
    tables = read(tmp_path / "a.wav.data", json.dumps(old))
    assert boxes(tables) == [(1, 2, "Morepork", None, None)]
    assert only(tables).confidence == 0.5


@pytest.mark.parametrize(
    "text",
    ["[]", '[{"Operator": "V", "Duration": 60.0}]\n', '[[-1, -1, "None", -1, -1]]'],
)
def test_aviaz_files_without_a_segment_say_that_nothing_calls(
    tmp_path: Path, text: str
) -> None:
    assert calls(read(tmp_path / "a.wav.data", text)) == {"a.wav": []}


def batdetect2(**about: object) -> dict[str, object]:
    call = {"class": "Myotis", "start_time": 0.5, "end_time": 0.75, "event": "Social"}
    call |= {"low_freq": 40000, "high_freq": 90000.0, "class_prob": 0.6}
    return {"id": "b.wav", "time_exp": 1, "annotation": [call], **about}


def test_json_of_batdetect2_is_read(tmp_path: Path) -> None:
    tables = read(tmp_path / "b.wav.json", json.dumps(batdetect2()))
    assert boxes(tables) == [(0.5, 0.75, "Myotis", 40000, 90000)]
    assert tables.annotated[0].file == "b.wav"
    assert only(tables).confidence == 0.6
    tables = read(tmp_path / "c.wav.json", json.dumps(batdetect2(id=None)))
    assert tables.annotated[0].file == "c.wav"
    both = [batdetect2(), batdetect2(id="d.wav")]
    tables = read(tmp_path / "merged.json", json.dumps(both))
    assert list(calls(tables)) == ["b.wav", "d.wav"]


def test_times_of_batdetect2_are_those_of_the_slowed_down_file(tmp_path: Path) -> None:
    tables = read(tmp_path / "b.json", json.dumps(batdetect2(time_exp=10)))
    assert boxes(tables) == [(5, 7.5, "Myotis", 4000, 9000)]
    tables = read(tmp_path / "b.json", json.dumps(batdetect2(time_exp=0)))
    assert (tables.annotated, len(tables.problems)) == ((), 1)


def test_a_file_that_nobody_has_annotated_yet_is_no_negative(tmp_path: Path) -> None:
    blank = batdetect2(annotation=[], annotated=False)
    assert read(tmp_path / "b.json", json.dumps(blank)).annotated == ()
    by_model = {**blank, "notes": "Automatically generated."}
    assert calls(read(tmp_path / "b.json", json.dumps(by_model))) == {"b.wav": []}
    done = {**blank, "annotated": True}
    assert calls(read(tmp_path / "b.json", json.dumps(done))) == {"b.wav": []}


# Plain tables


def test_tables_of_opensoundscape_are_read(tmp_path: Path) -> None:
    text = "audio_file,annotation_file,annotation,start_time,end_time,low_f,high_f\n"
    text += "/d/a.wav,/d/a.txt,NOCA,1.5,2.5,800,4000\n"
    assert boxes(read(tmp_path / "all.csv", text)) == [(1.5, 2.5, "NOCA", 800, 4000)]


def test_multi_hot_tables_say_also_where_nothing_calls(tmp_path: Path) -> None:
    text = (
        ",file,start_time,end_time,NOCA,Common Yellowthroat\n"
        "0,a.wav,0.0,3.0,1,0\n1,a.wav,3.0,6.0,1.0,True\n"
        "2,b.wav,0.0,3.0,0,False\n3,c.wav,0.0,3.0,0.5,0\n"
    )
    tables = read(tmp_path / "labels.csv", text)
    assert calls(tables) == {
        "a.wav": [(0, 3, "NOCA"), (3, 6, "NOCA"), (3, 6, "Common Yellowthroat")],
        "b.wav": [],
    }
    assert str(tables.problems[0]).endswith("NOCA=0.5: need 0 or 1 for each class")


def test_measurements_of_clips_are_no_classes(tmp_path: Path) -> None:
    text = "file,start_time,end_time,ACI,NDSI\na.wav,0,3,153.2,-0.41\n"
    with pytest.raises(AnnotationError, match="its columns are: file, start_time"):
        read(tmp_path / "indices.csv", text)


MONITORASOM = (
    '"soundscape_path","soundscape_file","roi_user","roi_label","roi_start",'
    '"roi_end","roi_min_freq","roi_max_freq","roi_label_confidence"\n'
    '"C:/Users/g/p/soundscapes/f1.wav","f1.wav","g","Basileuterus",1.25,2.5,3.1,5.2,'
    '"certain"\n'
    '"C:/Users/g/p/soundscapes/f2.wav","f2.wav","g",NA,NA,NA,NA,NA,NA\n'
)


def test_frequencies_of_monitorasom_are_in_khz_and_its_paths_foreign(
    tmp_path: Path,
) -> None:
    tables = read(tmp_path / "roi.csv", MONITORASOM)
    assert boxes(tables) == [(1.25, 2.5, "Basileuterus", 3100, 5200)]
    matched = match_tables(tables, ["x/f1.wav", "y/f2.wav"])
    assert {name: len(found) for name, found in matched.annotations.items()} == {
        "x/f1.wav": 1,
        "y/f2.wav": 0,
    }
    matched = match_tables(tables, ["x/f1.wav", "y/f1.wav", "f2.wav"])
    (lost,) = matched.unmatched
    assert lost.reason == "could be any of x/f1.wav, y/f1.wav"
    assert (lost.count, lost.line) == (1, 2)


def test_any_columns_can_be_named_with_their_units(tmp_path: Path) -> None:
    text = "Datei;von;bis;unten;Name, deutsch\na.wav;500;1500;3,5;Zilpzalp\n"
    columns = "file=Datei,start=von:ms,end=bis:ms,low=unten:kHz,label=Name, deutsch"
    tables = read(tmp_path / "t.csv", text, columns=parse_columns(columns))
    assert boxes(tables) == [(0.5, 1.5, "Zilpzalp", 3500, None)]
    assert calls(tables) == {"a.wav": [(0.5, 1.5, "Zilpzalp")]}
    with pytest.raises(AnnotationError, match="its columns are: Datei, von, bis"):
        read(tmp_path / "t.csv", text, columns={"start": Column("from")})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("label", "need FIELD=NAME"),
        ("label=", "need FIELD=NAME"),
        ("size=x", "need one of file, start"),
        ("label=a,label=b", "label is given twice"),
        ("low=a:ms", "low is not measured in 'ms'"),
    ],
)
def test_columns_that_cannot_be_are_refused(text: str, what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        parse_columns(text)


def test_units_in_the_names_of_columns_are_understood(tmp_path: Path) -> None:
    text = "label,onset_ms,offset_ms,onset_Hz,offset_Hz,notated_path\n"
    tables = read(tmp_path / "a.csv", text + "i,500,700,1000,2000,b.wav\n")
    assert boxes(tables) == [(0.5, 0.7, "i", 1000, 2000)]
    text = "sound.files\tselec\tstart\tend\tbottom.freq\ttop.freq\tspecies\n"
    tables = read(tmp_path / "a.tsv", text + "b.wav\t1\t1\t2\t2.5\t7\twren\n")
    assert boxes(tables) == [(1, 2, "wren", 2500, 7000)]
    text = "file,start,duration (s),label,Low (kHz)\nb.wav,0.1,0.2,wren,4.1\n"
    assert boxes(read(tmp_path / "a.csv", text)) == [(0.1, 0.3, "wren", 4100, None)]
    tables = read(tmp_path / "a.csv", text, frequencies="hz")
    assert boxes(tables) == [(0.1, 0.3, "wren", 4.1, None)]


@pytest.mark.parametrize(
    ("byte", "letter"), [(b"\x92", "\u2019"), (b"\xe9", "\xe9"), (b"\x81", "\x81")]
)
def test_letters_of_windows_are_read(tmp_path: Path, byte: bytes, letter: str) -> None:
    text = b"file,start,end,label\na.wav,1,2,Cetti" + byte + b"s\n"
    assert only(read(tmp_path / "a.csv", text)).label == f"Cetti{letter}s"


def test_an_onset_in_hz_is_no_start(tmp_path: Path) -> None:
    text = "file,label,onset_Hz,offset_Hz\nb.wav,wren,500,700\n"
    with pytest.raises(AnnotationError, match="no table of annotations"):
        read(tmp_path / "a.csv", text)


def test_times_in_two_units_are_refused(tmp_path: Path) -> None:
    text = "file,start_ms,end_s,label\nb.wav,500,2,wren\n"
    tables = read(tmp_path / "a.csv", text)
    assert tables.annotated == ()
    assert "different units" in tables.problems[0].why


def test_excel_says_its_separator_and_r_what_is_missing(tmp_path: Path) -> None:
    text = "sep=;\nfile;start;end;label\na.wav;1,5;2,5;wren\nb.wav;NA;NA;NA\n"
    tables = read(tmp_path / "a.csv", text)
    assert calls(tables) == {"a.wav": [(1.5, 2.5, "wren")], "b.wav": []}
    assert only(tables).line == 3


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_a_format_can_be_demanded(tmp_path: Path, format_: object) -> None:
    text = "file,start,end,label\na.wav,1,2,wren\n"
    name = format_.name
    if name == "plain":
        assert only(read(tmp_path / "a.csv", text, format=name)).label == "wren"
    else:
        with pytest.raises(AnnotationError, match=f"no table of the format {name}"):
            read(tmp_path / "a.csv", text, format=name)


def test_no_hertz_at_all_is_no_band(tmp_path: Path) -> None:
    table = read(tmp_path / "t.csv", "file,start,end,low,high,label\na,1,2,0,0.0,x\n")
    assert boxes(table) == [(1, 2, "x", None, None)]
    assert boxes(read(tmp_path / "t.txt", "1\t2\tx\n\\\t0\t0\n")) == boxes(table)
    text = "file,start,end,low,high,label\na,1,2,0,4,x\n"
    assert boxes(read(tmp_path / "t.csv", text)) == [(1, 2, "x", 0, 4)]


@pytest.mark.parametrize(
    "columns",
    [
        "file,start,end,label",
        "file,start,end,low,high,label,confidence,channel",
        "file,start_time,end_time,wren,robin",
        "INDIR,FOLDER,IN FILE,OFFSET,DURATION,MANUAL ID",
    ],
)
def test_a_table_of_recordings_without_a_line_says_nothing_of_any(
    tmp_path: Path, columns: str
) -> None:
    tables = read(tmp_path / "all.csv", f"{columns}\n")
    assert not tables.annotated
    (problem,) = tables.problems
    assert "nothing below: no recording, and no annotation" in problem.why
    assert not problem.line
    # Without such a column, it is of the recording that it is called after.
    assert calls(read(tmp_path / "a.csv", "start,end,label\n")) == {"a": []}
    # What cannot be read is not nothing.
    tables = read(tmp_path / "all.csv", f"{columns}\n{columns},more\n")
    assert "need" in tables.problems[0].why


# Nonsense


@pytest.mark.parametrize(
    ("cells", "value", "why"),
    [
        ("2,1,wren,,", "start=2 and end=1", "need 0 <= start <= end"),
        ("-1,1,wren,,", "start=-1 and end=1", "need 0 <= start <= end"),
        ("nan,1,wren,,", "start=nan", "need a finite number"),
        ("0,inf,wren,,", "end=inf", "need a finite number"),
        ("0,1e999,wren,,", "end=1e999", "need a finite number"),
        ("0,1_0,wren,,", "end=1_0", "need a finite number"),
        ("0,,wren,,", "end=nothing", "need a finite number"),
        ("0,soon,wren,,", "end=soon", "need a finite number"),
        ("0,1,,,", "", "has no label"),
        ("0,1,a, b,5,6", "7 cells", "need 6 cells"),
    ],
)
def test_nonsense_is_left_out_and_named_by_table_and_line(
    tmp_path: Path, cells: str, value: str, why: str
) -> None:
    text = f"file,start,end,label,low,high\na.wav,1,2,wren,,\na.wav,{cells}\n"
    tables = read(tmp_path / "t.csv", f"{text}b.wav,{cells}\n")
    assert calls(tables) == {"a.wav": [(1, 2, "wren")]}  # and b.wav is no negative
    first, second = tables.problems
    assert (first.line, second.line) == (3, 4)
    assert first.table == str(tmp_path / "t.csv")
    assert first.value == value
    assert why in first.why
    # Both may be heard then, or, where the line does not say when, at any time.
    times = (0, 1) if cells.startswith("0,1,,") else (0, math.inf)
    assert tables.annotated[0].unclear[0] == times
    assert [(one.file, one.unclear[0]) for one in tables.unclear] == (
        [("b.wav", times)] if value != "7 cells" else []
    )


@pytest.mark.parametrize(
    ("cells", "value", "why"),
    [
        ("5,4,0", "low=5 and high=4", "need 0 <= low <= high"),
        ("-5,4,0", "low=-5 and high=4", "need 0 <= low <= high"),
        ("NaN,4,0", "low=NaN", "need a finite number"),
        (",,1.5", "channel=1.5", "need a whole number, 0 or more"),
    ],
)
def test_bands_and_channels_that_cannot_be_leave_the_time_and_the_label(
    tmp_path: Path, cells: str, value: str, why: str
) -> None:
    text = f"file,start,end,label,low,high,channel\na.wav,1,2,wren,{cells}\n"
    tables = read(tmp_path / "t.csv", text, columns=parse_columns("channel=channel"))
    found = only(tables)
    assert (found.start, found.end, found.label) == (1, 2, "wren")
    assert (found.low, found.high) == (None, None)
    assert found.channel == (0 if cells.endswith("0") else None)
    assert (tables.problems, tables.unclear) == ((), ())
    assert [(r.line, r.value) for r in tables.remarks] == [(2, value)]
    assert why in tables.remarks[0].why


def test_a_recording_whose_lines_cannot_be_split_is_no_negative(
    tmp_path: Path,
) -> None:
    text = "start,end,label\n1,2,Warbler, Yellow\n"
    tables = read(tmp_path / "a.csv", text)
    assert tables.annotated == ()
    assert tables.problems[0].value == "4 cells"


HOSTILE = {
    "binary": bytes(range(256)) * 40,
    "nul": b"file,start,end,label\na.wav,1,2,wr\0en\n",
    "empty": b"",
    "spaces": b" \n\t\n",
    "prose": b"Recorded by me, in the wood.\nIt rained.\n",
    "truncated": b'[{"Operator": "x", "Duration": 3}, [1, 2, 0',
    "deep": b"[" * 200_000,
    "digits": b"[" + b"9" * 10_000 + b"]",
    "other": b'{"a": 1}',
    "numbers": b"[1, 2, 3]",
    "huge": b"file,start,end,label\n" + b'"' + b"x" * 300_000 + b'",1,2,wren\n',
    "columns": b"a,b,c\n1,2,3\n",
    "quote": b'file,start,end,label\n"a.wav,1,2,wren\nb.wav,1,2,wren\n',
    "segments": b'[[1,2,3,4,[1,null,{"species":[]}]],[1,2,[],{},["x"]],[[],[],0,0,""]]',
    "batdetect2": b'{"annotation":[1,[],{},{"class":{}},{"class":"","end_time":{}}]}',
    "surrogate": b'{"annotation":[{"class":"\\ud800","start_time":1,"end_time":2}]}',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", ["txt", "csv", "json", "data"])
def test_hostile_files_cost_a_sentence(tmp_path: Path, name: str, suffix: str) -> None:
    path = write(tmp_path / f"x.{suffix}", HOSTILE[name])
    try:
        named: Tables | str = read_tables([path])
    except AnnotationError as error:
        named = str(error)
        assert named.startswith(f"{path} ")
        assert len(named) < len(str(path)) + 400
    good = write(tmp_path / "good.txt", "1\t2\twren\n")
    tables = read_tables([tmp_path])
    assert str(good) in tables.formats
    # In a folder as well, it is either read, or said why not.
    told = [p.table for p in tables.problems] + [p.path for p in tables.passed_over]
    assert (str(path) in told) or (str(path) in tables.formats)
    assert (str(path) in tables.formats) == (not isinstance(named, str))


def test_whatever_is_written_is_read_or_refused(tmp_path: Path) -> None:
    parts = [b"file", b"start", b"end", b"label", b",", b"\t", b"\n", b"\r", b'"', b"1"]
    parts += [b"-1", b"\\", b"[", b"{", b"\xff\xfe", b"\0", b"Begin Time (s)", b"NA"]
    parts += [b"End Time (s)", b'"annotation":[', b"]", b"}", b";", b"\xe4", b"1e400"]
    chance = random.Random(1)  # noqa: S311 - no secret
    for number in range(600):
        data = b"".join(chance.choices(parts, k=chance.randrange(40)))
        suffix = chance.choice(["txt", "csv", "json", "data"])
        path = write(tmp_path / f"{number}.{suffix}", data)
        try:
            tables = read_tables([path])
        except AnnotationError:
            continue
        for entry in tables.annotated:
            for call in entry.annotations:
                assert 0 <= call.start <= call.end < float("inf")
                assert call.label.strip() == call.label != ""


def test_pipes_and_folders_that_are_given_as_tables_do_not_block(
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    write(tmp_path / "a.txt", "1\t2\twren\n")
    (tmp_path / "circle").symlink_to(tmp_path)
    tables = read_tables([tmp_path])
    assert "not a regular file" in str(tables.problems[0])
    assert len(tables.formats) == 1
    with pytest.raises(AnnotationError, match="pipe.txt cannot be read"):
        read_tables([tmp_path / "pipe.txt"])
    with pytest.raises(AnnotationError, match="gone.txt cannot be read: No such file"):
        read_tables([tmp_path / "gone.txt"])
    (tmp_path / "none").mkdir()
    with pytest.raises(AnnotationError, match="no table of annotations found in"):
        read_tables([tmp_path / "none"])


def test_what_is_no_table_in_a_folder_is_passed_over_and_named(tmp_path: Path) -> None:
    write(tmp_path / "t/README.txt", "Please read me, and then\nthe tables.\n")
    write(tmp_path / "t/sites.csv", "site,lat,lon\na,1,2\n")
    write(tmp_path / "t/a.txt", "1\t2\twren\n")
    write(tmp_path / "t/a.wav", b"RIFF")
    write(tmp_path / "t/.hidden/b.txt", "1\t2\twren\n")
    tables = read_tables([tmp_path / "t", tmp_path / "t/a.txt"])
    names = {Path(file.path).name: file.why for file in tables.passed_over}
    assert set(names) == {"README.txt", "sites.csv"}
    assert "site, lat, lon" in names["sites.csv"]
    assert len(boxes(tables)) == 1
    with pytest.raises(AnnotationError, match="sites.csv is no table"):
        read_tables([tmp_path / "t/sites.csv"])


# However it is written

NUMBERS = st.floats(0, 1e4).map(lambda value: round(value, 6))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_plain_table_is_read_however_it_is_written(
    tmp_path: Path, data: st.DataObject
) -> None:
    label = st.text("abcäöüéß (')-", min_size=1).map(str.strip).filter(bool)
    rows = data.draw(
        st.lists(
            st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, label), min_size=1, max_size=5
        )
    )
    encoding = data.draw(
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
    )
    delimiter = data.draw(st.sampled_from(["\t", ";", ","]))
    comma = data.draw(st.booleans())
    khz = data.draw(st.booleans())
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    names = {
        "file": data.draw(st.sampled_from(["file", "Audio File", "soundscape_file"])),
        "start": data.draw(st.sampled_from(["start", "Start (s)", "begin.time"])),
        "end": data.draw(st.sampled_from(["END_TIME", "stop_seconds", "roi_end"])),
        "low": "min_freq_khz" if khz else data.draw(st.sampled_from(["low_f", "Fmin"])),
        "high": "Max Freq (kHz)" if khz else "high_f",
        "label": data.draw(st.sampled_from(["Species", "label", "annotation"])),
        "": "comment",
    }
    order = data.draw(st.permutations(list(names)))
    text = io.StringIO(newline="")
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(names[key] for key in order)
    expected = []
    for one, other, third, fourth, name in rows:
        start, stop = sorted((one, other))
        low, high = sorted((third, fourth))
        # 0 to 0 is no band: some programs write it where there is none.
        band = (low, high) if high else (None, None)
        expected.append((start, stop, name, *band))
        size = 1000 if khz else 1
        cells: Mapping[str, str] = {
            "file": "a.wav",
            "start": f"{start:.6f}",
            "end": f"{stop:.6f}",
            "low": f"{low / size:.9f}",
            "high": f"{high / size:.9f}",
            "label": name,
            "": "no, thing",
        }
        numbers = ("start", "end", "low", "high")
        writer.writerow(
            cells[key].replace(".", ",") if comma and key in numbers else cells[key]
            for key in order
        )
    tables = read(tmp_path / "t.csv", text.getvalue().encode(encoding))
    assert tables.problems == ()
    assert boxes(tables) == expected


names = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1
    ).filter(lambda part: part.strip() == part and part not in (".", "..")),
    min_size=1,
    max_size=3,
).map("/".join)
annotations = st.builds(
    lambda one, other, label, band, confidence, channel: Annotation(
        start=min(one, other),
        end=max(one, other),
        label=label,
        low=None if band is None else min(band),
        high=None if band is None else max(band),
        confidence=confidence,
        channel=channel,
    ),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.text(min_size=1).filter(lambda text: text.strip() == text),
    st.none() | st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).filter(any),
    st.none() | st.floats(-1, 1),
    st.none() | st.integers(0, 8),
)


def facts(found: Sequence[Annotation]) -> list[tuple[object, ...]]:
    return [
        (c.start, c.end, c.label, c.low, c.high, c.confidence, c.channel) for c in found
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(names, st.lists(annotations, max_size=4), min_size=1))
def test_the_plain_form_is_read_back_as_it_was_written(
    tmp_path: Path, content: dict[str, list[Annotation]]
) -> None:
    data = b"".join(format_plain(content))
    tables = read(tmp_path / "labels.csv", data)
    assert tables.problems == ()
    assert {entry.file: facts(entry.annotations) for entry in tables.annotated} == {
        name: facts(found) for name, found in content.items()
    }
    assert b"".join(format_plain(by_file(tables))) == data
    recordings = {encode_name(name) for name in content}
    assert set(match_tables(tables, recordings).annotations) == recordings


# Which recording


def match(folder: Path, files: Sequence[str], recordings: Sequence[str]) -> Matched:
    rows = "".join(f"{file},{i},{i + 1},wren\n" for i, file in enumerate(files))
    tables = read(folder / "t.csv", "file,start,end,label\n" + rows)
    return match_tables(tables, recordings)


@pytest.mark.parametrize(
    ("file", "recordings", "expected"),
    [
        ("a.wav", ["a.wav", "b/a.wav"], "a.wav"),
        ("/mnt/x/b/a.wav", ["b/a.wav", "c/a.wav", "a.wav"], "b/a.wav"),
        ("/mnt/x/b/a.wav", ["c/a.wav"], "c/a.wav"),
        ("/mnt/x/a.wav", ["x/a.flac", "y/a.wav"], "x/a.flac"),
        ("/mnt/x/b/a.wav", ["b/a.wav", "old/b/a.wav"], "b/a.wav"),
        (r"C:\x\b\a.wav", ["b/a.wav", "c/a.wav"], "b/a.wav"),
        ("./b/../b/a.wav", ["b/a.wav"], "b/a.wav"),
        ("a.wav", ["a.flac", "ab.wav"], "a.flac"),
        ("a", ["x/a.flac"], "x/a.flac"),
        ("a.1", ["a.1.wav", "a.wav"], "a.1.wav"),
        ("a.WAV", ["a.wav"], "a.wav"),
        ("50%.wav", ["50%25.wav"], "50%25.wav"),
        ("50%25.wav", ["50%25.wav"], "50%25.wav"),
        ("/x/50%25.wav", ["50%25.wav"], "50%25.wav"),
        ("/x/=1.wav", ["%3D1.wav"], "%3D1.wav"),
        ("caf\u00e9.wav", ["cafe\u0301.wav"], "cafe\u0301.wav"),
        ("a.wav", ["b.wav", "xa.wav"], None),
        ("a.wav", ["b/a.wav", "c/a.wav"], None),
        ("a.wav", ["a.flac", "a.mp3"], None),
    ],
)
def test_a_name_in_a_table_means_the_recording_that_fits_best(
    tmp_path: Path, file: str, recordings: Sequence[str], expected: str | None
) -> None:
    matched = match(tmp_path, [file], recordings)
    assert list(matched.annotations) == ([expected] if expected else [])
    assert len(matched.unmatched) == (expected is None)


def test_what_is_not_there_does_not_go_to_its_namesake(tmp_path: Path) -> None:
    matched = match(tmp_path, ["a/1.wav", "b/1.wav"], ["b/1.wav"])
    assert [call.start for call in matched.annotations["b/1.wav"]] == [1]
    assert [entry.file for entry in matched.unmatched] == ["a/1.wav"]
    matched = match(tmp_path, ["a/1.wav", "b/1.wav"], ["1.wav"])
    assert matched.annotations == {}
    assert [entry.count for entry in matched.unmatched] == [1, 1]
    matched = match(tmp_path, ["b/1.wav", "1.wav"], ["b/1.wav"])
    assert len(matched.annotations["b/1.wav"]) == 2


def test_a_better_path_in_another_table_excludes_a_namesake(tmp_path: Path) -> None:
    """As where each site has its table, and the recordings of one are not there."""
    header = "file,start,end,label\n"
    for number, site in enumerate("ab"):
        text = f"{header}/data/{site}/1.wav,{number},9,wren\n"
        write(tmp_path / "t" / f"{site}.csv", text)
    matched = match_tables(read_tables([tmp_path / "t"]), ["b/1.wav"])
    assert [call.start for call in matched.annotations["b/1.wav"]] == [1]
    assert [entry.file for entry in matched.unmatched] == ["/data/a/1.wav"]
    # Two paths that are equally strange may be those of two people.
    matched = match_tables(read_tables([tmp_path / "t"]), ["c/1.wav"])
    assert len(matched.annotations["c/1.wav"]) == 2


def test_a_table_beside_one_of_several_recordings_means_that(tmp_path: Path) -> None:
    text = "1\t2\twren\n"
    recordings = ["in/a/1.wav", "in/b/1.wav"]
    write(tmp_path / "in/b/1.txt", text)
    tables = read_tables([tmp_path / "in/b/1.txt"])
    assert list(match_tables(tables, recordings).annotations) == ["in/b/1.wav"]
    write(tmp_path / "tables/a/1.txt", text)
    write(tmp_path / "tables/b/1.Table.1.selections.txt", text)
    tables = read_tables([tmp_path / "tables"])
    assert [entry.file for entry in tables.annotated] == ["a/1", "b/1"]
    assert list(match_tables(tables, recordings).annotations) == recordings
    tables = read(tmp_path / "c/1.txt", text)
    reason = "could be any of in/a/1.wav, in/b/1.wav"
    assert match_tables(tables, recordings).unmatched[0].reason == reason


def test_many_candidates_are_not_all_named(tmp_path: Path) -> None:
    recordings = [f"{number}/a.wav" for number in range(9)]
    (lost,) = match(tmp_path, ["a.wav"], recordings).unmatched
    assert lost.reason.endswith("0/a.wav, 1/a.wav, 2/a.wav and 6 more")


def test_the_same_table_twice_counts_once_and_is_sorted(tmp_path: Path) -> None:
    text = "3\t4\twren\n1\t2\twren\n1\t2\trobin\n"
    paths = [write(tmp_path / folder / "a.txt", text) for folder in ("x", "y")]
    tables = read_tables(paths)
    assert len(boxes(tables)) == 6
    matched = match_tables(tables, ["a.wav"])
    found = [(call.start, call.label) for call in matched.annotations["a.wav"]]
    assert found == [(1, "robin"), (1, "wren"), (3, "wren")]
    assert matched.repeated == 3


def test_a_recording_that_only_an_empty_table_names_is_unmatched_by_name(
    tmp_path: Path,
) -> None:
    tables = read(tmp_path / "gone.selections.txt", RAVEN + "\tSpecies\n")
    (lost,) = match_tables(tables, ["a.wav"]).unmatched
    assert (lost.file, lost.count) == ("gone", 0)


def test_many_tables_and_many_namesakes_are_matched_in_a_moment(tmp_path: Path) -> None:
    """Each site has recordings of the same names, as recorders give them."""
    rows = "".join(
        f"/old/{site}/{number}.wav,{number},{number + 1},wren\n"
        for site in range(200)
        for number in range(100)
    )
    recordings = [f"in/{site}/{n}.wav" for site in range(200) for n in range(100)]
    began = time.process_time()
    tables = read(tmp_path / "t.csv", "file,start,end,label\n" + rows)
    matched = match_tables(tables, recordings)
    assert len(matched.annotations) == 20_000
    assert matched.unmatched == ()
    assert time.process_time() - began < 10
