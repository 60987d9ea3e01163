"""What every compiled graph keeps to, whatever the program: what the runtime and migration stand on."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from cellc.compiler.irs import variables
from cellc.compiler.liveness import uses
from cellc.compiler.pipeline import Compiled
from cellc.compiler.python_cells import WHOLE
from cellc.language.expr import names
from cellc.language.graph import AnyPlace, CellGraph, Choose, Loop, Match, Program, Raise, Return, Start, While

ROOT = Path(__file__).parents[2]
FILES = {
    path.name.removesuffix(".cell.yaml"): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("examples/*/*.cell.yaml"), *Path(__file__).parent.glob("graphs/*.cell.yaml")])
}
TOKEN = re.compile(r"[\w.]+|[^\w\s]")
WORDS = [word for text in FILES.values() for word in TOKEN.findall(text)]


def compile_beside(text: str, compile_text: Callable[..., Compiled]) -> Compiled:
    return compile_text(text, "it.cell.yaml", **FILES)


@pytest.fixture(params=sorted(FILES))
def program(request: pytest.FixtureRequest, compile_text: Callable[..., Compiled]) -> Program:
    compiled = compile_beside(FILES[request.param], compile_text)
    assert compiled.program is not None
    return compiled.program


def scripts(program: Program) -> Iterator[CellGraph]:
    return (cell for cell in program.cells.values() if cell.graph.mode == "do")


def check_program(program: Program) -> None:
    for cell in program.cells.values():
        places = {place.id for place in cell.nodes}
        assert len(places) == len(cell.nodes)
        assert {end for edge in cell.edges for end in (edge.source, edge.target)} <= places
        assert len({(edge.source, edge.key) for edge in cell.edges}) == len(cell.edges)
        assert set(program.spans[cell.graph.name]) == (places if cell.graph.mode != "python" else {WHOLE})
    for cell in scripts(program):
        assert [place.id for place in cell.nodes if isinstance(place, Start)] == ["start"]
        for place in cell.nodes:
            assert set(place.live) <= place.types.keys(), place.id
            assert uses(place) <= set(place.live), place.id


def test_what_is_live_at_a_place_has_a_type_there(program: Program) -> None:
    check_program(program)


def ways_out(place: AnyPlace) -> list[str]:
    match place:
        case Return() | Raise():
            return []
        case Loop():
            return ["else", "item"]
        case While(test=["lit", True]):
            return ["item"]
        case While():
            return ["else", "item"]
        case Choose():
            return ["else", "then"]
        case Match(cases=cases):
            return ["case"] * len(cases)
        case _:
            return ["next"]


def test_a_script_goes_on_from_every_place_but_an_end(program: Program) -> None:
    for cell in scripts(program):
        for place in cell.nodes:
            ways = sorted(edge.kind for edge in cell.edges if edge.source == place.id and edge.kind != "error")
            assert ways == ways_out(place)


def test_a_loop_names_itself_in_the_scope_of_its_body(program: Program) -> None:
    for cell in scripts(program):
        kinds = {place.id: place for place in cell.nodes}
        for edge in cell.edges:
            if edge.kind == "item" and edge.target != edge.source:
                assert isinstance(kinds[edge.source], Loop | While)
                assert edge.source in kinds[edge.target].scope


def test_variables_are_the_names_that_are_not_bound_inside() -> None:
    clauses = [[["x#1"], ["var", "xs"], [["cmp", [["var", "x#1"], ">", ["var", "least"]]]]]]
    ir = [
        "call",
        "sorted",
        [["comp", ["field", ["var", "x#1"], "n"], clauses]],
        {"by": ["+", ["var", "it"], ["var", "n"]]},
    ]
    assert variables(ir) == {"xs", "least", "n"}
    assert set(names(ir)) == {"xs", "least", "n", "x#1", "it"}
    assert variables(["check", ["slice", ["var", "a"], None, ["lit", 1]], ["ref", "var"]]) == {"a"}
    assert variables(["format", [["lit", "x"], ["if", ["is", ["var", "b"], "int"], ["var", "c"], ["lit", None]]]]) == {
        "b",
        "c",
    }


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_module_has_problems_or_a_sound_program(seed: int, compile_text: Callable[..., Compiled]) -> None:
    random = Random(seed)  # noqa: S311 -- reproducible damage
    text = FILES[random.choice(sorted(FILES))]
    for _ in range(random.randint(1, 3)):
        token = random.choice(list(TOKEN.finditer(text)))
        text = text[: token.start()] + random.choice([random.choice(WORDS), "", token[0] * 2]) + text[token.end() :]
    compiled = compile_beside(text, compile_text)
    assert all(d.message and d.hint is not None for d in compiled.diagnostics)
    if compiled.program is None:
        assert compiled.diagnostics
    else:
        check_program(compiled.program)
