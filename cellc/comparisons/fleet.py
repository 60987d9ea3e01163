"""The runs of OLD in a log, as all forms tell them: how many move, and why the others stay."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cellc.render import counted
from cellc.runtime.fleet import Judged

SHOWN = 3
"""Runs that are named for each reason to stay; the others are counted."""

_WORDS: Mapping[str, tuple[str, str]] = {
    "map": ("needs a place", "need a place"),
    "default": ("needs a value", "need a value"),
    "pin": ("stays", "stay"),
    "refused": ("is refused", "are refused"),
    "cancel": ("is cancelled", "are cancelled"),
}
"""What it would take, for one run and for several."""


@dataclass(slots=True)
class Group:
    """Runs that stay at a place for one reason."""

    verdict: str
    place: str
    reason: str
    runs: int = 0
    some: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FleetReport:
    """What became of the runs of OLD in the log at `log`: they were moved where `applied`, else only judged.

    Its size is that of the reasons, not that of the runs.
    """

    log: str
    applied: bool
    moved: int = 0
    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Count a run."""
        stays = judged.stays
        if stays is None:
            self.moved += 1
            return
        where = f"{stays.cell}/{stays.place}" if stays.place else stays.cell
        verdict = "cancel" if judged.cancelled else stays.verdict
        group = self.groups.setdefault((verdict, where, stays.reason), Group(verdict, where, stays.reason))
        group.runs += 1
        if len(group.some) < SHOWN:
            group.some.append(judged.head.id)

    @property
    def stayed(self) -> list[Group]:
        """Those that stay, most runs first."""
        return sorted(self.groups.values(), key=lambda group: (-group.runs, group.place, group.reason))

    @property
    def summary(self) -> str:
        """All of it in a line: `380 move, 12 need a place at shop.main/review, 3 are refused at shop.main/pay`."""
        did = "moved" if self.applied else "move" if self.moved != 1 else "moves"
        parts = [f"{self.moved} {did}", *(f"{group.runs} {_words(group)} at {group.place}" for group in self.stayed)]
        return ", ".join(parts)

    @property
    def next(self) -> str:
        """What can be done now; "" where nothing is left."""
        cancelled = sum(group.runs for group in self.groups.values() if group.verdict == "cancel")
        if self.applied or not self.moved + cancelled:
            return ""
        more = f", and cancels {cancelled}" if cancelled else ""
        return f"nothing was written: `--apply` moves {counted(self.moved, 'run')}{more}"

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        yield self.summary
        for group in self.stayed:
            yield f"  {group.verdict} {group.place}: {group.reason}"
            yield f"    {_named(group)}"
        if self.next:
            yield self.next

    def data(self) -> dict[str, Any]:
        """Return it for tools."""
        stay = [
            {"verdict": g.verdict, "place": g.place, "reason": g.reason, "runs": g.runs, "some": g.some}
            for g in self.stayed
        ]
        return {"log": self.log, "applied": self.applied, "moved": self.moved, "stay": stay}


def report(log: str, judged: Iterable[Judged], *, applied: bool) -> FleetReport:
    """Return what became of these runs."""
    found = FleetReport(log, applied)
    for each in judged:
        found.add(each)
    return found


def _words(group: Group) -> str:
    one, several = _WORDS[group.verdict]
    return one if group.runs == 1 else several


def _named(group: Group) -> str:
    more = group.runs - len(group.some)
    return ", ".join(group.some) + (f" and {more} more" if more else "")
