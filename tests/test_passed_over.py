"""What lies between the recordings: counted by kind, and named where it has sound."""

import csv
import os
from pathlib import Path

import pytest
from sounds import chirps, specimg, write

from specimg.audio.kinds import count_kinds, describe_kinds
from specimg.audio.recordings import NoInputError, find_recordings

QUICK = ("--clip-duration", "0.5", "--n-mels", "32", "--hop-length", "256")
OFR = b"OFR \x0c\0\0\0" + bytes(56)
REASON = (
    "OptimFROG cannot be decoded; convert it first, "
    "with OptimFROG's own program: ofr --decode INPUT"
)


def box(kind: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return (8 + len(body)).to_bytes(4) + kind + body


def mp4(codec: bytes | None) -> bytes:
    """Return an MP4 file of a track of sound in a codec, or of no track at all."""
    stsd = box(b"stsd", bytes(4), (1).to_bytes(4), box(codec or b"", bytes(28)))
    minf = box(b"minf", box(b"stbl", stsd))
    hdlr = box(b"hdlr", bytes(8) + b"soun" + bytes(13))
    track = box(b"trak", box(b"mdia", hdlr, minf))
    moov = box(b"moov", track) if codec else box(b"moov")
    return box(b"ftyp", b"isom\0\0\2\0") + moov


def fill(folder: Path) -> Path:
    """Make 3 recordings, 8 files with sound that is not read, and 13 of other kinds."""
    for number in range(3):
        write(folder / f"robin/{number}.wav", chirps(1.2, 16_000, number), 16_000)
    for number in range(6):
        (folder / f"robin/{number}.mp4").write_bytes(mp4(b"enca"))
    (folder / "robin/new\nline.OFR").write_bytes(OFR)
    (folder / "noextension").write_bytes(OFR)
    for number in range(9):
        (folder / f"{number}.txt").write_text("Grass and birds")
    (folder / "silent.mp4").write_bytes(mp4(None))
    (folder / "notes").write_text("none")
    (folder / "._0.wav").write_bytes(b"\0\5\x16\7")
    (folder / "a.\x1b[31mred").write_text("red")
    return folder


SUMMARY = (
    "passed over 21 files: 9 .txt, 6 .mp4 with sound, 1 .mp4, 1 .ofr with sound, "
    "1 companions of macOS (._*), 1 without an extension, "
    "1 without an extension with sound and 1 of other kinds\n"
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tree(out: Path) -> dict[str, bytes]:
    paths = (
        p for p in out.rglob("*") if p.is_file() and not p.name.startswith(".specimg")
    )
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def test_it_is_counted_by_kind_and_what_has_sound_is_named(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    result = specimg("convert", folder, out, *QUICK)
    assert (result.returncode, result.stderr) == (0, "")
    table = out / "passed_over.csv"
    line = f"8 files with sound that specimg cannot read: see {table}\n"
    assert result.stdout.endswith(SUMMARY + line)
    assert not (out / "failures.csv").exists()
    film = "encrypted sound (enca) in an MP4 file cannot be decoded; get a copy "
    film += "without the protection"
    assert rows(table) == [
        {"source": "noextension", "reason": REASON},
        *({"source": f"robin/{n}.mp4", "reason": film} for n in range(6)),
        {"source": "robin/new%0Aline.OFR", "reason": REASON},
    ]
    assert specimg("verify", out).returncode == 0
    assert specimg("stats", out).returncode == 0
    assert specimg("gallery", out).returncode == 0


def test_what_is_named_on_the_command_line_is_a_failure(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    named = folder / "robin/new\nline.OFR"
    result = specimg("convert", folder, named, out, *QUICK)
    assert result.returncode == 3
    (failure,) = rows(out / "failures.csv")
    assert failure["source"] == "robin/new%0Aline.OFR"
    assert failure["reason"] == REASON
    assert len(rows(out / "passed_over.csv")) == 7
    assert "7 files with sound that specimg cannot read: see" in result.stdout


def test_the_same_command_leaves_it_alone_and_follows_the_folder(
    tmp_path: Path,
) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    specimg("convert", folder, out, *QUICK)
    table, before = out / "passed_over.csv", tree(out)
    os.utime(table, (1e9, 1e9))
    again = specimg("convert", folder, out, *QUICK)
    assert f"{SUMMARY}8 files with sound" in again.stdout
    assert tree(out) == before
    assert table.stat().st_mtime == 1e9
    table.write_text("source,reason\nx,y\n")
    assert "passed_over.csv: line 2 is not what was" in specimg("verify", out).stdout
    specimg("convert", folder, out, *QUICK)
    assert tree(out) == before
    for path in folder.rglob("*.mp4"):
        path.unlink()
    less = specimg("convert", folder, out, *QUICK)
    assert "2 files with sound that specimg cannot read: see" in less.stdout
    assert len(rows(table)) == 2
    for name in ("noextension", "robin/new\nline.OFR"):
        (folder / name).unlink()
    none = specimg("convert", folder, out, *QUICK)
    assert "with sound" not in none.stdout
    assert not table.exists()


def test_parts_and_a_merge_give_the_same_as_one_run(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in")
    whole, out = tmp_path / "whole", tmp_path / "out"
    specimg("convert", folder, whole, *QUICK)
    passed_over = unread = 0
    for index in (1, 2, 3):
        part = specimg("convert", folder, out, *QUICK, "--shard", f"{index}/3")
        assert part.returncode == 0
        assert "passed_over.csv" not in part.stdout
        for line in part.stdout.splitlines():
            if line.startswith("passed over "):
                passed_over += int(line.split()[2])
            elif "with sound that specimg" in line:
                unread += int(line.split()[0])
    assert (passed_over, unread) == (21, 8)
    assert not (out / "passed_over.csv").exists()
    merged = specimg("merge", out)
    line = f"8 files with sound that specimg cannot read: see {out}/passed_over.csv\n"
    assert merged.stdout.endswith(line)
    assert tree(out) == tree(whole)
    assert specimg("verify", out).returncode == 0


def test_its_name_is_kept_free_and_overwrite_removes_it(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), tmp_path / "out"
    clash = write(folder / "passed_over.csv/1.wav", chirps(1.2, 16_000), 16_000)
    refused = specimg("convert", folder, out, *QUICK)
    assert refused.returncode == 1
    assert "rename the folder" in refused.stderr
    clash.unlink()
    clash.parent.rmdir()
    assert specimg("convert", folder, out, *QUICK).returncode == 0
    assert (out / "passed_over.csv").exists()
    one = folder / "robin" / "0.wav"
    assert specimg("convert", one, out, *QUICK, "--overwrite").returncode == 0
    assert not (out / "passed_over.csv").exists()


def test_a_dry_run_says_the_same(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in")
    result = specimg("convert", folder, tmp_path / "out", *QUICK, "--dry-run")
    assert result.returncode == 0
    expected = SUMMARY.replace("passed over", "would pass over", 1)
    assert f"{expected}8 files with sound that specimg cannot read:\n" in result.stdout
    assert f"would pass over: robin/new%0Aline.OFR: {REASON}\n" in result.stdout


def test_where_there_is_no_audio_it_says_what_there_is(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.mp4").write_bytes(mp4(b"drms"))
    (folder / "a.txt").touch()
    result = specimg("convert", folder, tmp_path / "out")
    assert result.returncode == 1
    expected = f"Error: no audio found in {folder} (passed over 3 .mp4 with sound, "
    assert result.stderr.startswith(f"{expected}1 .txt); for example {folder}/0.mp4: ")
    assert (
        "encrypted sound (drms) in an MP4 file cannot be decoded; get a copy"
        in result.stderr
    )


def test_nested_inputs_count_a_file_once(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in")
    out = tmp_path / "out"
    result = specimg("convert", folder, folder / "robin", out, *QUICK)
    assert SUMMARY in result.stdout


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({".txt": 96, ".mp4 with sound": 24, ".jpg": 15}, None),
        ({".b": 2, ".a": 2, ".c": 3}, "3 .c, 2 .a, 2 .b"),
        ({"": 3}, "3 of odd kinds"),
        ({"": 3, ".a": 1}, "1 .a and 3 of other kinds"),
        (
            {f".{n:02}": 1 for n in range(14)},
            ", ".join(f"1 .{n:02}" for n in range(10)) + " and 4 of other kinds",
        ),
    ],
)
def test_kinds_are_described_in_a_few_words(
    counts: dict[str, int], text: str | None
) -> None:
    assert describe_kinds(counts) == (text or "96 .txt, 24 .mp4 with sound, 15 .jpg")


def test_an_extension_cannot_say_what_it_likes() -> None:
    odd = [
        "a.\x1b[2J",
        "a.new\nline",
        "a." + "x" * 200,
        "a.\u202egpj",
        "a.a b",
        "a.%41",
    ]
    paths = [f"/in/{name}" for name in odd]
    plain = ["/in/a.JPG", "/in.d/a", "/in/.hidden", "/in/b.jpg", "/in/a.tar.gz"]
    assert count_kinds(dict.fromkeys([*paths, *plain], "")) == {
        "": len(odd),
        ".jpg": 2,
        ".gz": 1,
        "without an extension": 2,
    }


def test_the_part_of_a_file_is_decided_by_its_name(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in")

    def judge(path: Path) -> bool | str:
        is_wav = path.suffix == ".wav" and not path.name.startswith(".")
        return "why" if path.suffix == ".mp4" else is_wav

    parts = [find_recordings([folder], judge).part(i, 4) for i in (1, 2, 3, 4)]
    named = [set(part.unread) for part in parts]
    (folder / "robin/0.mp4").unlink()
    fewer = [find_recordings([folder], judge).part(i, 4) for i in (1, 2, 3, 4)]
    gone = {("robin/0.mp4", "why")}
    assert [set(part.unread) for part in fewer] == [n - gone for n in named]
    assert sum(len(part.passed_over) for part in fewer) == 20


def test_no_audio_in_the_output_itself_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(NoInputError, match="is an input and the output: give the"):
        find_recordings([tmp_path], lambda _: False, leave_out=tmp_path)
