"""Judges runs that have not ended: for each place of OLD where one can stand, whether it goes on in NEW."""

from cellc.compiler.compat.calls import Both
from cellc.compiler.compat.matching import match
from cellc.compiler.compat.nodes import Nodes
from cellc.compiler.compat.standing import Standing
from cellc.compiler.compat.version import Version
from cellc.compiler.compat.version_types import VersionTypes
from cellc.language.graph import Program
from cellc.language.moving import CellMove, Moving


def judge(old: Program, new: Program) -> Moving:
    """Return how runs of `old` go on under `new`. A yes is shown, and never a guess; see `standing.py`, `nodes.py`."""
    shared = old.cells.keys() & new.cells.keys()
    pairs = {name: match(old.cells[name], new.cells[name]) for name in shared}
    both = Both(Version(old), Version(new), VersionTypes(old.types, new.types), pairs)
    return Moving(old=old.sha256, new=new.sha256, cells={name: _cell(both, name) for name in sorted(old.cells)})


def _cell(both: Both, name: str) -> CellMove:
    old, new = both.old.program.cells[name], both.new.program.cells.get(name)
    if new is None:
        return CellMove(to=None, reason="there is no cell of this name any more")
    if old.graph.mode != new.graph.mode:
        return CellMove(to=None, reason=f"its body is `{new.graph.mode}` now, and was `{old.graph.mode}`")
    if old.graph.mode == "python":
        return CellMove(to=None, reason="what its code does cannot be compared")
    if old.graph.mode == "topology":
        return Nodes(both, name).judge()
    return CellMove(to=name, places=Standing(both, name).judge())
