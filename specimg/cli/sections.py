"""Sections of ``--help``: which options belong together."""

from typing import Any

from typer.core import TyperCommand

INPUT_AND_OUTPUT = "Input and output"
RUN = "Run"
LABELS = "Labels"
ARGUMENTS = "Arguments"
OTHER = "Options"
"""The section of options that are in no other."""
NAME_WIDTH = 30
"""Characters for the name of an option; a longer one has a line of its own."""


def find_sections(command: Any, context: Any) -> dict[str, list[tuple[Any, Any]]]:  # noqa: ANN401 - Typer does not export their types
    """Return the parameters of a command by section, each with its name and text."""
    found: dict[str, list[tuple[Any, Any]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:  # a hidden option
            continue
        usual = ARGUMENTS if parameter.param_type_name == "argument" else OTHER
        title = getattr(parameter, "rich_help_panel", None) or usual
        found.setdefault(title, []).append((parameter, record))
    found[OTHER] = found.pop(OTHER)  # last; --help is always there
    return found


class SectionedCommand(TyperCommand):
    """A command whose help has a section for each ``rich_help_panel``.

    Typer itself draws panels only with rich, whose import takes a third as long as that
    of the whole command line (60 ms beside 180 ms).
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """Write the arguments, then the options section by section."""
        sections = {
            title: [record for _, record in parameters]
            for title, parameters in find_sections(self, ctx).items()
        }
        if arguments := sections.pop(ARGUMENTS, None):
            with formatter.section(ARGUMENTS):
                formatter.write_dl(arguments)
        longest = max(len(name) for rows in sections.values() for name, _ in rows)
        width = min(longest, NAME_WIDTH)
        for title, rows in sections.items():
            with formatter.section(title):
                # Filled up, so that the texts of all sections begin in one column.
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])
