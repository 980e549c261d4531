"""Tables of options as parameters of a command.

The defaults that help shows for picture options are those of the settings.
"""

import inspect
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from specimg.bounded import MAX_TEXT_BYTES, read_regular
from specimg.cli.errors import refuse_wrong_values
from specimg.cli.picture_options import PICTURE_OPTIONS, PictureOption
from specimg.settings import Settings
from specimg.settings.options import KNOWN
from specimg.settings.precedence import merge
from specimg.settings.toml import read_toml

Command = Callable[..., None]

DEFAULTS = Settings().to_options()


def with_options(kind: type) -> Callable[[Command], Command]:
    """Give a command the fields of a dataclass instead of its parameter `options`."""
    hints = get_type_hints(kind, include_extras=True)
    expanded = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(kind)
    ]
    return _replace("options", expanded, lambda given, _: kind(**given))


def with_picture_options(
    *, leave_out: Collection[str] = (), optional: Collection[str] = (), of: str = ""
) -> Callable[[Command], Command]:
    """Give a command the options of the table instead of its parameter `settings`.

    The options stand where that parameter stood; the command is called with the
    settings that they make.  Those in `leave_out` mean nothing to the command, and
    those in `optional` mean nothing to it unless they are given: they show no default.

    `of` names the parameter that may be an output, or a table in it: what is not given
    is as in its settings.
    """
    expanded = [
        _make_parameter(name, panel, option, has_default=name not in optional)
        for panel, options in PICTURE_OPTIONS.items()
        for name, option in options.items()
        if name not in leave_out
    ]
    return _replace(
        "settings",
        expanded,
        lambda given, others: _read_settings(given, others.get(of)),
    )


def _replace(
    name: str,
    options: Sequence[inspect.Parameter],
    make: Callable[[Mapping[str, Any], Mapping[str, Any]], object],
) -> Callable[[Command], Command]:
    """Replace a parameter of a command by options, which `make` makes its value of.

    It gets their values and those of all others, by name.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            parameters += options if parameter.name == name else [parameter]

        @wraps(command)
        def call(**values: Any) -> None:  # noqa: ANN401 - of any option
            given = {option.name: values.pop(option.name) for option in options}
            command(**values, **{name: make(given, values)})

        # Typer reads the options of a command from its signature.
        call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return call

    return decorate


def _make_parameter(
    name: str, panel: str, option: PictureOption, *, has_default: bool
) -> inspect.Parameter:
    default = DEFAULTS.get(name)
    shown = option.default or ("" if default in (None, ()) else str(default))
    kind: Any = Path if name == "config" else str
    declarations: list[str] = []
    parser = None
    if isinstance(default, bool):
        kind = bool
        flag = name.replace("_", "-")
        declarations = [f"--{flag}/--no-{flag}"]
        shown = flag if default else f"no-{flag}"
    elif isinstance(default, int | float):
        kind = float
        parser = _number_or_word
    made = typer.Option(
        *declarations,
        metavar=option.metavar,
        help=option.text,
        parser=parser,
        show_default=(has_default and shown) or False,
        rich_help_panel=panel,
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,  # not given
        annotation=Annotated[kind | None, made],
    )


def _number_or_word(text: str) -> float | str:
    """Read a number, or leave a word to the settings, which say what they need."""
    try:
        return float(text)
    except ValueError:
        return text


def _read_settings(options: Mapping[str, Any], path: Path | None) -> Settings:
    """Make the settings from the options that were given, and from files.

    These are the one of ``--config``, and that of the output that `path` leads to.
    """
    config = options["config"]
    known = _read_known(path, options) if path else {}
    given = {
        name: value
        for name, value in options.items()
        if name in KNOWN and value is not None
    }
    with refuse_wrong_values():
        if (classes := given.get("classes")) and Path(classes).is_file():
            lines = read_regular(Path(classes), MAX_TEXT_BYTES)
            given["classes"] = lines.decode(errors="replace").splitlines()
        options = merge(known, read_toml(config)) if config else known
        return Settings.from_options(merge(options, given))


def _read_known(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of an output or a table, as far as a command has them."""
    from specimg.output.compatibility import load_options  # noqa: PLC0415 - keeps --help fast
    from specimg.output.listing import folder_of, is_listing  # noqa: PLC0415
    from specimg.settings import SETTINGS_NAME  # noqa: PLC0415

    if not is_listing(path):
        return {}
    if options.get("clip_overlap") is not None:
        msg = f"--clip-overlap: clips lie where {path} says"
        raise typer.BadParameter(msg)
    folder = folder_of(path)
    if not os.path.lexists(folder / SETTINGS_NAME):
        return {}
    found = load_options(folder)
    wanted = {*options} - {"clip_overlap"}
    return {name: value for name, value in found.items() if name in wanted}
