"""Boxes around sounds, in the files that detectors are trained with."""

from specimg.output.boxes.coco import format_coco
from specimg.output.boxes.labeled import FormatBoxes
from specimg.output.boxes.table import format_table
from specimg.output.boxes.yolo import format_yolo

FORMATS: dict[str, FormatBoxes] = {
    "coco": format_coco,
    "yolo": format_yolo,
    "csv": format_table,
}
"""What writes the files of each format, by the name that users give it.

The boxes of Hugging Face are no file of their own; see `specimg.output.card`.
"""
