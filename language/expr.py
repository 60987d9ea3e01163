"""Expressions: from their Ir (`graph.py`) to closures over the slots of a frame.

An expression is compiled once per graph and then evaluated as nested Python closures, each taking the frame's list of
slots. No `eval`, no generated source, no state but the slots that it binds itself (comprehension variables and `it`).
Evaluation is pure and bounded; it ends in a value or in a `Fault`. What comes in has been type-checked: any other
exception is a bug of the compiler or of this file.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any, TypeAlias

from cellc.language.arithmetic import ARITHMETIC, contains, negate, same
from cellc.language.builtin_dates import WITH_PARTS
from cellc.language.builtin_texts import joined, text
from cellc.language.builtins import BUILTINS, Builtin
from cellc.language.faults import Fault, Invalid, bounded_int, check_item_count
from cellc.language.graph import Ir
from cellc.language.metering import Meter, all_steps, check_depth, comparing_work, searching_work, steps
from cellc.language.type_codec import from_data
from cellc.language.types import TypeTable
from cellc.language.values import fits, project, untag

Frame: TypeAlias = list[Any]
Closure: TypeAlias = Callable[[Frame], Any]
_Emit: TypeAlias = Callable[[Frame, Any], None]

_TOO_LARGE = "an int is too large for a float"
_SIZED = frozenset({str, bytes, list, dict})
_POWER = 32
"""Steps of a power, which takes longer than any other operation on numbers."""

_WEIGHT = 32
"""So many parts of an expression are a step, where they are evaluated for each item."""

_UNMETERED = frozenset(
    {"lit", "var", "field", "index", "neg", "pos", "not", "and", "or", "??", "if", "float", "decimal"}
)
_BUILDERS = frozenset({"list", "record", "comp", "mapcomp", "call"})
"""Operators that may put values into a list, map or record."""

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": same,
    "!=": lambda a, b: not same(a, b),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: contains(b, a),
    "not in": lambda a, b: not contains(b, a),
}


def compile_expression(ir: Ir, slots: Mapping[str, int], types: TypeTable) -> Closure:
    """Return `ir` as a function of a frame's slots. `slots` has a place for every name in `names(ir)`."""
    compiler = _Compiler(slots, types)
    body = compiler.compile(ir)
    if not (compiler.metered or compiler.builds):
        return body
    reset, builds = compiler.meter.reset, compiler.builds

    def run(frame: Frame) -> Any:
        reset()
        value = body(frame)
        if builds:
            check_depth(value)
        return value

    return run


def names(ir: Ir) -> Iterator[str]:
    """Return every name that `ir` reads or binds, `it` of a `by=` included; repeats are possible."""
    match ir:
        case ["var", name]:
            yield name
        case ["comp" | "mapcomp", *_, clauses]:
            for targets, _items, _conditions in clauses:
                yield from targets
        case ["call", _, _, {"by": _}]:
            yield "it"
    for part in _parts(ir):
        yield from names(part)


def _parts(ir: Ir) -> Sequence[Ir]:
    """Return the expressions directly inside `ir`."""
    match ir:
        case ["lit" | "var", _]:
            return []
        case ["field" | "is" | "project" | "check" | "cast", inner, _]:
            return [inner]
        case ["cmp", chain]:
            return list(chain[::2])
        case ["list" | "format", items]:
            return list(items)
        case ["record", entries]:
            return [value for _, value in entries]
        case ["comp" | "mapcomp", *inner, clauses]:
            return [*inner, *(part for _, items, conditions in clauses for part in (items, *conditions))]
        case ["call", _, positional, named]:
            return [*positional, *named.values()]
        case [_, *inner]:
            return [part for part in inner if part is not None]
        case _:
            raise ValueError(f"not an expression: {ir!r}")


def _weight(ir: Ir) -> int:
    """Return how many parts an expression has; what stands inside another loop is counted there too."""
    return 1 + sum(map(_weight, _parts(ir)))


class _Compiler:
    """Compiles one expression. The meter counts work wherever it can be more than the expression is long."""

    def __init__(self, slots: Mapping[str, int], types: TypeTable) -> None:
        self.meter = Meter()
        self.metered = False
        self.builds = False
        self._slots = slots
        self._types = types

    def compile(self, ir: Ir) -> Closure:
        """Compile one expression by its operator."""
        op, *rest = ir
        self.builds = self.builds or op in _BUILDERS
        self.metered = self.metered or op not in _UNMETERED
        if op in ARITHMETIC:
            return self._arithmetic(op, *rest)
        method: Callable[..., Closure] = getattr(self, f"_{_METHODS[op]}")
        return method(*rest)

    # --- values and access ---

    def _literal(self, data: Any) -> Closure:
        value = untag(data)
        return lambda _: value

    def _variable(self, name: str) -> Closure:
        return operator.itemgetter(self._slots[name])

    def _field(self, value: Ir, name: str) -> Closure:
        record = self.compile(value)

        def run(frame: Frame) -> Any:
            fields = record(frame)
            if isinstance(fields, dict):
                return fields.get(name)
            return getattr(fields, name) if type(fields) in WITH_PARTS else None  # `json` may be anything

        return run

    def _index(self, value: Ir, index: Ir) -> Closure:
        container, key = self.compile(value), self.compile(index)

        def run(frame: Frame) -> Any:
            items, i = container(frame), key(frame)
            if isinstance(items, list) and isinstance(i, int):
                return items[i] if -len(items) <= i < len(items) else None
            return items.get(i) if isinstance(items, dict) and isinstance(i, str) else None

        return run

    def _slice(self, value: Ir, low: Ir | None, high: Ir | None) -> Closure:
        items = self.compile(value)
        start, stop = (_nothing if end is None else self.compile(end) for end in (low, high))
        spend = self.meter.spend

        def run(frame: Frame) -> Any:
            part = items(frame)[start(frame) : stop(frame)]
            spend(steps(part))
            return part

        return run

    def _list(self, items: Sequence[Ir]) -> Closure:
        parts = [self.compile(item) for item in items]
        return lambda frame: [part(frame) for part in parts]

    def _record(self, entries: Sequence[tuple[str, Ir]]) -> Closure:
        fields = [(name, self.compile(value)) for name, value in entries]
        return lambda frame: {name: value(frame) for name, value in fields}

    def _format(self, parts: Sequence[Ir]) -> Closure:
        closures, spend = [self.compile(part) for part in parts], self.meter.spend

        def run(frame: Frame) -> Any:
            whole = joined([text(part(frame)) for part in closures])
            spend(steps(whole))
            return whole

        return run

    # --- operators ---

    def _arithmetic(self, op: str, left: Ir, right: Ir) -> Closure:
        table, first, second = ARITHMETIC[op], self.compile(left), self.compile(right)
        spend, cost = self.meter.spend, _POWER if op == "**" else 0

        def run(frame: Frame) -> Any:
            a, b = first(frame), second(frame)
            result = table[type(a), type(b)](a, b)
            if cost or type(result) in _SIZED:
                spend(cost + steps(result))
            return result

        return run

    def _negative(self, value: Ir) -> Closure:
        inner = self.compile(value)
        return lambda frame: negate(inner(frame))

    def _positive(self, value: Ir) -> Closure:
        return self.compile(value)

    def _not(self, value: Ir) -> Closure:
        inner = self.compile(value)
        return lambda frame: not inner(frame)

    def _and(self, left: Ir, right: Ir) -> Closure:
        first, second = self.compile(left), self.compile(right)
        return lambda frame: first(frame) and second(frame)

    def _or(self, left: Ir, right: Ir) -> Closure:
        first, second = self.compile(left), self.compile(right)
        return lambda frame: first(frame) or second(frame)

    def _default(self, left: Ir, right: Ir) -> Closure:
        first, second = self.compile(left), self.compile(right)

        def run(frame: Frame) -> Any:
            value = first(frame)
            return second(frame) if value is None else value

        return run

    def _if(self, test: Ir, then: Ir, other: Ir) -> Closure:
        condition, yes, no = self.compile(test), self.compile(then), self.compile(other)
        return lambda frame: yes(frame) if condition(frame) else no(frame)

    def _compare(self, chain: Sequence[Any]) -> Closure:
        first = self.compile(chain[0])
        links = [(self._comparison(op), self.compile(e)) for op, e in zip(chain[1::2], chain[2::2], strict=True)]
        if len(links) == 1:
            compare, second = links[0]
            return lambda frame: compare(first(frame), second(frame))

        def run(frame: Frame) -> bool:
            left = first(frame)
            for compare, operand in links:
                right = operand(frame)
                if not compare(left, right):
                    return False
                left = right
            return True

        return run

    def _comparison(self, op: str) -> Callable[[Any, Any], bool]:
        compare, spend = _COMPARE[op], self.meter.spend
        if op in ("in", "not in"):

            def search(value: Any, container: Any) -> bool:
                spend(searching_work(value, container))
                return compare(value, container)

            return search

        def run(a: Any, b: Any) -> bool:
            if type(a) in _SIZED:
                spend(comparing_work(a, b))
            return compare(a, b)

        return run

    # --- comprehensions and calls ---

    def _comprehension(self, element: Ir, clauses: Sequence[Any]) -> Closure:
        value = self.compile(element)

        def emit(frame: Frame, out: list[Any]) -> None:
            out.append(value(frame))

        return self._collect(list, emit, clauses, _weight(element))

    def _map_comprehension(self, key: Ir, value: Ir, clauses: Sequence[Any]) -> Closure:
        name, item = self.compile(key), self.compile(value)

        def emit(frame: Frame, out: dict[str, Any]) -> None:
            out[name(frame)] = item(frame)

        return self._collect(dict, emit, clauses, _weight(key) + _weight(value))

    def _collect(self, container: Callable[[], Any], emit: _Emit, clauses: Sequence[Any], weight: int) -> Closure:
        for targets, items, conditions in reversed(clauses):
            weight += sum(map(_weight, conditions))
            emit = self._clause(targets, items, conditions, emit, weight)
            weight = _weight(items)

        def run(frame: Frame) -> Any:
            out = container()
            emit(frame, out)
            return out

        return run

    def _clause(  # one `for` with its conditions; `weight` is how much is evaluated for each of its items
        self, targets: Sequence[str], items: Ir, conditions: Sequence[Ir], inner: _Emit, weight: int
    ) -> _Emit:
        source, spend, each = self.compile(items), self.meter.spend, 1 + weight // _WEIGHT
        bind = binder([self._slots[name] for name in targets])
        test = self._all(conditions)

        def run(frame: Frame, out: Any) -> None:
            values = source(frame)
            spend(len(values) * each)
            for value in values:
                bind(frame, value)
                if test is None or test(frame):
                    inner(frame, out)
            check_item_count(len(out))

        return run

    def _all(self, conditions: Sequence[Ir]) -> Closure | None:
        """Compile conditions as one; None when there are none."""
        if not conditions:
            return None
        return self.compile(reduce(lambda left, right: ["and", left, right], conditions))

    def _call(self, name: str, positional: Sequence[Ir], named: Mapping[str, Ir]) -> Closure:
        builtin, spend = BUILTINS[name], self.meter.spend
        function, work = builtin.run, builtin.work
        placed, rest = _place(builtin, positional, named)
        arguments = [self.compile(argument) for argument in placed]
        by = self._by(rest.pop("by")) if "by" in rest else None
        keywords = {key: self.compile(value) for key, value in rest.items()}

        def run(frame: Frame) -> Any:
            values = [argument(frame) for argument in arguments]
            options = {key: value(frame) for key, value in keywords.items()}
            if by is None:
                spend(work(*values))
            else:
                options["by"] = by(frame, values[0])
                spend(work(options["by"]))
            result = function(*values, **options)
            spend(steps(result))
            return result

        return run

    def _by(self, key: Ir) -> Callable[[Frame, list[Any]], list[Any]]:
        """Return what computes `by=` for each item; an outer `it` is put back afterwards."""
        slot, value = self._slots["it"], self.compile(key)
        spend, each = self.meter.spend, 1 + _weight(key) // _WEIGHT

        def run(frame: Frame, items: list[Any]) -> list[Any]:
            spend(len(items) * each)
            outer, keys = frame[slot], []
            for frame[slot] in items:
                keys.append(value(frame))
            frame[slot] = outer
            return keys

        return run

    # --- types ---

    def _is(self, value: Ir, data: Any) -> Closure:
        inner, type_, types = self._walked(value), from_data(data), self._types
        return lambda frame: not fits(inner(frame), type_, types)

    def _walked(self, value: Ir) -> Closure:
        """Compile what is about to be gone through as a whole."""
        inner, spend = self.compile(value), self.meter.spend

        def run(frame: Frame) -> Any:
            result = inner(frame)
            spend(all_steps(result))
            return result

        return run

    def _check(self, value: Ir, data: Any) -> Closure:
        return self._fitting(value, data, lambda problem: Fault(f"a value does not fit: {problem}"))

    def _cast(self, value: Ir, data: Any) -> Closure:
        return self._fitting(value, data, Invalid)

    def _fitting(self, value: Ir, data: Any, refusal: Callable[[str], Exception]) -> Closure:
        inner, type_, types = self._walked(value), from_data(data), self._types

        def run(frame: Frame) -> Any:
            result = inner(frame)
            problems = fits(result, type_, types)
            if problems:
                raise refusal(str(problems[0]))
            return result

        return run

    def _project(self, value: Ir, data: Any) -> Closure:
        inner, type_, types = self._walked(value), from_data(data), self._types

        def run(frame: Frame) -> Any:
            try:
                return project(inner(frame), type_, types)
            except OverflowError:
                raise Fault(_TOO_LARGE) from None

        return run

    def _float(self, value: Ir) -> Closure:
        inner = self.compile(value)

        def run(frame: Frame) -> Any:
            number = inner(frame)
            if not isinstance(number, int):
                return number
            try:
                return float(number)
            except OverflowError:
                raise Fault(_TOO_LARGE) from None

        return run

    def _decimal(self, value: Ir) -> Closure:
        inner = self.compile(value)

        def run(frame: Frame) -> Any:
            number = inner(frame)
            return Decimal(bounded_int(number)) if isinstance(number, int) else number

        return run


_METHODS: Mapping[str, str] = {
    "lit": "literal",
    "var": "variable",
    "field": "field",
    "index": "index",
    "slice": "slice",
    "neg": "negative",
    "pos": "positive",
    "not": "not",
    "and": "and",
    "or": "or",
    "??": "default",
    "cmp": "compare",
    "is": "is",
    "if": "if",
    "list": "list",
    "record": "record",
    "comp": "comprehension",
    "mapcomp": "map_comprehension",
    "call": "call",
    "format": "format",
    "float": "float",
    "decimal": "decimal",
    "project": "project",
    "check": "check",
    "cast": "cast",
}
"""What compiles each operator of the Ir that is not arithmetic."""


def _place(builtin: Builtin, positional: Sequence[Ir], named: Mapping[str, Ir]) -> tuple[list[Ir], dict[str, Ir]]:
    """Put named arguments in their places, up to the first that is left out; the others stay named."""
    placed, rest = list(positional), dict(named)
    for parameter in builtin.shape.parameters[len(placed) :]:
        if parameter.named_only or parameter.name not in rest:
            break
        placed.append(rest.pop(parameter.name))
    return placed, rest


def binder(slots: Sequence[int]) -> Callable[[Frame, Any], None]:
    """Return what binds an item to one slot, or the two parts of a pair to two."""
    if len(slots) == 1:
        (only,) = slots

        def bind_one(frame: Frame, value: Any) -> None:
            frame[only] = value

        return bind_one
    first, second = slots

    def bind_two(frame: Frame, value: Any) -> None:
        frame[first], frame[second] = value

    return bind_two


def _nothing(_: Frame) -> None:
    return None
