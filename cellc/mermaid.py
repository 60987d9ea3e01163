"""A compiled program as a Mermaid flowchart: one subgraph for each cell, one shape for each kind of place.

The blocks of a topology's long nodes stand inside the subgraph of their cell, each under its node's name.
"""

from collections.abc import Iterator, Mapping

from cellc.language.graph import (
    AnyPlace,
    Bind,
    Branch,
    Call,
    Choose,
    Commit,
    Each,
    Edge,
    Fork,
    Join,
    Loop,
    Match,
    Program,
    Raise,
    Return,
    Start,
    While,
)

SHAPES: Mapping[type, tuple[str, str]] = {
    Start: ("([", "])"),
    Bind: ("[", "]"),
    Call: ("[[", "]]"),
    Fork: ("[[", "]]"),
    Each: ("[[", "]]"),
    Choose: ("{", "}"),
    Match: ("{", "}"),
    Loop: ("{{", "}}"),
    While: ("{{", "}}"),
    Commit: ("[/", "/]"),
    Join: ("((", "))"),
    Raise: (">", "]"),
    Return: ("([", "])"),
}
"""Brackets around a place's text, by its kind."""

ARROWS: Mapping[str, str] = {"after": "-.->", "error": "-.->"}
"""Dotted where no data and no ordinary control flows."""

BLOCK = "/"
"""What divides a block's name: `CELL/NODE`."""

UNLABELLED = frozenset({"next", "data"})


def diagram(program: Program, cell: str | None = None) -> str:
    """Return the diagram of one cell with its blocks, or of all cells in the order of their names."""
    names = [cell] if cell else sorted(name for name in program.cells if BLOCK not in name)
    lines = ["flowchart TD"]
    for number, name in enumerate(names):
        lines += _cell(program, f"c{number}", name)
    return "\n".join(lines)


def _cell(program: Program, prefix: str, name: str, depth: int = 1) -> Iterator[str]:
    graph, space = program.cells[name], "  " * depth
    ids = {place.id: f"{prefix}n{number}" for number, place in enumerate(graph.nodes)}
    yield f'{space}subgraph {prefix} ["{_text(name)}"]'
    if graph.graph.python:
        yield f'{space}  {prefix}p["{_text(graph.graph.python)}"]'
    for place in graph.nodes:
        left, right = SHAPES[type(place)]
        yield f'{space}  {ids[place.id]}{left}"{_text(_label(place))}"{right}'
    for edge in graph.edges:
        yield f"{space}  {ids[edge.source]} {_arrow(edge)} {ids[edge.target]}"
    for place in graph.nodes:
        if isinstance(place, Call) and place.callee.startswith(f"{name}{BLOCK}"):
            yield from _cell(program, f"{ids[place.id]}b", place.callee, depth + 1)
            yield f"{space}  {ids[place.id]} -.- {ids[place.id]}b"
    yield f"{space}end"


def _label(place: AnyPlace) -> str:
    match place:
        case Call(callee=callee):
            return f"{place.id}: {callee}{_clauses(place)}"
        case Fork(mode=mode, branches=branches):
            inside = ", ".join(f"{b.name}={b.callee}{_clauses(b)}" for b in branches)
            return f"{place.id}: {mode}({inside}){_clauses(place)}"
        case Each(mode=mode, callee=callee):
            shown = "each" if mode == "par" else mode
            return f"{place.id}: {shown} {callee}{_clauses(place)}"
        case _:
            return place.id


def _clauses(call: Call | Fork | Each | Branch) -> str:
    """Return which clauses follow a call; what they say is in the graph."""
    undo = f" undo {call.undo.callee}" if call.undo else ""
    return (" within" if call.within else "") + undo


def _arrow(edge: Edge) -> str:
    arrow = ARROWS.get(edge.kind, "-->")
    if edge.kind in UNLABELLED:
        return arrow
    text = ", ".join(error.rpartition(".")[2] for error in edge.errors) or edge.kind
    return f'{arrow}|"{_text(text)}"|'


def _text(text: str) -> str:
    """Escape what Mermaid would take for its own syntax."""
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
