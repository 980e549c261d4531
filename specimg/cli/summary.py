"""What a command says of what it did, in lines."""

from collections.abc import Mapping
from pathlib import Path

from specimg.audio.kinds import describe_kinds
from specimg.batch.report import FAINT_DBFS, Report
from specimg.cli.terminal import say
from specimg.encoding import encode_name
from specimg.rendering.bandwidth import summarize_bandwidths
from specimg.settings import FAILURES_NAME, PASSED_OVER_NAME, Settings


def print_summary(report: Report, settings: Settings) -> None:
    """Say what was done, and where it is."""
    lines = []
    if report.recordings or not report.skipped:
        clips = count(report.images, "clip")
        recordings = count(report.recordings, "recording")
        lines.append(
            f"converted {recordings}: {clips}, {report.seconds:.1f} s of audio"
        )
    if report.skipped:
        lines.append(f"already converted: {count(report.skipped, 'recording')}")
    if not report.shard.is_all:
        lines.append(
            f"this is {report.shard}: when all are done, specimg merge {report.out}"
        )
    elif not report.stopped:
        lines.append(
            f"wrote {count(report.images, 'image')} and {settings.manifest} "
            f"in {report.out}"
        )
    has_tables = report.shard.is_all and not report.stopped
    if report.failed:
        failed = count(report.failed, "recording")
        where = f": see {report.out / FAILURES_NAME}" if has_tables else ""
        lines.append(f"failed on {failed}{where}")
    if report.faint:
        faint = count(report.faint, "clip")
        lines.append(f"silent or nearly so, below {FAINT_DBFS:g} dBFS: {faint}")
    lines += summarize_bandwidths(report.rates, settings.mel)
    if report.vanished:
        vanished = count(report.vanished, "recording")
        what = "removed" if report.pruned else "kept; --prune removes them"
        lines.append(f"no longer among the inputs: {vanished}, images {what}")
    if report.lost:
        lost = count(report.lost, "recording")
        lines.append(f"no longer among the inputs, and its images are gone: {lost}")
    lines += describe_strays(report.strays, report.out)
    lines += describe_passed_over("passed over", report.passed_over)
    if report.unread:
        where = f": see {report.out / PASSED_OVER_NAME}" if has_tables else ""
        lines.append(f"{describe_unread(report.unread)}{where}")
    say("\n".join(lines))


def describe_passed_over(verb: str, kinds: Mapping[str, int]) -> list[str]:
    """Return a line about the files that are no recordings, if there are any."""
    if not kinds:
        return []
    return [f"{verb} {count(sum(kinds.values()), 'file')}: {describe_kinds(kinds)}"]


def describe_strays(names: list[str], out: Path) -> list[str]:
    """Return a line about images that no row names, if there are any."""
    if not names:
        return []
    name = names[0] if names[0].isprintable() else encode_name(names[0])
    number = count(len(names), "image")
    what = f"{number} of specimg in {out} that no row of the manifest names"
    return [f"{what}, such as {name}; --overwrite removes them"]


def describe_unread(number: int) -> str:
    """Return what to say of files with sound that were passed over."""
    return f"{count(number, 'file')} with sound that specimg cannot read"


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
