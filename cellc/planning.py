"""The plans of `cellc migrate`: reading one that people have written, and writing the one that is asked for."""

from pathlib import Path

from cellc.compiler.compat.moving import judge, planned
from cellc.compiler.compat.plans import Plan, read_plan
from cellc.compiler.compat.version import Asking
from cellc.compiler.sources import Unreadable
from cellc.exits import CannotDo, Refused, problem
from cellc.language.diagnostics import Report
from cellc.language.graph import Program
from cellc.language.span import Span
from cellc.project import FileSources


def load_plan(path: str, old: Program, new: Program) -> Plan:
    """Return the plan at `path`, for these versions. Raises CannotDo, and Refused where it is wrong."""
    try:
        source = FileSources().read(path)
    except Unreadable as reason:
        raise CannotDo(problem("E100", Span(path, 0, 0), path=path, reason=str(reason))) from None
    report = Report()
    plan = read_plan(source, old, new, report)
    wrong = report.diagnostics if report.failed else planned(old, new, plan)[1]
    if wrong:
        raise Refused(wrong, {path: source})
    return plan


def write_plan(path: str, text: str) -> None:
    """Write a plan to a file that is not there yet. Raises CannotDo."""
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as reason:
        said = "there is a file already" if isinstance(reason, FileExistsError) else reason.strerror or str(reason)
        raise CannotDo(problem("E712", path=path, reason=said)) from None


def going_back(old: Program, new: Program, plan: Plan) -> tuple[str, ...]:
    """Return from which places of NEW a run could not be moved back to OLD, with the reason."""
    found = []
    for name, move in judge(new, old, plan.inverse()).cells.items():
        local = name.removeprefix(f"{new.module}.")
        if move.to is None:
            found.append(f"{local}: {move.reason}")
            continue
        waits = [place.id for place in new.cells[name].nodes if isinstance(place, Asking)]
        kept = [(place, move.places[place]) for place in waits if move.places[place].verdict != "carry"]
        found += [f"{local}/{place}: {said.reason}" for place, said in kept]
        found += [f"{local}/{each.place}, {' or '.join(each.states)}: {each.reason}" for each in move.refused_if]
    return tuple(found)
