"""Many recordings: the images of all, a manifest, and what failed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from specimg.audio import looks_like_recording
from specimg.convert import convert_recording
from specimg.errors import RecordingError
from specimg.manifest import Failure, Record, format_failures, format_manifest
from specimg.recordings import Listing, find_recordings
from specimg.settings import FAILURES_NAME, SETTINGS_NAME, Settings
from specimg.storage import remove, write_atomically

Progress = Callable[[Failure | None], None]
"""Called after each recording, with its failure if it has one."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did."""

    out: Path
    records: list[Record] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    passed_over: int = 0
    """Files in the input folders that are not audio."""

    @property
    def recordings(self) -> int:
        """How many recordings were converted."""
        return len({record.source for record in self.records})

    @property
    def seconds(self) -> float:
        """Seconds of audio that the images show."""
        return sum(record.end - record.start for record in self.records)


def list_inputs(inputs: Iterable[Path], out: Path) -> Listing:
    """List the recordings that are to be converted into `out`."""
    return find_recordings(inputs, looks_like_recording, leave_out=out)


def convert_all(
    listing: Listing, out: Path, settings: Settings, progress: Progress
) -> Report:
    """Convert all recordings; one that cannot be is reported, not fatal.

    Raises
    ------
    StorageError
        The output folder takes nothing more.
    """
    report = Report(out=out, passed_over=listing.passed_over)
    write_atomically(out / SETTINGS_NAME, settings.to_toml().encode())
    for name, reason in listing.unreadable:
        failure = Failure(source=name, stage="open", reason=reason)
        report.failures.append(failure)
        progress(failure)
    for recording in listing.recordings:
        failed = None
        try:
            report.records += convert_recording(recording, out, settings)
        except RecordingError as error:
            stage, reason = error.stage, str(error)
            failed = Failure(source=recording.name, stage=stage, reason=reason)
        except MemoryError:
            reason = "not enough memory; a shorter --clip-duration needs less"
            failed = Failure(source=recording.name, stage="render", reason=reason)
        if failed:
            report.failures.append(failed)
        progress(failed)
    report.failures.sort(key=lambda failure: failure.source)
    write_tables(report, settings)
    return report


def write_tables(report: Report, settings: Settings) -> None:
    """Write the manifest, and the failures if there are any."""
    manifest = format_manifest(report.records, settings.manifest)
    write_atomically(report.out / settings.manifest, manifest)
    failures = report.out / FAILURES_NAME
    if report.failures:
        write_atomically(failures, format_failures(report.failures))
    else:
        remove(failures)
