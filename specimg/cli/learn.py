"""``specimg learn``: parameters of a frontend, from one's own recordings."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli.arguments import Device, check_device
from specimg.cli.errors import stop_on_errors
from specimg.cli.labeled_input import Recordings, Train, find_train, read_table
from specimg.cli.options import with_picture_options
from specimg.cli.picture_options import FILE_NAMES, FRONTEND_NAMES, FRONTENDS
from specimg.cli.progress import show_steps
from specimg.cli.sections import INPUT_AND_OUTPUT
from specimg.cli.terminal import say
from specimg.errors import count
from specimg.settings import Settings

if TYPE_CHECKING:
    from specimg.dataset.table import Parts
    from specimg.rendering.frontends.parameters import Parameter

LEARNED = ("exp", "pcen")
TRAINING = "Training"

Frontend = Annotated[
    str,
    typer.Option(
        metavar="|".join(LEARNED),
        help="Whose parameters are learned.",
        rich_help_panel=FRONTENDS,
    ),
]
PerBand = Annotated[
    bool,
    typer.Option(
        "--per-band",
        help="One value per mel band, not one for all.",
        rich_help_panel=FRONTENDS,
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.json",
        help="The file to write.",
        rich_help_panel=INPUT_AND_OUTPUT,
    ),
]
Epochs = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        help="How often all clips are gone through.",
        rich_help_panel=TRAINING,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=2**32 - 1,
        help="Seed of the random draws.",
        rich_help_panel=TRAINING,
    ),
]


@stop_on_errors()
@with_picture_options(leave_out=(*FRONTEND_NAMES, *FILE_NAMES, "size"), of="train")
def learn(
    train: Train,
    *,
    frontend: Frontend,
    output: Output,
    recordings: Recordings = None,
    per_band: PerBand = False,
    epochs: Epochs = 20,
    seed: Seed = 0,
    device: Device = "auto",
    settings: Settings,
) -> None:
    """Learn a frontend's parameters from recordings in TRAIN, and write them.

    They are learned together with a small network that tells the classes apart, from
    the defaults on. Then: specimg convert --frontend pcen:@learned.json.

    A fifth of each class's recordings is left out, and scored in the end. A table has
    the clips, their labels, and perhaps splits: train and val are learned from, and
    test is scored. Settings are those of specimg.toml beside it, unless they are given.

    Exit status: 0 learned, 1 not, 2 wrong usage.
    """
    if frontend not in LEARNED:
        msg = f"--frontend {frontend}: need one of {', '.join(LEARNED)}"
        raise typer.BadParameter(msg)
    if settings.mel.is_native:
        msg = "sr=native: parameters are learned at one sample rate; give --sr in Hz"
        raise typer.BadParameter(msg)
    check_device(device)
    if output.suffix.lower() != ".json":
        msg = f"--output {output}: need a name that ends in .json"
        raise typer.BadParameter(msg)
    _run(
        read_table(train, recordings) or find_train(train, output.parent),
        output,
        settings,
        frontend=frontend,
        per_band=per_band,
        epochs=epochs,
        seed=seed,
        device=device,
    )


def _run(
    parts: "Parts",
    output: Path,
    settings: Settings,
    *,
    frontend: str,
    per_band: bool,
    epochs: int,
    seed: int,
    device: str,
) -> None:
    from specimg.dataset.labeled import check_training  # noqa: PLC0415 - keeps --help fast
    from specimg.dataset.metrics import macro_average_precision  # noqa: PLC0415
    from specimg.learn import experiment  # noqa: PLC0415 - or says what is missing
    from specimg.learn.device import choose_device  # noqa: PLC0415
    from specimg.learn.held_out import plan_material  # noqa: PLC0415
    from specimg.output.files import check_writable, write_atomically  # noqa: PLC0415
    from specimg.rendering.frontends.learned import format_learned  # noqa: PLC0415

    check_training(parts.train)
    material = plan_material(parts)
    check_writable(output)
    where = choose_device(device)
    found = experiment.load(material.dataset, settings)
    is_held_out = material.hold_out(found.labels, found.sources, seed)
    module = experiment.make_frontend(frontend, settings, per_band=per_band)
    with show_steps(epochs, "epochs") as on_progress:
        learned = experiment.learn(
            found,
            module,
            is_held_out,
            epochs=epochs,
            seed=seed,
            device=where,
            on_epoch=lambda: on_progress(""),
        )
    data = format_learned(frontend, settings.mel.n_mels, learned.parameters)
    write_atomically(output, data, "learn")
    _print(learned.start, learned.parameters)
    score = macro_average_precision(learned.scores, learned.labels)
    clips = f"{count(len(learned.labels), 'clip')} {material.scored}"
    say(f"macro average precision of {clips}: {score:.3f}")
    for note in (*parts.notes, *material.describe(learned.labels)):
        say(note)
    say(f"wrote {output}: specimg convert --frontend {frontend}:@{output}")


def _print(
    start: "Mapping[str, Parameter]", learned: "Mapping[str, Parameter]"
) -> None:
    from rich.box import SIMPLE  # noqa: PLC0415 - keeps --help fast
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("parameter", "start", "learned", box=SIMPLE)
    for name, value in learned.items():
        table.add_row(name, _describe(start[name]), _describe(value))
    Console().print(table)


def _describe(value: "Parameter") -> str:
    if not isinstance(value, tuple):
        return f"{value:.4g}"
    if min(value) == max(value):
        return f"{value[0]:.4g} in {len(value)} bands"
    return f"{min(value):.4g} to {max(value):.4g} in {len(value)} bands"
