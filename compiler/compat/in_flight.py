"""Runs that have not ended: what the judgement of their places says to people.

One row for each place where runs wait and do not go on; one for the places of a cell from which they do; one for those
where a run can only have failed. Cells that did not change, and in which all runs go on, are not told of.
"""

from collections.abc import Iterable, Mapping

from cellc.compiler.compat.rows import Rows
from cellc.compiler.compat.version import Asking
from cellc.language.graph import AnyPlace, Commit, Join, Start
from cellc.language.moving import CellMove, Moving, PlaceMove, Verdict

_KINDS: Mapping[Verdict, str] = {
    "map": "run-needs-place",
    "default": "run-needs-value",
    "pin": "run-pinned",
    "refused": "run-refused",
}
_SILENT = Start | Join | Commit  # where nothing is evaluated, so that no run stands there


def compare_runs(rows: Rows, moving: Moving) -> None:
    """Tell where runs of the cells that changed, or that call what did, go on and where they do not."""
    old, new = rows.old.program, rows.new.program
    for name, move in moving.cells.items():
        if new.cells.get(name) != old.cells[name] or not _goes_on(move):
            _tell(rows, name, move)


def _goes_on(move: CellMove) -> bool:
    return move.to is not None and not move.refused_if and all(p.verdict == "carry" for p in move.places.values())


def _tell(rows: Rows, name: str, move: CellMove) -> None:
    graph = rows.old.program.cells[name]
    if move.to is None:
        rows.stand("run-cell-kept", (name, None), ("", None), detail=move.reason)
        return
    waits = [place for place in graph.nodes if isinstance(place, Asking)]
    for place in waits:
        _place(rows, (name, place), move)
    for condition in move.refused_if:
        states = " or ".join(condition.states)
        rows.stand("run-node-kept", (name, condition.place), (name, None), detail=f"{states}: {condition.reason}")
    well = [place.id for place in waits if move.places[place.id].verdict == "carry"]
    if well:
        rows.stand("run-carries", (name, None), (name, None), detail=_listed(well))
    if not waits:
        rows.stand("run-passes", (name, None), (name, None))
    failed = [place.id for place in graph.nodes if not isinstance(place, Asking | _SILENT)]
    kept = [place for place in failed if move.places[place].verdict != "carry"]
    if kept:
        rows.stand("run-failed-kept", (name, None), (name, None), detail=_listed(kept))


def _place(rows: Rows, at: tuple[str, AnyPlace], move: CellMove) -> None:
    name, place = at
    found = move.places[place.id]
    if found.verdict != "carry":
        rows.stand(_KINDS[found.verdict], (name, place.id), (name, found.to), detail=found.reason + _shown(found))


def _shown(move: PlaceMove) -> str:
    """Return the run that shows a no, where it says more than that a run stands there."""
    if "->" not in move.shown:
        return ""
    cut = move.shown.index("->")
    before, after = move.shown[1:cut], move.shown[cut + 1 :]
    return f" (a run that comes by {_names(before)}, then here by {_names(after)})"


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    return f"{_names(known[:5])}{more}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
