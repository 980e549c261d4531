"""Stub."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    recorded_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    recorder: str = ""
    device_id: str = ""
    temperature_c: float | None = None
    battery_v: float | None = None
    gain: str = ""
    time_expansion: float = 1.0
    metadata_from: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def clip_recorded_at(self, start: float) -> str:
        if self.recorded_at is None:
            return ""
        return (self.recorded_at + timedelta(seconds=start)).isoformat(
            timespec="milliseconds" if start % 1 else "seconds"
        )


def read_metadata(path: Path, level: str = "full") -> Metadata:
    found = re.search(r"(\d{8})_(\d{6})", path.name)
    if level == "none" or not found:
        return Metadata()
    return Metadata(
        recorded_at=datetime.strptime(found[0], "%Y%m%d_%H%M%S"),
        metadata_from=("name",),
    )
