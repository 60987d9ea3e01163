"""Diagrams: every kind of place has a shape, every line leads somewhere, and blocks stand in their cell."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.language.graph import AnyPlace, Program
from cellc.mermaid import SHAPES, diagram

ROOT = Path(__file__).parents[2]
FILES = {
    path.name.removesuffix(".cell.yaml"): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("examples/*/*.cell.yaml"), *ROOT.glob("tests/compiler/graphs/*.cell.yaml"))
}
LINE = re.compile(r'^ +(\w+) (?:-->|-\.->|-\.-)(?:\|"[^"|]*"\|)? (\w+)$')
OPENS = re.compile(
    r"""^\ *subgraph\ (\w+)\ \["[^"]*"\]$
    | ^\ +(\w+?)(?: \(\[ | \[\[ | \[/ | \[ | \{\{ | \{ | \(\( | > )
      "[^"]*"(?: \]\) | \]\] | /\] | \] | \}\} | \} | \)\) )$""",
    re.VERBOSE,
)


@pytest.fixture(params=sorted(FILES))
def program(request: pytest.FixtureRequest, compile_text: Callable[..., Compiled]) -> Program:
    compiled = compile_text(FILES[request.param], "it.cell.yaml", **FILES)
    assert compiled.program is not None
    return compiled.program


def test_every_kind_of_place_has_a_shape() -> None:
    assert SHAPES.keys() == set(get_args(AnyPlace))


def test_a_diagram_has_every_place_and_edge_and_no_line_into_the_void(program: Program) -> None:
    lines = diagram(program).splitlines()
    assert lines[0] == "flowchart TD"
    opened = [m[1] or m[2] for line in lines if (m := OPENS.match(line))]
    drawn = [m.groups() for line in lines if (m := LINE.match(line))]
    cells = program.cells.values()
    python = [cell for cell in cells if cell.graph.python]
    blocks = [cell for cell in cells if "/" in cell.graph.name]
    assert len(opened) == len(set(opened)) == sum(len(c.nodes) for c in cells) + len(cells) + len(python)
    assert len(drawn) == sum(len(cell.edges) for cell in cells) + len(blocks)
    assert {end for line in drawn for end in line} <= set(opened)
    assert len(opened) + len(drawn) + len(cells) + 1 == len(lines)


def test_the_diagram_of_a_cell_holds_its_blocks(compile_text: Callable[..., Compiled]) -> None:
    program = compile_text(FILES["long_form"], "it.cell.yaml").program
    assert program is not None
    titles = re.findall(r'subgraph \w+ \["([^"]*)"\]', diagram(program, "it.fulfil"))
    assert titles == ["it.fulfil", "it.fulfil/job", "it.fulfil/job/loop", "it.fulfil/last", "it.fulfil/review"]
    assert "within" in diagram(program, "it.fulfil")
