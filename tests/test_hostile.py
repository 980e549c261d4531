"""What a stranger may have put into a folder or a file costs a sentence, no more.

Every test has a time limit, because a pipe or a bomb shows as a test without an end.
"""

import html.parser
import io
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import filelock
import numpy as np
import pytest
from PIL import Image
from runs import QUICK, field, tree
from sounds import SPECIMG, chirps, rows, write

from specimg.bounded import MAX_TEXT_BYTES
from specimg.dataset.trial import Trial
from specimg.encoding import encode_cell
from specimg.errors import ParameterError
from specimg.evaluate.clips import ArmScores, Clips
from specimg.evaluate.table import format_scores
from specimg.output.images import ImageError, read_image
from specimg.output.manifest import Failure, ImageEntry, PassedOver, Record
from specimg.output.writing import format_failures, format_manifest, format_passed_over
from specimg.rendering.image import encode
from specimg.rendering.png import SIGNATURE
from specimg.settings import Settings

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="has no pipes in folders"
)

SECONDS = 60
MEMORY = 3 * 2**30
"""Of addresses, which the libraries take a good part of."""
BOMB = 2**29
"""Bytes."""

GRAY = Settings.from_options({"clip_duration": 1})
RGB = Settings.from_options({"clip_duration": 1, "frontend": "db+raw+exp"})
DEEP = Settings.from_options({"clip_duration": 1, "bit_depth": 16})
NPY = Settings.from_options({"clip_duration": 1, "format": "npy"})
WIDTH, HEIGHT = 40, 32


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    def give_up(*_: object) -> None:
        pytest.fail("it takes too long", pytrace=False)

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(2 * SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def specimg(
    *arguments: object, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command with little time and memory."""
    result = subprocess.run(
        [SPECIMG, *map(str, arguments)],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert "Traceback" not in result.stderr, result.stderr
    assert "Warning" not in result.stderr, result.stderr
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    field(folder / "in", 3, seconds=0.6)
    assert specimg("convert", folder / "in", folder / "out", *QUICK).returncode == 0
    return folder


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made / "out", tmp_path / "out")


def sql(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / ".specimg.sqlite")) as connection:
        connection.execute(statement, values)
        connection.commit()


def row(settings: Settings, name: str, **others: object) -> Record:
    values = {
        **dict.fromkeys(["label", "warning"], ""),
        **dict.fromkeys(["start", "pad_seconds", "clipped_fraction"], 0.0),
        **dict.fromkeys(["peak_dbfs", "mel_min"], 0.0),
        "source": "a.wav",
        "end": 1.0,
        "mono": "mean",
        "source_sr": 22050,
        "sr": 22050,
        "width": WIDTH,
        "height": HEIGHT,
        "mel_max": 1.0,
        "silent": False,
        "frontends": settings.frontend_names,
        **others,
    }
    return Record(file_name=name, **values)  # type: ignore[arg-type]


def picture(settings: Settings) -> bytes:
    """Return an image as it should be."""
    rng = np.random.default_rng(0)
    shape = (HEIGHT, WIDTH, 3) if settings.is_rgb else (HEIGHT, WIDTH)
    values = rng.random(shape)
    if settings.image.format == "npy":
        return encode(values.astype(np.float32), settings.image, "")
    kind = np.uint8 if settings.image.bit_depth == 8 else np.uint16
    return encode((values * np.iinfo(kind).max).astype(kind), settings.image, "{}")


def chunk(name: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
    )


def header(
    width: int, height: int, depth: int = 8, color: int = 0, last: int = 0
) -> bytes:
    return chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, last)
    )


def zeros(n_bytes: int) -> bytes:
    """Return a stream of zlib that unpacks to many zeros."""
    packer = zlib.compressobj(9)
    block = bytes(2**24)
    packed = b"".join(packer.compress(block) for _ in range(n_bytes // len(block)))
    return packed + packer.flush()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return zeros(BOMB)


def png(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


def rows_of_zeros(width: int = WIDTH, height: int = HEIGHT) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes(height * (width + 1))))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


GRAY_IMAGE = Image.new("L", (WIDTH, HEIGHT), 7)

# Each is made of a bomb, for those that need one.
OTHER_PNG: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "signature": lambda _: SIGNATURE,
    "text": lambda _: b"<html>",
    "jpeg": lambda _: saved(GRAY_IMAGE, "JPEG"),
    "gif": lambda _: saved(GRAY_IMAGE, "GIF"),
    "tiff": lambda _: saved(GRAY_IMAGE, "TIFF"),
    "palette": lambda _: saved(GRAY_IMAGE.convert("P"), "PNG"),
    "one bit": lambda _: saved(GRAY_IMAGE.convert("1"), "PNG"),
    "color": lambda _: saved(GRAY_IMAGE.convert("RGB"), "PNG"),
    "alpha": lambda _: saved(GRAY_IMAGE.convert("RGBA"), "PNG"),
    "16 bits": lambda _: saved(GRAY_IMAGE.convert("I;16"), "PNG"),
    "wider": lambda _: png(header(WIDTH + 1, HEIGHT), rows_of_zeros(WIDTH + 1)),
    "turned": lambda _: png(header(HEIGHT, WIDTH), rows_of_zeros(HEIGHT, WIDTH)),
    "bomb of one bit": lambda b: png(header(60_000, 60_000, 1), chunk(b"IDAT", b)),
    "bomb of bytes": lambda b: png(header(60_000, 60_000), chunk(b"IDAT", b)),
    "bomb of color": lambda b: png(header(WIDTH, HEIGHT, 16, 6), chunk(b"IDAT", b)),
    "largest header": lambda b: png(header(2**31 - 1, 2**31 - 1), chunk(b"IDAT", b)),
    "no size": lambda _: png(header(0, 0), rows_of_zeros()),
    "interlaced": lambda _: png(header(WIDTH, HEIGHT, last=1), rows_of_zeros()),
    "second header": lambda b: png(
        header(WIDTH, HEIGHT), header(60_000, 60_000), chunk(b"IDAT", b)
    ),
    "header behind text": lambda _: png(
        chunk(b"tEXt", b"a\0b"), header(WIDTH, HEIGHT), rows_of_zeros()
    ),
    "zTXt": lambda b: png(
        header(WIDTH, HEIGHT), chunk(b"zTXt", b"specimg\0\0" + b), rows_of_zeros()
    ),
    "zTXt behind": lambda b: png(
        header(WIDTH, HEIGHT), rows_of_zeros(), chunk(b"zTXt", b"specimg\0\0" + b)
    ),
    "iTXt": lambda b: png(
        header(WIDTH, HEIGHT), chunk(b"iTXt", b"specimg\0\1\0\0\0" + b), rows_of_zeros()
    ),
    "iCCP": lambda b: png(
        header(WIDTH, HEIGHT), chunk(b"iCCP", b"specimg\0\0" + b), rows_of_zeros()
    ),
    "animated": lambda _: png(
        header(WIDTH, HEIGHT),
        chunk(b"acTL", bytes(3) + b"\1" + bytes(4)),
        rows_of_zeros(),
    ),
    "no pixels": lambda _: png(header(WIDTH, HEIGHT)),
    "cut": lambda _: picture(GRAY)[:-30],
    "more behind": lambda _: picture(GRAY) + b"PK\3\4",
    "chunk without end": lambda _: (
        SIGNATURE + header(WIDTH, HEIGHT) + b"\x7f\xff\xff\xffIDAT"
    ),
    "wrong checksum": lambda _: picture(GRAY).replace(b"tEXt", b"tEXT"),
}


def npy_file(text: str, data: bytes = bytes(4 * WIDTH * HEIGHT)) -> bytes:
    head = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data


def npy_of(array: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)  # type: ignore[arg-type]
    return buffer.getvalue()


class Evil:
    """Would be run by whoever unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("/nonexistent/was-run",)


def described(shape: str, kind: str = "<f4") -> str:
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"


FLOATS = np.zeros((HEIGHT, WIDTH), np.float32)
OTHER_NPY: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "magic": lambda _: b"\x93NUMPY",
    "version": lambda _: b"\x93NUMPY\7\0" + bytes(100),
    "73 TB": lambda _: npy_file(described("(3000000, 6000000)")),
    "endless": lambda _: npy_file(described(f"({10**30}, {10**30})")),
    "5,000 digits": lambda _: npy_file(described(f"({'9' * 5000},)")),
    "negative": lambda _: npy_file(described("(-1, -1)")),
    "of nothing": lambda _: npy_file(described(f"({10**12}, {10**12})", "<U0"), b""),
    "wide values": lambda _: npy_file(described("()", f"<U{2**30}")),
    "pickle": lambda _: npy_of(np.array([Evil()], object)),
    "objects": lambda _: npy_file(described(f"({HEIGHT}, {WIDTH})", "|O")),
    "bare pickle": lambda _: b"cposix\nsystem\n(S'id'\ntR.",
    "zip": lambda _: b"PK\3\4" + bytes(100),
    "float64": lambda _: npy_of(FLOATS.astype(np.float64)),
    "integers": lambda _: npy_of(FLOATS.astype(np.int32)),
    "other end first": lambda _: npy_of(FLOATS.astype(">f4")),
    "turned": lambda _: npy_of(FLOATS.reshape(WIDTH, HEIGHT)),
    "flat": lambda _: npy_of(FLOATS.ravel()),
    "scalar": lambda _: npy_of(np.float32(1)),
    "in color": lambda _: npy_of(np.zeros((HEIGHT, WIDTH, 3), np.float32)),
    "not a number": lambda _: npy_of(FLOATS * np.float32("nan")),
    "infinite": lambda _: npy_of(FLOATS + np.float32("inf")),
    "cut": lambda _: npy_of(FLOATS)[:-1],
    "more behind": lambda _: npy_of(FLOATS) + b"\0",
    "code": lambda _: npy_file("__import__('os').getpid()"),
    "brackets": lambda _: npy_file("(" * 9000),
    "signs": lambda _: npy_file("-" * 9000 + "1"),
    "long header": lambda _: npy_file(" " * 60_000 + described("(1, 1)")),
    "bytes as text": lambda _: npy_file("\N{SNOWMAN}\0\0{"),
    "a name": lambda _: npy_file("{'descr': None, 'fortran_order': 0, 'shape': None}"),
}


def look_at(folder: Path, settings: Settings, **others: object) -> np.ndarray:
    """Read the image of a folder as its row says, which a stranger wrote as well."""
    name = f"image.{settings.image.format}"
    n_bytes = others.pop("n_bytes", None)
    if n_bytes is None:
        n_bytes = (folder / name).stat().st_size
    record = row(settings, name, **others)
    entry = ImageEntry(record=record, n_bytes=n_bytes, digest="")  # type: ignore[arg-type]
    return read_image(folder, entry, settings)


@pytest.mark.parametrize("settings", [GRAY, RGB, DEEP, NPY])
def test_an_image_as_specimg_writes_it_is_read(
    tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / f"image.{settings.image.format}"
    path.write_bytes(picture(settings))
    assert look_at(tmp_path, settings).shape[:2] == (HEIGHT, WIDTH)
    # Also behind a link to the folder, and as a link inside of it.
    path.rename(tmp_path / "object")
    path.symlink_to("object")
    (tmp_path / "link").symlink_to(tmp_path)
    assert look_at(tmp_path / "link", settings).shape[:2] == (HEIGHT, WIDTH)


@pytest.mark.parametrize("name", OTHER_PNG)
def test_another_png_is_refused(tmp_path: Path, name: str, bomb: bytes) -> None:
    (tmp_path / "image.png").write_bytes(OTHER_PNG[name](bomb))
    with pytest.raises(ImageError, match="damaged: "):
        look_at(tmp_path, GRAY)


@pytest.mark.parametrize("name", OTHER_NPY)
def test_another_npy_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "image.npy").write_bytes(OTHER_NPY[name](b""))
    with pytest.raises(ImageError, match="damaged: "):
        look_at(tmp_path, NPY)


def test_pixels_that_unpack_to_more_than_the_image_take_no_memory(
    tmp_path: Path, bomb: bytes
) -> None:
    data = png(header(WIDTH, HEIGHT), chunk(b"IDAT", bomb))
    (tmp_path / "image.png").write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert not look_at(tmp_path, GRAY, n_bytes=len(data)).any()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < BOMB / 4


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (0, 0), (-1, 5), (2**62, 2**62)]
)
def test_a_row_that_no_image_can_have_is_refused(
    tmp_path: Path, width: int, height: int, bomb: bytes
) -> None:
    size = (min(max(n, 0), 2**32 - 1) for n in (width, height))
    data = png(header(*size), chunk(b"IDAT", bomb))
    (tmp_path / "image.png").write_bytes(data)
    with pytest.raises(ImageError, match="need at least 1x1 and at most"):
        look_at(tmp_path, GRAY, width=width, height=height)


def listen(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # a short name, which sockets need


def elsewhere(path: Path) -> None:
    target = path.parents[1] / "elsewhere.png"
    target.write_bytes(picture(GRAY))
    path.symlink_to(target)


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "No such file"),
    "pipe": (os.mkfifo, "not a regular file"),
    "folder": (Path.mkdir, "not a regular file"),
    "socket": (listen, "not a regular file"),
    "link to another folder": (elsewhere, "which is outside"),
    "link to a device": (lambda p: p.symlink_to("/dev/zero"), "which is outside"),
    "link to nowhere": (lambda p: p.symlink_to("nowhere"), "No such file"),
    "link to itself": (lambda p: p.symlink_to(p.name), "symbolic links"),
    "link to a pipe": (
        lambda p: (os.mkfifo(p.parent / "pipe"), p.symlink_to("pipe")),
        "not a regular file",
    ),
    "a terabyte": (lambda p: (p.touch(), os.truncate(p, 2**40)), "but it was written"),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_file_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.chdir(folder)
    make, message = NO_FILES[name]
    make(folder / "image.png")
    with pytest.raises(ImageError, match=message):
        look_at(folder, GRAY, n_bytes=len(picture(GRAY)))


def test_a_file_that_its_row_says_is_huge_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "image.png").touch()
    os.truncate(tmp_path / "image.png", 2**40)
    with pytest.raises(ImageError, match="more than"):
        look_at(tmp_path, GRAY)


def test_a_folder_full_of_traps_is_looked_at_and_healed(
    tmp_path: Path, bomb: bytes
) -> None:
    traps = {
        **{name: make for name, (make, _) in NO_FILES.items() if name != "socket"},
        **{
            name: (lambda p, make=OTHER_PNG[name]: p.write_bytes(make(bomb)))
            for name in ("bomb of one bit", "bomb of bytes", "second header", "zTXt")
        },
    }
    for number in range(len(traps) + 1):
        sound = chirps(0.5, 16_000, seed=number)
        write(tmp_path / "in" / f"{number:02}.wav", sound, 16_000)
    out = tmp_path / "out"
    convert = ("convert", tmp_path / "in", out, *QUICK, "--jobs", 2)
    assert specimg(*convert).returncode == 0
    before = tree(out)
    images = sorted(out.glob("*.png"))[: len(traps)]
    for image, make in zip(images, traps.values(), strict=True):
        image.unlink()
        make(image)
        if image.is_file() and not image.is_symlink():
            statement = "UPDATE images SET bytes = ? WHERE file_name = ?"
            sql(out, statement, image.stat().st_size, image.name)
    verified = specimg("verify", out)
    assert verified.returncode == 1
    for command in ("stats", "gallery"):
        result = specimg(command, out)
        assert result.returncode == 3, result.stderr
        for image in images:
            assert image.name in verified.stdout
            assert image.name in result.stderr
    (out / "gallery.html").unlink()
    folders = [image for image in images if image.is_dir()]
    failed = specimg(*convert, "--recheck")
    assert failed.returncode == 3  # a folder is not removed, and it is said
    assert "Is a directory" in failed.stderr
    for folder in folders:
        folder.rmdir()
    (out / "pipe").unlink()
    assert specimg(*convert, "--recheck").returncode == 0
    assert tree(out) == before
    assert specimg("verify", out).returncode == 0
    assert (tmp_path / "elsewhere.png").read_bytes() == picture(GRAY)


@pytest.mark.parametrize(
    "name", ["specimg.toml", "manifest.csv", "failures.csv", "passed_over.csv"]
)
def test_a_pipe_in_place_of_a_table_is_not_waited_for(out: Path, name: str) -> None:
    (out / name).unlink(missing_ok=True)
    os.mkfifo(out / name)
    for command in ("verify", "stats", "gallery"):
        result = specimg(command, out)
        assert result.returncode in (0, 1)
    verified = specimg("verify", out)
    assert "not a regular file" in verified.stdout + verified.stderr


def number(digits: int) -> str:
    return "9" * digits


SETTINGS: dict[str, bytes] = {
    "not UTF-8": b"sr = '\xff'",
    "UTF-16": "sr = 22050".encode("utf-16"),
    "zeros": bytes(1000),
    "too large": b"#" * (MAX_TEXT_BYTES + 1),
    "5,000 digits": f"sr = {number(5000)}".encode(),
    "4,000 digits": f"sr = {number(4000)}".encode(),
    "hexadecimal": b"sr = 0x" + b"f" * 20_000,
    "hexadecimal seconds": b"clip_duration = 0x" + b"f" * 20_000,
    "hexadecimal band": b"frontend = {frontend = 'pcen', gain = [0x"
    + b"f" * 20_000
    + b"]}",
    "digits of a parameter": b"frontend = {frontend = 'pcen', gain = "
    + number(4000).encode()
    + b"}",
    "brackets": b"sr = " + b"[" * 100_000,
    "braces": b"sr = " + b"{a = " * 100_000,
    "dots": b"a." * 30_000 + b"b = 1",
    "dots in brackets": b"[" + b"a . " * 30_000 + b"b]",
    "quoted dots": b'\'a\'."]=\\"".' * 15_000 + b"b = 1",
    "dots behind an escape": b'mono = """\\"""""\n' + b"a." * 30_000 + b"b = 1",
    "open text": b'mono = """' + b'\\"""' * 500_000,
    "open line": b'mono = "' + b'\\"' * 500_000,
    "letters": b"a" * (MAX_TEXT_BYTES - 5) + b" = 1",
    "many names": b"".join(b"a%d = 1\n" % n for n in range(100_000)) + b"a-1=1\na_1=1",
    "given twice": b"sr = 1\nsr = 2",
    "given twice with a dash": b"n-fft = 1024\nn_fft = 1024",
    "not a number": b"fmin = nan",
    "infinite": b"fmax = inf",
    "infinite rate": b"sr = inf",
    "a date": b"sr = 2020-01-01",
    "a list": b"format = [1]",
    "a table": b"[format]\na = 1",
    "preset as a list": b"preset = [1]",
    "preset of a frontend": b"frontend = {frontend = 'pcen', preset = [1]}",
    "word as a list": b"frontend = {frontend = 'pcen', init = [1]}",
    "nested list": b"frontend = {frontend = 'pcen', gain = [[1], [2, 3]]}",
    "frontend as a number": b"frontend = 3",
    "frontend as a list": b"frontend = ['db']",
    "name as a list": b"frontend = {frontend = ['db']}",
    "many plus signs": b"frontend = '" + b"db+" * 100_000 + b"db'",
    "huge FFT": b"n_fft = 1099511627776",
    "huge bands": b"n_mels = 1099511627776",
    "huge image": b"size = '60000x60000'",
    "digits of a size": f"size = '{number(5000)}x1'".encode(),
    "digits of a channel": f"mono = '{number(5000)}'".encode(),
    "long value": b"format = '" + b"a" * 1_000_000 + b"'",
    "long name": b"'" + b"a" * 1_000_000 + b"' = 1",
    "commands": b'format = "\\u001b[2J"',
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_nobody_means_are_refused_in_a_sentence(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "hostile.toml"
    path.write_bytes(SETTINGS[name])
    with pytest.raises(ParameterError) as caught:
        Settings.load(path)
    assert len(str(caught.value)) < 1000


def test_settings_of_other_kinds_of_values_go_with_those_of_the_command(
    tmp_path: Path, made: Path
) -> None:
    for text in ("sr = 'high'", f"sr = {number(4000)}", "fmax = [1]", "sr = {}"):
        (tmp_path / "odd.toml").write_text(text)
        options = ("--config", tmp_path / "odd.toml", "--sr", 16000)
        result = specimg("convert", made / "in", tmp_path / "out", *QUICK, *options)
        assert result.returncode in (0, 2), result.stderr


def test_names_with_dots_are_no_harm_in_text(tmp_path: Path) -> None:
    (tmp_path / "a.b.c.d.e.f.g.h.i.j.k.json").write_text('{"parameters": {"a": 0.5}}')
    (tmp_path / "my.toml").write_text(
        "\ufefffrontend = 'exp:@a.b.c.d.e.f.g.h.i.j.k.json' # a.b.c.d.e.f.g.h.i.j.k\n"
    )
    assert Settings.load(tmp_path / "my.toml").frontend_names == "exp:a=0.5"


def test_settings_may_come_through_a_pipe_of_the_shell(
    tmp_path: Path, made: Path
) -> None:
    for name, before, config in (
        ("substituted", "", "<(echo 'size = \"9x8\"')"),
        ("piped", "echo 'size = \"9x8\"' |", "/dev/stdin"),
    ):
        out = tmp_path / name
        command = f"{SPECIMG} convert {made / 'in'} {out} {' '.join(QUICK)}"
        line = f"{before} {command} --config {config}"
        subprocess.run(["bash", "-c", line], timeout=SECONDS, check=True)
        table = rows(out / "manifest.csv")
        assert {(cells["width"], cells["height"]) for cells in table} == {("9", "8")}


def test_settings_without_an_end_and_pipes_that_nobody_writes_to_are_refused(
    tmp_path: Path, made: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", "/dev/zero", tmp_path):
        result = specimg("convert", made / "in", tmp_path / "out", "--config", path)
        assert result.returncode == 2
        assert "cannot read settings" in result.stderr
        assert not (tmp_path / "out").exists()


LEARNED: dict[str, bytes] = {
    "empty": b"",
    "not UTF-8": b'{"parameters": {"gain": "\xff"}}',
    "5,000 digits": b'{"parameters": {"gain": ' + number(5000).encode() + b"}}",
    "4,000 digits": b'{"parameters": {"gain": ' + number(4000).encode() + b"}}",
    "4,000 digits of log": b'{"parameters": {"log_gain": '
    + number(4000).encode()
    + b"}}",
    "brackets": b"[" * 1_000_000,
    "braces": b'{"a":' * 500_000,
    "not a number": b'{"parameters": {"gain": NaN}}',
    "infinite": b'{"parameters": {"gain": [Infinity, 1]}}',
    "infinite rate": b'{"frame_rate": Infinity, "parameters": {"s": 0.1}}',
    "rate as text": b'{"frame_rate": "fast", "parameters": {"s": 0.1}}',
    "tiny rate": b'{"frame_rate": 1e-308, "parameters": {"s": 1e-300}}',
    "given twice": b'{"parameters": {"gain": 1, "gain": 0.5}}',
    "given twice above": b'{"parameters": {"gain": 1}, "parameters": {"gain": 0.5}}',
    "half of a pair": b'{"parameters": {"\\ud800": 1}}',
    "commands": b'{"parameters": {"\\u001b[2J": "\\u001b[2J"}}',
    "long name": b'{"parameters": {"' + b"a" * 1_000_000 + b'": "a"}}',
    "long frontend": b'{"frontend": "'
    + b"a" * 1_000_000
    + b'", "parameters": {"gain": 1}}',
    "frontend as a list": b'{"frontend": [1], "parameters": {"gain": 1}}',
    "a list": b"[1]",
    "null": b"null",
    "true": b'{"parameters": {"gain": true}}',
    "a table": b'{"parameters": {"gain": {"a": 1}}}',
    "a million bands": b'{"parameters": {"gain": [' + b"1," * 1_000_000 + b"1]}}",
    "bands of bands": b'{"parameters": {"gain": [[1, 2], [3, 4]]}}',
    "bands as a table": b'{"n_mels": {}, "parameters": {"gain": [1, 1]}}',
    "too large": b" " * (MAX_TEXT_BYTES + 1),
}


def npz(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def npz_bomb(claims: int) -> bytes:
    """Return a small archive with an array of 512 MB, whatever it claims."""
    head = npy_file(described(f"({2**26},)", "<f8"), b"")
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("gain.npy", "w") as file,
    ):
        file.write(head)
        for _ in range(32):
            file.write(bytes(2**24))
    data = buffer.getvalue()
    size = struct.pack("<I", len(head) + 2**29)
    assert data.count(size) == 2
    return data.replace(size, struct.pack("<I", claims)) if claims else data


def many_members() -> bytes:
    return npz(**{f"a{n}": npy_of(np.float64(1)) for n in range(20_000)})


def encrypted() -> bytes:
    data = bytearray(npz(gain=npy_of(np.float64(1))))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def in_lzma() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("gain.npy", npy_of(np.float64(1)))
    return buffer.getvalue()


NPZ: dict[str, Callable[[], bytes]] = {
    **{
        f"array: {name}": lambda make=make: npz(gain=make(b""))
        for name, make in OTHER_NPY.items()
        if name not in ("flat", "scalar", "float64", "integers", "other end first")
    },
    "bomb": lambda: npz_bomb(0),
    "bomb that claims less": lambda: npz_bomb(200),
    "many members": many_members,
    "encrypted": encrypted,
    "lzma": in_lzma,
    "nothing": npz,
    "not a zip": lambda: b"PK\3\4" + bytes(1000),
    "no directory": lambda: npz(gain=npy_of(np.float64(1)))[:-30],
    "one array": lambda: npy_of(np.float64(1)),
    "pickle": lambda: b"cposix\nsystem\n(S'id'\ntR.",
    "text as number": lambda: npz(gain=npy_of(np.array("much"))),
    "complex": lambda: npz(gain=npy_of(np.array(1j))),
    "dates": lambda: npz(gain=npy_of(np.array("2020", "M8[s]"))),
    "records": lambda: npz(gain=npy_of(np.zeros(3, "f4,f4"))),
    "frontend as numbers": lambda: npz(frontend=npy_of(np.zeros(3)), gain=npy_of(1.0)),
    "rate as numbers": lambda: npz(frame_rate=npy_of(np.zeros(3)), s=npy_of(0.1)),
}


@pytest.mark.parametrize(
    ("suffix", "make"),
    [
        *(
            pytest.param(".json", lambda d=d: d, id=f"json: {n}")
            for n, d in LEARNED.items()
        ),
        *(pytest.param(".npz", make, id=f"npz: {n}") for n, make in NPZ.items()),
    ],
)
def test_parameters_that_nobody_learned_are_refused_in_a_sentence(
    tmp_path: Path, suffix: str, make: Callable[[], bytes]
) -> None:
    path = tmp_path / f"learned{suffix}"
    path.write_bytes(make())
    with pytest.raises(ParameterError) as caught:
        Settings.from_options({"frontend": f"pcen:@{path}"})
    assert len(str(caught.value)) < 1000
    result = specimg("preview", "a.wav", "-o", "a.png", "--frontend", f"pcen:@{path}")
    assert result.returncode == 2
    assert "\x1b" not in result.stderr


def test_learned_parameters_are_not_read_from_pipes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "learned.npz")
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    for name in ("learned.npz", "endless.json"):
        with pytest.raises(ParameterError, match="not a regular file"):
            Settings.from_options({"frontend": f"pcen:@{tmp_path / name}"})


RUN = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0"]


@pytest.mark.parametrize("text", RUN)
def test_no_cell_begins_with_a_formula(text: str) -> None:
    failure = Failure(source="a.wav", stage="open", reason=text)
    passed_over = PassedOver(source="a.wav", reason=text)
    once = np.zeros(1, np.int64)
    trial = Trial(("a",), (), once, once, {text: once}, 1, None, {}, 0)
    clips = Clips(trial, once, np.ones((1, 1), np.bool_))
    found = [ArmScores(text, 0, np.zeros((1, 1)), 0.0, 0.0)]
    for table in (
        format_failures([failure]),
        format_passed_over([passed_over]),
        format_manifest(
            [ImageEntry(record=row(GRAY, "a.png", warning=text))], "manifest.csv"
        ),
        format_scores(found, clips, "ridge").splitlines(keepends=True),
    ):
        _, line = (line.decode() for line in table)
        cells = line.strip("\n").replace('"', "").split(",")
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in cells)
        numbers = ("-inf", "-1.0")
        assert not any(cell.startswith("-") and cell not in numbers for cell in cells)
        assert f"%{ord(text[0]):02X}" in line


def test_prose_in_a_cell_stays_as_it_is() -> None:
    text = "truncated: 5 % of C:\\a are missing; é = 1"
    assert encode_cell(text) == text


COMMANDS = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\x7f"


def is_plain(result: "subprocess.CompletedProcess[str]") -> bool:
    return (result.stdout + result.stderr).replace("\n", "").isprintable()


def test_no_name_is_a_command_to_the_terminal(
    tmp_path: Path, made: Path, out: Path
) -> None:
    sounds = tmp_path / "in"
    shutil.copytree(made / "in", sounds / f"class{COMMANDS}")
    (sounds / f"bad{COMMANDS}.wav").write_text("no sound")
    (sounds / f"film{COMMANDS}.m4a").write_bytes(bytes(4) + b"ftypM4A " + bytes(100))
    (out / "class0" / f"stray{COMMANDS}.png").write_bytes(picture(GRAY))
    missing = tmp_path / f"missing{COMMANDS}"
    for arguments in (
        ("convert", sounds, tmp_path / "new", *QUICK),
        ("convert", sounds, tmp_path / "dry", *QUICK, "--dry-run"),
        ("stats", tmp_path / "new"),
        ("verify", out),
        ("verify", missing),
        ("gallery", missing),
        ("convert", missing, tmp_path / "other"),
        ("preview", sounds / f"bad{COMMANDS}.wav", "-o", tmp_path / "a.png"),
    ):
        result = specimg(*arguments)
        assert is_plain(result), (arguments, result.stdout, result.stderr)
        assert result.stdout + result.stderr


def test_what_a_record_says_is_no_command_to_the_terminal_nor_to_the_browser(
    out: Path,
) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    for text in (evil + COMMANDS, evil):
        for column in ("label", "warning", "mono"):
            sql(out, f"UPDATE images SET {column} = ?", text)  # noqa: S608 - in a test
        for command in ("stats", "verify", "gallery"):
            assert is_plain(specimg(command, out))
        assert is_plain(specimg("stats", "--json", out))

    found: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, _: found.append(tag)  # type: ignore[method-assign]
    page = (out / "gallery.html").read_text()
    parser.feed(page)
    assert found.count("script") == 2  # the page's own, and its data
    assert "<img src=x" not in page


HOSTILE_RECORDS: dict[str, tuple[str, ...]] = {
    # A recording that is not known is begun by removing what it left behind.
    "image of nobody": (
        "UPDATE images SET file_name = '../x.png'",
        "DELETE FROM recordings",
    ),
    "trigger": (
        "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM recordings; END",
    ),
    "view": ("CREATE VIEW v AS SELECT * FROM images",),
    "endless start": ("UPDATE images SET start = 9e999",),
    "endless end": ('UPDATE images SET "end" = 9e999',),
    "blob as label": ("UPDATE images SET label = zeroblob(10)",),
    "huge label": ("UPDATE images SET label = hex(zeroblob(2100000))",),
}


@pytest.mark.parametrize("name", HOSTILE_RECORDS)
def test_a_hostile_record_is_refused(made: Path, out: Path, name: str) -> None:
    for statement in HOSTILE_RECORDS[name]:
        sql(out, statement)
    (out.parent / "x.png").write_text("of somebody else")
    for command in (
        ("stats", out),
        ("gallery", out),
        ("convert", made / "in", out, *QUICK),
    ):
        result = specimg(*command)
        assert result.returncode in ((0, 1) if command[0] == "convert" else (1,))
    assert (out.parent / "x.png").read_text() == "of somebody else"
    again = specimg("convert", made / "in", out, *QUICK, "--overwrite")
    assert again.returncode == 0, again.stderr
    assert (out.parent / "x.png").read_text() == "of somebody else"
    assert specimg("verify", out).returncode == 0


@pytest.mark.parametrize("suffix", ["holder", "sqlite-wal", "sqlite-journal", "lock"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_nothing_beside_the_record_is_written_through_or_waited_for(
    made: Path, out: Path, suffix: str, kind: str
) -> None:
    victim = out.parent / "victim"
    victim.write_text("of somebody else")
    path = out / f".specimg.{suffix}"
    path.unlink(missing_ok=True)
    if kind == "link":
        path.symlink_to(victim)
    else:
        os.mkfifo(path)
    for command in (("verify", out), ("convert", made / "in", out, *QUICK)):
        result = specimg(*command)
        assert result.returncode in (0, 1)
    assert victim.read_text() == "of somebody else"


def test_a_hostile_holder_is_not_quoted(out: Path) -> None:
    (out / ".specimg.holder").write_text(json.dumps({"pid": COMMANDS, "host": "h"}))
    with filelock.FileLock(out / ".specimg.lock"):
        assert is_plain(specimg("verify", out))
        (out / ".specimg.holder").write_text("[" * 100_000)
        result = specimg("verify", out)
    assert "written by another process" in result.stderr
