"""Classes and aliases in an order in which each can be made: what an alias names stands before it.

Annotations of classes are looked up late, so a class may name what follows. An alias that takes part in a recursion is
a `TypeAliasType`, which is looked up late too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cellc.stubs.annotations import Attribute
from cellc.stubs.layout import INDENT, WIDTH, Bracket, Either, Node, docstring, flat, lines, quoted
from cellc.stubs.naming import OF_ERRORS, OF_MODELS


@dataclass(frozen=True, slots=True)
class Kind:
    """What a class is a subclass of, what that has already, and under which name a class says what it stands for."""

    parent: str
    members: frozenset[str]
    mark: str | None = None


RECORD = Kind("cell.Model", OF_MODELS)
REQUEST = Kind("cell.Request", OF_MODELS, "effect")
ERROR = Kind("cell.Error", OF_ERRORS, "name")


@dataclass(frozen=True, slots=True)
class Model:
    """A class with attributes; `stands_for` is what it is called in the language, where it says so."""

    name: str
    kind: Kind
    doc: str
    attributes: tuple[Attribute, ...]
    needs: frozenset[str]
    stands_for: str = ""

    def written(self) -> Iterator[str]:
        """Yield its lines."""
        yield f"class {self.name}({self.kind.parent}):"
        marks = [] if self.kind.mark is None else [f'    {self.kind.mark} = "{self.stands_for}"']
        groups = [docstring(self.doc, 1), marks, list(self._fields())]
        for index, group in enumerate([group for group in groups if group] or [["    pass"]]):
            yield from ([""] if index else [])
            yield from group

    def _fields(self) -> Iterator[str]:
        for attribute in self.attributes:
            before, default = f"{attribute.name}: ", " = None" if attribute.optional else ""
            length = INDENT + len(f"{before}{flat(attribute.type)}{default}")
            if attribute.optional and isinstance(attribute.type, Either) and WIDTH < length <= WIDTH + 3:
                # All but the default fits: the formatter then puts that on a line of its own.
                yield from (f"    {before}{flat(attribute.type)} = (", "        None", "    )")
            else:
                yield from lines(attribute.type, 1, before=before, after=default)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a type."""

    name: str
    type: Node
    needs: frozenset[str]

    def written(self, *, recursive: bool = False) -> Iterator[str]:
        """Yield its lines."""
        if recursive:
            late = Bracket("TypeAliasType(", (quoted(self.name), quoted(flat(self.type))), ")")
            yield from lines(late, before=f"{self.name} = ")
        else:
            yield from lines(self.type, before=f"{self.name}: TypeAlias = ")


def in_order(declared: Iterable[Model | Alias]) -> list[Model | Alias]:
    """Return the declarations, each after those that it needs, as far as that can be, else as they are."""
    table = {one.name: one for one in declared}
    placed: dict[str, Model | Alias] = {}
    seen: set[str] = set()
    for root in table:
        stack = [(root, iter(_needs(root, table)))] if root not in seen else []
        seen.add(root)
        while stack:
            name, left = stack[-1]
            following = next((n for n in left if n not in seen), None)
            if following is None:
                placed[name] = table[name]
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(_needs(following, table))))
    return list(placed.values())


def recursive(declared: Iterable[Model | Alias]) -> frozenset[str]:
    """Return the names of the aliases that need themselves, directly or through others."""
    table = {one.name: one for one in declared}
    return frozenset(name for name, one in table.items() if isinstance(one, Alias) and name in _reached(name, table))


def _needs(name: str, table: Mapping[str, Model | Alias]) -> list[str]:
    order = list(table)
    return sorted((n for n in table[name].needs if n in table), key=order.index)


def _reached(name: str, table: Mapping[str, Model | Alias]) -> set[str]:
    found: set[str] = set()
    work = [name]
    while work:
        new = {n for n in table[work.pop()].needs if n in table} - found
        found |= new
        work += new
    return found
