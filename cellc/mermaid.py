"""A compiled program as a Mermaid flowchart: one subgraph for each cell, one shape for each kind of place."""

from collections.abc import Iterator, Mapping

from cellc.language.graph import (
    AnyPlace,
    Bind,
    Call,
    CellGraph,
    Choose,
    Each,
    Edge,
    Join,
    Loop,
    Program,
    Raise,
    Return,
    Start,
)

SHAPES: Mapping[type, tuple[str, str]] = {
    Start: ("([", "])"),
    Bind: ("[", "]"),
    Call: ("[[", "]]"),
    Each: ("[[", "]]"),
    Choose: ("{", "}"),
    Loop: ("{{", "}}"),
    Join: ("((", "))"),
    Raise: (">", "]"),
    Return: ("([", "])"),
}
"""Brackets around a place's text, by its kind."""

ARROWS: Mapping[str, str] = {"after": "-.->", "error": "-.->"}
"""Dotted where no data and no ordinary control flows."""

UNLABELLED = frozenset({"next", "data"})


def diagram(program: Program, cell: str | None = None) -> str:
    """Return the diagram of one cell, or of all of them in the order of their names."""
    names = [cell] if cell else sorted(program.cells)
    lines = ["flowchart TD"]
    for number, name in enumerate(names):
        lines += _cell(program.cells[name], f"c{number}", name)
    return "\n".join(lines)


def _cell(graph: CellGraph, prefix: str, name: str) -> Iterator[str]:
    ids = {place.id: f"{prefix}n{number}" for number, place in enumerate(graph.nodes)}
    yield f'  subgraph {prefix} ["{_text(name)}"]'
    for place in graph.nodes:
        left, right = SHAPES[type(place)]
        yield f'    {ids[place.id]}{left}"{_text(_label(place))}"{right}'
    for edge in graph.edges:
        yield f"    {ids[edge.source]} {_arrow(edge)} {ids[edge.target]}"
    yield "  end"


def _label(place: AnyPlace) -> str:
    match place:
        case Call(callee=callee):
            return f"{place.id}: {callee}"
        case Each(callee=callee):
            return f"{place.id}: each {callee}"
        case _:
            return place.id


def _arrow(edge: Edge) -> str:
    arrow = ARROWS.get(edge.kind, "-->")
    if edge.kind in UNLABELLED:
        return arrow
    text = ", ".join(error.rpartition(".")[2] for error in edge.errors) or edge.kind
    return f'{arrow}|"{_text(text)}"|'


def _text(text: str) -> str:
    """Escape what Mermaid would take for its own syntax."""
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
