"""What a comparison found, as all forms get it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cellc.comparisons.fleet import FleetReport
from cellc.compiler.compat.changes import Comparison, Side, Verdict
from cellc.compiler.compat.numbering import Numbering
from cellc.formats.findings import Findings
from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Source, Span


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A comparison of what the user named as `old` and `new`, what its version should be, and both sides' texts.

    `denied` says whether breaking changes are let pass, `fleet` what became of the runs in a log, where one is named;
    `back` from where runs could not go back again, place by place, where there is a plan.
    """

    old: str
    new: str
    comparison: Comparison
    numbering: Numbering
    denied: tuple[Diagnostic, ...] = ()
    fleet: FleetReport | None = None
    back: Sequence[str] | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def findings(self) -> Findings:
        """What is wrong: the version, or that anything breaks where nothing may."""
        return Findings((self.new,), (*self.numbering.findings, *self.denied), self.sources)

    @property
    def title(self) -> str:
        """Which versions are compared."""
        old, new = self.comparison.old, self.comparison.new
        return f"{new.module} {old.version} -> {new.version}"

    @property
    def summary(self) -> str:
        """How many changes there are, and which version number they need."""
        counts = Counter(change.verdict for change in self.comparison.changes)
        told = [f"{counts[verdict]} {verdict_text(verdict)}" for verdict in Verdict if counts[verdict]]
        if not told:
            return "no change: both mean the same"
        needs = f"a {self.comparison.bump} change"
        return (
            f"{', '.join(told)}: {needs}{'' if self.numbering.least is None else f', {self.numbering.least} or later'}"
        )

    def where(self, side: Side, *, column: bool = False) -> str:
        """Return the place of a side as `path:line`; a graph in JSON names it itself. "" where it is not known."""
        if side.at is None:
            return ""
        file, start, _, line = side.at
        if file not in self.sources:
            return file
        return f"{file}:{line}" + (f":{self.sources[file].position(start).column}" if column else "")

    def written(self, side: Side) -> str:
        """Return what stands at a side's place in its text, "" where that is not here."""
        source = None if side.at is None else self.sources.get(side.at[0])
        return "" if source is None or side.at is None else " ".join(source.cut(Span(*side.at[:3])).split())


def verdict_text(verdict: Verdict | None) -> str:
    """Return a verdict in words."""
    return "no change" if verdict is None else verdict.value
