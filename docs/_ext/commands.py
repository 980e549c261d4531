"""Write the reference of the commands into a page, from the commands themselves.

In a page, the line ``<!-- commands -->`` becomes a section for every command, with its
help and a table of options for each group that ``--help`` shows, and the lines
``<!-- frontends -->`` and ``<!-- presets -->`` become what ``specimg frontends`` and
``specimg presets`` print.  So an option, a command, a frontend or a preset that is new
is in the documentation at once.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
from typer.testing import CliRunner

from specimg.cli import app
from specimg.cli.sections import ARGUMENTS, find_sections

if TYPE_CHECKING:
    from sphinx.application import Sphinx

COMMANDS = "<!-- commands -->"
LISTED = ("frontends", "presets")
"""Commands that print a list; the mark of a list is called after its command."""


def setup(sphinx: "Sphinx") -> Mapping[str, bool]:
    """Tell Sphinx what to do with each page before it is parsed."""
    sphinx.connect("source-read", fill_page)
    return {"parallel_read_safe": True}


def fill_page(_sphinx: "Sphinx", _page: str, source: list[str]) -> None:
    """Replace the marks in the text of a page by what they stand for."""
    if COMMANDS in source[0]:
        source[0] = source[0].replace(COMMANDS, describe_commands())
    for name in LISTED:
        if (mark := f"<!-- {name} -->") in source[0]:
            source[0] = source[0].replace(mark, list_all(name))


def describe_commands() -> str:
    """Return a section in Markdown for every command, in the order of the help."""
    group: Any = typer.main.get_command(app)
    parent = typer.Context(group, **group.context_settings)
    return "\n\n".join(
        _describe(typer.Context(command, parent=parent, info_name=name))
        for name, command in group.commands.items()
    )


def list_all(name: str) -> str:
    """Return what ``specimg NAME`` prints, as a block of Markdown."""
    return f"```text\n{CliRunner().invoke(app, [name]).stdout}```"


def _describe(context: typer.Context) -> str:
    command: Any = context.command  # Typer does not export the type of its commands
    # Lines of the help end where they did in the source; Markdown joins them.
    blocks = [f"### `specimg {context.info_name}`", format_text(command.help or "")]
    for title, parameters in find_sections(command, context).items():
        rows = [
            _row(param.metavar if title == ARGUMENTS else names, text, param.metavar)
            for param, (names, text) in parameters
        ]
        header = f"| {title} | Meaning | Default |\n|---|---|---|"
        blocks.append("\n".join([header, *rows]))
    return "\n\n".join(blocks)


def _row(names: str, text: str, metavar: str | None) -> str:
    """Return the row of a table for one option, from its two columns in the help."""
    match = re.fullmatch(r"(.*?)(?:  \[(.*)\])?", text, re.DOTALL)
    meaning, extra = match.groups() if match else (text, None)
    default = ""
    for item in (extra or "").split("; "):
        if item.startswith("default: "):
            default = item.removeprefix("default: ")
            # Typer has parentheses around a default that is not the value itself.
            default = re.sub(r"^\((.*)\)$", r"\1", default)
        elif item == "required":
            default = "required"
        elif item:
            limit = re.sub(r"\bx\b", metavar or "x", item)
            meaning += f" ({limit})"
    is_value = default != "required" and re.fullmatch(r"\S+", default)
    cells = [
        _format_names(names),
        format_text(meaning),
        f"`{default}`" if is_value else format_text(default),
    ]
    # A bar ends a cell, even within `code`.
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _format_names(names: str) -> str:
    """Format the names of an option as code, each on its own."""
    return " ".join(f"`{part}`" for part in re.split(r"(?<=,) | (?=/ )", names))


def format_text(text: str) -> str:
    """Return help as Markdown: options and commands as code, everything else as is."""
    # What is quoted, or is the name of an option, is code; of the rest, what Markdown
    # would take for its own is escaped.
    code = r'"(specimg [^"]+)"|(?<![\w-])(--[a-z][\w-]*)'
    pieces = re.split(code, text)
    lines = []
    for index, piece in enumerate(pieces):
        if index % 3 == 0:
            lines.append(re.sub(r"([\\`*_{}\[\]<>#$~])", r"\\\1", piece or ""))
        elif piece:
            lines.append(f"`{piece}`")
    return "".join(lines)
