"""Fuzzing a cell: made-up cases, until one breaks a promise of the language; that one is made small."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cellc.language.graph import Program
from cellc.language.span import Span
from cellc.testing.choices import Choices, shrunk
from cellc.testing.generating import NoValue
from cellc.testing.inventing import MOST_EVENTS, Invention, as_file, invent
from cellc.testing.judging import Judged, barred_from, difference, judge
from cellc.testing.model import Case, TestFile
from cellc.testing.names import short
from cellc.testing.playing import Ended, play
from cellc.testing.promises import HAPPENED, broken

CRASHES = 2
"""Places at which a crash is tried, in each run."""

_TRIES = 400
"""Cases that are tried to make one smaller."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case that breaks a promise: its data, and what `cellc test` says of it. `run` is its number, from 1."""

    run: int
    data: dict[str, Any]
    file: TestFile
    judged: Judged


@dataclass(slots=True)
class Fuzzed:
    """What came of fuzzing: how many runs and crashes were tried, and how the runs ended, in words."""

    runs: int = 0
    crashes: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    found: Found | None = None


class CannotFuzz(Exception):  # noqa: N818 -- named for what it says of the cell
    """A cell cannot be fuzzed at all."""


def fuzz(program: Program, cell: str, module: str, runs: int, seed: int) -> Fuzzed:
    """Play up to `runs` made-up cases of `cell`, up to the first that breaks a promise. Raises CannotFuzz."""
    nothing = Case("", Span("", 0, 0), cell, {}, {}, (), None, ())
    for barred in barred_from(program, nothing):
        raise CannotFuzz(barred.fields["reason"])
    result = Fuzzed()
    trial = _Trial(program, cell, module)
    for number in range(1, runs + 1):
        choices = Choices(random=Random(f"{seed}/{number}"))  # noqa: S311 -- to be the same each time
        try:
            codes = trial.codes(choices, result)
        except NoValue:
            raise CannotFuzz("a type of its input, effects or events has no value that could be made up") from None
        result.runs = number
        if codes:
            result.found = trial.smallest(
                choices.made, codes, f"found by cellc fuzz, seed {seed}, run {number}", number
            )
            return result
    return result


@dataclass(frozen=True, slots=True)
class _Trial:
    program: Program
    cell: str
    module: str

    def codes(self, choices: Choices, result: Fuzzed) -> frozenset[str]:
        """Return the codes of what a made-up case breaks."""
        invention = invent(self.program, self.cell, self.module, choices)
        result.endings[self._ending(invention.ended)] += 1
        return self._broken(invention, choices, result)[1]

    def _broken(self, invention: Invention, choices: Choices, result: Fuzzed) -> tuple[dict[str, Any], frozenset[str]]:
        """Return a case as it is to be printed, and the codes of what it breaks."""
        case, ended = invention.file.cases[0], invention.ended
        data = {**invention.data, "expect": {"status": "failed"} if ended.status == "failed" else {}}
        found = {problem.code for problem in broken(self.program, case, ended)}
        if found or ended.endless or ended.world.unscripted is not None:
            return data, frozenset(found)
        for _ in range(CRASHES):
            result.crashes += 1
            seam = 1 + choices.below(len(ended.world.seams))
            crashed = play(self.program, case, crash_at=seam, most_events=2 * MOST_EVENTS)
            found = {problem.code for problem in broken(self.program, case, crashed)}
            if not found and not self._may_differ(case, ended, crashed) and difference(self.program, ended, crashed):
                found = {"E912"}
            if found:
                expect = data.pop("expect")
                return {**data, "crash": "everywhere", "expect": expect}, frozenset(found)
        return data, frozenset()

    def _may_differ(self, case: Case, calm: Ended, crashed: Ended) -> bool:
        """Return whether a crash may change how a case ends.

        It may where what comes from outside meets another moment, and where nobody knows any more whether a call has
        happened: what was given up when its scope was left is awaited then, and undone if it happened; it is told as
        `Unknown`; or a person lets it be made again.
        """
        begun = {line.place for line in calm.lines if line.kind == "ready"}
        given_up = begun - {line.place for line in calm.lines if line.kind in HAPPENED | {"raised"}}
        again = any(line.kind == "again" for line in crashed.lines)
        unknown = any(e.delivery == "once" and "Unknown" in e.errors for e in self.program.effects.values())
        stands = (
            crashed.status == "stalled"
            and crashed.view is not None
            and any(row.state == "stalled" and row.maybe_sent for row in crashed.view.open)
        )
        return bool(case.told or given_up) or unknown or stands or again

    def _ending(self, ended: Ended) -> str:
        if ended.endless:
            return "going on"
        return ended.status if ended.error is None else f"failed in {short(self.program, ended.error[0])}"

    def smallest(self, made: Sequence[int], codes: frozenset[str], name: str, run: int) -> Found:
        """Return the smallest case that is found which breaks the same promises."""

        def fails(given: Sequence[int]) -> bool:
            try:
                return self.codes(Choices(given), Fuzzed()) == codes
            except NoValue:
                return False

        choices = Choices(shrunk(made, fails, _TRIES))
        data, _ = self._broken(invent(self.program, self.cell, self.module, choices), choices, Fuzzed())
        data = {**data, "name": name}
        file = as_file(self.program, self.module, data)
        return Found(run, data, file, judge(file, file.cases[0]))
