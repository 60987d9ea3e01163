"""Compiled graphs that earlier versions wrote are compared, and judged for runs in flight, by this one."""

import gzip
from pathlib import Path

import pytest

from cellc.comparing import load_side
from cellc.compiler.compat.compare import compare
from cellc.compiler.compat.moving import judge
from cellc.language.graph import FORMAT

GRAPHS = sorted((Path(__file__).parents[1] / "fixtures" / "graphs").glob("*.graph.json.gz"))


def test_there_is_one_of_each_format() -> None:
    assert {path.name.partition(".")[0] for path in GRAPHS} >= {f"format-{number}" for number in range(1, FORMAT + 1)}


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.name)
def test_it_is_read_compared_and_judged(path: Path, tmp_path: Path) -> None:
    graph = tmp_path / "old.json"
    graph.write_bytes(gzip.decompress(path.read_bytes()))
    old = load_side(str(graph)).program
    assert compare(old, old).changes == ()
    moving = judge(old, old)
    places = [place for cell in moving.cells.values() for place in cell.places.values()]
    assert places
    assert {place.verdict for place in places} == {"carry"}
