"""Runs that have not ended, and what a change means for them.

This room is for the proof: for every place where a run of OLD can stand, where it would stand in NEW, and what it would
lack there. Until it is here, each cell that runs may be in and that changed is told, as one that was not judged.
"""

from cellc.compiler.compat.rows import Rows
from cellc.language.graph import Program


def compare_runs(rows: Rows) -> None:
    """Tell of the cells and effects that a run may be in the middle of."""
    old, new = rows.old.program, rows.new.program
    for cell in _changed_cells(old, new):
        mode = new.cells[cell].graph.mode if cell in new.cells else ""
        rows.add("cell-changed", _body(rows, cell), old.cells[cell].graph.mode, mode)
    for name in sorted(old.effects.keys() & new.effects.keys()):
        if old.effects[name].contract != new.effects[name].contract:
            rows.add("effect-changed", f"effects.{rows.new.short(name)}")


def _changed_cells(old: Program, new: Program) -> list[str]:
    """Return the cells whose graph, or that of a node in the long form, is another one now or gone."""
    changed = {name for name, graph in old.cells.items() if new.cells.get(name) != graph}
    return sorted({name.partition("/")[0] for name in changed} & old.cells.keys())


def _body(rows: Rows, cell: str) -> str:
    own = f"{rows.new.name}."
    return f"cells.{cell.removeprefix(own)}.body" if cell.startswith(own) else f"cells.{rows.new.short(cell)}.body"
