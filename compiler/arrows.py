"""Arrow pipelines, `parse -> price -> charge`, as the topologies that they stand for.

A pipeline means exactly what it means written out: a node for each step, called after it; the first takes the cell's
inputs by their names, each next one the result of the one before; the last is the output. So it is rewritten, every
part of it with the span of its step, and nothing after this knows that there was an arrow. A step may be a function:
`parse -> len` calls it with what `parse` gave.
"""

from cellc.compiler.symbols import CellSymbol, Names
from cellc.language import ast


def as_topology(cell: CellSymbol, body: ast.PipelineBody, names: Names) -> ast.TopologyBody:
    """Return a pipeline in the long form."""
    nodes: list[ast.Node] = []
    taken = {field.name for field in cell.input.fields}
    for step in body.steps:
        name = ast.Ident(_free(step.text.rpartition(".")[2], taken), step.span)
        taken.add(name.text)
        arguments = (_result_of(nodes[-1], step),) if nodes else _inputs(cell, step, names)
        call = ast.Call(step, arguments, step.span)
        nodes.append(ast.Node(name, ast.Flow(call, None, (), None, None, step.span), step.span))
    result = ast.Name(nodes[-1].name.text, nodes[-1].span) if nodes and cell.output is not None else None
    return ast.TopologyBody(tuple(nodes), result, body.span)


def _free(base: str, taken: set[str]) -> str:
    """Return the step's own name, or one with an ordinal where an input or an earlier step has that name."""
    if base not in taken:
        return base
    return next(name for n in range(2, len(taken) + 3) if (name := f"{base}#{n}") not in taken)


def _inputs(cell: CellSymbol, step: ast.Ident, names: Names) -> tuple[ast.Argument, ...]:
    callee = names.peek(step.text)
    wanted = [f.name for f in callee.input.fields if cell.input.get(f.name) is not None] if callee else []
    named = ((ast.Ident(name, step.span), ast.Name(name, step.span)) for name in wanted)
    return tuple(ast.Argument(ident, value, spread=False, span=step.span) for ident, value in named)


def _result_of(before: ast.Node, step: ast.Ident) -> ast.Argument:
    return ast.Argument(None, ast.Name(before.name.text, step.span), spread=False, span=step.span)
