"""Random Cell programs with sagas, loops and fan-outs, and an oracle that says what each must come to.

A program is a list of cells, each a list of statements over the whole number `n`. It is written out as a module, which
the real compiler compiles; the oracle walks the same statements and keeps what is done and undone. It knows nothing of
frames, events or the log.

    ("set" | "act" | "look", x)  n = x, n = act(n=x), n = look(n=x)      ("take", x)  n = take(n=x) undo back(n=it)
    ("par", items, x)  all of take(n=i + x) at once, each with its undo  ("both", x, y)  par(a=act(n=x), b=look(n=y))
    ("call", cell, x, own)  n = cell(n=x), with an `undo` where `own`    ("if", m, A, B)  by whether n % m is 0
    ("shop" | "send" | "say", x)  n = shop(n=x): retried for Bad; asked about by a probe; or ending in Unknown
    ("late",)  a sleep that its deadline cuts off     ("slow", x)  slow(n=x): a take and such a sleep, which is undone
    ("for", items, A)  ("while", k, A)  ("stop", m)  break if n % m is 0  ("try", A, B)  ("raise",)  ("commit",)

An `x` is a pair (k, c): n * k + c, below 50.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Block = list[tuple[Any, ...]]

HEAD = """
errors:
  Bad: {why: string}
effects:
  act: {in: {n: int}, out: int, errors: [Bad], delivery: idempotent}
  take: {in: {n: int}, out: int, errors: [Bad], delivery: idempotent}
  back: {in: {n: int}, delivery: idempotent}
  look: {in: {n: int}, out: int, delivery: read}
  shop:
    in: {n: int}
    out: int
    errors: [Bad, Unavailable]
    delivery: idempotent
    retry: {attempts: 3, delay: 1s, on: [Bad]}
  send: {in: {n: int}, out: int, errors: [Unavailable], delivery: once, probe: sent}
  sent: {in: {n: int}, out: int?, delivery: read}
  say: {in: {n: int}, out: int, errors: [Unknown], delivery: once}
cells:
"""

SLOW = """\
  slow:
    in: {n: int}
    errors: [Bad]
    effects: [take, back, time.sleep]
    do: |
      take(n=n) undo back(n=it)
      time.sleep(for=200h)
"""


def act(n: int) -> int | None:
    """Return what the effect gives, None where it is refused."""
    return None if n % 5 == 4 else n + 1


def take(n: int) -> int | None:
    """As above."""
    return None if n % 7 == 6 else n * 2


def look(n: int) -> int:
    """As above."""
    return n + 3


CUT, LOST = "cut", "lost"
"""An answer that does not come: nothing has happened, or it has."""

NEVER: Mapping[str, tuple[str, int]] = {
    "shop": ("Unavailable", 17),
    "send": ("Unavailable", 11),
    "say": ("Unknown", 23),
}
"""What ends a call that is not answered, and what its program adds to `n` then."""


def shop(n: int, attempt: int) -> int | str | None:
    """Return what an attempt gives: a result, None where it is refused, or no answer."""
    return [n + 5, None if attempt == 1 else n + 5, CUT, None][n % 4]


def send(n: int) -> int | str:
    """Return the result, or that there is no answer."""
    return [LOST, CUT, n + 7][n % 3]


# --- programs --------------------------------------------------------------------------------------------------------

terms = st.tuples(st.integers(0, 2), st.integers(0, 9))
items = st.lists(st.integers(0, 9), min_size=1, max_size=4)


def _simple(cells: list[str], delivery: Sequence[str], *, concurrent: bool) -> st.SearchStrategy[tuple[Any, ...]]:
    plain = [
        *[st.tuples(st.sampled_from(delivery), terms)] * bool(delivery),
        st.tuples(st.sampled_from(["set", "act", "look", "take", "take"]), terms),
        st.tuples(st.just("slow"), terms),
        st.sampled_from([("commit",), ("stop", 3), ("stop", 2), ("raise",), ("late",)]),
    ]
    if concurrent:
        plain += [st.tuples(st.just("par"), items, terms), st.tuples(st.just("both"), terms, terms)]
    if cells:
        plain.append(st.tuples(st.just("call"), st.sampled_from(cells), terms, st.booleans()))
    return st.one_of(plain)


def _blocks(cells: list[str], delivery: Sequence[str], *, concurrent: bool) -> st.SearchStrategy[Block]:
    simple = _simple(cells, delivery, concurrent=concurrent)

    def compound(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        statement = st.one_of(
            st.tuples(st.just("if"), st.integers(2, 3), inner, inner),
            st.tuples(st.just("for"), items, inner),
            st.tuples(st.just("while"), st.integers(1, 3), inner),
            st.tuples(st.just("try"), inner, inner),
            st.tuples(st.just("try"), inner, inner),
            simple,
        )
        return st.lists(statement, min_size=1, max_size=4)

    return st.recursive(st.lists(simple, min_size=1, max_size=4), compound, max_leaves=6)


@st.composite
def programs(draw: st.DrawFn, delivery: Sequence[str] = (), *, concurrent: bool = True) -> dict[str, Block]:
    """Draw the cells of a program, each calling only those before it; the last is its main cell.

    `delivery` are the statements of calls that may not be answered which it has too. One that is not `concurrent` does
    one thing at a time, so that its order is known whatever takes how long.
    """
    cells: dict[str, Block] = {}
    for name in ("inner", "middle", "main")[draw(st.integers(0, 2)) :]:
        cells[name] = draw(_blocks(list(cells), delivery, concurrent=concurrent))
    return cells


# --- their text ------------------------------------------------------------------------------------------------------


def text(cells: dict[str, Block]) -> str:
    """Return a program as a module."""
    return HEAD + SLOW + "".join(_cell(name, block) for name, block in cells.items()) + "main: main\n"


def _cell(name: str, block: Block) -> str:
    head = f"  {name}:\n    in: {{n: int}}\n    out: int\n    errors: [Bad]\n"
    lines = "".join(f"      {line}\n" for line in _lines(block, _Names(), looping=False))
    effects = "act, take, back, look, shop, send, sent, say, time.sleep"
    return f"{head}    effects: [{effects}]\n    do: |\n{lines}      return n\n"


@dataclass
class _Names:
    count: int = 0

    def new(self, base: str) -> str:
        self.count += 1
        return f"{base}{self.count}"


def _lines(block: Block, names: _Names, *, looping: bool) -> Iterator[str]:
    for statement in block:
        yield from _statement(statement, names, looping)


def _inside(block: Block, names: _Names, looping: bool) -> Iterator[str]:
    yield from (f"  {line}" for line in _lines(block, names, looping=looping))
    yield "  pass"


def _x(term: tuple[int, int]) -> str:
    return f"(n * {term[0]} + {term[1]}) % 50"


PLAIN: Mapping[str, tuple[str, ...]] = {
    "raise": ("if n % 2 == 1:", "  raise Bad(why='odd')"),
    "commit": ("commit",),
    "late": ("try:", "  time.sleep(for=200h) within 100h", "except Timeout:", "  n = (n + 1) % 50"),
}
"""The lines of statements that have no parts."""


def _statement(  # noqa: C901, PLR0912 -- one arm a kind
    statement: tuple[Any, ...], names: _Names, looping: bool
) -> Iterator[str]:
    match statement:
        case ("set", x):
            yield f"n = {_x(x)}"
        case ("act" | "look" as effect, x):
            yield f"n = {effect}(n={_x(x)})"
        case ("take", x):
            yield f"n = take(n={_x(x)}) undo back(n=it)"
        case ("shop" | "send" | "say" as effect, x):
            name = names.new("x")
            error, more = NEVER[effect]
            yield from (f"{name} = {_x(x)}", "try:", f"  n = {effect}(n={name})")
            yield from (f"except {error}:", f"  n = ({name} + {more}) % 50")
        case ("par", xs, x):
            name = names.new("all")
            yield f"{name} = par(take(n=i + {_x(x)}) undo back(n=it) for i in {xs})"
            yield f"n = (n + sum({name})) % 50"
        case ("both", x, y):
            name = names.new("both")
            yield f"{name} = par(a=act(n={_x(x)}), b=look(n={_x(y)}))"
            yield f"n = ({name}.a + {name}.b) % 50"
        case ("call", cell, x, own):
            yield f"n = {cell}(n={_x(x)})" + (" undo back(n=it)" if own else "")
        case ("if", m, then, other):
            yield from (f"if n % {m} == 0:", *_inside(then, names, looping), "else:", *_inside(other, names, looping))
        case ("for", xs, body):
            name = names.new("i")
            yield f"for {name} in {xs}:"
            yield f"  n = (n + {name}) % 50"
            yield from _inside(body, names, True)
        case ("while", k, body):
            name = names.new("c")
            yield from (f"{name} = 0", f"while {name} < {k}:", f"  {name} = {name} + 1", *_inside(body, names, True))
        case ("stop", m):
            yield from (f"if n % {m} == 0:", f"  {'break' if looping else 'return n'}")
        case ("try", body, handler):
            e = names.new("e")
            yield from ("try:", "  n = act(n=n)", *_inside(body, names, looping))
            yield from (f"except Bad as {e}:", f"  n = (n + len({e}.why)) % 50", *_inside(handler, names, looping))
        case ("raise" | "commit" | "late" as word,):
            yield from PLAIN[word]
        case ("slow", x):
            yield from ("try:", f"  slow(n={_x(x)}) within 100h", *PLAIN["late"][2:])
        case _:
            raise TypeError(statement)


# --- what they come to -----------------------------------------------------------------------------------------------


class Bad(Exception):  # noqa: N818 -- the program's own error
    """The error `Bad`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Break(Exception):  # noqa: N818 -- control
    pass


class _Return(Exception):  # noqa: N818 -- control
    pass


class Cancelled(Exception):  # noqa: N818 -- control
    """The run is cancelled. `taken` is what the call gave that was in flight, where it has to be undone."""

    def __init__(self, taken: int | None) -> None:
        super().__init__("cancelled")
        self.taken = taken


@dataclass
class Oracle:
    """What a program does: `done` are the effects that happen, in order.

    It is cancelled while the effect with the number `cancel_at` is in flight. Then that is undone which has an undo,
    and what nobody has to know about does not happen; what undoes goes on.
    """

    cells: dict[str, Block]
    cancel_at: int = 0
    done: list[str] = field(default_factory=list)
    begun: int = 0

    def outcome(self, n: int) -> int | str | None:
        """Return the output, or the text of the error; None where it is cancelled."""
        try:
            return self._cell("main", n)[0]
        except Bad as bad:
            return bad.why
        except Cancelled:
            return None

    def perform(self, effect: str, n: int) -> int:
        """Do an effect. Raises Bad where it is refused, Cancelled where the run is cancelled meanwhile."""
        self.begun += 1
        cancelled = self.begun == self.cancel_at
        if cancelled and effect in {"act", "look"}:
            raise Cancelled(None)
        value = {"act": act, "take": take, "look": look, "back": lambda n: n}[effect](n)
        if value is not None:
            self.done.append(f"{effect} {n}")
        if cancelled:
            raise Cancelled(value if effect == "take" else None)
        if value is None:
            raise Bad(f"{effect} {n}")
        return value

    def _cell(self, name: str, n: int) -> tuple[int, list[int]]:
        frame = _Frame(self, n)
        try:
            self._walk(frame, name)
        except Cancelled:
            frame.undo(0)
            raise
        return frame.n, frame.undos

    def _walk(self, frame: "_Frame", name: str) -> None:
        try:
            frame.walk(self.cells[name])
        except _Return:
            pass
        except Bad:
            self.cancel_at = 0 if name == "main" else self.cancel_at  # on its way out already
            frame.undo(0)
            raise

    def call(self, name: str, n: int) -> tuple[int, list[int]]:
        """Run a cell; return its output and the undos that it hands up."""
        return self._cell(name, n)


@dataclass
class _Frame:
    """A cell being walked: `undos` are the inputs of `back`, oldest first; `starts` where each open `try` began."""

    oracle: Oracle
    n: int
    undos: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    loops: int = 0

    def x(self, term: tuple[int, int]) -> int:
        return (self.n * term[0] + term[1]) % 50

    def walk(self, block: Block) -> None:
        for statement in block:
            getattr(self, f"do_{statement[0]}")(*statement[1:])

    def undo(self, start: int) -> None:
        while len(self.undos) > start:
            self.oracle.perform("back", self.undos.pop())

    def do_set(self, x: tuple[int, int]) -> None:
        self.n = self.x(x)

    def do_act(self, x: tuple[int, int]) -> None:
        self.n = self.oracle.perform("act", self.x(x))

    def do_look(self, x: tuple[int, int]) -> None:
        self.n = self.oracle.perform("look", self.x(x))

    def do_shop(self, x: tuple[int, int]) -> None:
        n = self.x(x)
        results = [shop(n, attempt) for attempt in (1, 2, 3)]
        if results[-1] is None:
            raise Bad(f"shop {n}")
        self._came("shop", n, results[-1])

    def do_send(self, x: tuple[int, int]) -> None:
        """Send, and ask where there is no answer."""
        n = self.x(x)
        result = send(n)
        self._came("send", n, n + 7 if result == LOST else result)

    def do_say(self, x: tuple[int, int]) -> None:
        n = self.x(x)
        self._came("say", n, send(n))

    def _came(self, effect: str, n: int, result: int | str) -> None:
        if result != CUT:
            self.oracle.done.append(f"{effect} {n}")
        self.n = (n + NEVER[effect][1]) % 50 if isinstance(result, str) else result

    def do_take(self, x: tuple[int, int]) -> None:
        self.n = self._take(self.x(x))

    def _take(self, n: int) -> int:
        try:
            self.undos.append(self.oracle.perform("take", n))
        except Cancelled as cancelled:
            self.undos += [] if cancelled.taken is None else [cancelled.taken]
            raise
        return self.undos[-1]

    def do_slow(self, x: tuple[int, int]) -> None:
        held = len(self.undos)
        self._take(self.x(x))
        self.undo(held)
        self.do_late()

    def do_late(self) -> None:
        self.n = (self.n + 1) % 50

    def do_par(self, xs: list[int], x: tuple[int, int]) -> None:
        """All start at once and are answered in their order; after a refusal the others are awaited all the same."""
        base, failed, values = self.x(x), None, []
        for i in xs:
            try:
                values.append(self.oracle.perform("take", i + base))
                self.undos.append(values[-1])
            except Bad as bad:
                failed = failed or bad
        if failed is not None:
            raise failed
        self.n = (self.n + sum(values)) % 50

    def do_both(self, x: tuple[int, int], y: tuple[int, int]) -> None:
        seen = self.x(y)
        a = self.oracle.perform("act", self.x(x))
        self.n = (a + self.oracle.perform("look", seen)) % 50

    def do_call(self, cell: str, x: tuple[int, int], own: bool) -> None:
        self.n, handed_up = self.oracle.call(cell, self.x(x))
        self.undos += [self.n] if own else handed_up

    def do_if(self, m: int, then: Block, other: Block) -> None:
        self.walk(then if self.n % m == 0 else other)

    def do_for(self, xs: list[int], body: Block) -> None:
        for i in xs:
            self.n = (self.n + i) % 50
            if not self._round(body):
                break

    def do_while(self, k: int, body: Block) -> None:
        for _ in range(k):
            if not self._round(body):
                break

    def _round(self, body: Block) -> bool:
        """Walk a loop's body; return whether the loop goes on."""
        self.loops += 1
        try:
            self.walk(body)
        except _Break:
            return False
        finally:
            self.loops -= 1
        return True

    def do_stop(self, m: int) -> None:
        if self.n % m == 0:
            raise _Break if self.loops else _Return

    def do_try(self, body: Block, handler: Block) -> None:
        self.starts.append(len(self.undos))
        try:
            self.n = self.oracle.perform("act", self.n)
            self.walk(body)
        except Bad as bad:
            self.undo(self.starts.pop())
            self.n = (self.n + len(bad.why)) % 50
            self.walk(handler)
        except (_Break, _Return):
            self.starts.pop()
            raise
        else:
            self.starts.pop()

    def do_raise(self) -> None:
        if self.n % 2 == 1:
            raise Bad("odd")

    def do_commit(self) -> None:
        self.undos.clear()
        self.starts = [0] * len(self.starts)
