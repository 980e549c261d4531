"""``specimg presets``: named settings that go together."""

import textwrap
from collections.abc import Mapping
from typing import Any

from specimg.cli.terminal import say
from specimg.settings import PRESETS

WIDTH = 80


def presets() -> None:
    """List the presets, with what each is for and the options that it stands for.

    Whatever else is given wins over a preset: --preset bat --sr 384000.
    """
    say(
        "\n\n".join(
            f"{_wrap(f'{name}:  {preset.purpose}', indent='    ')}\n"
            f"{_wrap('  ' + _format(preset.options), indent='  ')}"
            for name, preset in PRESETS.items()
        )
    )


def _format(options: Mapping[str, Any]) -> str:
    """Return settings as one types them."""
    words = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        number = isinstance(value, int | float)
        words.append(
            flag
            if value is True
            else f"{flag}\N{NO-BREAK SPACE}{f'{value:.10g}' if number else value}"
        )
    return " ".join(words) or "the defaults of all options"


def _wrap(text: str, indent: str) -> str:
    """Break a text into lines, but not between an option and its value."""
    lines = textwrap.fill(
        text,
        WIDTH,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")
