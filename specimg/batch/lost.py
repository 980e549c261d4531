"""Annotations that label nothing, each with the reason: none is lost in silence."""

from collections.abc import Iterable

from specimg.annotations.annotation import Annotation
from specimg.annotations.matching import Matched
from specimg.annotations.rows import Problem
from specimg.annotations.tables import Tables
from specimg.audio.recordings import Recording, is_in_part
from specimg.encoding import encode_name
from specimg.errors import count
from specimg.output.journal import Journal
from specimg.output.manifest import PassedOver


class LostAnnotations:
    """Annotations that label nothing, by their table and line."""

    def __init__(self) -> None:
        self.count = 0
        """How many annotations are lost."""
        self.remarks = 0
        """How many are not, but lack a band or a channel that cannot be."""
        self._reasons: dict[str, str] = {}
        """What is known before anything is read, of all shards, by table and line."""
        self._converted: dict[str, str] = {}
        """What was found when the recordings of a shard were converted."""
        self._told: set[Annotation] = set()

    def rows(self, index: int, count: int) -> list[PassedOver]:
        """Return what to say in shard `index` of `count`, for each line of a table."""
        known = self._reasons.items()
        found = {s: why for s, why in known if is_in_part(s, (index, count))}
        for source, why in self._converted.items():
            found[source] = _join(found.get(source), why)
        return [PassedOver(source=s, reason=why) for s, why in found.items()]

    def add_problems(self, tables: Tables) -> None:
        """Add what is wrong with tables."""
        for problem in tables.problems:
            self._add(problem.table, problem.line, _describe(problem))
        for problem in tables.remarks:
            what = f"{_describe(problem)}; {_TAKEN}"
            self._add(problem.table, problem.line, what, 0)
        self.remarks += len(tables.remarks)

    def add_unmatched(self, matched: Matched) -> None:
        """Add what is said of recordings that are not there."""
        for entry in matched.unmatched:
            number = (
                count(entry.count, "annotation") if entry.count else "no annotation"
            )
            what = f"{number} of {entry.file}: {entry.reason}"
            self._add(entry.table, entry.line, what, max(entry.count, 1))

    def add_outside(
        self, annotation: Annotation, recording: Recording, seconds: float
    ) -> None:
        """Add an annotation that lies in no clip of its recording.

        `seconds` is how long that is by its header; 0 where it does not say.
        """
        what = f"{_describe_times(annotation)} is in no clip of {recording.name}"
        if seconds:
            what += f", which is {seconds:.10g} s long"
        self._add(annotation.table, annotation.line, what)
        self._told.add(annotation)

    def add_converted(self, recordings: Iterable[Recording], journal: Journal) -> None:
        """Add the annotations of converted recordings that label no image.

        By the journal: so they are the same where recordings are converted already.
        """
        plans = {one.name: one for one in recordings if one.plan}
        for name, digest, reasons in journal.lost():
            recording = plans.get(name)
            if recording is None or recording.plan_digest != digest:
                continue
            annotations = recording.plan.annotations if recording.plan else ()
            for number, why in reasons.items():
                annotation = annotations[int(number)]
                if annotation in self._told:
                    continue
                what = f"{_describe_times(annotation)} labels no image of {name}: "
                what += f"its clip is left out: {why}" if why else _NO_CLIP
                source = _locate(annotation.table, annotation.line)
                before = self._converted.get(source)
                self._converted[source] = _join(before, what)
                self.count += 1

    def add_above(
        self, annotation: Annotation, recording: Recording, top: float
    ) -> None:
        """Add an annotation of a band above the highest frequency of its recording."""
        what = (
            f"{annotation.label} from {annotation.low:.10g} Hz on is above all of "
            f"{recording.name}, which ends at {top:.10g} Hz"
        )
        self._add(annotation.table, annotation.line, what)

    def add_no_channel(
        self, annotation: Annotation, recording: Recording, n_channels: int
    ) -> None:
        """Add an annotation of a channel that its recording does not have."""
        what = (
            f"{_describe_times(annotation)} is in channel {annotation.channel}, from "
            f"0, but {recording.name} has {count(n_channels, 'channel')}; {_TAKEN}"
        )
        self._add(annotation.table, annotation.line, what, 0)
        self.remarks += 1

    def _add(self, table: str, line: int, what: str, count: int = 1) -> None:
        source = _locate(table, line)
        self._reasons[source] = _join(self._reasons.get(source), what)
        self.count += count


_TAKEN = "its time and its label are taken"
_NO_CLIP = "no clip of what can be read holds enough of it"


def _locate(table: str, line: int) -> str:
    return encode_name(table) + (f":{line}" if line else "")


def _join(before: str | None, what: str) -> str:
    return f"{before}; {what}" if before else what


def _describe_times(annotation: Annotation) -> str:
    times = f"{annotation.start:.10g} to {annotation.end:.10g} s"
    return f"{annotation.label} from {times}"


def _describe(problem: Problem) -> str:
    return ": ".join(filter(None, (problem.value, problem.why)))
