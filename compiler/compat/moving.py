"""Judges runs that have not ended: for each place of OLD where one can stand, whether it goes on in NEW."""

from msgspec import structs

from cellc.compiler.compat.calls import Both
from cellc.compiler.compat.givens import Givens
from cellc.compiler.compat.matching import match
from cellc.compiler.compat.nodes import Nodes
from cellc.compiler.compat.plans import Plan, PlannedCell
from cellc.compiler.compat.standing import Standing
from cellc.compiler.compat.version import Version
from cellc.compiler.compat.version_types import VersionTypes
from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Program
from cellc.language.moving import CellMove, Moving

NO_PLAN = Plan()


def judge(old: Program, new: Program, plan: Plan = NO_PLAN) -> Moving:
    """Return how runs of `old` go on under `new`. A yes is shown, and never a guess; see `standing.py`, `nodes.py`."""
    return planned(old, new, plan)[0]


def planned(old: Program, new: Program, plan: Plan) -> tuple[Moving, list[Diagnostic]]:
    """Return the same, and what is wrong with the expressions of the plan."""
    shared = old.cells.keys() & new.cells.keys()
    pairs = {name: match(old.cells[name], new.cells[name], plan.cell(name).to) for name in shared}
    both = Both(Version(old), Version(new), VersionTypes(old.types, new.types), pairs)
    givens = {name: Givens(plan.cell(name), both.types) for name in old.cells}
    cells = {name: _said(_cell(both, name, givens[name]), plan.cell(name)) for name in sorted(old.cells)}
    problems = [problem for found in givens.values() for problem in found.problems]
    return Moving(old=old.sha256, new=new.sha256, cells=cells, stay=plan.stay), problems


def _said(move: CellMove, planned: PlannedCell) -> CellMove:
    """Return the same with what the plan says of waits, and of runs that stay."""
    places = {
        name: structs.replace(move.places[name], wait=said.wait, stay=said.stay)
        for name, said in planned.places.items()
        if name in move.places
    }
    return (
        structs.replace(move, places={**move.places, **places}, stay=planned.stay) if planned != PlannedCell() else move
    )


def _cell(both: Both, name: str, givens: Givens) -> CellMove:
    old, new = both.old.program.cells[name], both.new.program.cells.get(name)
    if new is None:
        return CellMove(to=None, reason="there is no cell of this name any more")
    if old.graph.mode != new.graph.mode:
        return CellMove(to=None, reason=f"its body is `{new.graph.mode}` now, and was `{old.graph.mode}`")
    if old.graph.mode == "python":
        return CellMove(to=None, reason="what its code does cannot be compared")
    if old.graph.mode == "topology":
        return Nodes(both, name, givens).judge()
    return CellMove(to=name, places=Standing(both, name, givens).judge())
