"""An output is whole without its hidden record: what is copied, zipped, or in git."""

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from runs import QUICK, tree
from sounds import chirps, read_png, specimg, tone, write

from specimg.errors import RefusedError, SpecimgError
from specimg.gallery import write_gallery
from specimg.output.contents import has_record, read_contents
from specimg.output.manifest import Record
from specimg.output.stats import compute_stats
from specimg.output.verify import find_faults

COLUMNS = len(fields(Record))
RELEASED = Path(__file__).with_name("released")
KINDS = {
    "csv": (),
    "jsonl": ("--manifest=metadata.jsonl", "--r=db", "--g=pcen:gain=0.8", "--b=exp"),
    "npy": ("--format=npy", "--clip-duration=whole"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make outputs of recordings: one is silent, one has a name that is encoded."""
    folder = tmp_path_factory.mktemp("made")
    write(folder / "in" / "robin" / "=1 %.wav", chirps(0.6))
    write(folder / "in" / "robin" / "2.wav", 0 * tone(440, 0.5))
    write(folder / "in" / "wren" / "3.wav", tone(440, 1.1))
    (folder / "in" / "bad.wav").write_bytes(b"no audio")
    for kind, options in KINDS.items():
        result = specimg("convert", folder / "in", folder / kind, *QUICK, *options)
        assert result.returncode == 3, result.stderr
    return folder


def copy(made: Path, tmp_path: Path, kind: str = "csv") -> Path:
    """Copy what a shell's ``*`` copies."""
    out = shutil.copytree(
        made / kind, tmp_path / "out", ignore=shutil.ignore_patterns(".*")
    )
    assert not has_record(out)
    return out


def quiet(done: int, total: int, fault: str) -> None:
    assert done <= total


def page(folder: Path, where: Path) -> str:
    write_gallery(folder, None, quiet, page=where)
    # Without the record, nobody knows where the recordings are.
    return re.sub(r'"recordings":\{.*?\}', "", where.read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_stats_and_gallery_say_the_same_without_the_record(
    made: Path, tmp_path: Path, kind: str
) -> None:
    out = copy(made, tmp_path, kind)
    with_record, without = (
        compute_stats(folder, quiet) for folder in (made / kind, out)
    )
    assert without.summary == with_record.summary
    assert without.summary.failures == 1
    assert without.summary.silent
    assert (without.pixels.mean, without.pixels.std) == (
        with_record.pixels.mean,
        with_record.pixels.std,
    )
    (tmp_path / kind).mkdir()
    same = shutil.copytree(made / kind, tmp_path / kind / "out")
    assert page(out, out / "x.html") == page(same, same / "x.html")


def test_a_folder_of_version_0_1_is_whole_without_its_record(tmp_path: Path) -> None:
    whole = RELEASED / "0.1" / "whole"
    before = shutil.copytree(whole, tmp_path / "with")
    after = shutil.copytree(
        whole, tmp_path / "without", ignore=shutil.ignore_patterns(".*")
    )
    summaries = [compute_stats(folder, quiet).summary for folder in (before, after)]
    assert summaries[0] == summaries[1]
    assert list(find_faults(after)) == []


def test_verify_checks_what_it_can_and_says_what_it_cannot(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path)
    result = specimg("verify", out)
    assert (result.returncode, result.stderr.count("\n")) == (0, 1)
    assert "cannot say whether pixels or the manifest have changed" in result.stderr
    assert result.stdout == f"{out}: every image is there and can be decoded\n"
    with pytest.raises(RefusedError, match="verify it without --deep"):
        list(find_faults(out, deep=True))
    gone, damaged, another = sorted(out.rglob("*.png"))[:3]
    gone.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-30])
    shutil.copyfile(another, out / "stray.png")
    (out / "photo.png").write_bytes(b"of somebody else")
    for folder in (".hidden", "another"):
        (out / folder).mkdir()
        shutil.copyfile(another, out / folder / "stray.png")
    (out / "another" / "specimg.toml").touch()
    manifest = out / "manifest.csv"
    *lines, last = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join([*lines, lines[-1]]))
    faults = dict(line.split(": ", 1) for line in find_faults(out))
    assert faults[gone.relative_to(out).as_posix()] == "No such file or directory"
    assert faults[damaged.relative_to(out).as_posix()].startswith("damaged")
    assert faults["stray.png"] == "not in the manifest"
    assert faults["photo.png"] == "not in the manifest, and not of specimg"
    assert faults[last.split(",")[0]] == "not in the manifest"
    assert faults[lines[-1].split(",")[0]] == "named twice in the manifest"
    assert len(faults) == 6
    assert specimg("verify", out).returncode == 1


def test_images_of_another_kind_are_faults_though_nobody_knows_their_bytes(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path)
    paths = sorted(out.rglob("*.png"))
    shape = read_png(paths[0]).shape
    kinds = [np.full(shape, 60_000, np.uint16)]
    kinds += [np.zeros((*shape, n), np.uint8) for n in (3, 4)]
    kinds += [np.zeros(shape, np.bool_), np.zeros((shape[1], shape[0]), np.uint8)]
    for path, pixels in zip(paths, kinds, strict=False):
        Image.fromarray(pixels).save(path)
    assert compute_stats(out, quiet).faults == 5
    assert len(list(find_faults(out))) == 5
    assert write_gallery(out, None, quiet).faults == 5


def replace(old: str, new: str, number: int = 1) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, number))

    return spoil


def in_json(**cells: object) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        first, *rest = path.read_text().splitlines()
        path.write_text("\n".join([json.dumps(json.loads(first) | cells), *rest, ""]))

    return spoil


def first_cell(cell: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        head, first, *rest = path.read_text().splitlines()
        named = ",".join([cell, *first.split(",")[1:]])
        path.write_text("\n".join([head, named, *rest, ""]))

    return spoil


def appended(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(path.read_bytes() + data) and None


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        path.unlink()
        make(path)

    return spoil


SPOILED_CSV: dict[str, tuple[Callable[[Path], None], str]] = {
    "goes up": (first_cell("../x.png"), "line 2: names '../x.png', which is outside"),
    "goes up inside": (first_cell("a/../../x.png"), "which is outside"),
    "is absolute": (first_cell("/etc/x.png"), "which is outside"),
    "backslash": (first_cell("..\\x.png"), "which is outside"),
    "is empty": (first_cell(""), "names '', which is outside"),
    "link": (first_cell("link/x.png"), "what is in link, which is a link to"),
    "control characters": (first_cell("a\x1b[31m.png"), "are not printable"),
    "text for a number": (
        replace(",22050,", ",fast,"),
        "='fast' is not a whole number",
    ),
    "5,000 digits": (replace(",22050,", f",{'9' * 5000},"), "is not a whole number"),
    "16 digits": (replace(",22050,", f",{'9' * 17},"), "is out of range"),
    "not a number": (replace(",0.0,0.5,", ",nan,0.5,"), "start=nan is out of range"),
    "no end": (replace(",0.0,0.5,", ",0.0,inf,"), "end=inf is out of range"),
    "backwards": (replace(",0.0,0.5,", ",0.7,0.5,"), "need 0 <= start <= end"),
    "maybe": (replace("false", "maybe"), "silent='maybe' is not true or false"),
    "bomb": (replace(",42,32,", ",9999999,32,"), "9999999x32 pixels is none"),
    "no pixels": (replace(",42,32,", ",0,32,"), "0x32 pixels is none"),
    "one cell less": (
        replace(",22050,", ","),
        f"line 2: {COLUMNS - 1} cells, but there are {COLUMNS}",
    ),
    "a column less": (replace(",label,", ",lable,"), "the column label is missing"),
    "a column missing": (
        replace(",warning", ""),
        "line 1: the column warning is missing",
    ),
    "a column twice": (
        replace("start,", "start,start,"),
        "two columns are called start",
    ),
    "other frontends": (replace(",db", ",exp"), "is not of specimg.toml"),
    "huge cell": (appended(b"a" * 140_000 + b",\n"), "field larger than field limit"),
    "huge line": (appended(b"a" * (2**20 + 5)), "longer than 1048576 bytes"),
    "NUL": (appended(b"a\0b\n"), "has a NUL in it"),
    "not UTF-8": (appended(b"\xff\xfe\n"), "is not UTF-8"),
    "open quote": (appended(b'"a,b\n'), "unexpected end of data"),
    "cut": (lambda p: os.truncate(p, p.stat().st_size - 9), "line 7: is cut off"),
    "empty": (lambda p: os.truncate(p, 0), "line 1: the column file_name is missing"),
    "no manifest": (lambda p: p.unlink(), "manifest.csv is not there"),
    "folder": (instead(Path.mkdir), "manifest.csv is no file"),
    "pipe": (instead(os.mkfifo), "manifest.csv is no file"),
}
SPOILED_JSON: dict[str, tuple[Callable[[Path], None], str]] = {
    "goes up": (in_json(file_name="../x.png"), "line 1: names '../x.png'"),
    "number as name": (in_json(file_name=3), "file_name='3' is not text"),
    "half a character": (in_json(source="\ud800"), "that are not printable"),
    "text for a number": (in_json(start="soon"), "start='soon' is not a number"),
    "list for a number": (in_json(start=[]), "start='[]' is not a number"),
    "fraction of a pixel": (in_json(width=1.5), "width='1.5' is not a whole number"),
    "number for a truth": (in_json(silent=1), "silent='1' is not true or false"),
    "nothing": (in_json(mel_min=None), "mel_min=-inf is out of range"),
    "large": (in_json(sr=10**400), "is out of range"),
    "larger": (in_json(start=10**400), "is not a number"),
    "no JSON": (appended(b"{\n"), "line 7: not JSON: "),
    "no object": (appended(b"7\n"), "line 7: not a JSON object"),
    "deep": (appended(b"[" * 100_000 + b"\n"), "line 7: not JSON: "),
    "cut": (lambda p: os.truncate(p, p.stat().st_size - 9), "line 6: is cut off"),
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("csv", name) for name in SPOILED_CSV]
    + [("jsonl", name) for name in SPOILED_JSON],
)
def test_a_hostile_manifest_is_a_sentence(
    made: Path, tmp_path: Path, kind: str, name: str
) -> None:
    spoil, message = (SPOILED_CSV if kind == "csv" else SPOILED_JSON)[name]
    out = copy(made, tmp_path, kind)
    (tmp_path / "elsewhere").mkdir()
    (out / "link").symlink_to(tmp_path / "elsewhere")
    table = out / ("manifest.csv" if kind == "csv" else "metadata.jsonl")
    spoil(table)
    with pytest.raises(RefusedError) as caught:
        compute_stats(out, quiet)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(table))
    assert "\n" not in str(caught.value)
    with pytest.raises(RefusedError):
        next(find_faults(out))


def test_a_hostile_manifest_ends_each_command_with_status_1(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path)
    first_cell("../x.png")(out / "manifest.csv")
    for command in ("stats", "gallery", "verify"):
        result = specimg(command, out)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: {out}/manifest.csv, line 2: ")
        assert result.stderr.count("\n") == 1
    assert not (out / "gallery.html").exists()


def test_a_manifest_that_a_spreadsheet_saved_is_read(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path)
    before = compute_stats(out, quiet).summary
    table = out / "manifest.csv"
    head, *lines = table.read_text().splitlines()
    table.write_text("\r\n".join([head, *reversed(lines), ""]), newline="")
    after = compute_stats(out, quiet).summary
    after.labels = {label: after.labels[label] for label in before.labels}
    assert after == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.unlink(), "it has neither .specimg.sqlite nor specimg.toml"),
        (lambda p: p.write_text("n_mels = ["), "specimg.toml: not a TOML file"),
        (lambda p: p.write_text("cats = 3"), "specimg.toml: "),
        (lambda p: p.write_bytes(b"\xff"), "not a TOML file: 'utf-8'"),
    ],
)
def test_settings_that_are_gone_or_damaged_are_a_sentence(
    made: Path, tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    out = copy(made, tmp_path)
    spoil(out / "specimg.toml")
    with pytest.raises(SpecimgError) as caught, read_contents(out):
        pass
    assert message in str(caught.value)


def test_other_settings_are_refused_by_the_settings_file_as_well(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path)
    before = tree(out)
    result = specimg("convert", made / "in", out, *QUICK, "--frontend=exp")
    assert result.returncode == 1
    assert "was written with other settings" in result.stderr
    (out / "specimg.toml").write_text("n_mels = [")
    broken = specimg("convert", made / "in", out, *QUICK)
    assert broken.returncode == 1
    assert "specimg.toml: not a TOML file" in broken.stderr
    assert "begin anew with --overwrite, or remove the file" in broken.stderr
    shutil.copyfile(made / "csv" / "specimg.toml", out / "specimg.toml")
    assert tree(out) == before
    assert not list(out.glob(".*"))  # not even a lock


def test_the_same_settings_make_it_anew_and_what_is_stale_is_told(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path)
    image = min(out.rglob("*.png"))
    image.write_bytes(b"of somebody else")
    again = specimg("convert", made / "in", out, *QUICK)
    assert again.stdout.startswith("converted 3 recordings")
    assert "no row" not in again.stdout
    assert tree(out) == tree(made / "csv")
    for path in out.glob(".specimg*"):
        path.unlink()
    shutil.copytree(made / "in" / "wren", tmp_path / "in" / "wren")
    fewer = specimg("convert", tmp_path / "in", out, *QUICK)
    line = f"3 images of specimg in {out} that no row of the manifest names, such as "
    assert f"{line}robin/2.wav_00000.000s.png; --overwrite removes them" in fewer.stdout
    assert fewer.returncode == 0
    clean = specimg("convert", tmp_path / "in", out, *QUICK, "--overwrite")
    assert "no row" not in clean.stdout
    assert not (out / "robin").exists()
    assert specimg("verify", out).returncode == 0


def fill_with_strays(out: Path, outside: Path, kind: str) -> tuple[set[str], set[str]]:
    """Put images into an output: those of specimg, and those of others."""
    image = min((out / "wren").glob(f"*.{kind}"))
    header = np.lib.format.MAGIC_PREFIX
    whole = kind == "npy"
    ours = {f"2019/may/9.wav.{kind}" if whole else f"2019/may/9.wav_00000.000s.{kind}"}
    others: dict[str, bytes] = {
        f"photo.{kind}": b"\x89PNG\r\n\x1a\n of somebody else",
        f"cut_00000.000s.{kind}": image.read_bytes()[:20],
        f".hidden/9.wav_00000.000s.{kind}": image.read_bytes(),
        f"other/specimg.toml/9.wav_00000.000s.{kind}": b"",
        f"of/another/9.wav.{kind}": image.read_bytes(),
        "of/another/.specimg.sqlite": b"",
        "notes.txt": b"mine",
    }
    if whole:
        arrays = {
            "features.npy": np.zeros((32, 7), np.float32),  # no recording's name
            "1.wav.npy": np.zeros((33, 7), np.float32),  # another height
            "2.wav.npy": np.zeros((32, 7), np.float64),
            "3.wav.npy": np.zeros((32, 7, 3), np.float32),  # no RGB here
            "4.wav.npy": np.zeros(32, np.float32),
        }
        for name, array in arrays.items():
            np.save(out / name, array)
            others[name] = (out / name).read_bytes()
        assert image.read_bytes().startswith(header)
    for name, data in {**dict.fromkeys(ours, image.read_bytes()), **others}.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    outside.mkdir()
    shutil.copyfile(image, outside / image.name)
    (out / "linked").symlink_to(outside)
    (out / f"link.wav_00000.000s.{kind}").symlink_to(image)
    return ours, set(others)


@pytest.mark.parametrize("kind", ["csv", "npy"])
@pytest.mark.parametrize("is_recorded", [True, False])
def test_overwrite_removes_stray_images_and_nothing_of_others(
    made: Path, tmp_path: Path, kind: str, *, is_recorded: bool
) -> None:
    out = copy(made, tmp_path, kind)
    if is_recorded:
        shutil.rmtree(out)
        shutil.copytree(made / kind, out)
    suffix = "npy" if kind == "npy" else "png"
    before = {path.relative_to(out).as_posix() for path in out.rglob("*")}
    ours, others = fill_with_strays(out, tmp_path / "outside", suffix)
    options = (*QUICK, *KINDS[kind])
    told = specimg("convert", made / "in", out, *options)
    assert f"1 image of specimg in {out} that no row" in told.stdout
    assert f"such as {min(ours)};" in told.stdout
    done = specimg("convert", made / "in", out, *options, "--overwrite")
    assert "no row" not in done.stdout
    left = {path.relative_to(out).as_posix() for path in out.rglob("*")}
    assert others <= left
    assert not ours & left
    assert not (out / "2019").exists()
    assert before <= left
    assert len(list((tmp_path / "outside").iterdir())) == 1


def test_npy_images_of_the_settings_before_are_removed_too(
    made: Path, tmp_path: Path
) -> None:
    out = copy(made, tmp_path, "npy")
    assert list(out.rglob("*.npy"))
    named = ("--manifest=metadata.csv", "--overwrite")
    assert specimg("convert", made / "in", out, *QUICK, *named).returncode == 3
    assert not list(out.rglob("*.npy"))
    assert not (out / "manifest.csv").exists()


def test_a_merge_tells_of_stray_images(made: Path, tmp_path: Path) -> None:
    out = copy(made, tmp_path)
    shutil.copytree(made / "in" / "wren", tmp_path / "in" / "wren")
    for number in (1, 2):
        shard = specimg(
            "convert", tmp_path / "in", out, *QUICK, "--shard", f"{number}/2"
        )
        assert shard.returncode == 0, shard.stderr
        assert "no row" not in shard.stdout
    merged = specimg("merge", out)
    assert merged.returncode == 0
    assert f"3 images of specimg in {out} that no row" in merged.stdout
