"""What a command says of what it did, in lines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from specimg.audio.kinds import describe_kinds
from specimg.batch.inputs import Inputs
from specimg.batch.labeling import Labeling
from specimg.batch.report import FAINT_DBFS, Report
from specimg.cli.terminal import say
from specimg.encoding import encode_name
from specimg.errors import count
from specimg.rendering.bandwidth import summarize_bandwidths
from specimg.settings import FAILURES_NAME, PASSED_OVER_NAME, Settings
from specimg.splits.balance import Lacking

SHOWN = 10
"""How many classes are named that nothing is annotated as."""

_UNCLEAR = "without a label, of which tables say what cannot be"
_INCOMPLETE = "taken without a band or channel that cannot be"
_UNREAD = "of channels that are not read, by --mono"
_REPEATED = "just the same as another"


def print_summary(report: Report, settings: Settings) -> None:
    """Say what was done, and where it is."""
    lines = _describe_done(report, settings)
    has_tables = report.shard.is_all and not report.stopped
    if report.failed:
        failed = count(report.failed, "recording")
        where = f": see {report.out / FAILURES_NAME}" if has_tables else ""
        lines.append(f"failed on {failed}{where}")
    if report.faint:
        faint = count(report.faint, "clip")
        lines.append(f"silent or nearly so, below {FAINT_DBFS:g} dBFS: {faint}")
    lines += [
        f"left out {count(n, 'clip')}: {why}" for why, n in report.dropped.items()
    ]
    if (
        report.recordings > 1
        and not report.labeled
        and settings.labels.folder != "none"
    ):
        lines.append("no image has a label: see --label and --annotations")
    if report.inputs:
        where = f": see {report.out / PASSED_OVER_NAME}" if has_tables else ""
        lines += describe_inputs(report.inputs, settings, where)
    if report.columns_lost:
        names = ", ".join(report.columns_lost)
        what = f"columns of --join that {settings.manifest} has no more"
        lines.append(f"{what}: {names}")
    lines += summarize_bandwidths(report.rates, settings.mel)
    if report.vanished:
        vanished = count(report.vanished, "recording")
        what = "removed" if report.pruned else "kept; --prune removes them"
        lines.append(f"no longer among the inputs: {vanished}, images {what}")
    if report.lost:
        lost = count(report.lost, "recording")
        lines.append(f"no longer among the inputs, and its images are gone: {lost}")
    lines += describe_points(*report.points)
    lines += describe_strays(report.strays, report.out)
    lines += describe_passed_over("passed over", report.passed_over)
    if report.unread:
        where = f": see {report.out / PASSED_OVER_NAME}" if has_tables else ""
        lines.append(f"{describe_unread(report.unread)}{where}")
    say("\n".join(lines))


def _describe_done(report: Report, settings: Settings) -> list[str]:
    lines = []
    if report.recordings or not report.skipped:
        clips = count(report.images, "clip")
        recordings = count(report.recordings, "recording")
        lines.append(
            f"converted {recordings}: {clips}, {report.seconds:.1f} s of audio"
        )
    if report.skipped:
        lines.append(f"already converted: {count(report.skipped, 'recording')}")
    if report.joined:
        what = f"with new cells in {settings.manifest}"
        lines.append(f"{what}: {count(report.joined, 'recording')} of these")
    if not report.shard.is_all:
        lines.append(
            f"this is {report.shard}: when all are done, specimg merge {report.out}"
        )
    elif not report.stopped:
        lines.append(
            f"wrote {count(report.images, 'image')} and {settings.manifest} "
            f"in {report.out}"
        )
    return lines


def describe_inputs(inputs: Inputs, settings: Settings, where: str = "") -> list[str]:
    """Return lines about labels and parts, and what was left out of them.

    `where` is what annotations are listed in that label nothing.
    """
    lines = _describe_lacking(inputs.lacking) + _describe_joined(inputs, where)
    labeling = inputs.labeling
    in_tree = labeling and not labeling.by_label and settings.labels.boxes != "yolo"
    if inputs.annotated and in_tree:
        lines.append(
            "images are not in a folder for each label: some have none, or several"
        )
    if labeling and labeling.absent_classes:
        absent = labeling.absent_classes
        names = ", ".join(absent[:SHOWN]) + ", ..." * (len(absent) > SHOWN)
        lines.append(f"no annotation has {len(absent)} of --classes: {names}")
    return lines + (_describe_left_out(labeling, settings, where) if labeling else [])


def _describe_left_out(labeling: Labeling, settings: Settings, where: str) -> list[str]:
    """Return lines about what tables say, or do not say, and labels nothing."""
    unannotated = "left out; --unannotated keep keeps them"
    if settings.labels.unannotated == "keep":
        unannotated = "kept as clips without a label"
    capped = f"of labels that have {settings.labels.max_per_label}"
    lost, n_capped = labeling.lost, labeling.capped.total()
    verb = "labels" if lost.count == 1 else "label"
    told = [
        ("no table speaks of ", labeling.unannotated, "recording", f": {unannotated}"),
        ("tables say only what cannot be of ", labeling.nonsense, "recording", where),
        ("left out ", labeling.unclear, "clip", f" {_UNCLEAR}{where}"),
        ("", lost.remarks, "annotation", f" {_INCOMPLETE}{where}"),
        ("", lost.count, "annotation", f" that {verb} nothing{where}"),
        ("", labeling.other_classes, "annotation", " of other labels than --classes"),
        ("", labeling.other_channels, "annotation", f" {_UNREAD} {settings.mono}"),
        ("left out ", labeling.repeated, "annotation", f", {_REPEATED}"),
        ("left out ", n_capped, "clip", f" {capped}"),
    ]
    return [
        f"{before}{count(number, noun)}{after}"
        for before, number, noun, after in told
        if number
    ]


def _describe_lacking(lacking: Sequence[Lacking]) -> list[str]:
    """Return a line about the labels that some part has none of, if there are any."""
    labels = [one for one in lacking if one.label]
    if not labels:
        return []
    first = min(labels, key=lambda one: (-one.n_groups, one.label))
    some = f"{first.label}, of {count(first.n_groups, 'group')}, is not in "
    some += " and ".join(first.parts)
    return [f"{count(len(labels), 'label')} not in every part: for example, {some}"]


def _describe_joined(inputs: Inputs, where: str) -> list[str]:
    """Return lines about a table of the user's own, and what it lacks."""
    lines = []
    if inputs.joining and inputs.unjoined:
        number = count(inputs.unjoined, "recording")
        lines.append(f"{inputs.joining.table} has no row of {number}: empty cells")
    if inputs.joining and inputs.joining.lost:
        number = count(len(inputs.joining.lost), "row")
        verb = "matches" if len(inputs.joining.lost) == 1 else "match"
        lines.append(f"{number} of {inputs.joining.table} that {verb} nothing{where}")
    column, number_alone = inputs.ungrouped
    if number_alone:
        number = count(number_alone, "recording")
        lines.append(f"nothing in {column}: {number}, each a group of its own")
    return lines


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


def describe_points(points: int, images: int) -> list[str]:
    """Return a line about points in time, if there are any; see `count_points`."""
    if not points:
        return []
    are = "is a point in time and has" if points == 1 else "are points in time and have"
    hold = "holds" if images == 1 else "hold"
    only = f"{count(images, 'image')} {hold} only such"
    return [f"{count(points, 'annotation')} {are} no box: {only}"]


def describe_unread(number: int) -> str:
    """Return what to say of files with sound that were passed over."""
    return f"{count(number, 'file')} with sound that specimg cannot read"
