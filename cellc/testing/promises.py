"""What holds of every run, whatever its world does, and is checked of every case: the promises of the language.

Evaluation does not fail; a run ends as its cell declares, or waits for something that has a name; what crosses a
boundary fits its type; and what was done in a scope that failed is undone once, the last first, and nothing else is.
The last two are worked out from what happened alone, by nothing that the runtime uses.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Call, CellGraph, Commit, Each, Fork, Program, Undo
from cellc.language.type_codec import from_data
from cellc.language.types import Null
from cellc.language.values import Problem, fits
from cellc.runtime.telling import Line
from cellc.testing.model import Case
from cellc.testing.names import short
from cellc.testing.playing import Ended

HAPPENED = frozenset({"completed", "received", "answered", "fired"})

_UNDO = "/undo"
_SEGMENT = re.compile(r"(?P<node>[^@\[]+)(?:@\d+)?(?:\[(?P<item>\d+)\])?")


def broken(program: Program, case: Case, ended: Ended) -> Iterator[Diagnostic]:
    """Yield each promise that a case has broken; faults only where the case does not expect that the run stands."""
    expected = {check.wanted for check in case.checks if check.key == "status"}
    if "stalled" not in expected:
        faults = [row for row in (() if ended.view is None else ended.view.open) if row.state == "fault"]
        yield from (Diagnostic("E920", case.span, {"place": row.place, "reason": row.reason}) for row in faults)
    yield from (
        Diagnostic("E921", case.span, {"what": what})
        for what in (*_misfits(program, case, ended), *_endings(program, case, ended), *_undos(program, case, ended))
    )


def _misfits(program: Program, case: Case, ended: Ended) -> Iterator[str]:
    """Yield what does not fit its type: requests, the output, the fields of the error."""
    table = {name: from_data(data) for name, data in program.types.items()}
    for asked in ended.world.asked:
        problems = fits(dict(asked.input), from_data(program.effects[asked.effect].input), table)
        yield from _told(f"a request of `{short(program, asked.effect)}` does not fit", problems)
    contract = program.cells[case.cell].graph
    if ended.status == "completed":
        output = Null() if contract.output is None else from_data(contract.output)
        yield from _told("the output does not fit", fits(ended.output, output, table))
    if ended.error is not None and ended.error[0] in program.errors:
        name, fields = ended.error
        problems = fits(dict(fields), from_data(program.errors[name]), table)
        yield from _told(f"the error `{short(program, name)}` does not fit", problems)


def _told(what: str, problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems:
        where = f" at `{problem.path}`" if problem.path else ""
        yield f"{what}{where}: expected {problem.expected}, found {problem.found}"


def _endings(program: Program, case: Case, ended: Ended) -> Iterator[str]:
    """Yield what is wrong in how the run ended, or stands."""
    view, contract = ended.view, program.cells[case.cell].graph
    if view is None or ended.endless or ended.world.unscripted is not None:
        return
    if ended.error is not None and ended.error[0] not in contract.errors:
        error, cell = short(program, ended.error[0]), short(program, case.cell)
        yield f"the run ended in `{error}`, which `{cell}` does not declare"
    if ended.status == "cancelled" and not any(told.kind == "cancel" for told in case.told):
        yield "the run was cancelled, and nobody has cancelled it"
    if ended.status in {"running", "waiting", "stalled"} and not view.open:
        yield f"the run is {ended.status}, and waits for nothing that has a name"


# --- undos ---


@dataclass(frozen=True, slots=True)
class _Step:
    """A place on the way to a call: a node of a cell, and which member of it."""

    cell: CellGraph
    node: object
    item: str | None


def _undos(program: Program, case: Case, ended: Ended) -> Iterator[str]:
    lines = ended.lines
    done = {line.place: number for number, line in enumerate(lines) if _has_happened(line) and not _undoes(line.place)}
    begun: dict[str, int] = {}
    undone: list[str] = []
    for number, line in enumerate(lines):
        place = line.place.removesuffix(_UNDO)
        if not line.place.endswith(_UNDO) or not _is_known(program, case, place):
            continue
        if line.kind == "ready":
            begun.setdefault(place, number)
        elif _has_happened(line):
            undone.append(place)
    for place in dict.fromkeys(undone):
        if undone.count(place) > 1:
            yield f"`{place}` was undone {undone.count(place)} times"
    for place, number in begun.items():
        if done.get(place, number) >= number and _calls_an_effect(program, case, place):
            yield f"`{place}` was undone, and had not been done"
        elif ended.status == "completed" and not _may_be_left(program, case, place):
            yield f"`{place}` was undone, and nothing has failed that is handled"
    yield from _out_of_order(done, begun)
    if ended.status in {"failed", "cancelled"}:
        for place in done:
            if _is_owed(program, case, place) and not any(_is_within(place, each) for each in undone):
                yield f"`{place}` was done, the run {_ENDED[ended.status]}, and it was not undone"


_ENDED: Mapping[str, str] = {"failed": "failed", "cancelled": "was cancelled"}


def _out_of_order(done: Mapping[str, int], begun: Mapping[str, int]) -> Iterator[str]:
    """Yield what one cell did later and undid later: where both were done before, the last is undone first."""
    places = sorted((place for place in begun if place in done), key=lambda place: done[place])
    for number, first in enumerate(places):
        for later in places[number + 1 :]:
            same = first.rpartition("/")[0] == later.rpartition("/")[0]
            if same and done[later] < begun[first] < begun[later]:
                yield f"`{first}` was undone before `{later}`, which was done after it"


def _has_happened(line: Line) -> bool:
    return bool(line.effect) and (line.kind in HAPPENED or (line.kind == "resolved" and not line.detail))


def _undoes(place: str) -> bool:
    return place.endswith((_UNDO, "/probe"))


def _is_within(place: str, outer: str) -> bool:
    return place == outer or place.startswith((f"{outer}/", f"{outer}["))


def _steps(program: Program, case: Case, place: str) -> list[_Step] | None:
    """Return the way to a place from the run's cell down; None where it leads through code, or through what undoes."""
    cell: CellGraph | None = program.cells[case.cell]
    found = []
    for part in place.split("/")[1:]:
        match = _SEGMENT.fullmatch(part)
        node = None
        if cell is not None and match is not None:
            node = next((each for each in cell.nodes if each.id == match["node"]), None)
        if cell is None or match is None or node is None:
            return None
        found.append(_Step(cell, node, match["item"]))
        member = _member(node, match["item"])
        cell = program.cells[member[0]] if member is not None and member[1] else None
    return found


def _is_known(program: Program, case: Case, place: str) -> bool:
    return _steps(program, case, place) is not None


def _calls_an_effect(program: Program, case: Case, place: str) -> bool:
    steps = _steps(program, case, place)
    if not steps or (isinstance(steps[-1].node, Each) and steps[-1].item is None):
        return False
    member = _member(steps[-1].node, steps[-1].item)
    return member is not None and not member[1]


def _member(node: object, item: str | None) -> tuple[str, bool, Undo | None] | None:
    """Return what a member of a node calls, whether that is a cell, and how the member alone is undone."""
    match node:
        case Call():
            return node.callee, node.cell, node.undo
        case Each():
            return node.callee, node.cell, node.item_undo
        case Fork(branches=branches) if item is not None:
            branch = branches[int(item)]
            return branch.callee, branch.cell, branch.undo
        case _:
            return None


def _is_owed(program: Program, case: Case, place: str) -> bool:
    """Return whether a call that was done has to be undone when the run fails, and that can be seen by its place."""
    steps = _steps(program, case, place)
    if not steps or any(isinstance(node, Commit) for step in steps for node in step.cell.nodes):
        return False
    undos = [undo for step in steps for undo in _undos_at(step)]
    own = _member(steps[-1].node, steps[-1].item)
    return own is not None and own[2] is not None and not any(undo.cell for undo in undos)


def _undos_at(step: _Step) -> Iterator[Undo]:
    member = _member(step.node, step.item)
    if member is not None and member[2] is not None:
        yield member[2]
    if isinstance(step.node, Each | Fork) and step.node.undo is not None:
        yield step.node.undo


def _may_be_left(program: Program, case: Case, place: str) -> bool:
    """Return whether a run that completes may have left a scope around this place."""
    steps = _steps(program, case, place) or []
    return any(
        any(edge.kind == "error" for edge in step.cell.edges)
        or (isinstance(step.node, Fork) and step.node.mode == "race")
        or (isinstance(step.node, Each) and step.node.mode == "quorum")
        for step in steps
    )
