"""The text of a Python module for a module of the language: its types, then errors, effects and cells.

What it uses of other modules is declared in it too, under names that start with theirs. Equal declarations give equal
text.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cellc.language.interface import Interface, Signature
from cellc.language.types import List, Map, Named, Record, Secret, Type, Union
from cellc.stubs.annotations import Annotator
from cellc.stubs.declarations import ERROR, RECORD, REQUEST, Alias, Kind, Model, in_order, recursive
from cellc.stubs.effects import handlers
from cellc.stubs.layout import WIDTH, Bracket, docstring, lines
from cellc.stubs.machines import python_cell
from cellc.stubs.naming import Taken, class_name


def python_module(interface: Interface) -> str:
    """Return the text of the Python module."""
    return _Module(interface).written()


@dataclass(slots=True)
class _Used:
    """What is written: the module's own declarations, then what these use of other modules; qualified names."""

    types: list[str]
    errors: list[str]
    effects: list[str]


def _used(interface: Interface) -> _Used:
    cells = list(interface.cells.values())
    asked = [effect for cell in cells if cell.python for effect in cell.effects]
    effects = _own_first(interface, interface.effects, asked)
    signatures = [*(interface.effects[name] for name in effects), *cells]
    raised = [error for signature in signatures for error in signature.errors if error in interface.modules]
    errors = _own_first(interface, interface.errors, raised)
    roots: list[Type] = [interface.errors[name] for name in errors]
    roots += [t for s in signatures for t in (s.input, s.output) if t is not None]
    own = interface.own(interface.types)
    reached = _reached([*map(Named, own), *roots], interface)
    return _Used(_own_first(interface, interface.types, reached), errors, effects)


def _own_first(interface: Interface, declared: Mapping[str, object], used: Iterable[str]) -> list[str]:
    own = interface.own(declared)
    return [*own, *sorted(set(used) - set(own))]


def _reached(roots: Iterable[Type], interface: Interface) -> set[str]:
    """Return the declared types that are named in `roots`, and in each other."""
    found: set[str] = set()
    work = list(roots)
    while work:
        match work.pop():
            case Named(name) if name not in found:
                found.add(name)
                work.append(interface.types[name])
            case List(inner) | Map(inner) | Secret(inner):
                work.append(inner)
            case Union(arms):
                work += arms
            case Record(fields):
                work += [f.type for f in fields]
            case _:
                pass
    return found


@dataclass(slots=True)
class _Module:
    interface: Interface
    used: _Used = field(init=False)
    taken: Taken = field(init=False)
    names: dict[str, str] = field(init=False)
    writer: Annotator = field(init=False)
    declared: list[Model | Alias] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.used = _used(self.interface)
        self.taken = Taken(["Handlers"])
        self.names = {}
        for kind, names in (("", self.used.types), ("error ", self.used.errors)):
            self.names |= {f"{kind}{name}": self.taken.new(self._class_name(name)) for name in names}
        table = self.interface.types
        types = {name: self.names[name] for name in self.used.types}
        self.writer = Annotator(table, types, self.taken, self._declare_part, self.needs.add)

    def _class_name(self, name: str) -> str:
        module = self.interface.modules.get(name, self.interface.module)
        own = class_name(name.removeprefix(f"{module}."))
        return own if module == self.interface.module else f"{class_name(module.rpartition('.')[2])}{own}"

    # --- declaring ---

    def _model(self, name: str, record: Record, doc: str, kind: Kind = RECORD, stands_for: str = "") -> None:
        outer = set(self.needs)
        self.needs.clear()
        attributes = tuple(self.writer.attributes(record.fields, name, kind.members))
        self.declared.append(Model(name, kind, doc, attributes, frozenset(self.needs), stands_for))
        self.needs.clear()
        self.needs |= outer

    def _declare_part(self, name: str, record: Record) -> None:
        self._model(name, record, "")

    def _type(self, name: str, type_: Type, doc: str) -> None:
        """Declare the class of a record, an alias for another type."""
        if isinstance(type_, Record):
            self._model(name, type_, doc)
            return
        self.needs.clear()
        node = self.writer.node(type_, name)
        self.writer.imported("typing", "TypeAlias")
        self.declared.append(Alias(name, node, frozenset(self.needs)))
        self.needs.clear()

    # --- the sections ---

    def written(self) -> str:
        sections = [
            ("types", list(self._types())),
            ("errors", list(self._errors())),
            ("effects", list(self._effects())),
            ("cells", list(self._cells())),
        ]
        blocks = [block for title, body in sections if body for block in ([_heading(title)], *body)]
        text = f"This is what `{self.interface.module}` declares, version {self.interface.version}."
        if self.interface.description:
            text += f"\n\n{self.interface.description}"
        head = [*docstring(text, 0), "", "from __future__ import annotations", "", *self._imports()]
        rows = head
        for block in blocks:
            rows = [*rows, *([""] * _gap(rows[-1], block[0])), *block]
        return "\n".join(rows) + "\n"

    def _imports(self) -> Iterator[str]:
        groups: dict[str, set[str]] = {}
        for module, name in self.writer.imports:
            groups.setdefault(module, set()).add(name)
        groups["cellc"] = {"python as cell"}
        ours = {"cellc", "pydantic", "typing_extensions"}
        for module in sorted(groups, key=lambda m: (m in ours, m)):
            if module == "cellc":
                yield from [""] * (len(groups.keys() - ours) > 0)
            names = tuple(sorted(groups[module]))
            whole = f"from {module} import {', '.join(names)}"
            yield from (
                [whole] if len(whole) <= WIDTH else lines(Bracket("(", names, ")"), before=f"from {module} import ")
            )

    def _take(self) -> Iterator[list[str]]:
        """Yield the blocks of what was declared since the last time."""
        late = recursive(self.declared)
        if late:
            self.writer.imported("typing_extensions", "TypeAliasType")
        for one in in_order(self.declared):
            yield list(one.written(recursive=one.name in late) if isinstance(one, Alias) else one.written())
        self.declared.clear()

    def _types(self) -> Iterator[list[str]]:
        for name in self.used.types:
            self._type(self.names[name], self.interface.types[name], f"The record `{name}`.")
        yield from self._take()

    def _errors(self) -> Iterator[list[str]]:
        for name in self.used.errors:
            fields = self.interface.errors[name]
            self._model(self.names[f"error {name}"], fields, f"The error `{name}`.", ERROR, name)
        yield from self._take()

    def _effects(self) -> Iterator[list[str]]:
        for name in self.used.effects:
            effect = self.interface.effects[name]
            self._ends(effect, self._class_name(name), REQUEST, f"A request for `{name}`.")
        yield from self._take()
        own = [self.interface.effects[name] for name in self.interface.own(self.used.effects)]
        if own:
            yield list(handlers(self.interface, own, self.names, self.writer))

    def _cells(self) -> Iterator[list[str]]:
        for name, cell in self.interface.cells.items():
            wanted = class_name(name.removeprefix(f"{self.interface.module}."))
            self._ends(cell, wanted, RECORD, f"What `{name}` takes.")
            yield from self._take()
            if cell.python:
                yield from python_cell(self.interface, cell, wanted, self.names, self.writer)

    def _ends(self, signature: Signature, wanted: str, kind: Kind, doc: str) -> None:
        """Declare what a cell or effect takes and gives."""
        if signature.description:
            doc += f"\n\n{signature.description}"
        taking = self.names[f"in {signature.name}"] = self.taken.new(f"{wanted}Input")
        self._model(taking, signature.input, doc, kind, signature.name)
        if signature.output is None:
            self.names[f"out {signature.name}"] = "None"
            return
        giving = self.names[f"out {signature.name}"] = self.taken.new(f"{wanted}Output")
        self._type(giving, signature.output, f"What `{signature.name}` gives.")


def _gap(before: str, after: str) -> int:
    """Return how many empty lines stand between two blocks: two around a class, one after imports and headings."""
    if before.startswith("from ") and after.startswith("#"):
        return 1
    return 2 if after.startswith(("class ", "#")) or before.startswith(" ") else 1


def _heading(title: str) -> str:
    return f"# --- {title} ---"
