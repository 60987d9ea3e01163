"""Small compiled programs by hand, so that the core's tests need no compiler."""

from collections.abc import Collection
from typing import Any

from cellc.language import graph
from cellc.language.expr import names
from cellc.language.graph import (
    FORMAT,
    AnyPlace,
    Bind,
    Call,
    CallsGraph,
    CallsInfo,
    CellGraph,
    CellInfo,
    Choose,
    Each,
    Edge,
    Effect,
    Ir,
    Join,
    Loop,
    Program,
    Raise,
    Return,
    Start,
)
from tests.expressions.python_syntax import ir

PATIENT = graph.Retry(attempts=3, delay=1000, factor=2.0, max_delay=60_000, jitter=0.0)

Steps = list[Any]
"""Statements of a script; see `script`."""


def effect(name: str, **options: Any) -> Effect:
    """Return an effect that takes anything and is `idempotent`, unless `options` say otherwise."""
    defaults = {"input": ["record", []], "output": "json", "delivery": "idempotent", "retry": PATIENT, "contract": ""}
    return Effect(name=name, **{**defaults, **options})


EFFECTS = {
    row.name: row
    for row in (
        effect("work", errors=["Bad"]),
        effect("look", delivery="read"),
        effect("pay", delivery="once"),
        effect("pay_or_say", delivery="once", errors=["Unknown"]),
        effect("shaky", errors=["Unavailable"]),
        effect("keyed", input=["record", [["id", "string"]]], key=["var", "id"]),
        effect("keyed_too", input=["record", [["id", "string"]]], key=["var", "id"]),
        effect("sleep", wait="timer", input=["record", [["for", "duration"]]]),
    )
}


def call(target: str | None, callee: str, **args: str) -> tuple[Any, ...]:
    """Return a call statement or node; `callee` is an effect, or a cell of the program."""
    return ("call", target, callee, {name: ir(text) for name, text in args.items()})


def each(target: str, item: str, items: str, callee: str, limit: str | None = None, **args: str) -> tuple[Any, ...]:
    """Return a fan-out."""
    return ("each", target, item, ir(items), ir(limit) if limit else None, callee, _args(args))


def _args(args: dict[str, str]) -> dict[str, Ir]:
    return {name: ir(text) for name, text in args.items()}


class _Script:
    """Lowers statements to the control-flow graph of a `do` cell.

    Statements: ("bind", name, text) · call(...) · each(...) · ("if", test, steps, steps) · ("for", name, items, steps)
    · ("try", steps, error, name, steps) · ("raise", error, {field: text}) · ("return", text).
    """

    def __init__(self, cells: set[str]) -> None:
        self.nodes: list[AnyPlace] = []
        self.edges: list[Edge] = []
        self._cells = cells
        self._scope: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._tries: list[tuple[str, list[str]]] = []

    def lower(self, steps: Steps) -> None:
        """Add a whole body."""
        self._add(Start(id="start"))
        self._block(steps)
        if self._open:
            self._add(Return(id=self._name("return"), value=["lit", None]))

    def _name(self, base: str) -> str:
        return f"{base}#{len(self.nodes)}"

    def _add(self, place: AnyPlace) -> str:
        self.nodes.append(place)
        for source, kind in self._open:
            self._edge(source, place.id, kind)
        self._open = [(place.id, "next")]
        return place.id

    def _edge(self, source: str, target: str, kind: str, **options: Any) -> None:
        self.edges.append(Edge(source=source, target=target, key=len(self.edges), kind=kind, **options))

    def _block(self, steps: Steps) -> None:
        for kind, *rest in steps:
            getattr(self, f"_{kind}")(*rest)

    def _bind(self, name: str, text: str) -> None:
        self._add(Bind(id=self._name(name), target=name, value=ir(text), scope=list(self._scope)))

    def _call(self, target: str | None, callee: str, args: dict[str, Ir]) -> None:
        self._fallible(
            Call(
                id=self._name(callee),
                target=target,
                callee=callee,
                cell=callee in self._cells,
                args=args,
                scope=list(self._scope),
            )
        )

    def _each(self, target: str, item: str, items: Ir, limit: Ir | None, callee: str, args: dict[str, Ir]) -> None:
        self._fallible(
            Each(
                id=self._name(callee),
                target=target,
                mode="par",
                item=[item],
                items=items,
                limit=limit,
                callee=callee,
                cell=callee in self._cells,
                args=args,
                scope=list(self._scope),
            )
        )

    def _raise(self, error: str, fields: dict[str, str]) -> None:
        self._fallible(Raise(id=self._name("raise"), error=error, fields=_args(fields), scope=list(self._scope)))
        self._open = []

    def _fallible(self, place: AnyPlace) -> None:
        self._add(place)
        if self._tries:
            self._tries[-1][1].append(place.id)

    def _if(self, test: str, then: Steps, other: Steps) -> None:
        choose = self._add(Choose(id=self._name("choose"), test=ir(test), scope=list(self._scope)))
        self._open = [(choose, "then")]
        self._block(then)
        ends, self._open = self._open, [(choose, "else")]
        self._block(other)
        self._open += ends
        if self._open:
            self._add(Join(id=self._name("join"), scope=list(self._scope)))

    def _for(self, name: str, items: str, body: Steps) -> None:
        place = Loop(id=self._name("loop"), targets=[name], items=ir(items), scope=list(self._scope))
        loop = self._add(place)
        self._open = [(loop, "item")]
        self._scope.append(loop)
        self._block(body)
        self._scope.pop()
        for source, kind in self._open:
            self._edge(source, loop, kind)
        self._open = [(loop, "else")]

    def _try(self, body: Steps, error: str, name: str, handler: Steps) -> None:
        self._tries.append((error, []))
        self._block(body)
        _, raising = self._tries.pop()
        ends, self._open = self._open, []
        catch = self._add(Join(id=self._name("join"), scope=list(self._scope)))
        for source in raising:
            self._edge(source, catch, "error", errors=[error], binding=name)
        self._block(handler)
        self._open += ends
        if self._open:
            self._add(Join(id=self._name("join"), scope=list(self._scope)))

    def _return(self, text: str) -> None:
        self._add(Return(id=self._name("return"), value=ir(text), scope=list(self._scope)))
        self._open = []


def script(name: str, inputs: list[str], steps: Steps, cells: Collection[str] = ()) -> CellGraph:
    """Return a `do` cell."""
    builder = _Script(set(cells))
    builder.lower(steps)
    return _cell(name, "do", inputs, builder.nodes, builder.edges)


def topology(
    name: str, inputs: list[str], nodes: dict[str, Any], result: str, cells: Collection[str] = ()
) -> CellGraph:
    """Return a topology; a node is a statement, or (statement, {"when": text, "after": [node...]})."""
    places: list[AnyPlace] = []
    edges: list[Edge] = []
    for node, written in nodes.items():
        statement, clauses = written if isinstance(written[0], tuple) else (written, {})
        place = _topology_place(node, statement, clauses, set(cells))
        places.append(place)
        sources = _reads(place) & set(nodes)
        for source in sorted(sources | set(clauses.get("after", []))):
            kind = "data" if source in sources else "after"
            edges.append(Edge(source=source, target=node, key=len(edges), kind=kind))
    places.append(Return(id="return", value=ir(result)))
    return _cell(name, "topology", inputs, places, edges)


def _topology_place(node: str, statement: tuple[Any, ...], clauses: dict[str, Any], cells: set[str]) -> AnyPlace:
    when = ir(clauses["when"]) if "when" in clauses else None
    kind, *rest = statement
    match kind:
        case "bind":
            return Bind(id=node, target=node, value=ir(rest[1]), when=when)
        case "call":
            _, callee, args = rest
            return Call(id=node, target=node, callee=callee, cell=callee in cells, args=args, when=when)
        case "each":
            _, item, items, limit, callee, args = rest
            return Each(
                id=node,
                target=node,
                mode="par",
                item=[item],
                items=items,
                limit=limit,
                callee=callee,
                cell=callee in cells,
                args=args,
                when=when,
            )
        case _:
            return Raise(id=node, error=rest[0], fields=_args(rest[1]), when=when)


def _reads(place: AnyPlace) -> set[str]:
    match place:
        case Bind(value=value, when=when):
            found = [value, when]
        case Each(items=items, limit=limit, args=args, when=when):
            found = [items, limit, when, *args.values()]
        case Call(args=args, when=when):
            found = [when, *args.values()]
        case Raise(fields=fields, when=when):
            found = [when, *fields.values()]
        case _:
            found = []
    return {name for expression in found if expression is not None for name in names(expression)}


def _cell(name: str, mode: str, inputs: list[str], nodes: list[AnyPlace], edges: list[Edge]) -> CellGraph:
    contract = CellInfo(name=name, mode=mode, input=["record", [[i, "json"] for i in inputs]], output="json")
    return CellGraph(graph=contract, nodes=nodes, edges=edges)


def program(main: str, *cells: CellGraph) -> Program:
    """Return a program of these cells, with all of EFFECTS and one error, Bad."""
    return Program(
        format=FORMAT,
        edition=1,
        module="test",
        version="1.0.0",
        main=main,
        types={},
        errors={"Bad": ["record", [["why", "string"]]]},
        effects=EFFECTS,
        cells={cell.graph.name: cell for cell in cells},
        calls=CallsGraph(graph=CallsInfo(module="test"), nodes=[], edges=[]),
        spans={},
        sha256="graph",
    )
