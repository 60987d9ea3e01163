"""Types as annotations, and what they need declared: a class for each record without a name of its own.

A refinement is a constraint beside the type (`Annotated[int, Field(ge=1)]`); where pydantic's own check differs from
the language's, it is one of `cellc.python`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar, assert_never

from cellc.language.type_text import exact
from cellc.language.types import (
    Bool,
    Broken,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    Scalar,
    Secret,
    String,
    Type,
    TypeTable,
    Union,
    resolve,
)
from cellc.language.values.memory import number_of
from cellc.language.values.unions import tag_of
from cellc.stubs.layout import Bracket, Either, Node, quoted, raw
from cellc.stubs.naming import OF_MODELS, Taken, attribute_names, class_name


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of a class: `None` is its default where it may be absent."""

    name: str
    type: Node
    optional: bool


@dataclass(slots=True)
class Annotator:
    """Writes types of one module. `names`: the Python names of declared types. `declare` gets each new class.

    `imports` collects what the annotations need imported.
    """

    table: TypeTable
    names: Mapping[str, str]
    taken: Taken
    declare: Callable[[str, Record], None]
    uses: Callable[[str], None]
    imports: set[tuple[str, str]] = field(default_factory=set)

    def imported(self, module: str, name: str) -> str:
        """Return `name`, which will be imported from `module`."""
        self.imports.add((module, name))
        return name

    def attributes(self, fields: Iterable[Field], owner: str, of_owner: frozenset[str] = OF_MODELS) -> list[Attribute]:
        """Return the attributes of the class `owner`."""
        rows = tuple(fields)
        names = attribute_names((f.name for f in rows), self.taken, of_owner)
        return [self._attribute(f, names[f.name], owner) for f in rows]

    def _attribute(self, declared: Field, name: str, owner: str) -> Attribute:
        node = self.node(declared.type, f"{owner}{class_name(declared.name)}")
        if declared.optional:
            node = _either([node, "None"])
        if name != declared.name:
            node = self._annotated(node, f"cell.Key({quoted(declared.name)})")
        return Attribute(name, node, declared.optional)

    def node(self, type_: Type, place: str) -> Node:  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of type
        """Return the annotation of a type; a record in it without a name gets one that starts with `place`."""
        match type_:
            case Null():
                return "None"
            case Bool():
                return "bool"
            case Int() | Number():
                return self._number(type_)
            case String():
                return self._text(type_)
            case Scalar(name):
                return f"cell.{_SCALARS.get(name) or name.capitalize()}"
            case Literal():
                return self._union([type_], place)
            case List(item, low, high):
                whole = Bracket("list[", (self.node(item, place),), "]")
                return self._constrained(whole, _lengths(low, high))
            case Map(value):
                return Bracket("dict[", ("str", self.node(value, place)), "]")
            case Record():
                return self._record(type_, place)
            case Union(arms):
                return self._union(arms, place)
            case Named(name):
                self.uses(self.names[name])
                return self.names[name]
            case Secret(inner):
                return Bracket("cell.Secret[", (self.node(inner, place),), "]")
            case Json():
                return "cell.Json"
            case Never() | Broken():
                raise ValueError("a module that checks has no such type")
            case _:
                assert_never(type_)

    def _annotated(self, node: Node, *marks: Node) -> Node:
        head = f"{self.imported('typing', 'Annotated')}["
        inner = node.parts if isinstance(node, Bracket) and node.head == head else (node,)
        return Bracket(head, (*inner, *marks), "]")

    def _constrained(self, node: Node, constraints: Iterable[str]) -> Node:
        parts = tuple(constraints)
        if not parts:
            return node
        return self._annotated(node, Bracket(f"{self.imported('pydantic', 'Field')}(", parts, ")"))

    def _number(self, type_: Int | Number) -> Node:
        if type_.step is not None or (isinstance(type_, Number) and (type_.low_open or type_.high_open)):
            raise ValueError("edition 1 has no steps and no open ends")
        if isinstance(type_, Int):
            return self._constrained("int", _ends(type_.low, type_.high, str))
        if type_.name == "decimal":
            return self._constrained("cell.Decimal", _ends(type_.low, type_.high, self._decimal))
        low = None if type_.low is None else _float_within(type_.low, up=True)
        high = None if type_.high is None else _float_within(type_.high, up=False)
        return self._constrained("cell.Float", _ends(low, high, _float_text))

    def _decimal(self, bound: Fraction) -> str:
        if bound.denominator == 1:
            return str(bound.numerator)
        return f'{self.imported("decimal", "Decimal")}("{exact(bound)}")'

    def _text(self, type_: String) -> Node:
        base = "str" if type_.format is None else f"cell.{type_.format.capitalize()}"
        node = self._constrained(base, _lengths(type_.low, type_.high))
        return node if type_.pattern is None else self._annotated(node, f"cell.Pattern({raw(type_.pattern)})")

    def _record(self, type_: Record, place: str) -> str:
        if type_.extra is not None:
            raise ValueError("edition 1 has no open records")
        name = self.taken.new(place)
        self.declare(name, type_)
        self.uses(name)
        return name

    # --- unions ---

    def _union(self, arms: Iterable[Type], place: str) -> Node:
        """Write literals first, then the others; records that a literal tag tells apart by their tag; null last."""
        rows = list(arms)
        others = [arm for arm in rows if not isinstance(arm, Literal | Null)]
        tag = self._tag(others)
        nodes = self._literals([arm for arm in rows if isinstance(arm, Literal)])
        found = [self.node(arm, self._place(arm, place, tag)) for arm in others]
        if tag is not None:
            attribute = attribute_names([tag], self.taken, OF_MODELS)[tag]
            mark = Bracket(f"{self.imported('pydantic', 'Field')}(", (f"discriminator={quoted(attribute)}",), ")")
            found = [self._annotated(_either(found), mark)]
        return _either([*nodes, *found, *(["None"] if any(isinstance(arm, Null) for arm in rows) else [])])

    def _literals(self, literals: list[Literal]) -> list[Node]:
        nodes: list[Node] = []
        texts = tuple(quoted(str(one.value)) for one in literals if one.kind == "string")
        if texts:
            nodes.append(Bracket(f"{self.imported('typing', 'Literal')}[", texts, "]"))
        exactly = tuple(repr(one.value) for one in literals if one.kind in {"int", "bool"})
        if exactly:
            base = Bracket(f"{self.imported('typing', 'Literal')}[", exactly, "]")
            nodes.append(self._annotated(base, Bracket("cell.Only(", exactly, ")")))
        floats = tuple(repr(float(one.value)) for one in literals if one.kind == "float")
        if floats:
            nodes.append(self._annotated("cell.Float", Bracket("cell.Only(", floats, ")")))
        return nodes

    def _tag(self, arms: Sequence[Type]) -> str | None:
        """Return the field that tells all of `arms` apart: in each a text of its own."""
        reals = [resolve(arm, self.table) for arm in arms]
        records = [real for real in reals if isinstance(real, Record)]
        if len(records) < max(2, len(reals)):
            return None
        for candidate in records[0].fields:
            tags = [self._tag_text(record, candidate.name) for record in records]
            if None not in tags and len(set(tags)) == len(tags):
                return candidate.name
        return None

    def _tag_text(self, record: Record, name: str) -> str | None:
        declared = record.get(name)
        literal = tag_of(declared, self.table) if declared is not None else None
        names = attribute_names((f.name for f in record.fields), self.taken, OF_MODELS)
        is_usual = names.get(name) == attribute_names([name], self.taken, OF_MODELS)[name]
        return str(literal.value) if literal is not None and literal.kind == "string" and is_usual else None

    def _place(self, arm: Type, place: str, tag: str | None) -> str:
        """Return what a record among the arms is called: by its tag, where it has one."""
        text = self._tag_text(arm, tag) if isinstance(arm, Record) and tag is not None else None
        return place if text is None else f"{place}{class_name(text)}"


_SCALARS = {"uuid": "UUID"}

_Bound = TypeVar("_Bound")


def _either(nodes: list[Node]) -> Node:
    arms: dict[Node, None] = {}
    for node in nodes:
        arms |= dict.fromkeys(node.arms if isinstance(node, Either) else (node,))
    return Either(tuple(arms)) if len(arms) > 1 else nodes[0]


def _lengths(low: int, high: int | None) -> list[str]:
    least = [f"min_length={low}"] if low else []
    return least if high is None else [*least, f"max_length={high}"]


def _ends(low: _Bound | None, high: _Bound | None, write: Callable[[_Bound], str]) -> list[str]:
    least = [] if low is None else [f"ge={write(low)}"]
    return least if high is None else [*least, f"le={write(high)}"]


def _float_within(bound: Fraction, *, up: bool) -> float:
    """Return the nearest float on the right side of `bound`; a float stands for the number that its text says."""
    away = math.inf if up else -math.inf
    try:
        nearest = float(bound)
    except OverflowError:
        return math.copysign(math.inf, bound)
    is_within = number_of(nearest) >= bound if up else number_of(nearest) <= bound
    return nearest if is_within else math.nextafter(nearest, away)


def _float_text(bound: float) -> str:
    if math.isinf(bound):
        return f'float("{bound}")'
    return str(int(bound)) if bound.is_integer() and abs(bound) < 1e6 else repr(bound).replace("e+", "e")
