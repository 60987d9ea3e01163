"""Loads a module and everything that it uses: its imports, and the standard modules that it names.

Nothing here reads a file: text comes through `Sources`. A module that did not load is None in its importers' `uses`,
and whatever is looked up in it is taken to be right: its own problem has been reported.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Literal, get_args, get_origin

from cellc.compiler.handlers import Handlers
from cellc.compiler.sources import SUFFIX, Sources, Unreadable
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label, Report
from cellc.language.document import parse_handlers, parse_module
from cellc.language.span import Source, Span

_KEY = re.compile(r"(?m)(?:^|[{,])\s*[\"']?([\w.]+)[\"']?\s*\??\s*:")
_DOCUMENT_KEYS = frozenset({"in", "out", "errors", "effects", "cells", "main", "delivery", "via"})


@dataclass(frozen=True)
class Unit:
    """A loaded module. `damage` is where it did not read, so a name missing in `tree` may be there in the text."""

    name: str
    source: Source
    tree: ast.Module
    uses: Mapping[str, "Unit | None"]
    standard: bool
    damage: tuple[Span, ...] = ()

    @property
    def version(self) -> str:
        """The version of the module's contract; one that it does not state is the first."""
        return self.tree.version or "0.0.0"

    @property
    def damaged(self) -> bool:
        """Whether some part did not read."""
        return bool(self.damage)

    @cached_property
    def _torn_keys(self) -> frozenset[str]:
        """What looks like a key in the declarations that did not read as a whole."""
        parts = _declarations_at(self.source.text, sorted(span.start for span in self.damage))
        return frozenset(key for part in parts for key in _KEY.findall(part))

    def torn(self, part: Span) -> bool:
        """Return whether something in a part did not read."""
        return any(span.start <= part.end and part.start <= span.end for span in self.damage)

    def mentions(self, name: str) -> int:
        """Return how often a word, or a name behind which a dot follows, stands in the text."""
        return len(re.findall(rf"(?<![\w./]){re.escape(name)}(?!\w)", self.source.text))

    def lost(self, name: str, inside: Span | None = None) -> bool:
        """Return whether `name` may be a key (of the part `inside`) that did not read, as far as the text shows it.

        A key of the document itself, such as `errors`, may also be there misspelt.
        """
        if not self.damaged or (inside is not None and not self.torn(inside)):
            return False
        keys = self._torn_keys if inside is None else set(_KEY.findall(self.source.cut(inside)))
        return name in keys or (name in _DOCUMENT_KEYS and suggest.nearest(name, keys - _DOCUMENT_KEYS) is not None)


def _declarations_at(text: str, offsets: Iterable[int]) -> Iterator[str]:
    """Yield the lines of the declarations at these offsets: each from the one under a key of the document to its last.

    Offsets are in order, and of several in one declaration the first counts: the text is gone through once.
    """
    lines = text.split("\n")
    indents = [len(line) - len(line.lstrip(" ")) if line.strip() else None for line in lines]
    end, line, seen = 0, 0, 0
    for offset in offsets:
        line, seen = line + text.count("\n", seen, offset), offset
        if line < end:
            continue
        first, least = line, indents[line] or 0
        for above in range(line - 1, end - 1, -1):
            indent = indents[above]
            if indent is not None and 0 < indent < least:
                first, least = above, indent
            elif indent == 0:
                break
        below = (i for i in range(line + 1, len(lines)) if (indent := indents[i]) is not None and indent <= least)
        end = next(below, len(lines))
        yield "\n".join(lines[first:end])


@dataclass(slots=True)
class Loaded:
    """All modules of a compilation, each after those that it uses; `main` is the one that was asked for."""

    main: Unit | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    standard: dict[str, Unit] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)


def load(path: str, sources: Sources, report: Report, handlers: str | None = None) -> Loaded:
    """Load the module at `path` and what it uses; the file of handlers at `handlers` binds its effects."""
    loader = _Loader(sources, report)
    if handlers is not None:
        loader.read_handlers(handlers)
    loader.loaded.main = loader.module(path, Span(path, 0, 0), ())
    loader.refuse_unbound()
    return loader.loaded


def children(node: Any) -> tuple[object, ...]:
    """Return what is directly inside `node`, in source order, but for what holds no nodes: texts, numbers, places."""
    if isinstance(node, tuple):
        return node
    return tuple([getattr(node, name) for name in _parts(type(node))]) if isinstance(node, ast.Syntax) else ()


def walk(node: object) -> Iterator[ast.Syntax]:
    """Yield `node` and every syntax node under it, in source order."""
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, ast.Syntax):
            yield here
            for name in _parts_backwards(type(here)):
                stack.append(getattr(here, name))  # noqa: PERF401 -- most nodes have one part or none
        elif isinstance(here, tuple):
            stack.extend(reversed(here))


@cache
def _parts(kind: type[ast.Syntax]) -> tuple[str, ...]:
    """Return the names of what a syntax node of this class may hold nodes in."""
    return tuple(name for name in kind.__struct_fields__ if not _is_plain(kind.__annotations__[name]))


@cache
def _parts_backwards(kind: type[ast.Syntax]) -> tuple[str, ...]:
    return _parts(kind)[::-1]


_PLAIN = {Span, str, bool, int, Decimal, timedelta, type(None)}


def _is_plain(annotation: Any) -> bool:
    """Return whether what has this annotation is no syntax node and holds none."""
    return get_origin(annotation) is Literal or {*(get_args(annotation) or (annotation,))} <= _PLAIN


@dataclass(slots=True)
class _Loader:
    from_: Sources
    report: Report
    loaded: Loaded = field(default_factory=Loaded)
    by_path: dict[str, Unit | None] = field(default_factory=dict)
    handlers: Handlers = field(default_factory=Handlers)

    def read_handlers(self, path: str) -> None:
        try:
            source = self.from_.read(path)
        except Unreadable as problem:
            self.report.add("E100", Span(path, 0, 0), reason=problem, hint="give the path of a file of handlers")
            return
        self.loaded.sources[path] = source
        self.handlers = Handlers(parse_handlers(source, self.report))

    def refuse_unbound(self) -> None:
        """Report the bindings that are of no effect, unless it may be one that did not read."""
        if any(unit is None or unit.damaged for unit in self.by_path.values()):
            return
        for name, binding in self.handlers.left.items():
            self.report.add("E860", binding.effect.span, name=name, near=self.handlers.near(name))

    def module(self, path: str, blamed: Span, trail: tuple[str, ...]) -> Unit | None:
        if path in trail:
            cycle = (*trail[trail.index(path) :], path)
            self.report.add("E208", blamed, cycle=" -> ".join(cycle))
            return None
        if path in self.by_path:
            return self.by_path[path]
        unit = self._read(path, blamed, trail)
        self.by_path[path] = unit
        return unit

    def _read(self, path: str, blamed: Span, trail: tuple[str, ...]) -> Unit | None:
        try:
            source = self.from_.read(path)
        except Unreadable as problem:
            if trail:
                self.report.add("E207", blamed, path=path, reason=problem)
            else:
                self.report.add("E100", blamed, reason=problem)
            return None
        parsed = self._parse(source)
        if parsed is None:
            return None
        tree, damage = parsed
        tree = self.handlers.bind(tree, tree.name.text if tree.name else _stem(path), is_main=not trail)
        uses = {u.name.text: self._used(path, u, trail) for u in tree.uses}
        name = tree.name.text if tree.name else _stem(path)
        unit = Unit(name, source, tree, uses, standard=False, damage=damage)
        self._load_standard(tree)
        return self._keep(unit)

    def _used(self, path: str, use: ast.Use, trail: tuple[str, ...]) -> Unit | None:
        return self.module(self.from_.join(path, use.path.text), use.path.span, (*trail, path))

    def _parse(self, source: Source) -> tuple[ast.Module, tuple[Span, ...]] | None:
        self.loaded.sources[source.path] = source
        tree = parse_module(source, self.report)
        damage = tuple(d.span for d in self.report.diagnostics if d.span.file == source.path)
        return (tree, damage) if tree is not None else None

    def _keep(self, unit: Unit) -> Unit | None:
        if self.from_.standard(unit.name) is not None:
            self.report.add("E212", self._name_span(unit), name=unit.name, why="it is a standard module")
            return None
        other = self.loaded.units.setdefault(unit.name, unit)
        if other is not unit:
            labels = (Label(self._name_span(other), "the other one"),)
            self.report.add("E209", self._name_span(unit), labels=labels, name=unit.name)
        return unit

    def _name_span(self, unit: Unit) -> Span:
        return unit.tree.name.span if unit.tree.name else Span(unit.source.path, 0, 0)

    def _load_standard(self, tree: ast.Module) -> None:
        """Load the standard modules whose names come first in a dotted name: `http.get`, `errors: [sql.Conflict]`.

        `every:` is a call of `time.sleep`, which is not written.
        """
        own = {u.name.text for u in tree.uses}
        for node in walk(tree):
            if isinstance(node, ast.Policies) and node.every is not None:
                self._standard("time")
            if isinstance(node, ast.Ident) and "." in node.text:
                head = node.text.partition(".")[0]
                if head not in own and head.isidentifier():
                    self._standard(head)

    def _standard(self, name: str) -> None:
        if name in self.loaded.standard:
            return
        source = self.from_.standard(name)
        parsed = self._parse(source) if source is not None else None
        if source is None or parsed is None:
            return
        unit = Unit(name, source, parsed[0], {}, standard=True, damage=parsed[1])
        self.loaded.standard[name] = unit
        self._load_standard(unit.tree)


def _stem(path: str) -> str:
    """Return the name of a file without its suffix; where it comes from may stand before a colon: `git:REV:file`."""
    return re.split("[/:]", path)[-1].removesuffix(SUFFIX)
