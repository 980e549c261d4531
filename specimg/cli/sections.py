"""Sections of ``--help``: which options belong together."""

from typing import Any

from typer.core import TyperCommand

INPUT_AND_OUTPUT = "Input and output"
RUN = "Run"
OTHER = "Options"
"""For options that are in no other section."""
NAME_WIDTH = 30
"""Columns for the name of an option; a longer one has a line of its own."""


class SectionedCommand(TyperCommand):
    """A command whose help has a section for each ``rich_help_panel``.

    Typer itself draws panels only with rich, whose import takes a third as long as that
    of the whole command line (60 ms beside 180 ms).
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer does not export their types
        """Write the arguments, then the options section by section."""
        arguments: list[tuple[str, str]] = []
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:  # a hidden option
                continue
            if parameter.param_type_name == "argument":
                arguments.append(record)
            else:
                panel = getattr(parameter, "rich_help_panel", None) or OTHER
                sections.setdefault(panel, []).append(record)
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        sections[OTHER] = sections.pop(OTHER)  # last; --help is always there
        longest = max(len(name) for rows in sections.values() for name, _ in rows)
        width = min(longest, NAME_WIDTH)
        for panel, rows in sections.items():
            with formatter.section(panel):
                # Filled up, so that the texts of all sections begin in one column.
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])
