"""The page of a gallery, in a browser: what it shows, and what it must not do."""

import csv
import json
import re
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sounds import chirps, noise, read_png, specimg, tone, write

from specimg.gallery import boxes as page_boxes
from specimg.gallery.boxes import gather_boxes
from specimg.output.boxes.labeled import LabeledBox, encode_boxes
from specimg.output.manifest import ImageEntry, Record
from specimg.rendering.axes import PixelBox

pytest.importorskip("selenium.webdriver")

from browser import CHROMIUM, DRIVER, Page, open_browser
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not there"
)

HOSTILE = [
    "quote\"s and 'apostrophes'",
    "<b>bold<img src=x onerror=alert(1)>",
    "<" + "!--<script>",
    "100 % #1 ?a=b&c=d",
    "%41 %2F",
    "line\nbreak\u2028separator\ttab",
    "{{script}} ${1} \\n back\\slash",
    "zażółć 鳥 \u202egnp",
    "a:b;c",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    yield from open_browser()


def make_page(browser: Chrome, out: Path, *options: object) -> Page:
    result = specimg("gallery", out, *options)
    assert result.returncode in (0, 3), result.stderr
    return Page(browser, out)


def manifest(out: Path) -> list[dict[str, str]]:
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["file_name"] for row in rows]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    recordings = folder / "in"
    for index, label in enumerate(("wren", "robin", "")):
        for number in range(3):
            seed = 10 * index + number
            sound = (number + 1) * chirps(0.7, seed=seed) + 0.01 * noise(0.7, seed=seed)
            write(recordings / label / f"{number}.wav", sound)
    write(recordings / "silent.wav", 0 * tone(440, 0.6))
    cut = write(recordings / "wren" / "cut.wav", chirps(0.9))
    cut.write_bytes(cut.read_bytes()[:-5_000])
    (recordings / "bad <i>.wav").write_bytes(b"no audio")
    result = specimg(
        *("convert", recordings, folder / "out", "--clip-duration=0.3"),
        *("--r=db", "--g=pcen", "--b=exp"),
    )
    assert result.returncode == 3, result.stderr
    return folder / "out"


@pytest.fixture
def page(browser: Chrome, out: Path) -> Iterator[Page]:
    page = make_page(browser, out)
    yield page
    assert page.problems() == []


def test_every_image_of_the_manifest_is_shown_under_its_label(page: Page) -> None:
    rows = manifest(page.out)
    assert sorted(page.shown()) == sorted(names(rows))
    heads = [head.text for head in page.all("h2")]
    count = {
        label: sum(r["label"] == label for r in rows) for label in ("", "robin", "wren")
    }
    assert heads == [
        f"(no label) {count['']}",
        f"robin {count['robin']}",
        f"wren {count['wren']}",
    ]
    widths = page.run(
        "[...document.querySelectorAll('.cell img')].map(i => i.naturalWidth)"
    )
    assert widths
    assert set(widths) <= {int(row["width"]) for row in rows}


def test_the_header_says_what_the_folder_holds(page: Page) -> None:
    rows = manifest(page.out)
    counts = page.find("#counts").text
    assert counts.startswith(f"{len(rows)} images · 3 labels · 11 recordings · ")
    assert "1 failure" in counts
    assert "2 silent" in counts
    assert "3 truncated" in counts
    assert "bad <i>.wav" in page.find("#failures").get_property("textContent")
    toml = (page.out / "specimg.toml").read_text()
    assert page.find("#settings").get_property("textContent") == toml


def test_the_channels_are_those_of_stats(page: Page) -> None:
    channels = json.loads(specimg("stats", page.out, "--json").stdout)["channels"]
    rows = page.run(
        "[...document.querySelectorAll('#channels tr')].slice(1).map("
        "row => [...row.children].slice(0, 3).map(cell => cell.textContent))"
    )
    assert rows == [
        [c["frontend"], f"{c['mean']:.4f}", f"{c['std']:.4f}"] for c in channels
    ]
    paths = page.all("#histogram path")
    assert len(paths) == 3
    assert all(path.get_attribute("d").count("L") == 255 for path in paths)


def test_the_mean_image_of_a_label_is_the_mean_of_its_files(page: Page) -> None:
    paths = [page.out / n for n in names(manifest(page.out)) if n.startswith("robin/")]
    mean = np.mean([read_png(path) for path in paths], axis=0)
    pixels = page.run(
        """(() => {
          const image = document.querySelector('#labels [data-label="robin"] img');
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
        })()"""
    )
    shown = np.reshape(pixels, (*mean.shape[:2], 4))[..., :3]
    assert np.abs(shown - mean).max() <= 0.51


def test_a_filter_leaves_what_passes_it(page: Page) -> None:
    rows = manifest(page.out)
    page.choose("label", "wren")
    assert sorted(page.shown()) == [n for n in names(rows) if n.startswith("wren/")]
    page.choose("mark", "any warning")
    cut = [row["file_name"] for row in rows if row["warning"]]
    assert page.shown() == cut != []
    assert "truncated" in page.find(".cell .alert").text
    page.choose("label", "all")
    page.choose("mark", "silent")
    assert page.shown() == [r["file_name"] for r in rows if r["silent"] == "true"]
    page.choose("mark", "padded")
    padded = [r["file_name"] for r in rows if float(r["pad_seconds"])]
    assert sorted(page.shown()) == sorted(padded)
    page.choose("mark", "all")
    page.find("#text").send_keys("ROBIN 2.wav")
    assert page.shown() == [n for n in names(rows) if n.startswith("robin/2.wav")]
    assert page.find("#chosen").text == f"{len(page.shown())} of {len(rows)} images"
    page.find("#text").send_keys("nothing has this")
    assert page.shown() == page.all(".cell") == []


@pytest.mark.parametrize(
    ("option", "column", "sign"),
    [
        ("loudest first", "peak_dbfs", -1),
        ("quietest first", "peak_dbfs", 1),
        ("most clipped first", "clipped_fraction", -1),
    ],
)
def test_a_sort_puts_images_in_the_order_of_a_column(
    page: Page, option: str, column: str, sign: int
) -> None:
    page.choose("sort", option)
    page.ungroup()
    rows = sorted(manifest(page.out), key=lambda row: sign * float(row[column]))
    assert page.shown() == names(rows)
    assert page.all("h2") == []


def test_brightness_is_the_mean_of_the_pixels(page: Page) -> None:
    page.choose("sort", "brightest first")
    page.ungroup()
    means = [round(read_png(page.out / name).mean() / 255, 4) for name in page.shown()]
    assert means == sorted(means, reverse=True)
    assert means[-1] == 0
    page.find(".cell").click()
    assert float(page.opened()["brightness"]) == pytest.approx(means[0], abs=1e-4)


def test_a_click_opens_an_image_with_its_row_and_keys_go_on(page: Page) -> None:
    rows = {row["file_name"]: row for row in manifest(page.out)}
    order = page.shown()
    page.all(".cell")[1].click()

    def check(name: str) -> None:
        opened = page.opened()
        for column, value in rows[name].items():
            try:
                assert float(opened[column]) == pytest.approx(float(value))
            except ValueError:
                assert opened[column] == value
        page.wait("document.getElementById('image').complete")
        width, shown = page.run("[image.naturalWidth, image.clientWidth]")
        assert width == int(rows[name]["width"])
        assert shown % width == 0

    check(order[1])
    page.press(Keys.ARROW_RIGHT)
    check(order[2])
    page.press(Keys.ARROW_LEFT)
    page.press(Keys.ARROW_LEFT)
    page.press(Keys.ARROW_LEFT)  # there is none before the first
    check(order[0])
    page.press(Keys.END)
    check(order[-1])
    page.find("#previous").click()
    check(order[-2])
    page.press(Keys.ESCAPE)
    assert not page.run("viewer.open")
    # Back among the images, at the one that was open.
    row = page.browser.switch_to.active_element.get_attribute("data-row")
    assert page.run(f"at('file_name', {row})") == order[-2]


def test_images_stay_as_they_are_in_dark_mode(page: Page) -> None:
    def pixel() -> tuple[Any, Any]:
        styles = "getComputedStyle(document.querySelector('.cell img'))"
        return page.run(f"{styles}.filter"), page.run(f"{styles}.transform")

    def ground() -> str:
        return str(page.run("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    assert ground() != light
    assert pixel() == ("none", "none")
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    page.browser.refresh()
    page.wait_for_images()
    page.run("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert page.run("document.documentElement.scrollWidth") == 390
    assert page.run("columns") == 2
    page.find("#main .cell").click()
    assert page.run("viewer.scrollWidth") == 390
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_names_that_look_like_html_or_addresses_do_no_harm(
    browser: Chrome, tmp_path: Path
) -> None:
    for index, name in enumerate(HOSTILE):
        write(tmp_path / "in" / name / f"{name}.wav", chirps(0.2, seed=index))
    write(tmp_path / "in" / "<" / "script>" / "x.wav", chirps(0.2))  # holds </script>
    (tmp_path / "in" / "<s>bad.wav").write_text("no audio")
    out = tmp_path / '</title>"&{{data}}'
    converted = specimg("convert", tmp_path / "in", out, "--clip-duration=0.2")
    assert converted.returncode == 3
    page = make_page(browser, out)
    rows = manifest(out)
    assert sorted(page.shown()) == sorted(names(rows))
    assert len(rows) == len(HOSTILE) + 1
    page.find(".cell").click()
    for name in page.shown():
        opened = page.opened()
        assert (opened["file_name"], opened["label"]) == (name, opened["label"])
        page.wait("image.complete")
        assert page.run("image.naturalWidth") > 0, name
        page.press(Keys.ARROW_RIGHT)
    assert page.run("document.title") == out.name
    assert page.all("b, i, s, [onerror]") == []
    assert page.run("document.scripts.length") == 2
    assert page.problems() == []


@pytest.mark.parametrize("where", ["a: page #1/%41?.html", "out/../x.html", "up.HTML"])
def test_a_page_elsewhere_shows_the_images_where_they_are(
    browser: Chrome, out: Path, tmp_path: Path, where: str
) -> None:
    copy = shutil.copytree(out, tmp_path / "out" / "of: 100 % #1?")
    path = tmp_path / where
    before = sorted(copy.rglob("*"))
    result = specimg("gallery", copy, "-o", path)
    assert result.returncode in (0, 3), result.stderr
    assert result.stdout.startswith(f"wrote {path}: ")
    assert sorted(copy.rglob("*")) == before
    page = Page(browser, copy, path)
    widths = page.run(
        "[...document.querySelectorAll('.cell img')].map(i => i.naturalWidth)"
    )
    assert widths
    assert min(widths) > 0
    assert page.problems() == []


def test_a_page_that_is_not_called_html_is_wrong_usage(out: Path) -> None:
    before = (out / "manifest.csv").read_bytes()
    result = specimg("gallery", out, "-o", out / "manifest.csv")
    assert result.returncode == 2
    assert "need a name that ends in .html" in " ".join(result.stderr.split())
    assert (out / "manifest.csv").read_bytes() == before


def test_nothing_can_be_asked_of_the_network(page: Page) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        tried = page.browser.execute_async_script(
            """const [address, done] = arguments;
            const image = new Image();
            image.onerror = () => fetch(address).then(
              () => done('fetched'), () => done('refused'));
            image.onload = () => done('loaded');
            image.src = address;""",
            f"http://127.0.0.1:{server.getsockname()[1]}/",
        )
        assert tried == "refused"
        with pytest.raises(TimeoutError):
            server.accept()
    complaints = page.problems()
    assert any("Content Security Policy" in text for text in complaints)


def test_missing_and_damaged_images_are_said_and_the_others_shown(
    browser: Chrome, out: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(out, tmp_path / "out")
    missing, damaged = names(manifest(copy))[:2]
    (copy / missing).unlink()
    (copy / damaged).write_bytes(b"")
    result = specimg("gallery", copy)
    assert result.returncode == 3
    assert f"{missing}: No such file or directory\n" in result.stderr
    assert f"{damaged}: 0 bytes, but it was written with" in result.stderr
    page = make_page(browser, copy)
    assert (
        page.find("#alert").text == "2 images missing or damaged: see specimg verify."
    )
    page.choose("mark", "missing or damaged")
    assert page.shown() == [missing, damaged]
    page.find(".cell").click()
    assert page.find("#fault").text == "No such file or directory"
    assert page.problems() == []


def test_16_bits_are_shown_and_npy_as_small_pictures(
    browser: Chrome, tmp_path: Path
) -> None:
    path = write(tmp_path / "in" / "a" / "1.wav", chirps(2))
    for options, width in ((["--bit-depth=16"], 341), (["--format=npy"], 256)):
        out = tmp_path / options[0]
        assert (
            specimg("convert", path, out, "--clip-duration=2", *options).returncode == 0
        )
        page = make_page(browser, out)
        page.find(".cell").click()
        page.wait("image.complete")
        assert page.run("image.naturalWidth") == width
        assert page.problems() == []
    assert "NPY" in page.find("#notes").text


def test_images_of_other_sizes_are_left_out_of_a_mean_and_that_is_said(
    browser: Chrome, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "a" / "1.wav", chirps(2.2))
    options = ["--clip-duration=0.5", "--final-clip=remainder"]
    specimg("convert", tmp_path / "in", tmp_path / "out", *options)
    page = make_page(browser, tmp_path / "out")
    assert "most frequent size" in page.find("#labels-note").text
    assert "5, mean of 4" in page.find("#labels button").text


def test_beyond_the_limit_a_sample_is_shown_the_same_each_time(
    browser: Chrome, out: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(out, tmp_path / "out")
    page = make_page(browser, copy, "--limit", 5)
    assert len(set(page.shown())) == 5
    labels = [button.text.split("\n") for button in page.all("#labels button")]
    wren = sum(row["label"] == "wren" for row in manifest(copy))
    assert any(name == "wren" and text.startswith(str(wren)) for name, text in labels)
    assert "shows a sample of 5 images" in page.find("#notes").text
    total = len(manifest(copy))
    assert page.find("#counts").text.startswith(f"{total} images")
    written = (copy / "gallery.html").read_bytes()
    result = specimg("gallery", copy, "--limit", 5)
    path = copy / "gallery.html"
    assert result.stdout == f"wrote {path}: 5 images, a sample of {total}\n"
    assert path.read_bytes() == written


def test_labels_of_which_the_sample_has_no_image_are_counted_as_well(
    browser: Chrome, out: Path, tmp_path: Path
) -> None:
    page = make_page(browser, shutil.copytree(out, tmp_path / "out"), "--limit=1")
    assert len(page.all("#labels button")) == 3
    assert len(page.all("#labels img")) == 1
    assert page.problems() == []


def test_a_page_is_in_nobodys_way(out: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(out, tmp_path / "out")
    assert specimg("gallery", copy).returncode == 0
    page = (copy / "gallery.html").read_bytes()
    assert specimg("verify", copy).returncode == 0
    recordings = out.parent / "in"
    options = ["--clip-duration=0.3", "--r=db", "--g=pcen", "--b=exp"]
    again = specimg("convert", recordings, copy, *options)
    assert "already converted: 11" in again.stdout
    anew = specimg("convert", recordings, copy, "--overwrite", "--frontend=db")
    assert anew.returncode == 3
    assert specimg("verify", copy).returncode == 0
    assert (copy / "gallery.html").read_bytes() == page
    assert [path.name for path in copy.glob(".specimg-*")] == []


def test_a_folder_of_images_that_is_called_like_the_page_is_kept(
    tmp_path: Path,
) -> None:
    write(tmp_path / "in" / "gallery.html" / "a.wav", chirps(1))
    assert specimg("convert", tmp_path / "in", tmp_path / "out").returncode == 0
    result = specimg("gallery", tmp_path / "out")
    assert (result.returncode, result.stdout) == (1, "")
    assert "gallery.html: Is a directory" in result.stderr
    assert specimg("verify", tmp_path / "out").returncode == 0


def test_20_000_rows_are_painted_a_window_at_a_time(
    browser: Chrome, out: Path, tmp_path: Path
) -> None:
    """Prints how long it takes: the machine decides."""
    copy = shutil.copytree(out, tmp_path / "out")
    specimg("gallery", copy)
    text = (copy / "gallery.html").read_text(encoding="utf-8")
    found = re.search(r'(<script id="data"[^>]*>)(.*?)</script>', text)
    assert found
    data = json.loads(found[2])
    total = 20_000
    for name, cells in data["columns"].items():
        if isinstance(cells, list):
            repeated = (cells * (total // len(cells) + 1))[:total]
            data["columns"][name] = repeated
    data["shown"] = data["summary"]["clips"] = total
    for row in range(total):
        data["columns"]["source"][row] += str(row)
    grown = text[: found.start(2)] + json.dumps(data) + text[found.end(2) :]
    (copy / "gallery.html").write_text(grown, encoding="utf-8")
    begun = time.perf_counter()
    page = Page(browser, copy)
    elapsed = time.perf_counter() - begun
    paint = page.run(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    size = (copy / "gallery.html").stat().st_size
    print(  # noqa: T201
        f"20,000 rows, {size / 1e6:.1f} MB: first paint {paint:.0f} ms, "
        f"images on the screen {1000 * elapsed:.0f} ms"
    )
    assert len(page.shown()) == total
    assert 0 < len(page.all(".cell")) < 500
    page.run("scrollTo(0, document.body.scrollHeight / 2)")
    page.wait("document.querySelectorAll('.window')[0].firstChild === null")
    page.wait_for_images()
    assert 0 < len(page.all(".cell")) < 500
    begun = time.perf_counter()
    page.choose("sort", "brightest first")
    page.find("#text").send_keys("1234")
    elapsed = time.perf_counter() - begun
    print(f"sorted and searched in {1000 * elapsed:.0f} ms")  # noqa: T201
    assert 0 < len(page.shown()) < 200
    assert page.problems() == []


ODD_LABEL = "<img src=x onerror=alert(1)> & co"

CALLS = f"""file,start,end,low,high,label
0.wav,0.1,0.9,2000,5000,wren
0.wav,0.2,0.8,1000,3000,robin
0.wav,1.1,1.9,1000,3000,robin
1.wav,0.1,0.9,,,{ODD_LABEL}
2.wav,0.6,1.4,500,9000,robin
"""


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings of two clips each, with boxes and splits."""
    folder = tmp_path_factory.mktemp("labeled")
    for number in range(3):
        write(folder / "in" / f"{number}.wav", chirps(2, seed=number))
    (folder / "calls.csv").write_text(CALLS)
    result = specimg(
        *("convert", folder / "in", folder / "out", "--clip-duration=1"),
        *("--annotations", folder / "calls.csv", "--boxes=coco"),
        *("--split=train=60,test=40", "--size=120x90"),
    )
    assert result.returncode == 0, result.stderr
    return folder / "out"


@pytest.fixture
def labeled_page(browser: Chrome, labeled: Path) -> Iterator[Page]:
    page = make_page(browser, labeled)
    yield page
    assert page.problems() == []


def without_record(out: Path, copy: Path) -> Path:
    shutil.copytree(out, copy)
    for path in copy.glob(".specimg*"):
        path.unlink()
    return copy


def coco_boxes(out: Path) -> dict[str, list[tuple[str, list[float]]]]:
    """The boxes of each image with their labels, as COCO's file has them."""
    boxes: dict[str, list[tuple[str, list[float]]]] = {}
    for path in out.glob("boxes*.json"):
        coco = json.loads(path.read_text())
        label = {one["id"]: one["name"] for one in coco["categories"]}
        name = {one["id"]: one["file_name"] for one in coco["images"]}
        for one in coco["annotations"]:
            found = boxes.setdefault(name[one["image_id"]], [])
            found.append((label[one["category_id"]], one["bbox"]))
    return boxes


DRAWN = """(image => {
  const over = image.getBoundingClientRect();
  return [...image.parentElement.querySelectorAll('.box')].map(box => {
    const { x, y, width, height } = box.getBoundingClientRect();
    const [across, down] = [120 / over.width, 90 / over.height];
    return [box.title, [
      (x - over.x) * across, (y - over.y) * down, width * across, height * down,
    ]];
  });
})"""


def check_boxes(
    drawn: list[tuple[str, list[float]]], expected: list[tuple[str, list[float]]]
) -> None:
    assert [label for label, _ in sorted(drawn)] == [x for x, _ in sorted(expected)]
    for (_, box), (_, bbox) in zip(sorted(drawn), sorted(expected), strict=True):
        assert box == pytest.approx(bbox, abs=0.3)


def test_an_image_with_two_labels_is_under_both(labeled_page: Page) -> None:
    page = labeled_page
    rows = manifest(page.out)
    (both,) = [row["file_name"] for row in rows if row["labels"] == "robin;wren"]
    of = {
        label: [r["file_name"] for r in rows if label in r["labels"].split(";")]
        for label in ("", ODD_LABEL, "robin", "wren")
    }
    assert page.shown() == [name for names in of.values() for name in names]
    assert page.shown().count(both) == 2
    heads = [head.text for head in page.all("h2")]
    assert heads == [f"{label or '(no label)'} {len(n)}" for label, n in of.items()]
    buttons = [button.text.split("\n") for button in page.all("#labels button")]
    assert buttons == [[k or "(no label)", str(len(n))] for k, n in of.items()]
    assert page.find("#chosen").text == f"{len(rows)} images"
    for label, found in of.items():
        page.choose("label", label or "(no label)")
        assert page.shown() == found != []
        assert page.find("#chosen").text == f"{len(found)} of {len(rows)} images"
        assert len(page.all("h2")) == 1
    page.choose("label", "all")
    page.ungroup()
    assert page.shown() == names(rows)


def test_the_second_picture_of_an_image_opens_at_its_own_place(
    labeled_page: Page,
) -> None:
    page = labeled_page
    order = page.shown()
    (again,) = [i for i, name in enumerate(order) if name in order[:i]]
    page.all(".cell")[again].click()
    page.press(Keys.ARROW_LEFT)
    page.press(Keys.ARROW_RIGHT)
    assert page.opened()["file_name"] == order[again]
    assert page.find("#place").text == f"{again + 1} of {len(order)}"
    page.press(Keys.ESCAPE)
    focused = page.browser.switch_to.active_element
    assert focused == page.all(".cell")[again]


@pytest.mark.parametrize("label", ["robin", "wren"])
def test_the_mean_image_of_a_label_is_of_all_images_that_have_it(
    labeled_page: Page, label: str
) -> None:
    page = labeled_page
    rows = [r for r in manifest(page.out) if label in r["labels"].split(";")]
    assert "robin;wren" in {row["labels"] for row in rows}
    mean = np.mean([read_png(page.out / name) for name in names(rows)], axis=0)
    pixels = page.run(
        f"""(() => {{
          const image = document.querySelector('#labels [data-label="{label}"] img');
          const context = document.createElement('canvas').getContext('2d');
          context.drawImage(image, 0, 0);
          return [...context.getImageData(0, 0, 120, 90).data];
        }})()"""
    )
    assert np.abs(np.reshape(pixels, (90, 120, 4))[..., 0] - mean).max() <= 0.51


def test_a_split_is_a_filter_where_there_are_splits(
    labeled_page: Page, browser: Chrome, out: Path
) -> None:
    page = labeled_page
    rows = manifest(page.out)
    page.ungroup()
    options = page.find("#split").text.split()
    assert options == ["all", "train", "test"]
    for split in ("train", "test"):
        page.choose("split", split)
        found = [row["file_name"] for row in rows if row["split"] == split]
        assert page.shown() == found != []
    page.choose("label", "robin")
    both = [r for r in rows if r["split"] == "test" and "robin" in r["labels"]]
    assert page.shown() == names(both)
    assert not make_page(browser, out).find("#split").is_displayed()


def test_a_sort_by_activity_has_what_was_not_measured_last(
    browser: Chrome, labeled: Path, tmp_path: Path
) -> None:
    page = make_page(browser, labeled)
    page.ungroup()
    rows = sorted(manifest(labeled), key=lambda row: float(row["activity"]))
    assert float(rows[0]["activity"]) >= 0
    page.choose("sort", "least active first")
    assert page.shown() == names(rows)
    page.choose("sort", "most active first")
    assert page.shown() == names(rows[::-1])
    assert f"activity {rows[-1]['activity']}" in page.find(".cell").text

    copy = without_record(labeled, tmp_path / "out")
    rows = manifest(copy)
    unmeasured, *measured = rows
    unmeasured["activity"] = "-1.0"
    measured.sort(key=lambda row: float(row["activity"]))

    def rewrite() -> None:
        with (copy / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    rewrite()
    page = make_page(browser, copy)
    page.ungroup()
    page.choose("sort", "least active first")
    assert page.shown() == names([*measured, unmeasured])
    assert "activity \N{EN DASH}" in page.all(".cell")[-1].text
    page.choose("sort", "most active first")
    assert page.shown() == names([*measured[::-1], unmeasured])
    for row in rows:
        row["activity"] = "-1.0"
    rewrite()
    assert "active" not in make_page(browser, copy).find("#sort").text
    assert page.problems() == []


def test_boxes_lie_over_the_images_as_they_do_in_coco(labeled_page: Page) -> None:
    page = labeled_page
    expected = coco_boxes(page.out)
    assert sum(map(len, expected.values())) == 6  # one call lies in two clips
    for number, name in enumerate(page.shown()):
        image = f"document.querySelectorAll('.cell img')[{number}]"
        check_boxes(page.run(f"{DRAWN}({image})"), expected.get(name, []))
    page.find(".cell").click()
    for name in page.shown():
        drawn = page.run(f"{DRAWN}(document.getElementById('image'))")
        check_boxes(drawn, expected.get(name, []))
        tags = [tag.text for tag in page.all("#scroll .tag")]
        assert sorted(tags) == sorted(label for label, _ in expected.get(name, []))
        page.press(Keys.ARROW_RIGHT)
    assert page.all("[onerror]") == []


def test_a_click_on_a_box_opens_its_image(labeled_page: Page) -> None:
    page = labeled_page
    box = page.find(".box[title=wren]")
    row = page.run("document.querySelector('.box[title=wren]').closest('.cell').title")
    box.click()
    assert page.opened()["source"] == row.split("\n")[0]


def test_boxes_can_be_switched_off_above_the_images_and_beside_one(
    labeled_page: Page,
) -> None:
    page = labeled_page

    def drawn(where: str) -> set[bool]:
        return {box.is_displayed() for box in page.all(f"{where} .box")}

    assert drawn("main") == {True}
    page.find("#boxed").click()
    assert drawn("main") == {False}
    index = next(i for i, n in enumerate(page.shown()) if n in coco_boxes(page.out))
    page.all(".cell")[index].click()
    assert drawn("#scroll") == {False}
    switch = page.find("#bar .boxes-switch input")
    assert not switch.is_selected()
    switch.click()
    assert drawn("#scroll") == {True}
    page.press(Keys.ESCAPE)
    assert page.find("#boxed").is_selected()
    assert drawn("main") == {True}


def test_without_boxes_there_is_no_switch_for_them(
    browser: Chrome, out: Path, labeled: Path, tmp_path: Path
) -> None:
    bare = without_record(labeled, tmp_path / "out")
    for folder in (out, bare):
        page = make_page(browser, folder)
        page.find(".cell").click()
        assert page.all(".box") == []
        assert not any(one.is_displayed() for one in page.all(".boxes-switch"))
    # All else is in the manifest.
    assert page.find("#split").get_property("length") == 3
    assert len(page.shown()) == len(manifest(bare)) + 1
    assert page.problems() == []


def test_boxes_in_small_pictures_of_npy_lie_where_they_belong(
    browser: Chrome, labeled: Path, tmp_path: Path
) -> None:
    arguments = ("--annotations", labeled.parent / "calls.csv", "--clip-duration=1")
    result = specimg(
        *("convert", labeled.parent / "in", tmp_path / "out", *arguments),
        *("--boxes=coco", "--format=npy", "--size=480x360"),
    )
    assert result.returncode == 0, result.stderr
    page = make_page(browser, tmp_path / "out")
    expected = coco_boxes(tmp_path / "out")
    for number, name in enumerate(page.shown()):
        image = f"document.querySelectorAll('.cell img')[{number}]"
        drawn = page.run(f"{DRAWN}({image})")
        found = expected.get(name, [])
        check_boxes(drawn, [(label, [x / 4 for x in box]) for label, box in found])
    assert page.problems() == []


def with_boxes(*widths: float) -> ImageEntry:
    """An image with boxes of some widths, each with a label of its own."""
    record = Record(
        **dict.fromkeys(("start", "end", "pad_seconds"), 0.0),
        **dict.fromkeys(("clipped_fraction", "peak_dbfs", "mel_min", "mel_max"), 0.0),
        **dict.fromkeys(("label", "source", "mono", "frontends", "warning"), ""),
        **dict.fromkeys(("source_sr", "sr", "width", "height"), 100),
        file_name="a.png",
        silent=False,
    )
    boxes = [
        LabeledBox(
            label=f"{width:g} wide",
            box=PixelBox(x=1, y=2, width=width, height=3, visible=1),
            **dict.fromkeys(("start", "end"), 0.0),
            **dict.fromkeys(("low", "high"), None),
        )
        for width in widths
    ]
    return ImageEntry(record=record, boxes=encode_boxes(boxes))


def test_of_too_many_boxes_the_largest_are_on_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = [with_boxes(5, 0, 9, 7.04), with_boxes(), with_boxes(4)]
    assert gather_boxes(images) == {
        "labels": ["9 wide", "7.04 wide", "5 wide", "4 wide"],
        "rows": [
            [0, 1, 2, 9, 3, 1, 1, 2, 7, 3, 2, 1, 2, 5, 3],
            [],
            [3, 1, 2, 4, 3],
        ],
        "left_out": 0,
    }
    monkeypatch.setattr(page_boxes, "MAX_BOXES", 3)
    monkeypatch.setattr(page_boxes, "MEAN_BOXES", 1)
    found = gather_boxes(images)
    assert found
    assert found["rows"][0] == [0, 1, 2, 9, 3, 1, 1, 2, 7, 3]
    assert (len(found["rows"][2]), found["left_out"]) == (5, 1)
    monkeypatch.setattr(page_boxes, "MAX_PER_IMAGE", 1)
    found = gather_boxes(images)
    assert found
    assert [len(row) for row in found["rows"]] == [5, 0, 5]
    assert found["left_out"] == 2
    assert gather_boxes([with_boxes(), with_boxes(0)]) is None


@pytest.mark.parametrize("text", ["no boxes", '[["x",1e308,0,1e308,1,1,0,0,0,0]]'])
def test_a_damaged_record_of_boxes_is_refused(
    labeled: Path, tmp_path: Path, text: str
) -> None:
    without_page = shutil.ignore_patterns("gallery.html")
    out = shutil.copytree(labeled, tmp_path / "out", ignore=without_page)
    with sqlite3.connect(out / ".specimg.sqlite") as database:
        database.execute("UPDATE images SET boxes = ? WHERE boxes != ''", [text])
    database.close()
    result = specimg("gallery", out)
    assert (result.returncode, result.stdout) == (1, "")
    assert "the record of its boxes is damaged; begin anew" in result.stderr
    assert not (out / "gallery.html").exists()


def test_what_is_open_is_played_and_its_recording_linked(
    browser: Chrome, out: Path
) -> None:
    page = make_page(browser, out, "--audio")
    page.choose("label", "wren")
    page.find(".cell").click()
    row = page.opened()
    shown = float(row["end"]) - float(row["start"])
    page.run("document.getElementById('sound').preload = 'auto'")
    page.wait("document.getElementById('sound').readyState === 4")
    assert page.run("document.getElementById('sound').duration") == pytest.approx(shown)
    page.press(" ")
    page.wait("document.getElementById('sound').played.length > 0")
    link = page.find("#recording").get_attribute("href")
    assert link == (out.parent / "in" / row["source"]).as_uri()
    page.press(Keys.ARROW_RIGHT)
    assert page.run("document.getElementById('sound').paused")
    assert page.problems() == []
    plain = make_page(browser, out)
    plain.find(".cell").click()
    assert not plain.find("#sound").is_displayed()
    assert plain.find("#recording").is_displayed()
