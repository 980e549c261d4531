"""When and where: what stats counts, and what a gallery shows of it."""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sounds import noise, specimg, write

pytest.importorskip("selenium.webdriver")

from browser import CHROMIUM, DRIVER, Page, open_browser
from selenium.webdriver import Chrome

TIMES = [
    "",
    "2024-05-17T05:30:00+02:00",
    "2024-05-17T05:59:59.500Z",
    "2024-05-16T23:00:00",
    "2024-05-18T05:00:00",
]
PLACES = [
    ("60.1699", "24.9384"),
    ("60.16991", "24.93839"),
    ("", ""),
    ("", ""),
    ("-3.1", "0"),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output whose manifest says when and where its images are from."""
    folder = tmp_path_factory.mktemp("times")
    for number in range(len(TIMES)):
        write(folder / "in" / f"{number}.wav", noise(0.5, seed=number))
    made = specimg(
        "convert", folder / "in", folder / "made", "--clip-duration=0.5", "-j1"
    )
    assert made.returncode == 0, made.stderr
    out = folder / "out"
    shutil.copytree(folder / "made", out, ignore=shutil.ignore_patterns(".*"))
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, (row, when, place) in enumerate(zip(rows, TIMES, PLACES, strict=True)):
        row["recorded_at"] = when
        row["latitude"], row["longitude"] = place
        row["device_id"] = "AB" if number == 2 else ""
        row["activity"] = str(number / 100)
    with (out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out


def test_stats_counts_hours_by_the_clock_and_by_place(out: Path) -> None:
    times = json.loads(specimg("stats", out, "--json").stdout)["times"]
    hours = 0.5 / 3600
    assert times == {
        "first": "2024-05-16T23:00:00",
        "last": "2024-05-18T05:00:00",
        "untimed": 1,
        "hours_of_day": {"05": pytest.approx(3 * hours), "23": pytest.approx(hours)},
        "hours_of_places": {
            "": pytest.approx(hours),
            "-3.1000, 0.0000": pytest.approx(hours),
            "60.1699, 24.9384": pytest.approx(2 * hours),
            "AB": pytest.approx(hours),
        },
    }
    text = specimg("stats", out).stdout
    assert "from       2024-05-16T23:00:00" in text
    assert "not known               1 clip" in text


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not there")
    yield from open_browser()


@pytest.fixture
def page(out: Path, browser: Chrome) -> Iterator[Page]:
    assert specimg("gallery", out).returncode == 0
    page = Page(browser, out)
    yield page
    assert page.problems() == []


def test_images_are_sorted_by_the_clock_with_the_untimed_last(page: Page) -> None:
    page.choose("group", "nothing")
    page.choose("sort", "earliest first")
    assert [name[0] for name in page.shown()] == list("31240")
    assert "2024-05-16 23:00" in page.find(".cell").text
    page.choose("sort", "latest first")
    assert [name[0] for name in page.shown()] == list("42130")


@pytest.mark.parametrize(
    ("group", "heads"),
    [
        ("day", ["(no time) 1", "2024-05-16 1", "2024-05-17 2", "2024-05-18 1"]),
        ("hour of day", ["(no time) 1", "05:00 3", "23:00 1"]),
        ("place", ["(no place) 2", "-3.1000, 0.0000 1", "60.1699, 24.9384 2"]),
        ("recorder", ["(unknown) 4", "AB 1"]),
    ],
)
def test_images_are_together_by_time_and_place(
    page: Page, group: str, heads: list[str]
) -> None:
    page.choose("group", group)
    assert [head.text for head in page.all("h2")] == heads


def test_the_overview_has_a_cell_for_each_hour_that_shows_its_images(
    page: Page,
) -> None:
    page.run("document.getElementById('times-part').open = true")
    cells = page.all("#times button")
    assert [cell.get_attribute("title") for cell in cells] == [
        "2024-05-16 23:00, 1 image, activity 0.0300",
        "2024-05-17 05:00, 2 images, activity 0.0150",
        "2024-05-18 05:00, 1 image, activity 0.0400",
    ]
    assert "1 image without a time" in page.find("#times-note").text
    cells[1].click()
    assert sorted(name[0] for name in page.shown()) == ["1", "2"]
    cells[1].click()
    assert len(page.shown()) == len(TIMES)


def test_without_a_time_nothing_is_offered(out: Path, browser: Chrome) -> None:
    made = out.parent / "made"
    assert specimg("gallery", made).returncode == 0
    page = Page(browser, made)
    assert not page.find("#times-part").is_displayed()
    assert page.find("#group").text.split() == ["label", "nothing"]
    assert "earliest" not in page.find("#sort").text
