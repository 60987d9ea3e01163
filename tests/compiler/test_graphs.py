"""Golden graphs: what a module compiles to, reviewed in the diff, written by `pytest --update-golden` only."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import networkx as nx
import pytest

from cellc.compiler.networks import program_graph, to_networkx
from cellc.compiler.pipeline import Compiled
from cellc.language.graph import Program, dump, load

GRAPHS = Path(__file__).parent / "graphs"
EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = {p.name.removesuffix(".cell.yaml"): p for p in (*GRAPHS.glob("*.cell.yaml"), *EXAMPLES.glob("*/*.cell.yaml"))}
MODULES = sorted(SOURCES)


def compiled(name: str, compile_text: Callable[..., Compiled]) -> Program:
    others = {other: path.read_text(encoding="utf-8") for other, path in SOURCES.items()}
    result = compile_text(others.pop(name), f"{name}.cell.yaml", **others)
    assert [d.message for d in result.diagnostics] == []
    assert result.program is not None
    return result.program


@pytest.mark.parametrize("name", MODULES)
def test_a_module_compiles_to_its_graph(name: str, compile_text: Callable[..., Compiled], update_golden: bool) -> None:
    golden = GRAPHS / f"{name}.graph.json"
    program = compiled(name, compile_text)
    text = json.dumps(json.loads(dump(program)), indent=1, sort_keys=True) + "\n"
    if update_golden:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_module() -> None:
    assert sorted(p.name.removesuffix(".graph.json") for p in GRAPHS.glob("*.graph.json")) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_a_saved_graph_is_what_networkx_loads(name: str, compile_text: Callable[..., Compiled]) -> None:
    program = compiled(name, compile_text)
    saved = json.loads(dump(program))
    for cell in program.cells.values():
        graph = to_networkx(cell)
        again = nx.node_link_graph(saved["cells"][cell.graph.name], edges="edges")
        assert isinstance(again, nx.MultiDiGraph)
        assert nx.utils.graphs_equal(graph, again)
        assert sorted(graph) == sorted(place.id for place in cell.nodes)
        assert graph.number_of_edges() == len(cell.edges)
    assert nx.utils.graphs_equal(program_graph(program), nx.node_link_graph(saved["calls"], edges="edges"))


@pytest.mark.parametrize("name", MODULES)
def test_a_saved_program_reads_back_as_itself(name: str, compile_text: Callable[..., Compiled]) -> None:
    program = compiled(name, compile_text)
    assert dump(load(dump(program))) == dump(program)
    assert msgspec.json.decode(dump(program))["sha256"] == program.sha256
