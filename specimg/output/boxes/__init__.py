"""Boxes around sounds, in the files that detectors are trained with."""

from specimg.output.boxes import coco, table, yolo
from specimg.output.boxes.labeled import BoxFormat

FORMATS = {
    "coco": BoxFormat(coco.format_coco, ("boxes.json", "boxes_*.json"), coco.MARK),
    "yolo": BoxFormat(yolo.format_yolo, ("data.yaml",), yolo.MARK),
    "csv": BoxFormat(table.format_table, ("boxes.csv",), table.MARK),
}
"""The formats by the names that users give them.

The boxes of Hugging Face are no file of their own; see `specimg.output.card`.
"""
