"""Random small programs over whole numbers: scripts, topologies, fan-outs, errors, timers, cells inside cells."""

from typing import Any

from hypothesis import strategies as st

from cellc.language.graph import CellGraph, Program
from tests.runtime.core.building import call, each, program, script, topology

SECOND = "(parse_datetime('2026-01-01T00:00:01Z') - parse_datetime('2026-01-01T00:00:00Z'))"
numbers = st.one_of(st.integers(0, 20).map(str), st.just("n"), st.integers(1, 6).map(lambda i: f"(n * {i} + 1)"))
lists = st.lists(st.integers(0, 12), min_size=1, max_size=5).map(str)
limits = st.sampled_from([None, "1", "2"])


def _effect_calls() -> st.SearchStrategy[tuple[Any, ...]]:
    plain = st.tuples(st.sampled_from(["work", "look", "shaky"]), numbers)
    return plain.map(lambda t: call("n", t[0], x=t[1]))


def _steps(cells: list[str], *, faults: bool) -> st.SearchStrategy[list[Any]]:
    simple = [
        _effect_calls(),
        _effect_calls(),
        numbers.map(lambda text: ("bind", "n", text)),
        st.integers(1, 3).map(lambda i: call(None, "sleep", **{"for": f"{SECOND} * {i}"})),
        st.tuples(lists, limits, numbers).map(
            lambda t: each("ns", "i", t[0], "work", t[1], x=f"i + {t[2]}"),
        ),
        numbers.map(lambda text: ("if", f"{text} % 3 == 0", [("raise", "Bad", {"why": f"str({text})"})], [])),
    ]
    if cells:
        simple += [
            st.tuples(st.sampled_from(cells), numbers).map(lambda t: call("n", t[0], n=t[1])),
            st.tuples(st.sampled_from(cells), lists, limits).map(lambda t: each("ns", "i", t[1], t[0], t[2], n="i")),
        ]
    if faults:
        simple.append(st.integers(0, 3).map(lambda i: ("bind", "n", f"10 // (n - {i})")))
    return st.recursive(st.lists(st.one_of(simple), min_size=2, max_size=4), _compound, max_leaves=5)


def _compound(inner: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
    statement = st.one_of(
        st.tuples(numbers, inner, inner).map(lambda t: ("if", f"{t[0]} % 2 == 0", t[1], t[2])),
        st.tuples(lists, inner).map(lambda t: ("for", "i", t[0], [*t[1], ("bind", "n", "n + i")])),
        st.tuples(inner, inner).map(lambda t: ("try", t[0], "Bad", "e", [*t[1], ("bind", "n", "n + len(e.why)")])),
        _effect_calls(),
    )
    return st.lists(statement, min_size=1, max_size=3)


def _cut(steps: list[Any]) -> list[Any]:
    """Leave out what stands after a `raise`."""
    kept: list[Any] = []
    for step in steps:
        kept.append(_cut_inside(step))
        if _ends(kept[-1]):
            break
    return kept


def _cut_inside(step: Any) -> Any:
    match step:
        case ("if", test, then, other):
            return ("if", test, _cut(then), _cut(other))
        case ("for", name, items, body):
            return ("for", name, items, _cut(body))
        case ("try", body, error, name, handler):
            return ("try", _cut(body), error, name, _cut(handler))
        case _:
            return step


def _ends(step: Any) -> bool:
    kind, *rest = step
    match kind:
        case "raise":
            return True
        case "if":
            return all(part and _ends(part[-1]) for part in rest[1:])
        case "try":
            return all(part and _ends(part[-1]) for part in (rest[0], rest[3]))
        case _:
            return False


@st.composite
def scripts(draw: st.DrawFn, name: str, cells: list[str], *, faults: bool) -> CellGraph:
    steps = _cut(draw(_steps(cells, faults=faults)))
    if not (steps and _ends(steps[-1])):
        steps = [*steps, ("return", "n")]
    return script(name, ["n"], steps, cells)


@st.composite
def topologies(draw: st.DrawFn, name: str, cells: list[str], *, faults: bool) -> CellGraph:
    nodes: dict[str, Any] = {}
    for i in range(draw(st.integers(3, 7))):
        sources = draw(st.lists(st.sampled_from(["n", *nodes]), max_size=2, unique=True))
        value = " + ".join([str(draw(st.integers(0, 9))), *(f"({s} ?? 0)".replace("??", "or") for s in sources)])
        nodes[f"t{i}"] = (draw(_nodes(value, cells, faults)), draw(_clauses(list(nodes))))
    total = " + ".join(["n", *(f"(t{i} or 0)" for i in range(len(nodes)))])
    return topology(name, ["n"], nodes, total, cells)


def _nodes(value: str, cells: list[str], faults: bool) -> st.SearchStrategy[tuple[Any, ...]]:
    choices = [
        *([] if cells else [st.just(("bind", "_", value))]),
        st.sampled_from(["work", "look", "shaky"]).map(lambda e: call("_", e, x=value)),
        *([st.sampled_from(cells).map(lambda c: call("_", c, n=value))] if cells else []),
        *([st.just(("bind", "_", f"100 // ({value} - 4)"))] if faults else []),
    ]
    return st.one_of(choices)


def _clauses(earlier: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    when = st.sampled_from([{}, {}, {"when": "n % 2 == 0"}])
    if not earlier:
        return when
    after = st.lists(st.sampled_from(earlier), max_size=2, unique=True)
    return st.tuples(when, after).map(lambda t: {**t[0], "after": t[1]})


@st.composite
def programs(draw: st.DrawFn, *, faults: bool = True) -> Program:
    """Draw a program of up to three cells, each calling only those before it."""
    cells: list[CellGraph] = []
    for name in ("inner", "middle", "main")[draw(st.integers(0, 1)) :]:
        known = [cell.graph.name for cell in cells]
        cells.append(draw(st.one_of(scripts(name, known, faults=faults), topologies(name, known, faults=faults))))
    return program("main", *cells)
