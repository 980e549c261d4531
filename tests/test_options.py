"""The options of the command: each stands once, in a section; errors end alike."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from sounds import chirps, specimg, write
from typer.main import get_command

from specimg import ParameterError, Settings, StorageError
from specimg.cli import app, exit_codes
from specimg.cli.errors import refuse_wrong_values, stop_on_errors
from specimg.cli.picture_options import FRONTEND_NAMES, PICTURE_OPTIONS
from specimg.rendering.frontends.spec import split_spec
from specimg.settings.options import KNOWN, LABEL_OPTIONS
from specimg.settings.precedence import merge
from specimg.settings.variants import parse_variant
from specimg.signals import ended_by

COMMANDS: Any = get_command(app)
NAMES = [name for options in PICTURE_OPTIONS.values() for name in options]
IMAGES = {"format", "bit_depth", "manifest", *LABEL_OPTIONS}
LEFT_OUT: dict[str, set[str]] = {
    "convert": set(),
    "preview": {"clip_overlap", "final_clip", *IMAGES},
    "compare": {*FRONTEND_NAMES, *IMAGES},
    "learn": {*FRONTEND_NAMES, "size", *IMAGES},
}
SECTIONS = [
    "Frontends",
    "Sound",
    "Clips",
    "Labels",
    "Selection",
    "Spectrogram",
    "Image",
    "Settings",
    "Input and output",
    "Run",
    "Options",
]


def parameters(command: str) -> dict[str, Any]:
    return {p.name: p for p in COMMANDS.commands[command].params}


def sections(command: str) -> dict[str, str]:
    """Return the sections of the help, by their headings."""
    text = specimg(command, "--help").stdout
    parts = re.split(r"^([A-Z][a-z ]+):\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_setting_has_an_option_and_every_option_is_a_setting() -> None:
    assert sorted(NAMES) == sorted([*KNOWN, "config"])


@pytest.mark.parametrize("command", LEFT_OUT)
def test_an_option_of_the_table_is_the_same_in_every_command(command: str) -> None:
    ours, first = parameters(command), parameters("convert")
    names = [name for name in NAMES if name not in LEFT_OUT[command]]
    assert [name for name in ours if name in names] == names
    panels = {n: panel for panel, options in PICTURE_OPTIONS.items() for n in options}
    for name in names:
        option = ours[name]
        assert option.rich_help_panel == panels[name]
        for attribute in ("help", "metavar", "opts", "secondary_opts", "default"):
            assert getattr(option, attribute) == getattr(first[name], attribute)
        shows_none = command == "preview" and name in FRONTEND_NAMES
        assert option.show_default == (not shows_none and first[name].show_default)


@pytest.mark.parametrize("command", LEFT_OUT)
def test_what_means_nothing_to_a_command_is_no_option_of_it(command: str) -> None:
    ours = parameters(command)
    for name in LEFT_OUT[command] & set(ours):
        # One of its own, which is called so too: learn's frontend, compare's format.
        own = {("learn", "frontend"), ("learn", "seed"), ("compare", "format")}
        assert (command, name) in own


def test_the_defaults_that_help_shows_are_those_of_the_settings() -> None:
    options = parameters("convert")
    table = {n: o for options in PICTURE_OPTIONS.values() for n, o in options.items()}
    for name, value in Settings().to_options().items():
        if not (table[name].default or isinstance(value, bool)):
            assert options[name].show_default == (str(value) or False)


def test_the_help_of_convert_stands_in_sections() -> None:
    found = sections("convert")
    assert list(found) == ["Arguments", *SECTIONS]
    for option in COMMANDS.commands["convert"].params[1:]:
        here = [
            name for name in found if f"{max(option.opts, key=len)} " in found[name]
        ]
        assert here[:1] == [option.rich_help_panel]
    assert found["Options"].split() == [
        "-h,",
        "--help",
        "Show",
        "this",
        "message",
        "and",
        "exit.",
    ]
    # All texts begin in one column.
    lines = "".join(found[name] for name in SECTIONS).splitlines()
    columns = {len(line) - len(line.lstrip()) for line in lines if line[:3] == "   "}
    assert columns == {34}


@pytest.mark.parametrize("command", ["preview", "compare", "learn"])
def test_every_option_of_the_other_commands_is_in_a_section(command: str) -> None:
    assert all(
        p.rich_help_panel for p in parameters(command).values() if p.opts[0][0] == "-"
    )
    assert list(sections(command))[-1] == "Options"


@pytest.mark.parametrize("arguments", [[], ["convert"], ["preview"]])
def test_help_needs_no_rich(arguments: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        f"sys.argv = ['specimg', *{arguments}, '--help']\n"
        "atexit.register(lambda: print('rich' in sys.modules))\n"
        "from specimg.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("Usage: specimg")
    assert result.stdout.endswith("\nFalse\n")


THREE = "db:top_db=80+pcen:gain=0.8,bias=1e+1+exp:a=1"
LONG = {"r": "db:top_db=80", "g": "pcen:gain=0.8,bias=1e+1", "b": "exp:a=1"}


def test_three_frontends_in_one_are_short_for_red_green_and_blue(
    tmp_path: Path,
) -> None:
    settings = Settings.from_options(LONG)
    assert Settings.from_options({"frontend": THREE}) == settings
    assert Settings.from_options({"frontend": THREE}).to_toml() == settings.to_toml()
    assert parse_variant(THREE).frontends == settings.frontends
    (tmp_path / "my.toml").write_text(f'frontend = "{THREE}"\n')
    assert Settings.load(tmp_path / "my.toml") == settings


def test_the_short_form_makes_the_same_tree(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chirps(4))
    long = [f"--{name}={spec}" for name, spec in LONG.items()]
    trees = []
    for number, given in enumerate([["--frontend", THREE], long]):
        out = tmp_path / str(number)
        assert specimg("convert", path, out, *given).returncode == 0
        files = sorted(p for p in out.iterdir() if not p.name.startswith("."))
        trees.append({file.name: file.read_bytes() for file in files})
    assert len(trees[0]) == 6
    assert trees[0] == trees[1]


def test_the_short_form_wins_and_loses_as_the_long_one_does() -> None:
    short, long = {"frontend": "db+pcen+exp"}, {"r": "db", "g": "pcen", "b": "exp"}
    for other in ({"frontend": "raw"}, {"g": "raw"}, {"frontend": "raw+raw+db"}):
        assert merge(short, other) == merge(long, other)
        assert merge(other, short) == merge(other, long)


def test_learned_files_in_the_short_form_lie_beside_the_settings(
    tmp_path: Path,
) -> None:
    (tmp_path / "a+exp+b.json").write_text('{"parameters": {"a": 0.5}}')
    (tmp_path / "my.toml").write_text('frontend = "raw+exp:@a+exp+b.json+db"\n')
    settings = Settings.load(tmp_path / "my.toml")
    assert settings.frontend_names == "raw+exp:a=0.5+db"


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("db", ["db"]),
        ("pcen:gain=0.8+db", ["pcen:gain=0.8", "db"]),
        ("pcen:bias=1e+1,eps=1e-6+db", ["pcen:bias=1e+1,eps=1e-6", "db"]),
        ("pcen:preset=outdoor+db+raw", ["pcen:preset=outdoor", "db", "raw"]),
        ("exp:@a+b.json+db", ["exp:@a+b.json", "db"]),
        ("exp:a=1,@x/exp+db.npz+db", ["exp:a=1,@x/exp+db.npz", "db"]),
        ("db+LOUD+exp", ["db", "LOUD", "exp"]),
    ],
)
def test_a_plus_stands_between_frontends(spec: str, parts: list[str]) -> None:
    assert split_spec(spec) == parts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frontend": "db+pcen"}, "2 frontends in 'db.pcen': need one, or three"),
        ({"frontend": "db+db+db+db"}, "4 frontends in 'db.db.db.db': need one, or"),
        ({"frontend": "db+mfcc+exp"}, "unknown frontend 'mfcc': need one of raw, db"),
        (
            {"frontend": "db+pcen+exp", "g": "db"},
            "frontend=db.pcen.exp is red, green and blue already: not together with g",
        ),
        (
            {"r": "db+pcen", "g": "db", "b": "db"},
            "r=db.pcen: need a single frontend; A.B.C is for frontend",
        ),
        ({"frontend": "db+db+db", "bit_depth": 16}, "is for one channel: RGB has 8"),
    ],
)
def test_a_wrong_short_form_is_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Settings.from_options(options)


def test_an_error_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    @stop_on_errors()
    def command() -> None:
        msg = "out: No space left on device"
        raise StorageError(msg)

    with pytest.raises(typer.Exit) as stopped:
        command()
    assert stopped.value.exit_code == exit_codes.STOPPED == 1
    assert capsys.readouterr() == ("", "Error: out: No space left on device\n")


def test_what_is_no_error_of_specimg_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), stop_on_errors():
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("option", "message"), [("", "a=1: need 2"), ("--arm", "--arm: a=1: need 2")]
)
def test_a_refused_value_is_wrong_usage(option: str, message: str) -> None:
    error = ParameterError("a=1: need 2")
    with pytest.raises(typer.BadParameter) as refused, refuse_wrong_values(option):
        raise error
    assert refused.value.message == message
    assert refused.value.exit_code == exit_codes.WRONG_USAGE == 2


def test_the_exit_statuses_are_those_that_help_names(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.wav", np.zeros(66_150, np.float32))
    (tmp_path / "in" / "empty.wav").touch()
    runs = {
        exit_codes.SUCCESS: ["in/a.wav", "good"],
        exit_codes.STOPPED: ["in/empty.wav", "bad"],
        exit_codes.WRONG_USAGE: ["in", "wrong", "--frontend", "db+pcen"],
        exit_codes.SOME_FAILED: ["in", "out"],
    }
    assert list(runs) == [0, 1, 2, 3]
    assert ended_by(15) == 143
    for status, arguments in runs.items():
        assert specimg("convert", *arguments, cwd=tmp_path).returncode == status
