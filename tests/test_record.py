"""A damaged, foreign or hostile record costs a sentence, and no file of others."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest
from runs import QUICK, field, tree
from sounds import chirps, specimg, write

from specimg.output import compatibility
from specimg.output.compatibility import are_equal, check_settings_file
from specimg.output.shards import ALL, Shard, find_shards
from specimg.settings import Settings


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    field(folder / "in", 3, seconds=0.6)
    assert specimg("convert", folder / "in", folder / "out", *QUICK).returncode == 0
    return folder


def sql(*statements: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return damage


def overwritten(first: int, data: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        whole = path.read_bytes()
        path.write_bytes(whole[:first] + data + whole[first + len(data) :])

    return damage


def replaced_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


DAMAGES: dict[str, Callable[[Path], None]] = {
    **{
        f"cut at {n}": lambda p, n=n: os.truncate(p, n) for n in (1, 50, 99, 5000, 9000)
    },  # type: ignore[misc]
    **{f"zeros at {n}": overwritten(n, bytes(4096)) for n in range(0, 24577, 4096)},
    "noise": replaced_by(lambda p: p.write_bytes(bytes(range(256)) * 40)),
    "text": replaced_by(lambda p: p.write_text("not a database")),
    "version": sql("PRAGMA user_version = 9"),
    "negative version": sql("PRAGMA user_version = -1"),
    "application": sql("PRAGMA application_id = 7"),
    "no run": sql("DROP TABLE run"),
    "no recordings": sql("DROP TABLE recordings"),
    "no images": sql("DROP TABLE images"),
    "another table": sql("CREATE TABLE cats (name)"),
    "another column": sql("ALTER TABLE images ADD COLUMN cats"),
    "other columns": sql("DROP TABLE images", "CREATE TABLE images (cat)"),
    "text as number": sql("UPDATE images SET width = 'wide'"),
    "blob as text": sql("UPDATE images SET label = x'00ff'"),
    "number as text": sql("UPDATE images SET mel_min = 'low'"),
    "name goes up": sql("UPDATE images SET file_name = '../x.png'"),
    "name is absolute": sql("UPDATE images SET file_name = '/tmp/x.png'"),
    "name goes up inside": sql("UPDATE images SET file_name = 'a/../../x.png'"),
    "source goes up": sql("UPDATE recordings SET name = '../' || name"),
    "blob as name": sql("UPDATE images SET file_name = x'2e2e'"),
    "settings": sql("UPDATE run SET value = 'n_mels = [' WHERE key = 'settings'"),
    "no digests": sql("ALTER TABLE images DROP COLUMN digest"),
    "no sizes": sql("ALTER TABLE recordings DROP COLUMN size"),
    "a recording's column": sql("ALTER TABLE recordings ADD COLUMN cats"),
    "another database": replaced_by(sql("CREATE TABLE cats (name)")),
    "pipe": replaced_by(os.mkfifo),
    "dangling link": replaced_by(lambda p: p.symlink_to("nowhere")),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_record_is_a_sentence_and_overwrite_replaces_it(
    made: Path, tmp_path: Path, name: str
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    before = tree(out)
    outside = tmp_path / "x.png"
    outside.write_text("of somebody else")
    DAMAGES[name](out / ".specimg.sqlite")
    for command in (["verify", out], ["stats", out], ["convert", made / "in", out]):
        result = specimg(*command, *(QUICK if command[0] == "convert" else ()))
        assert "Traceback" not in result.stderr, result.stderr
        assert result.returncode in (0, 1), result.stderr
        assert result.returncode == 0 or result.stderr.startswith("Error: ")
        assert {k: v for k, v in tree(out).items() if k in before} == before
    again = specimg("convert", made / "in", out, *QUICK, "--overwrite")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("converted 3 recordings")
    assert tree(out) == before
    assert specimg("verify", out).returncode == 0
    assert outside.read_text() == "of somebody else"


def test_a_recording_without_any_image_in_the_record_is_converted_again(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    before = tree(out)
    sql("DELETE FROM images")(out / ".specimg.sqlite")
    assert specimg("verify", out).returncode == 1
    again = specimg("convert", made / "in", out, *QUICK)
    assert again.stdout.startswith("converted 3 recordings")
    assert tree(out) == before
    assert specimg("verify", out).returncode == 0


def test_a_name_that_leads_through_a_link_is_refused(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    (out / "class0").rename(tmp_path / "elsewhere")
    (out / "class0").symlink_to(tmp_path / "elsewhere")
    images = sorted((tmp_path / "elsewhere").iterdir())
    assert images
    assert "which is a link to" in specimg("verify", out).stderr
    for options in ((), ("--overwrite",)):
        specimg("convert", made / "in" / "class1", out, *QUICK, *options)
        assert sorted((tmp_path / "elsewhere").iterdir()) == images


def test_images_that_no_record_names_are_removed_by_overwrite(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    (out / ".specimg.sqlite").unlink()
    write(tmp_path / "in" / "a.wav", chirps(0.6))
    photo = out / "class0" / "photo.png"
    photo.write_bytes(b"\x89PNG of somebody else")
    result = specimg("convert", tmp_path / "in", out, *QUICK, "--overwrite")
    assert result.returncode == 0
    assert sorted(p.name for p in out.rglob("*.png")) == [
        *("a.wav_00000.000s.png", "a.wav_00000.500s.png"),
        "photo.png",
    ]


def test_what_verify_finds_recheck_heals(made: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    before = tree(out)
    image = min(out.rglob("*.png"))
    data = bytearray(image.read_bytes())
    data[-20] ^= 1
    image.write_bytes(data)
    # A disk that forgets leaves the time as it was.
    table = out / "manifest.csv"
    times = table.stat().st_atime_ns, table.stat().st_mtime_ns
    table.write_text(table.read_text().replace("false", "falsa", 1))
    os.utime(table, ns=times)
    found = specimg("verify", out)
    assert "manifest.csv: line 2 is not what was written" in found.stdout
    assert "--recheck" in found.stderr
    healed = specimg("convert", made / "in", out, *QUICK, "--recheck")
    assert healed.stdout.startswith("converted 1 recording:")
    assert tree(out) == before
    assert specimg("verify", out).returncode == 0


def test_tables_of_somebody_else_are_not_written_over(
    made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    convert = ("convert", made / "in", out, *QUICK)
    for name in ("manifest.csv", "failures.csv", "specimg.png.trainset.jsonl"):
        (out / name).write_text("my,own\n1,2\n")
        for options in ((), ("--overwrite",), ("--shard", "1/2")):
            result = specimg(*convert, *options)
            assert result.returncode == 1
            assert f"{out / name} is not of specimg, and would be lost" in result.stderr
            assert [path.name for path in out.iterdir()] == [name]
        (out / name).unlink()
    assert specimg(*convert).returncode == 0
    # What specimg has written is written again, whatever became of it.
    (out / "manifest.csv").write_text("cut")
    assert specimg(*convert).returncode == 0
    (out / "mine.csv").write_text("my,own\n1,2\n")
    other = specimg(*convert, "--manifest", "mine.csv", "--overwrite")
    assert "mine.csv is not of specimg" in other.stderr
    assert (out / "mine.csv").read_text() == "my,own\n1,2\n"
    for path in (*out.glob(".specimg*"), out / "specimg.toml"):
        path.unlink()
    assert specimg(*convert).returncode == 0


def test_overwrite_leaves_copies_of_the_record_alone(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    copies = [out / f".specimg.sqlite{suffix}" for suffix in (".bak", "-old", "~")]
    for path in copies:
        shutil.copyfile(out / ".specimg.sqlite", path)
    convert = ("convert", made / "in", out, *QUICK, "--overwrite")
    assert specimg(*convert).returncode == 0
    assert all(path.exists() for path in copies)


def test_a_settings_file_that_is_not_of_the_record_is_a_sentence(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    toml = out / "specimg.toml"
    text = toml.read_text()
    for other, why in (
        (text.replace("bit_depth = 8", "bit_depth = 16"), "has other settings than"),
        ("n_mels = [", "not a TOML file"),
        (None, "cannot read settings: No such file"),
    ):
        toml.unlink()
        if other is not None:
            toml.write_text(other)
        for command in ("verify", "stats", "gallery", "merge"):
            result = specimg(command, out)
            assert (result.returncode, result.stdout) == (1, "")
            assert why in result.stderr
            assert "the same specimg convert command writes it anew" in result.stderr
        assert specimg("convert", made / "in", out, *QUICK).returncode == 0
        assert toml.read_text() == text
        assert specimg("verify", out).returncode == 0


def test_a_forgotten_out_is_refused(tmp_path: Path) -> None:
    for name in ("robin", "wren"):
        write(tmp_path / name / "1.wav", chirps(0.6))
    result = specimg("convert", "robin", "wren", cwd=tmp_path)
    assert result.returncode == 1
    assert "wren holds recordings, such as 1.wav: did you forget OUT?" in result.stderr
    assert [p.name for p in (tmp_path / "wren").iterdir()] == ["1.wav"]
    # Further down they are no reason, nor are other files.
    (tmp_path / ".gitkeep").touch()
    (tmp_path / "README.md").write_text("mine")
    assert specimg("convert", "robin", ".", *QUICK, cwd=tmp_path).returncode == 0
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_finished_folder_on_a_read_only_disk_is_read(
    made: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        out = shutil.copytree(made / "out", disk / "out")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for command in ("verify", "stats"):
            result = specimg(command, out)
            assert (result.returncode, result.stderr) == (0, "")
        page = tmp_path / "a page #1" / "look.html"
        shown = specimg("gallery", out, "-o", page)
        assert (shown.returncode, shown.stderr) == (0, "")
        base = unquote(re.findall(r'"base":"([^"]*)"', page.read_text())[0])
        assert (page.parent / base).samefile(out)
        beside = specimg("gallery", out)
        assert (beside.returncode, beside.stdout) == (1, "")
        assert "gallery.html: Read-only file system; with -o, the page" in beside.stderr
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_record_of_0_1_beside_a_new_one_is_a_sentence(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    (out / ".specimg").mkdir()
    old = out / ".specimg" / "part-1-of-1.sqlite"
    before = tree(out)
    shutil.copyfile(out / ".specimg.sqlite", old)
    convert = ("convert", made / "in", out, *QUICK)
    for command in (
        ("stats", out),
        ("verify", out),
        convert,
        (*convert, "--overwrite"),
    ):
        result = specimg(*command)
        assert result.returncode == 1
        assert f"remove {out}/.specimg.sqlite or {old}" in result.stderr
        assert result.stderr.count("\n") == 1
    old.unlink()
    assert specimg(*convert).stdout.startswith("already converted: 3 recordings")
    assert tree(out) == before


LATER = """
import sys
from dataclasses import dataclass
from specimg.output import manifest

@dataclass(frozen=True, slots=True, kw_only=True)
class Later(manifest.Record):
    note: str = "it's new"
    weight: float = 1.5
    chosen: bool = True

manifest.Record = Later
from specimg.cli import main
sys.argv[0] = "specimg"
main()
"""
"""A later specimg, whose manifest has three columns more."""


def later(*arguments: object) -> str:
    command = [sys.executable, "-c", LATER, *map(str, arguments)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("manifest", ["manifest.csv", "clips.jsonl"])
def test_a_later_version_verifies_a_folder_without_its_new_columns(
    made: Path, tmp_path: Path, manifest: str
) -> None:
    out = tmp_path / "out"
    convert = ("convert", made / "in", out, *QUICK, "--manifest", manifest)
    assert specimg(*convert).returncode == 0
    assert "every image is as it was written" in later("verify", out)
    later(*convert)
    assert "every image is as it was written" in later("verify", out)
    # A column counts as its default only where nothing else is known of it.
    (out / manifest).unlink()
    specimg("convert", made / "in", tmp_path / "new", *QUICK, "--manifest", manifest)
    shutil.copyfile(tmp_path / "new" / manifest, out / manifest)
    assert "every image is as it was written" in later("verify", out)
    sql("UPDATE images SET weight = 2")(out / ".specimg.sqlite")
    with pytest.raises(AssertionError, match="line 1 is not what was written"):
        later("verify", out)


def test_a_later_version_reads_a_record_with_the_defaults_of_new_columns(
    made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "out", tmp_path / "out")
    record = (out / ".specimg.sqlite").read_bytes()
    assert later("stats", out) == specimg("stats", out).stdout
    assert (out / ".specimg.sqlite").read_bytes() == record
    again = later("convert", made / "in", out, *QUICK)
    assert again.startswith("already converted: 3 recordings")
    head, *rows = (out / "manifest.csv").read_text().splitlines()
    assert head.endswith(",metadata_from,note,weight,chosen")
    assert all(row.endswith(",it's new,1.5,true") for row in rows)
    assert "every image is as it was written" in later("verify", out)
    assert "what is chosen?" in specimg("verify", out).stderr
    (out / ".specimg.sqlite").unlink()
    assert specimg("stats", out).stdout == specimg("stats", made / "out").stdout
    shutil.copyfile(made / "out" / "manifest.csv", out / "manifest.csv")
    assert later("stats", out) == specimg("stats", out).stdout


def test_a_setting_that_came_later_counts_as_its_default_of_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Settings().to_toml().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("n_mels"))
    (tmp_path / "specimg.toml").write_text(text)
    then = Settings.from_options({"n_mels": 64})
    assert are_equal(text, Settings())
    assert not are_equal(text, then)
    monkeypatch.setattr(compatibility, "DEFAULTS_OF_THEN", {"n_mels": 64})
    assert are_equal(text, then)
    assert not are_equal(text, Settings())
    check_settings_file(tmp_path, then)
    with pytest.raises(ValueError, match="written with other settings"):
        check_settings_file(tmp_path, Settings())


KILLED = """
import os, sys
from pathlib import Path
from specimg.output import session
from specimg.settings import Settings

def end_at(path, *_):
    if sys.argv[2] != "remove" or path.name == ".specimg.sqlite":
        os._exit(9)
    return remove(path)

remove = session.remove
setattr(session, sys.argv[2], end_at)
settings = Settings.from_options(dict(clip_duration=0.5, n_mels=16, hop_length=256))
with session.open_output(Path(sys.argv[1]), session.Shard(), settings, overwrite=True):
    pass
"""


@pytest.mark.parametrize("place", ["remove", "remove_strays", "_begin"])
def test_a_kill_while_overwrite_removes_leaves_nothing_stale(
    made: Path, tmp_path: Path, place: str
) -> None:
    """Before the record is removed, the strays are, and a new record is there."""
    out = shutil.copytree(made / "out", tmp_path / "out")
    killed = subprocess.run([sys.executable, "-c", KILLED, out, place], check=False)
    assert killed.returncode == 9
    other = (*QUICK, "--n-mels", "16")
    assert specimg("convert", made / "in", tmp_path / "new", *other).returncode == 0
    without = specimg("convert", made / "in", out, *other)
    if place == "_begin":
        assert without.returncode == 0
    else:
        assert "was written with other settings" in without.stderr
        again = specimg("convert", made / "in", out, *other, "--overwrite")
        assert again.returncode == 0
    assert tree(out) == tree(tmp_path / "new")
    assert specimg("verify", out).returncode == 0


def test_a_folder_of_0_1_may_vanish_while_shards_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another shard, which starts at the same time, has moved the last record."""
    (tmp_path / ".specimg").mkdir()
    for name in (".specimg.sqlite", ".specimg-1-of-3.sqlite"):
        (tmp_path / name).touch()
    listdir = os.listdir

    def late(folder: Path) -> list[str]:
        if folder == tmp_path / ".specimg":
            folder.rmdir()
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", late)
    assert find_shards(tmp_path) == [ALL, Shard(1, 3)]


def test_where_no_input_exists_nothing_is_made(tmp_path: Path) -> None:
    def refused(*arguments: str) -> str:
        result = specimg("convert", *arguments, *QUICK, cwd=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        return result.stderr

    (tmp_path / "list").write_text("a/1.wav\nb/../2.wav\nc\nd\n")
    before = sorted(tmp_path.rglob("*"))
    typed = "Error: no such file or folder: "
    for options in ((), ("--overwrite",), ("--shard", "1/2"), ("--dry-run",)):
        assert refused("in/none", "new/er/out", *options) == f"{typed}in/none\n"
    listed = refused("--files-from", "list", "new/out")
    assert listed == f"{typed}a/1.wav, b/../2.wav, c and 1 more\n"
    assert sorted(tmp_path.rglob("*")) == before
    # One that is there is enough; the other is a failure, as ever.
    write(tmp_path / "in" / "1.wav", chirps(0.6))
    some = specimg("convert", "none.wav", "in", "new/er/out", *QUICK, cwd=tmp_path)
    assert some.returncode == 3
    assert "failed: none.wav: no such file" in some.stderr
    assert (tmp_path / "new" / "er" / "out" / "manifest.csv").exists()
    empty = refused("new/er", "out")
    assert empty.startswith("Error: no audio found in new/er (passed over")
