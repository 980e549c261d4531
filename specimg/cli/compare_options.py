"""The options of ``specimg compare`` that decide what learns, and how often."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from specimg.cli.arguments import Device, Jobs, check_device
from specimg.cli.sections import INPUT_AND_OUTPUT, RUN
from specimg.resources import count_processors

if TYPE_CHECKING:
    from specimg.evaluate.scoring import Options

MODEL = "Model"

_GIGABYTE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """Each is an option of the command, by its name and with its default."""

    group: Annotated[
        str | None,
        typer.Option(
            metavar="source|first|REGEX",
            help="Which recordings belong together, and never stand on both sides: "
            "each alone; those in one folder below the class; or those in whose names "
            "a regular expression captures the same.",
            show_default="source, or the groups of splits.csv beside a table",
            rich_help_panel=INPUT_AND_OUTPUT,
        ),
    ] = None
    model: Annotated[
        str,
        typer.Option(
            metavar="ridge|pretrained|cnn",
            help="What learns; pretrained and cnn need torch.",
            rich_help_panel=MODEL,
        ),
    ] = "ridge"
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            min=2,
            help="Deal TRAIN into K folds; each is tested by a model of the others.",
            show_default="5 without --test",
            rich_help_panel=MODEL,
        ),
    ] = None
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="How often, with other draws.",
            show_default="10, or 3 for cnn",
            rich_help_panel=MODEL,
        ),
    ] = None
    network: Annotated[
        str,
        typer.Option(
            metavar="timm:NAME|FILE.pt2",
            help="For --model pretrained: a network of timm, or one that torch.export "
            "has written.",
            rich_help_panel=MODEL,
        ),
    ] = "timm:tf_efficientnet_lite0"
    device: Device = "auto"
    jobs: Jobs = None
    cache: Annotated[
        float,
        typer.Option(
            metavar="GB",
            min=0.001,
            help="Room on disk for pictures, in OUT; with less, the sound is read more "
            "than once.",
            rich_help_panel=RUN,
        ),
    ] = 20.0

    def read(self, *, has_tests: bool) -> "Options":
        """Return the options with what the model brings where nothing is asked for."""
        from specimg.evaluate.models import MODELS, check_model  # noqa: PLC0415 - keeps --help fast
        from specimg.evaluate.scoring import Options  # noqa: PLC0415

        check_device(self.device)
        if self.model not in MODELS:
            msg = f"--model {self.model}: need one of {', '.join(MODELS)}"
            raise typer.BadParameter(msg)
        self._refuse_ignored()
        check_model(self.model)
        usual = MODELS[self.model]
        folds = self.folds if self.folds or has_tests else usual.folds
        if folds is None and not has_tests:
            msg = (
                f"--model {self.model} needs --test NAME=DIR, or --folds K, which "
                f"trains K times as often"
            )
            raise typer.BadParameter(msg)
        return Options(
            model=self.model,
            seeds=self.seeds or usual.seeds,
            folds=folds,
            group=self.group,
            network=self.network,
            device=self.device,
            jobs=self.jobs or count_processors(),
            cache=round(self.cache * _GIGABYTE),
        )

    def _refuse_ignored(self) -> None:
        """Refuse options that this model would pass over."""
        usual = CompareOptions()
        if self.model != "pretrained" and self.network != usual.network:
            msg = f"--network is for --model pretrained, not {self.model}"
            raise typer.BadParameter(msg)
        if self.model == "ridge" and self.device != usual.device:
            msg = "--device is for --model pretrained and cnn: ridge needs no torch"
            raise typer.BadParameter(msg)
