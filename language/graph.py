"""The compiled program: what the compiler emits, the log keeps, the runtime interprets and migration compares.

Each cell is one directed multigraph in node-link form (`networkx.node_link_graph(cell, edges="edges")` loads it as it
stands); `Program.calls` is the graph of which cell calls which. Everything here is plain data with a canonical JSON
text; the runtime reads it without importing networkx.

**Names.** Types, errors, effects and cells are qualified by their module ("shop.orders.charge"), standard effects by
theirs ("http.post"). Nodes have stable names: the variable or node name where the user gave one (`explicit`), else the
callee's last name, or the kind, and an ordinal ("charge", "charge#2", "choose#1"). Bindings are the user's variable
names; a comprehension's own variables are renamed `name#n` so that no two scopes of a cell share a name.

**Expressions** are JSON arrays (`Ir`), operator first:

    ["lit", V]  V in the tagged value encoding of `values.py`      ["var", NAME]
    ["field", E, NAME]  absent reads null                           ["index", E, I]  out of range or absent gives null
    ["slice", E, LOW|null, HIGH|null]                               ["neg", E] ["pos", E] ["not", E]
    ["+", A, B] and - * / // % **                                   ["and", A, B] ["or", A, B] ["??", A, B]
    ["cmp", [E0, OP1, E1, OP2, E2...]]  OP one of == != < <= > >= in "not in"; each E evaluated once, left to right
    ["is", E, T]  whether the value fits type T                     ["if", TEST, THEN, ELSE]
    ["list", [E...]]   ["record", [[NAME, E]...]]  a null entry for an optional field is dropped by ["project", ...]
    ["comp", E, CLAUSES]  ["mapcomp", K, V, CLAUSES]   CLAUSES: [[[TARGET...], ITEMS, [COND...]]...], innermost last
    ["call", BUILTIN, [E...], {NAME: E}]   `by=` arguments are expressions over the variable "it"
    ["format", [E...]]  text of each part, joined                   ["float", E] ["decimal", E]  exact widening of int
    ["project", E, T]  drop what T does not declare; absent for null where T's field is optional
    ["check", E, T]    a fault when the value does not fit T (an inserted run-time check)

T is a type as `type_codec.py` writes it. Named types are looked up in `Program.types`.

**A `do` cell** is a control-flow graph walked from its `start` node along `next` edges: `choose` goes on along `then`
or `else`; `loop` takes its items once, binds the next one and follows `item`, and follows `else` when none is left. A
call, each or raise whose error matches one of its `error` edges (in order of `key`, first match wins) goes on there,
with the error in the edge's `binding`; without a match the error ends the cell. A `return` ends it.

**A topology** has no control edges: a node starts when every source of its `data` and `after` edges is done or skipped;
where its `when` is false it is skipped and its value is null. Its one `return` node runs when all others are settled.
A node's value is bound to its `target`.

`Place.scope` names the enclosing `try` and loop bodies (a loop's by its node) from the outside in; `live` and `types`
say, for control at the place (before it runs, and while its call is in flight), which bindings are still needed and
what is assigned.
"""

from typing import Any, TypeAlias

import msgspec

FORMAT = 1
"""Raised when a graph of the old form can no longer be read as one of the new; old forms stay readable for ever."""

Ir: TypeAlias = list[Any]
TypeData: TypeAlias = Any


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """A node: somewhere a run can stand."""

    id: str
    explicit: bool = False
    scope: list[str] = []
    live: list[str] = []
    types: dict[str, TypeData] = {}


class Start(Place, frozen=True, kw_only=True, omit_defaults=True, tag="start"):
    """Where a `do` cell begins; its inputs are bound."""


class Bind(Place, frozen=True, kw_only=True, omit_defaults=True, tag="bind"):
    """Evaluate `value`; `target` None drops it."""

    target: str | None
    value: Ir
    when: Ir | None = None


class Call(Place, frozen=True, kw_only=True, omit_defaults=True, tag="call"):
    """Request an effect, or run a cell. `contract` is the hash of the effect's contract, empty for a cell."""

    target: str | None
    callee: str
    cell: bool
    args: dict[str, Ir]
    contract: str = ""
    when: Ir | None = None


class Each(Place, frozen=True, kw_only=True, omit_defaults=True, tag="each"):
    """`par(f(x) for x in xs if c, limit=n)`: one call for each item, results in the items' order.

    `items`, `where` and `limit` are evaluated once, on entry; `args` for each item, when its call starts. At most
    `limit` calls are in flight (None: all). The first error cancels the others and is this node's error.
    """

    target: str | None
    item: list[str]
    items: Ir
    where: Ir | None = None
    limit: Ir | None = None
    callee: str
    cell: bool
    args: dict[str, Ir]
    contract: str = ""
    when: Ir | None = None


class Choose(Place, frozen=True, kw_only=True, omit_defaults=True, tag="choose"):
    """`if`: edges `then` and `else`."""

    test: Ir


class Loop(Place, frozen=True, kw_only=True, omit_defaults=True, tag="loop"):
    """`for`: edges `item` (the body, which leads back here by `next`) and `else` (what follows the loop)."""

    targets: list[str]
    items: Ir


class Join(Place, frozen=True, kw_only=True, omit_defaults=True, tag="join"):
    """Where branches meet; does nothing."""


class Raise(Place, frozen=True, kw_only=True, omit_defaults=True, tag="raise"):
    """End in a declared error."""

    error: str
    fields: dict[str, Ir]
    when: Ir | None = None


class Return(Place, frozen=True, kw_only=True, omit_defaults=True, tag="return"):
    """End with the cell's output."""

    value: Ir


AnyPlace: TypeAlias = Start | Bind | Call | Each | Choose | Loop | Join | Raise | Return


class Edge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind`: next then else item (control), data after (order), error (with `errors`, qualified names)."""

    source: str
    target: str
    key: int
    kind: str
    errors: list[str] = []
    binding: str | None = None


class CellInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The contract of a cell: `input` is a record type; `output` None when it gives nothing; names are qualified."""

    name: str
    mode: str
    input: TypeData
    output: TypeData = None
    errors: list[str] = []
    effects: list[str] = []


class CellGraph(msgspec.Struct, frozen=True, kw_only=True):
    """One cell, in node-link form. Nodes and edges stand in a canonical order."""

    directed: bool = True
    multigraph: bool = True
    graph: CellInfo
    nodes: list[AnyPlace]
    edges: list[Edge]


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Retry policy: delays in milliseconds; the n-th wait is delay * factor**(n-1), at most max_delay, +- jitter."""

    attempts: int
    delay: int
    factor: float
    max_delay: int
    jitter: float


class ErrorMapping(msgspec.Struct, frozen=True, kw_only=True):
    """When `match` (over `response` and the effect's inputs) is true, the outcome is `error` with these fields."""

    error: str
    match: Ir
    fields: dict[str, Ir]


class Binding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an effect is performed: by the standard effect `handler`, asked for what `config` gives.

    `config` is an expression over the effect's inputs, `key`, `env` and `secret`, of the handler's input type; None
    passes the input through (a standard effect used directly). `errors` are tried in order over `response`, then
    `result` (None: the handler's own payload) gives the output.
    """

    handler: str
    config: Ir | None = None
    errors: list[ErrorMapping] = []
    result: Ir | None = None
    env: list[str] = []
    secrets: list[str] = []


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An effect's contract and policies. `timeout` in milliseconds. `contract` hashes all but the binding.

    `wait` "timer" marks an effect that the scheduler itself performs: due after input `for`, or at input `until`.
    """

    name: str
    input: TypeData
    output: TypeData = None
    errors: list[str] = []
    delivery: str
    key: Ir | None = None
    timeout: int | None = None
    retry: Retry
    wait: str | None = None
    binding: Binding | None = None
    contract: str


class CallsInfo(msgspec.Struct, frozen=True):
    """Attributes of the program graph."""

    module: str


class CallsNode(msgspec.Struct, frozen=True):
    """A cell or effect of the program: `kind` "cell" or "effect"."""

    id: str
    kind: str


class CallsGraph(msgspec.Struct, frozen=True, kw_only=True):
    """Which cell calls which cell or effect, at which node (the edge's `kind` is "call", `binding` the node)."""

    directed: bool = True
    multigraph: bool = True
    graph: CallsInfo
    nodes: list[CallsNode]
    edges: list[Edge]


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a run of `main` can reach. `sha256` covers all but itself and `spans`.

    `spans`: for each cell, node name to [file, start, end, line], for people and for migration's reports.
    """

    format: int = FORMAT
    edition: int
    module: str
    version: str
    main: str
    types: dict[str, TypeData]
    errors: dict[str, TypeData]
    effects: dict[str, Effect]
    cells: dict[str, CellGraph]
    calls: CallsGraph
    spans: dict[str, dict[str, tuple[str, int, int, int]]]
    sha256: str = ""


def canonical(program: Program) -> bytes:
    """Return the text that is hashed: sorted keys, no spans, no hash. Comments, order and layout are not in it."""
    data = msgspec.to_builtins(program)
    del data["spans"], data["sha256"]
    return msgspec.json.encode(data, order="sorted")


def dump(program: Program) -> bytes:
    """Return the program as JSON text with sorted keys, as it is saved and kept in the log."""
    return msgspec.json.encode(program, order="sorted")


def load(text: bytes) -> Program:
    """Read a program. Raises `msgspec.ValidationError` (a `ValueError`) where the text is not one."""
    return msgspec.json.decode(text, type=Program)
