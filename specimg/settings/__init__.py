"""Everything that decides how a picture looks, as one value."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, get_args

from specimg import __version__
from specimg.annotations.expansion import check_time_expansion
from specimg.annotations.plan import LabelPlan
from specimg.audio.metadata import Level
from specimg.errors import ParameterError, check_choice, shorten
from specimg.rendering.frontends.spec import (
    check_bands,
    format_frontend,
    tabulate_frontend,
)
from specimg.rendering.image import MAX_PIXELS
from specimg.rendering.lengths import NATIVE
from specimg.rendering.settings import RenderSettings
from specimg.settings import options, toml
from specimg.settings.frontends import hold_at_any_rate, read_frontends
from specimg.settings.labels import LabelSettings
from specimg.settings.mel import read_mel, unused_options
from specimg.settings.names import (
    FAILURES_NAME,
    LABELS_NAME,
    MANIFEST_SUFFIXES,
    PASSED_OVER_NAME,
    RESERVED_NAMES,
    SETTINGS_NAME,
    SPLIT_TABLES,
    SPLITS_NAME,
    check_manifest_name,
)
from specimg.settings.options import GRAY, OPTIONS, RGB
from specimg.settings.precedence import merge
from specimg.settings.presets import PRESETS
from specimg.spans.selection import SelectionSettings
from specimg.spans.settings import ClipSettings
from specimg.spans.sources import span_source, spans_around
from specimg.spans.span import SpanSource

__all__ = [
    "FAILURES_NAME",
    "LABELS_NAME",
    "MANIFEST_SUFFIXES",
    "PASSED_OVER_NAME",
    "PRESETS",
    "RESERVED_NAMES",
    "SETTINGS_NAME",
    "SPLITS_NAME",
    "SPLIT_TABLES",
    "Settings",
]

MONO = {"mean": None, "left": 0, "right": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(RenderSettings):
    """How a recording becomes pictures."""

    mono: str = "mean"
    """``mean`` of the channels, ``left``, ``right``, or a channel's number from 0."""
    time_expansion: float = 1.0
    """How many times slower recordings play than they were made, as some detectors of
    bats write them.  All seconds and hertz of settings are true ones."""
    clips: ClipSettings = field(default_factory=ClipSettings)
    manifest: str = "manifest.csv"
    """File name of the table of images."""
    metadata: Level = "full"
    """Where to look for when and where a recording was made."""
    labels: LabelSettings = field(default_factory=LabelSettings)
    selection: SelectionSettings = field(default_factory=SelectionSettings)

    def __post_init__(self) -> None:
        """Reject combinations of settings that are valid only by themselves."""
        if len(self.frontends) not in (len(GRAY), len(RGB)):
            msg = f"{len(self.frontends)} frontends: need 1, or 3 for RGB"
            raise ParameterError(msg)
        steady = hold_at_any_rate(self.frontends, self.mel)
        object.__setattr__(self, "frontends", steady)
        for frontend in self.frontends:
            check_bands(frontend, self.mel.n_mels)
        if self.mono not in MONO and not re.fullmatch("[0-9]{1,4}", self.mono):
            mono = shorten(self.mono)
            msg = f"mono={mono}: need mean, left, right, or a channel from 0"
            raise ParameterError(msg)
        if self.image.bit_depth != 8 and self.is_rgb:
            msg = f"bit_depth={self.image.bit_depth} is for one channel: RGB has 8"
            raise ParameterError(msg)
        check_manifest_name(self.manifest)
        check_choice("metadata", self.metadata, get_args(Level))
        check_time_expansion(self.time_expansion)
        self.selection.check_clips(self.clips)
        if not self.clips.is_whole:
            self._check_duration()
        elif self.labels.clips != "grid":
            msg = "clips=annotation needs a clip_duration in seconds, not 'whole'"
            raise ParameterError(msg)

    def _check_duration(self) -> None:
        duration = self.clips.duration
        rate, window = self.mel.sample_rate, self.mel.win_length
        too_short = duration < self.shortest
        if rate != NATIVE:
            too_short = round(duration * rate) < window
        if too_short:
            samples = f"{window} samples, " if window else ""
            msg = (
                f"clip_duration={duration:g} s is shorter than one analysis window "
                f"of {samples}{self.shortest:.3g} s"
            )
            raise ParameterError(msg)
        if duration > self.longest:
            msg = (
                f"clip_duration={duration:g} s would make images of more than "
                f"{MAX_PIXELS:,} pixels: need at most {self.longest:.0f} s"
            )
            raise ParameterError(msg)

    @property
    def is_rgb(self) -> bool:
        """Whether pictures are in color, with a frontend for each of three channels."""
        return len(self.frontends) == len(RGB)

    @property
    def channel(self) -> int | None:
        """The channel of a recording to read, from 0; None for the mean of all."""
        return MONO[self.mono] if self.mono in MONO else int(self.mono)

    @property
    def usual_seconds(self) -> float | None:
        """Seconds that a picture shows; None where that is a whole recording."""
        return None if self.clips.is_whole else self.clips.duration

    @property
    def spans(self) -> SpanSource:
        """What plans the clips of a recording."""
        return span_source(self.clips, shortest=self.shortest, longest=self.longest)

    @property
    def selection_by_lot(self) -> SelectionSettings:
        """Which clips are kept, with the seed of what is drawn."""
        return replace(self.selection, seed=self.labels.seed)

    def spans_of(self, plan: LabelPlan | None, seconds: float) -> SpanSource:
        """Return what plans the clips of a recording with annotations.

        `seconds` is its length by its header; 0 where that does not say.
        """
        if plan is None or self.labels.clips == "grid":
            return self.spans
        return spans_around(
            plan.annotations, seconds, self.clips, shortest=self.shortest
        )

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> Self:
        """Make settings from what differs from the defaults.

        Parameters
        ----------
        given : mapping
            Values by the names of the command line's options, such as ``n_fft`` or
            ``n-fft``.  Those of a ``preset`` count where nothing else is given.

        Raises
        ------
        ParameterError
            A name is unknown, or a value is refused; the message says why.
        """
        values = options.normalize(given)
        preset = values.pop("preset", "merlin")
        check_choice("preset", preset, PRESETS)
        values = merge(PRESETS[preset].options, values)
        default = cls()
        return cls(
            frontends=read_frontends(values) or default.frontends,
            mel=read_mel(values, default.mel),
            clips=replace(default.clips, **options.read_part(values, "clips")),
            image=replace(default.image, **options.read_part(values, "image")),
            labels=replace(default.labels, **options.read_part(values, "labels")),
            selection=replace(
                default.selection, **options.read_part(values, "selection")
            ),
            **options.read_part(values, ""),
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load settings from a TOML file, such as every run writes beside its images.

        Raises
        ------
        ParameterError
            The file cannot be read, is not TOML, or holds what `from_options` refuses.
        """
        return cls.from_options(toml.read_toml(Path(path)))

    def to_options(self) -> dict[str, Any]:
        """Return all settings, by the names that `from_options` takes."""
        names = RGB if self.is_rgb else GRAY
        values = dict(zip(names, map(tabulate_frontend, self.frontends), strict=True))
        unused = unused_options(self.mel)
        for name, option in OPTIONS.items():
            if name not in unused:
                part = getattr(self, option.part) if option.part else self
                values[name] = getattr(part, option.attribute)
        if self.mel.is_native:
            values["sr"] = "native"
        if self.clips.is_whole:
            values["clip_duration"] = "whole"
        values["size"] = str(self.image.size or "native")
        # TOML has no word for nothing, and JSON none for infinity.
        nothing: tuple[object, ...] = (None, -math.inf)
        values["select"] = str(self.selection.select or "none")
        return {
            name: value if value not in nothing else "none"
            for name, value in values.items()
        }

    def to_toml(self) -> str:
        """Return all settings as the text of a TOML file, which `load` reads back."""
        return toml.write_toml(self.to_options())

    def to_text(self) -> str:
        """Return what decides a picture on one short line of ASCII, for the images.

        Parameters with one value per band appear as a digest.
        """
        specs = (format_frontend(f, full=True) for f in self.frontends)
        names = RGB if self.is_rgb else GRAY
        values = {**self.to_options(), **dict(zip(names, specs, strict=True))}
        for name in options.LABEL_OPTIONS:
            del values[name]
        if self.time_expansion == 1:  # which it was before there was this setting
            del values["time_expansion"]
        return json.dumps({"specimg": __version__, **values}, separators=(",", ":"))
