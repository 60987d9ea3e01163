"""Cells whose body is Python: only their contract is known, and it is taken at its word.

What such a cell declares is what it may do; it can end with any error and perform any effect that it lists, and a run
holds it to that. The class or function itself is looked for when the cell runs, not here.
"""

import re

from cellc.compiler.body import Body, Site
from cellc.compiler.fit import Types
from cellc.compiler.places import Places
from cellc.compiler.symbols import CellSymbol, Names
from cellc.language import ast

WHOLE = ""
"""In the spans of a program: the name of what runs, for all that it asks for."""

_DOTTED = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_TARGET = re.compile(rf"{_DOTTED}:{_DOTTED}", re.ASCII)
_WITHOUT_COLON = re.compile(rf"({_DOTTED})\.([A-Za-z_]\w*)", re.ASCII)


def python_cell(cell: CellSymbol, body: ast.PythonBody, names: Names) -> Body:
    """Check the name of what runs, and return the body that the contract promises."""
    target = body.target
    if not _TARGET.fullmatch(target.text):
        names.report.add(
            "E109",
            target.span,
            name=target.text,
            why="what runs is a class or function of a Python module, `module:name`",
            hint=_meant(target.text),
        )
    types = Types(names.world.types, names.report, names.unit.name)
    effects = [names.world.effects[e] for e in cell.effects or ()]
    sites = [Site(effect, "", target.span) for effect in effects]
    places = Places(types, frozenset())
    places.spans[WHOLE] = target.span
    return Body(cell, places, mode="python", sites=sites, complete=False)


def _meant(text: str) -> str:
    found = _WITHOUT_COLON.fullmatch(text)
    return f"did you mean `{found[1]}:{found[2]}`?" if found else "for example `shop.risk:Score`"
