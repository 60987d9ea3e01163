"""The bodies of `topology` cells: named nodes whose references are the edges.

Nodes are checked in an order in which each comes after those that it refers to, ties by name, so that the order in
which they are written means nothing. A cycle is reported once and its nodes are taken as broken.
"""

from collections.abc import Collection, Iterator, Mapping
from graphlib import TopologicalSorter

from msgspec import structs

from cellc.compiler.body import Body, Escape
from cellc.compiler.calls import Calls
from cellc.compiler.casts import INVALID
from cellc.compiler.combinators import Flows, looks_like_call, refuse_clauses
from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected
from cellc.compiler.free_names import free_names
from cellc.compiler.liveness import of_topology, uses
from cellc.compiler.long_form import LongForm
from cellc.compiler.places import Places
from cellc.compiler.raising import error_fields
from cellc.compiler.scope import Local, Scope, inputs
from cellc.compiler.symbols import CellSymbol, Names
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.graph import AnyPlace, Bind, Ir, Raise, Return
from cellc.language.span import Span
from cellc.language.types import BROKEN, Broken, Null, Type, optional

RETURN = "return"


def topology(cell: CellSymbol, body: ast.TopologyBody, names: Names) -> Body:
    """Check and lower the body of a `topology` cell."""
    return _Topology(cell, body, names).run()


class _Topology:
    def __init__(self, cell: CellSymbol, body: ast.TopologyBody, names: Names) -> None:
        self._cell = cell
        self._result = body.result
        self._names = names
        self._report = names.report
        self._nodes = {n.name.text: n for n in body.nodes}
        self._expressions = Expressions(names, self._fresh, raises=True)
        self._types = self._expressions.types
        self._places = Places(self._types, frozenset(self._nodes))
        self._calls = Calls(self._expressions)
        self._long_form = LongForm(cell, Flows(self._calls))
        self._body = Body(cell, self._places, mode="topology", complete=not cell.unit.torn(cell.decl.span))
        self._inputs = inputs(cell.input)
        self._above: dict[str, frozenset[str]] = {}
        self._references: set[str] = set()

    def _fresh(self, base: str) -> str:
        return self._places.fresh(base)

    def run(self) -> Body:
        self._own_names()
        scope: dict[str, Local] = dict(self._inputs)
        for name in self._order():
            type_ = self._node(self._nodes[name], scope)
            scope[name] = Local(type_, name)
        before = self._report.count
        self._return(scope)
        if self._report.count == before:
            self._unused(scope)
        self._body.ordered = self._body.ordered and not self._expressions.lost
        self._body.complete = self._body.complete and not self._expressions.lost
        self._body.blocks = self._long_form.blocks
        self._body.live = of_topology(self._places.nodes, self._places.edges)
        return self._body

    def _own_names(self) -> None:
        spans = {f.name.text: f.name.span for f in self._cell.decl.input}
        for name, node in self._nodes.items():
            if name in spans:
                label = Label(spans[name], "an input of this name")
                self._report.add("E206", node.name.span, labels=(label,), name=name)

    # --- order ---

    def _order(self) -> list[str]:
        waits = {name: self._waits_for(node) for name, node in sorted(self._nodes.items())}
        for cycle in _cycles(waits):
            self._body.ordered = False
            first = min(cycle, key=lambda n: self._nodes[n].name.span)
            at = cycle.index(first)
            shown = " -> ".join((*cycle[at:], *cycle[: at + 1]))
            labels = tuple(Label(self._nodes[n].name.span, "in the cycle") for n in cycle if n != first)[:2]
            self._report.add("E500", self._nodes[first].name.span, labels=labels, cycle=shown)
            waits = {n: w - set(cycle) if n in cycle else w for n, w in waits.items()}
        sorter = TopologicalSorter(waits)
        sorter.prepare()
        order: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            order += ready
            sorter.done(*ready)
        return order

    def _waits_for(self, node: ast.Node) -> set[str]:
        """Return the nodes that a node refers to.

        A comprehension's own names hide nodes, and in its `undo` a node's own name is its result.
        """
        flow = node.value
        undo = set(free_names(flow.undo)) - {node.name.text} if isinstance(flow, ast.Flow) else set()
        named = structs.replace(flow, undo=None) if isinstance(flow, ast.Flow) else flow
        return ({i.text for i in flow.after} | set(free_names((named, node.policies))) | undo) & self._nodes.keys()

    # --- nodes ---

    def _node(self, node: ast.Node, scope: Mapping[str, Local]) -> Type:
        flow = node.value
        self._refuse_policies(node, scope)
        visible = self._visible(scope)
        when = None
        if flow.when is not None:
            before = self._report.count
            when = self._expressions.test(flow.when, visible, "`when`")
            if self._report.count > before:  # what it would have told apart is not known
                visible = {n: Local(BROKEN, x.slot) for n, x in visible.items()}
            self._casts(node.name.text)  # no `catch` of the node is around these
            visible = self._expressions.after(flow.when, True, visible)
        if isinstance(flow, ast.Raise):
            self._guard(node, flow, when, visible)
            return Null()
        if self._calls.is_call(flow.value, visible):
            type_ = self._call(node, flow, flow.value, when, visible)
        else:
            refuse_clauses(flow, self._report)
            type_ = self._bind(node, flow.value, when, visible)
        return type_ if when is None or isinstance(type_, Broken) else optional(type_)

    def _refuse_policies(self, node: ast.Node, scope: Scope) -> None:
        """Report what the long form says of something that is no call, and what it says of rounds when there are none.

        The front knows where the values of its keys are, not the keys: a policy is shown there.
        """
        policies, flow = node.policies, node.value
        if policies is None:
            return
        rounds = {"every": policies.every, "max": policies.max, "from": policies.initial}
        written = {name: value.span for name, value in rounds.items() if value is not None}
        if isinstance(flow, ast.Flow) and self._calls.is_call(flow.value, scope):
            for name, span in written.items() if policies.until is None else ():
                self._report.add("E509", span, name=name)
            return
        if isinstance(flow, ast.Flow) and looks_like_call(flow.value):
            return
        for name, span in (
            *(("catch", catch.error.span) for catch in policies.catch[:1]),
            *((("until", policies.until.span),) if policies.until else ()),
            *written.items(),
        ):
            self._report.add("E602", span, name=name)

    def _visible(self, scope: Mapping[str, Local]) -> Scope:
        """Return what a node may refer to: in a broken cycle, nodes that come later have no known type."""
        later = {n: Local(BROKEN, n) for n in self._nodes if n not in scope}
        return {**scope, **later}

    def _call(self, node: ast.Node, flow: ast.Flow, call: ast.Call, when: Ir | None, scope: Scope) -> Type:
        name = node.name.text
        request = self._long_form.request(node, flow, call, scope)
        if request is None:
            self._body.complete = False
            self._add(Bind(id=name, target=name, value=["lit", None]), node, scope)
            return BROKEN
        self._add(request.at(name, True, name, when), node, scope)
        self._body.add_sites(name, request.asked)
        self._body.complete = self._body.complete and not request.doubtful
        self._body.escapes += [Escape(error, source, name) for error, source in request.errors.items()]
        return Null() if request.result is None else request.result

    def _bind(self, node: ast.Node, expr: ast.Expr, when: Ir | None, scope: Scope) -> Type:
        value = self._expressions.infer(expr, scope)
        name = node.name.text
        self._add(Bind(id=name, explicit=True, target=name, value=value.ir, when=when), node, scope)
        return value.type

    def _guard(self, node: ast.Node, flow: ast.Raise, when: Ir | None, scope: Scope) -> None:
        error = self._names.error(flow.error)
        if error is None:
            self._body.complete = False
            self._add(Bind(id=node.name.text, target=None, value=["lit", None]), node, scope)
            return
        fields = error_fields(error, flow, self._expressions, scope)
        self._add(Raise(id=node.name.text, explicit=True, error=error.name, fields=fields, when=when), node, scope)
        self._body.escapes.append(Escape(error.name, flow.span, node.name.text))
        self._body.guards.append(node.name.text)

    # --- the result ---

    def _return(self, scope: dict[str, Local]) -> None:
        decl, output = self._cell.decl, self._cell.output
        value: Ir = ["lit", None]
        if self._result is None:
            unread = self._cell.unit.lost("return", decl.span)
            if output is not None and not isinstance(output, Broken) and not unread:
                self._report.add("E503", decl.name.span, cell=decl.name.text, type=self._types.show(output))
        elif output is None:
            self._report.add("E506", self._result.span, cell=decl.name.text)
        elif self._calls.is_call(self._result, scope):
            what = "an output, which is an expression over the nodes"
            help_ = "make the call a node of its own"
            self._report.add("E313", self._result.span, name=self._result.callee.text, what=what, help=help_)
        else:
            expected = Expected(output, f"the output of `{decl.name.text}`")
            value = self._expressions.check(self._result, scope, expected).ir
        span = self._result.span if self._result is not None else decl.name.span
        self._place(Return(id=RETURN, explicit=True, value=value), span, scope, ())

    def _unused(self, scope: Scope) -> None:
        if not self._body.complete or self._expressions.lost:
            return
        used = self._expressions.read | self._references
        for name, node in self._nodes.items():
            if name in used or isinstance(scope[name].type, Broken | Null):
                continue
            if isinstance(self._places.nodes[name], Bind):
                self._report.add("W507", node.name.span, name=name)
            else:
                self._body.unread.append(name)

    # --- places and edges ---

    def _add(self, place: AnyPlace, node: ast.Node, scope: Scope) -> None:
        written = self._waits_for(node) if self._report.failed else set()  # what is wrong may have lost what it reads
        self._place(place, node.name.span, scope, node.value.after, written)

    def _place(
        self, place: AnyPlace, span: Span, scope: Scope, after: tuple[ast.Ident, ...], written: Collection[str] = ()
    ) -> None:
        # What comes later is here only in a cycle, which has been reported: the graph stays without one.
        references = sorted({*uses(place), *written} & self._places.nodes.keys())
        waits = [i.text for i in after if self._is_node(i) and i.text in self._places.nodes]
        self._references |= set(waits)
        sources = dict.fromkeys((*references, *waits))
        self._above[place.id] = frozenset(sources).union(*(self._above.get(s, frozenset()) for s in sources))
        known = {n: x for n, x in scope.items() if n in self._inputs or n in self._above[place.id]}
        self._places.open = []
        self._places.add(place, span, known)
        self._places.open = []
        self._casts(place.id)
        for source in references:
            self._places.edge(source, place.id, "data")
        for source in sorted(set(waits) - set(references)):
            self._places.edge(source, place.id, "after")

    def _casts(self, place: str) -> None:
        """Note what the casts that were met may end a place in."""
        for cast in self._expressions.casts.take():
            self._body.complete = self._body.complete and not cast.doubtful
            self._body.escapes += [] if cast.doubtful else [Escape(INVALID, cast.span, place)]

    def _is_node(self, ident: ast.Ident) -> bool:
        if ident.text in self._nodes:
            return True
        if not self._names.forgiven(ident.text):
            near = "inputs are there from the start" if ident.text in self._inputs else ""
            self._report.add("E508", ident.span, name=ident.text, near=near or suggest.hint(ident.text, self._nodes))
        self._expressions.lost = True
        return False


def _cycles(waits: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Yield one cycle for each group of nodes that wait for each other, whatever order they are written in."""
    done: set[str] = set()
    for start in sorted(waits):
        if start in done:
            continue
        cycle = _cycle_through(start, waits, done)
        if cycle is not None:
            done |= _group(cycle[0], waits)
            yield cycle


def _cycle_through(start: str, waits: Mapping[str, set[str]], done: set[str]) -> list[str] | None:
    """Return a shortest cycle through `start`, along what each node waits for; None when there is none."""
    came: dict[str, str] = {}
    level = [start]
    while level:
        following = []
        for node in level:
            for source in sorted(waits[node] - done):
                if source == start:
                    path = [node]
                    while path[-1] != start:
                        path.append(came[path[-1]])
                    return path
                if source not in came:
                    came[source] = node
                    following.append(source)
        level = following
    return None


def _group(node: str, waits: Mapping[str, set[str]]) -> set[str]:
    """Return the nodes that wait for `node` and for which it waits."""
    back: dict[str, set[str]] = {n: set() for n in waits}
    for name, sources in waits.items():
        for source in sources:
            back[source].add(name)
    return _reach(node, waits) & _reach(node, back)


def _reach(node: str, edges: Mapping[str, set[str]]) -> set[str]:
    seen, work = {node}, [node]
    while work:
        for other in edges[work.pop()] - seen:
            seen.add(other)
            work.append(other)
    return seen
