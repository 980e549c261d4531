"""Annotations that label nothing, each with the reason: none is lost in silence."""

from specimg.annotations.annotation import Annotation
from specimg.annotations.matching import Matched
from specimg.annotations.rows import Problem
from specimg.annotations.tables import Tables
from specimg.audio.recordings import Recording
from specimg.encoding import encode_name
from specimg.output.manifest import PassedOver


class LostAnnotations:
    """Annotations that label nothing, by their table and line."""

    def __init__(self) -> None:
        self.count = 0
        """How many annotations are lost."""
        self.remarks = 0
        """How many are not, but lack a band or a channel that cannot be."""
        self._reasons: dict[str, str] = {}

    @property
    def rows(self) -> list[PassedOver]:
        """What to say of them, a row for each line of a table."""
        return [PassedOver(source=s, reason=r) for s, r in self._reasons.items()]

    def add_problems(self, tables: Tables) -> None:
        """Add what is wrong with tables."""
        for problem in tables.problems:
            self._add(problem.table, problem.line, _describe(problem))
        for problem in tables.remarks:
            what = f"{_describe(problem)}; its time and its label are taken"
            self._add(problem.table, problem.line, what, 0)
        self.remarks += len(tables.remarks)

    def add_unmatched(self, matched: Matched) -> None:
        """Add what is said of recordings that are not there."""
        for entry in matched.unmatched:
            number = f"{entry.count} annotations" if entry.count else "no annotation"
            what = f"{number} of {entry.file}: {entry.reason}"
            self._add(entry.table, entry.line, what, max(entry.count, 1))

    def add_outside(
        self, annotation: Annotation, recording: Recording, seconds: float
    ) -> None:
        """Add an annotation that lies in no clip of its recording.

        `seconds` is how long that is by its header; 0 where it does not say.
        """
        times = f"{annotation.start:.10g} to {annotation.end:.10g} s"
        what = f"{annotation.label} from {times} is in no clip of {recording.name}"
        if seconds:
            what += f", which is {seconds:.10g} s long"
        self._add(annotation.table, annotation.line, what)

    def add_above(
        self, annotation: Annotation, recording: Recording, top: float
    ) -> None:
        """Add an annotation of a band above the highest frequency of its recording."""
        what = (
            f"{annotation.label} from {annotation.low:.10g} Hz on is above all of "
            f"{recording.name}, which ends at {top:.10g} Hz"
        )
        self._add(annotation.table, annotation.line, what)

    def _add(self, table: str, line: int, what: str, count: int = 1) -> None:
        source = encode_name(table) + (f":{line}" if line else "")
        before = self._reasons.get(source)
        self._reasons[source] = f"{before}; {what}" if before else what
        self.count += count


def _describe(problem: Problem) -> str:
    return ": ".join(filter(None, (problem.value, problem.why)))
