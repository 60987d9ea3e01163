"""Compares two compiled versions of a module: everything that changed, for everybody whom it concerns."""

import hashlib

from msgspec import structs

from cellc.compiler.compat.boundaries import compare_events, compare_triggers, compare_uses
from cellc.compiler.compat.changes import Audience, Change, Comparison, Verdict, Version
from cellc.compiler.compat.declarations import compare_cells, compare_errors, compare_types
from cellc.compiler.compat.effects import compare_effects
from cellc.compiler.compat.in_flight import compare_runs
from cellc.compiler.compat.modules import Module
from cellc.compiler.compat.moving import judge
from cellc.compiler.compat.rows import Rows
from cellc.language.graph import Program, canonical
from cellc.language.moving import Moving


def compare(old: Program, new: Program, moving: Moving | None = None) -> Comparison:
    """Compare two versions of one module. Raises ValueError where a graph has no contract.

    `moving` is how runs go on, where more than the two versions says it.
    """
    rows = Rows(Module(old), Module(new))
    if _content(old) != _content(new):
        compare_cells(rows)
        compare_effects(rows)
        compare_errors(rows)
        compare_events(rows)
        compare_triggers(rows)
        compare_uses(rows)
        compare_types(rows)
        compare_runs(rows, moving or judge(old, new))
    return Comparison(_version(rows.old), _version(rows.new), tuple(sorted(rows.changes(), key=_rank)))


def _rank(change: Change) -> tuple[int, int, str, str]:
    """Return what orders the rows: the worst first."""
    worst = list(Verdict).index(change.verdict), -change.bump
    return (*worst, f"{list(Audience).index(change.audience)} {change.place}", change.kind)


def _content(program: Program) -> str:
    """Return the hash of what a program means, whatever its version is called."""
    return hashlib.sha256(canonical(structs.replace(program, version=""))).hexdigest()


def _version(module: Module) -> Version:
    return Version(module.name, module.program.version, module.program.declared.get("version"))
