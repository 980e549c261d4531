"""Boxes around sounds, in the files that detectors are trained with."""

from specimg.output.boxes.coco import format_coco
from specimg.output.boxes.huggingface import format_huggingface
from specimg.output.boxes.labeled import FormatBoxes
from specimg.output.boxes.table import format_table
from specimg.output.boxes.yolo import format_yolo

FORMATS: dict[str, FormatBoxes] = {
    "coco": format_coco,
    "yolo": format_yolo,
    "hf": format_huggingface,
    "csv": format_table,
}
"""What writes each format, by the name that users give it."""
