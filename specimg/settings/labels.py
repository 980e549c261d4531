"""How clips get their labels, and which of them are kept."""

import math
import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

from specimg.annotations.overlap import OverlapRule
from specimg.errors import ParameterError, check_choice, shorten

ClipSource = Literal["grid", "annotation"]
Unannotated = Literal["drop", "keep"]
BOXES = ("none", "coco", "yolo", "hf", "csv")
KEEP: Final = "keep"
DROP: Final = "drop"
LABEL_RULES = ("auto", "first", "parent", "none")
"""The first folder of a recording's name, the last, or nothing; ``auto`` is nothing
where there are annotations, else the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """How clips get their labels; without annotations, by `folder` alone."""

    folder: str = "auto"
    """Which part of a recording's name is its label: one of `LABEL_RULES`, or a regular
    expression whose first group, if it has one, is the label."""
    clips: ClipSource = "grid"
    """Whether clips follow each other, or lie around each annotation."""
    min_overlap: float = 0.25
    """Seconds of an annotation that a clip has to hold to be labeled by it."""
    min_fraction: float | None = None
    """Share of the annotation that is enough, too; None: only the seconds count."""
    classes: tuple[str, ...] = ()
    """The labels that count; none: all."""
    negatives: str | float = KEEP
    """Whether clips without a label are kept, or how many for each clip with one."""
    negative_label: str = ""
    """What clips without a label are called; empty: nothing."""
    unannotated: Unannotated = DROP
    """What becomes of recordings that no table speaks of."""
    max_per_label: int | None = None
    """How many clips of each label are kept; None: all."""
    boxes: str = "none"
    """In what format boxes around annotations are written: one of `BOXES`."""
    seed: int = 0
    """For what is drawn."""

    def __post_init__(self) -> None:
        """Reject what cannot be."""
        check_choice("boxes", self.boxes, BOXES)
        check_choice("clips", self.clips, get_args(ClipSource))
        check_choice("unannotated", self.unannotated, get_args(Unannotated))
        self.rule  # noqa: B018 - which checks its values
        if isinstance(self.negatives, str):
            if self.negatives not in (KEEP, DROP):
                msg = (
                    f"negatives={shorten(self.negatives)}: need keep, drop, or how "
                    f"many for each clip with a label, such as 1.0"
                )
                raise ParameterError(msg)
        elif not 0 <= self.negatives < math.inf:
            msg = f"negatives={self.negatives:g}: need 0 or more"
            raise ParameterError(msg)
        if self.max_per_label is not None and self.max_per_label < 1:
            msg = f"max_per_label={self.max_per_label}: need 1 clip or more"
            raise ParameterError(msg)
        if self.negative_label and self.negatives == DROP:
            msg = "negative_label: clips without a label are dropped by negatives=drop"
            raise ParameterError(msg)
        if not 0 <= self.seed < 2**63:
            msg = f"seed={self.seed}: need a whole number from 0 to {2**63 - 1}"
            raise ParameterError(msg)
        self._check_names()

    def _check_names(self) -> None:
        for label in (*self.classes, self.negative_label):
            if label != label.strip() or ";" in label or not label.isprintable():
                msg = (
                    f"label {shorten(repr(label))}: need text without ; and without "
                    f"spaces at its ends"
                )
                raise ParameterError(msg)
        if self.folder not in LABEL_RULES:
            try:
                re.compile(self.folder)
            except re.error as error:
                msg = (
                    f"label={shorten(self.folder)}: need first, parent, none, or a "
                    f"regular expression: {error}"
                )
                raise ParameterError(msg) from error

    @property
    def why_capped(self) -> str:
        """The reason why a clip is left out of whose labels there are enough."""
        which = f"max_per_label={self.max_per_label}"
        return f"not among the clips of its label that {which} keeps"

    @property
    def rule(self) -> OverlapRule:
        """How much of an annotation a clip has to hold."""
        return OverlapRule(min_overlap=self.min_overlap, min_fraction=self.min_fraction)
