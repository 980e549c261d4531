"""The documentation builds without a warning, and has all that the commands have."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from sounds import specimg

PROJECT = Path(__file__).parents[1]
COMMANDS = re.findall(r"^  ([a-z]+)  +[A-Z]", specimg("--help").stdout, re.MULTILINE)

# Nearly all of them look at the same pages, which take some seconds to build.
pytestmark = pytest.mark.xdist_group("documentation")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages as ``make docs`` does."""
    folder = tmp_path_factory.mktemp("documentation")
    build = [sys.executable, "-m", "sphinx", "--quiet", "-W", "--keep-going"]
    result = subprocess.run(
        [*build, PROJECT / "docs", folder], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    return folder


@pytest.fixture(scope="module")
def options(built: Path) -> str:
    """Return the page that is made from the commands."""
    return (built / "options.html").read_text(encoding="utf-8")


def text_of(html: str) -> str:
    """Return what a reader sees, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def section(page: str, command: str) -> str:
    pattern = rf'<section id="specimg-{command}">(.*?)</section>'
    (found,) = re.findall(pattern, page, re.DOTALL)
    return found


def rows(html: str) -> list[list[str]]:
    """Return what stands in the cells of all tables."""
    return [
        [text_of(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    ]


def option_names(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", text))


def test_there_are_commands() -> None:
    assert {"convert", "merge", "stats"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_section_has_every_option_of_a_command_and_no_other(
    command: str, options: str
) -> None:
    shown = option_names(text_of(section(options, command)))
    assert shown == option_names(specimg(command, "--help").stdout)
    assert {"-h", "--help"} <= shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_row_has_an_option_its_meaning_and_its_default(
    command: str, options: str
) -> None:
    for names, meaning, _default in rows(section(options, command)):
        assert names
        assert meaning


@pytest.mark.parametrize(
    ("command", "names", "default"),
    [
        ("convert", "--hop-length N", "128"),
        ("convert", "--fmax HZ", "half the sample rate"),
        ("convert", "--mono mean|left|right|0|1|...", "mean"),
        ("convert", "--timeout SECONDS", "60.0"),
        ("compare", "-o, --output OUT", "required"),
        ("stats", "--json", ""),
    ],
)
def test_a_row_has_the_default_of_the_help(
    command: str, names: str, default: str, options: str
) -> None:
    assert [row[2] for row in rows(section(options, command)) if row[0] == names] == [
        default
    ]


@pytest.mark.parametrize("command", ["frontends", "presets"])
def test_it_lists_what_a_command_lists(options: str, command: str) -> None:
    printed = " ".join(specimg(command).stdout.split())
    assert printed in text_of(options)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (PROJECT / link).is_file()] == []
