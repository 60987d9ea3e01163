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
    ["field", E, NAME]  absent reads null                         ["index", E, I]  out of range or absent gives null
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
    ["cast", E, T]     the value, or the error `Invalid` of the place that evaluates it when it does not fit T

T is a type as `type_codec.py` writes it. Named types are looked up in `Program.types`.

**A `do` cell** is a control-flow graph walked from its `start` node along `next` edges: `choose` goes on along `then`
or `else`; `loop` takes its items once, binds the next one and follows `item`, and follows `else` when none is left;
`while` follows `item` as long as its test holds, then `else`, which is not there where the test is `["lit", true]`;
`match` follows its n-th `case` edge for the n-th type.
A place whose error matches one of its `error` edges (in order of `key`, first match wins) goes on there, with the error
in the edge's `binding`; without a match the error ends the cell. A `return` ends it.

**A topology** has no control edges: a node starts when every source of its `data` and `after` edges is done or skipped;
where its `when` is false it is skipped and its value is null. Its one `return` node runs when all others are settled.
A node's value is bound to its `target`. A node in the long form calls a cell of its own, a *block*: the cell
`CELL/NODE`, a `do` cell whose inputs are what the node reads. For `until` it is a `while` around the call, with a
counter for `max` and a call of `time.sleep` for `every`; for `catch` a `try#1` around the call, whose error edges lead
to the handlers, with the error in `it`. With both, `CELL/NODE` catches and calls `CELL/NODE/loop`. `within` stands on
the call that the `try` holds, else on the call of the block; `undo` on the innermost call, whose block hands it on.

**A `python` cell** has no nodes: `CellInfo.python` names what runs.

**Scopes.** `Place.scope` names the enclosing `try` and loop bodies (a loop's by its node) from the outside in. Each
`try#n` and the cell itself is a saga scope: an `undo` joins the innermost one when its call completes. An error that
leaves a `try` undoes what that scope holds, then goes on to the handler; a `try` that ends well hands its undos to its
cell, and a cell to its caller, unless the caller's place has an `undo` of its own. `live` and `types` say, for control
at the place (before it runs, and while its call is in flight), which bindings are still needed and what is assigned.
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


class Undo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a call is undone.

    `args` are over the place's bindings and `it`, the call's result; they are evaluated, and kept, when it completes.
    """

    callee: str
    cell: bool
    args: dict[str, Ir]
    contract: str = ""


class Call(Place, frozen=True, kw_only=True, omit_defaults=True, tag="call"):
    """Request an effect, or run a cell. `contract` is the hash of the effect's contract, empty for a cell.

    `within`, a duration evaluated when the call becomes ready: when it is over, the call is settled and the place ends
    in `Timeout`.
    """

    target: str | None
    callee: str
    cell: bool
    args: dict[str, Ir]
    contract: str = ""
    when: Ir | None = None
    within: Ir | None = None
    undo: Undo | None = None


class Branch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One named call of a `fork`, as in `Call`."""

    name: str
    callee: str
    cell: bool
    args: dict[str, Ir]
    contract: str = ""
    within: Ir | None = None
    undo: Undo | None = None


class Fork(Place, frozen=True, kw_only=True, omit_defaults=True, tag="fork"):
    """`par(a=f(x), b=g(y))` and `race(a=..., b=...)` by `mode`: all branches start at once.

    `par` gives a record of the results by name; the first error cancels the others and is this node's. `race` ends
    with the first outcome, an error too, cancels the others, and gives `{winner: NAME, NAME: result}`.
    `within` and `undo` are those of the whole; an `undo` replaces those of its branches.
    """

    target: str | None
    mode: str
    branches: list[Branch]
    when: Ir | None = None
    within: Ir | None = None
    undo: Undo | None = None


class Each(Place, frozen=True, kw_only=True, omit_defaults=True, tag="each"):
    """`par(f(x) for x in xs if c, limit=n)`: one call for each item, results in the items' order.

    `items`, `where`, `limit`, `count` and `wait` are evaluated once, on entry; `args`, `item_within` and `item_undo`
    for each item, when its call starts. At most `limit` calls are in flight (None: all). By `mode`: `par`, the first
    error cancels the others and is this node's error; `quorum`, it ends with `{reached, values}`, values in order of
    arrival, as soon as `count` calls have succeeded, that is out of reach, or `wait` is over; errors are failed votes.
    `within` and `undo` are those of the whole; an `undo` replaces those of its items.
    """

    target: str | None
    mode: str
    item: list[str]
    items: Ir
    where: Ir | None = None
    limit: Ir | None = None
    count: Ir | None = None
    wait: Ir | None = None
    callee: str
    cell: bool
    args: dict[str, Ir]
    contract: str = ""
    item_within: Ir | None = None
    item_undo: Undo | None = None
    when: Ir | None = None
    within: Ir | None = None
    undo: Undo | None = None


class Choose(Place, frozen=True, kw_only=True, omit_defaults=True, tag="choose"):
    """`if`: edges `then` and `else`."""

    test: Ir


class Loop(Place, frozen=True, kw_only=True, omit_defaults=True, tag="loop"):
    """`for`: edges `item` (the body, which leads back here) and `else` (what follows the loop)."""

    targets: list[str]
    items: Ir


class While(Place, frozen=True, kw_only=True, omit_defaults=True, tag="while"):
    """`while`: edges `item` (the body, which leads back here) and `else`."""

    test: Ir


class Match(Place, frozen=True, kw_only=True, omit_defaults=True, tag="match"):
    """`match`: as many `case` edges as `cases`, in this order; the first type that `value` fits decides."""

    value: Ir
    cases: list[TypeData]


class Commit(Place, frozen=True, kw_only=True, omit_defaults=True, tag="commit"):
    """Drop the undos that the cell holds, those of its open `try` scopes too."""


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


AnyPlace: TypeAlias = Start | Bind | Call | Fork | Each | Choose | Loop | While | Match | Commit | Join | Raise | Return


class Edge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind`: next then else item case (control), data after (order), error (with `errors`, qualified names)."""

    source: str
    target: str
    key: int
    kind: str
    errors: list[str] = []
    binding: str | None = None


class CellInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The contract of a cell: `input` is a record type; `output` None when it gives nothing; names are qualified.

    `mode` is "do", "topology" or "python"; `python` is what runs then, as `module:name`.
    """

    name: str
    mode: str
    python: str = ""
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


class Retry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Retry policy: delays in milliseconds; the n-th wait is delay * factor**(n-1), at most max_delay, +- jitter.

    `on` are the declared errors that are retried too; when attempts are exhausted, the error is the call's.
    """

    attempts: int
    delay: int
    factor: float
    max_delay: int
    jitter: float
    on: list[str] = []


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most `concurrency` calls at once, and at most `rate` calls started in any `per` milliseconds."""

    concurrency: int | None = None
    rate: int | None = None
    per: int | None = None


class Correlation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which event a call waits for: `key` is over the effect's inputs, `where` over those and the payload `data`."""

    event: str
    key: Ir | None = None
    where: Ir | None = None


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

    `wait` marks an effect that the runtime itself performs: "timer", due after input `for` or at input `until`;
    "event", done by one that fits `event`, whose payload is the `response` of `binding.result`; "task", done by a
    person's answer, its form asked for by `binding.config`; "status", done at once: the run's status is its input.
    `event` without a wait is what the effect sends.
    `key_lifetime` (milliseconds): how long the other side knows a key. `probe`: the `read` effect, with inputs among
    this one's, whose result tells whether a call happened: this effect's output, or null; a bool where it has none.
    """

    name: str
    input: TypeData
    output: TypeData = None
    errors: list[str] = []
    delivery: str
    key: Ir | None = None
    key_lifetime: int | None = None
    probe: str | None = None
    timeout: int | None = None
    retry: Retry
    limits: Limits | None = None
    wait: str | None = None
    event: Correlation | None = None
    binding: Binding | None = None
    contract: str


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may arrive from outside: its payload; `key` over `data`; `keep` (milliseconds) for one that comes early."""

    name: str
    data: TypeData
    key: Ir | None = None
    keep: int | None = None


class Trigger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What starts runs of `cell`: an HTTP request (`method`, `path`) or a schedule (`cron`, in `timezone`).

    `input` gives the run's input over `trigger`, a record of `body` (HTTP), or of `due` and `previous`; None: the body
    is the input. `key` gives its idempotency key over `body` (HTTP) or `trigger`. `overlap` says what happens at a due
    time while the run of an earlier one goes on: "allow" starts another, "skip" none, "queue" one when that has ended.
    `catch_up` (milliseconds): how late a missed time may still start one; None: missed times are left out.
    """

    name: str
    cell: str
    method: str | None = None
    path: str | None = None
    cron: str | None = None
    timezone: str | None = None
    input: Ir | None = None
    key: Ir | None = None
    overlap: str | None = None
    catch_up: int | None = None


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


class Use(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An import: which module, and the versions of it that may stand there (None: any)."""

    module: str
    range: str | None = None


class Contract(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a module declares for others, whether its own runs come to it or not: names, defined in the program.

    `idle_effects` and `idle_events` define those that no run comes to; the runtime knows nothing of them. `uses` has
    the imports by their local names.
    """

    cells: list[str] = []
    types: list[str] = []
    errors: list[str] = []
    effects: list[str] = []
    events: list[str] = []
    idle_effects: dict[str, Effect] = {}
    idle_events: dict[str, Event] = {}
    uses: dict[str, Use] = {}


PlaceInFile: TypeAlias = tuple[str, int, int, int]
"""File, start, end (offsets into its text), and line."""


class Program(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that a run of `main`, or of a trigger's cell, can reach, and what the module offers to others.

    `sha256` covers all but itself, `spans` and `declared`. `spans`: for each cell, where its nodes stand, or under the
    empty name where a `python` cell names its code; `declared`: where each part of a declaration stands, by its path:
    `cells.price.in.order`, `types.Order.items[].qty`, with the module and a slash before it where that is another one.
    Both are for people and for migration's reports.
    """

    format: int
    edition: int
    module: str
    version: str
    main: str
    types: dict[str, TypeData]
    errors: dict[str, TypeData]
    effects: dict[str, Effect]
    cells: dict[str, CellGraph]
    events: dict[str, Event] = {}
    triggers: dict[str, Trigger] = {}
    calls: CallsGraph
    contract: Contract | None = None
    spans: dict[str, dict[str, PlaceInFile]]
    declared: dict[str, PlaceInFile] = {}
    sha256: str = ""


UNHASHED = frozenset({"spans", "declared", "sha256"})
"""The fields of a program that its hash leaves out."""


def canonical(program: Program) -> bytes:
    """Return the text that is hashed: sorted keys, no places, no hash. Comments, order and layout are not in it."""
    data = msgspec.to_builtins(program)
    return msgspec.json.encode({name: part for name, part in data.items() if name not in UNHASHED}, order="sorted")


def dump(program: Program) -> bytes:
    """Return the program as JSON text with sorted keys, as it is saved and kept in the log."""
    return msgspec.json.encode(program, order="sorted")


def load(text: bytes) -> Program:
    """Read a program. Raises `msgspec.ValidationError` (a `ValueError`) where the text is not one."""
    return msgspec.json.decode(text, type=Program)
