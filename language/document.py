"""From a `.cell.yaml` file to `ast.Module`, and from a file of handlers to its bindings: the front of the compiler.

Four steps: the YAML is read (`reader`), commas that split Cell text are found, the document's shape is checked against
its JSON Schema (`shape`), and the tree is built, each piece of Cell text by `parser`. Every step reports all that it
finds. A part of the wrong shape has been reported when the tree is built, so building leaves it out without a word.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from cellc.language import ast
from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Fix, Report
from cellc.language.literals import DURATION, duration_value
from cellc.language.names import IDENTIFIER, why_not
from cellc.language.parser import parse_expression, parse_line, parse_pipeline, parse_script, parse_type
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode, read
from cellc.language.shape import HANDLERS, check_shape
from cellc.language.span import Source, Span
from cellc.language.split_text import find_split_text
from cellc.language.template import read_template_record

_T = TypeVar("_T")

_FIELD_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\??)\Z")


def parse_module(source: Source, report: Report) -> ast.Module | None:
    """Return the module that `source` is; None when nothing in it can be used. Reports every problem."""
    root = read(source, report)
    if root is None:
        return None
    split = find_split_text(root, report)
    check_shape(root, split, report)
    return _Builder(source, report, split).module(root) if isinstance(root, Mapping) else None


def parse_handlers(source: Source, report: Report) -> tuple[ast.HandlerDecl, ...]:
    """Return the bindings that a file of handlers has. Reports every problem."""
    root = read(source, report, "handlers:")
    if root is None:
        return ()
    split = find_split_text(root, report)
    check_shape(root, split, report, HANDLERS)
    return _Builder(source, report, split).handlers(root) if isinstance(root, Mapping) else ()


class _Builder:
    """Builds declarations from nodes. Methods return None, or leave out, what has the wrong shape."""

    def __init__(self, source: Source, report: Report, split: frozenset[Span]) -> None:
        self._source = source
        self._report = report
        self._split = split

    def module(self, root: Mapping) -> ast.Module:
        """Return the whole file."""
        top = _entries(root)
        version = self._ident(top.get("version"))
        return ast.Module(
            file=self._source.path,
            name=self._ident(top.get("module")),
            version=self._string(top.get("version")) or None,
            description=self._string(top.get("description")),
            uses=tuple(self._declarations(top.get("use"), self._use)),
            types=tuple(self._declarations(top.get("types"), self._type_declaration)),
            errors=tuple(self._declarations(top.get("errors"), self._error)),
            events=tuple(self._declarations(top.get("events"), self._event)),
            effects=tuple(self._declarations(top.get("effects"), self._effect)),
            cells=tuple(self._declarations(top.get("cells"), self._cell)),
            main=self._ident(top.get("main")),
            triggers=tuple(self._declarations(top.get("triggers"), self._trigger)),
            span=root.span,
            version_at=version.span if version else None,
        )

    def handlers(self, root: Mapping) -> tuple[ast.HandlerDecl, ...]:
        """Return the bindings of a file of handlers."""
        return tuple(self._declarations(_entries(root).get("handlers"), self._handler))

    # --- small parts ---

    def _declarations(self, node: YamlNode | None, build: Callable[[Scalar, YamlNode], _T | None]) -> Iterable[_T]:
        """Build each entry of a section such as `cells:`."""
        for key, value in node.entries if isinstance(node, Mapping) else ():
            built = build(key, value)
            if built is not None:
                yield built

    def _string(self, node: YamlNode | None) -> str:
        return node.content if isinstance(node, Scalar) else ""

    def _ident(self, node: YamlNode | None) -> ast.Ident | None:
        return ast.Ident(node.content, node.text.whole) if isinstance(node, Scalar) and node.content else None

    def _idents(self, node: YamlNode | None) -> tuple[ast.Ident, ...] | None:
        """Return a list of names; None when there is no list."""
        if not isinstance(node, Sequence):
            return None
        return tuple(ident for item in node.items if (ident := self._ident(item)) is not None)

    def _declared(self, key: Scalar, *, dotted: bool = False) -> ast.Ident:
        """Return the name that `key` declares, and report it when it cannot be one."""
        for part in key.content.split(".") if dotted else (key.content,):
            why = why_not(part)
            if why:
                self._report.add("E109", key.text.whole, name=key.content, why=why)
                break
        return ast.Ident(key.content, key.text.whole)

    def _duration(self, node: YamlNode | None) -> ast.Duration | None:
        if not isinstance(node, Scalar):
            return None
        value = duration_value(node.content)
        if value is None and DURATION.match(node.content):
            self._report.add("E107", node.span, where="a duration", expected="shorter", found=node.content[:40])
        return ast.Duration(value, node.text.whole) if value is not None else None

    # --- declarations ---

    def _use(self, key: Scalar, value: YamlNode) -> ast.Use | None:
        parts = _entries(value) or {"path": value}
        path = self._ident(parts.get("path"))
        return ast.Use(self._declared(key), path, self._ident(parts.get("version"))) if path else None

    def _type_declaration(self, key: Scalar, value: YamlNode) -> ast.TypeDecl | None:
        name, type_ = self._declared(key), self._type(value)
        return ast.TypeDecl(name, type_) if type_ else None

    def _error(self, key: Scalar, value: YamlNode) -> ast.ErrorDecl | None:
        name = self._declared(key)
        if isinstance(value, Scalar):
            return ast.ErrorDecl(name, ast.RecordType((), value.span)) if core_value(value) is None else None
        return ast.ErrorDecl(name, ast.RecordType(self._fields(value), value.span))

    def _effect(self, key: Scalar, value: YamlNode) -> ast.EffectDecl:
        parts = _entries(value)
        return ast.EffectDecl(
            name=self._declared(key, dotted=True),
            description=self._string(parts.get("description")),
            input=self._fields(parts.get("in")),
            output=self._optional(parts.get("out"), self._type),
            errors=self._idents(parts.get("errors")) or (),
            delivery=self._ident(parts.get("delivery")),
            key=self._optional(parts.get("key"), self._expression),
            key_lifetime=self._duration(parts.get("key_lifetime")),
            probe=self._ident(parts.get("probe")),
            timeout=self._duration(parts.get("timeout")),
            retry=self._optional(parts.get("retry"), self._retry),
            limits=self._optional(parts.get("limits"), self._limits),
            via=self._ident(parts.get("via")),
            config=self._template(parts.get("with")),
            span=key.span.to(value.span),
        )

    def _handler(self, key: Scalar, value: YamlNode) -> ast.HandlerDecl:
        parts = _entries(value)
        return ast.HandlerDecl(
            effect=ast.Ident(key.content, key.text.whole),
            via=self._ident(parts.get("via")),
            config=self._template(parts.get("with")),
            span=key.span.to(value.span),
        )

    def _template(self, node: YamlNode | None) -> ast.TemplateRecord | None:
        return read_template_record(node, self._report) if isinstance(node, Mapping) else None

    def _limits(self, node: YamlNode) -> ast.LimitsDecl:
        parts = _entries(node)
        at_once = core_value(part) if isinstance(part := parts.get("concurrency"), Scalar) else None
        return ast.LimitsDecl(
            concurrency=at_once if isinstance(at_once, int) else None,
            rate=self._ident(parts.get("rate")),
            span=node.span,
        )

    def _event(self, key: Scalar, value: YamlNode) -> ast.EventDecl:
        parts = _entries(value)
        return ast.EventDecl(
            name=self._declared(key, dotted=True),
            description=self._string(parts.get("description")),
            data=self._optional(parts.get("data"), self._type),
            key=self._optional(parts.get("key"), self._expression),
            keep=self._duration(parts.get("keep")),
            span=key.span.to(value.span),
        )

    def _trigger(self, key: Scalar, value: YamlNode) -> ast.TriggerDecl:
        parts = _entries(value)
        return ast.TriggerDecl(
            name=self._declared(key),
            description=self._string(parts.get("description")),
            http=self._ident(parts.get("http")),
            cron=self._ident(parts.get("cron")),
            timezone=self._ident(parts.get("timezone")),
            run=self._ident(parts.get("run")),
            config=self._template(parts.get("with")),
            key=self._optional(parts.get("key"), self._expression),
            overlap=self._ident(parts.get("overlap")),
            catch_up=self._duration(parts.get("catch_up")),
            span=key.span.to(value.span),
        )

    def _retry(self, node: YamlNode) -> ast.RetryDecl:
        parts = _entries(node)
        values = {key: core_value(part) for key, part in parts.items() if isinstance(part, Scalar)}
        attempts = values.get("attempts")
        return ast.RetryDecl(
            attempts=attempts if isinstance(attempts, int) else None,
            delay=self._duration(parts.get("delay")),
            factor=_decimal(values.get("factor")),
            max_delay=self._duration(parts.get("max_delay")),
            jitter=_decimal(values.get("jitter")),
            on=self._idents(parts.get("on")) or (),
            span=node.span,
        )

    def _cell(self, key: Scalar, value: YamlNode) -> ast.CellDecl:
        parts = _entries(value)
        return ast.CellDecl(
            name=self._declared(key),
            description=self._string(parts.get("description")),
            input=self._fields(parts.get("in"), variables=True),
            output=self._optional(parts.get("out"), self._type),
            errors=self._idents(parts.get("errors")),
            effects=self._idents(parts.get("effects")),
            body=self._body(parts),
            span=key.span.to(value.span),
        )

    def _optional(self, node: YamlNode | None, build: Callable[[YamlNode], _T]) -> _T | None:
        return build(node) if node is not None else None

    # --- bodies ---

    def _body(self, parts: dict[str, YamlNode]) -> ast.Body | None:
        script, topology, target = parts.get("do"), parts.get("topology"), self._ident(parts.get("python"))
        if isinstance(script, Scalar):
            return self._script(script)
        if isinstance(topology, Mapping):
            return None if topology.span in self._split else self._topology(topology)
        if isinstance(topology, Scalar):
            steps = parse_pipeline(topology.text, self._report)
            return ast.PipelineBody(steps, topology.text.whole) if steps is not None else None
        return ast.PythonBody(target, target.span) if target is not None else None

    def _script(self, node: Scalar) -> ast.DoBody | None:
        if node.style != "literal" and re.search(r"[\r\n]", self._source.cut(node.text.whole)):
            hint = "a script of several lines needs `do: |`, which keeps its line breaks"
            self._report.add("E112", node.span, reason="YAML has joined its lines", hint=hint)
            return None
        statements = parse_script(node.text, self._report)
        return ast.DoBody(statements, node.text.whole) if statements is not None else None

    def _topology(self, node: Mapping) -> ast.TopologyBody:
        result = None
        nodes: list[ast.Node] = []
        for key, value in node.entries:
            if key.content == "return":
                result = self._expression(value)
                continue
            if value.span in self._split:
                continue
            parts = _entries(value) or {"call": value}
            name, line = self._declared(key), self._line(parts.get("call"))
            policies = self._policies(parts, value.span) if isinstance(value, Mapping) else None
            if line is not None:
                nodes.append(ast.Node(name, line, key.span.to(value.span), policies))
        return ast.TopologyBody(tuple(nodes), result, node.span)

    def _line(self, node: YamlNode | None) -> ast.Flow | ast.Raise | None:
        readable = isinstance(node, Scalar) and self._keeps_quotes(node)
        return parse_line(node.text, self._report) if isinstance(node, Scalar) and readable else None

    def _policies(self, parts: dict[str, YamlNode], span: Span) -> ast.Policies:
        return ast.Policies(
            catch=tuple(self._declarations(parts.get("catch"), self._catch)),
            until=self._optional(parts.get("until"), self._expression),
            every=self._optional(parts.get("every"), self._expression),
            max=self._optional(parts.get("max"), self._expression),
            initial=self._optional(parts.get("from"), self._expression),
            span=span,
        )

    def _catch(self, key: Scalar, value: YamlNode) -> ast.Catch:
        error = ast.Ident(key.content, key.text.whole)
        if isinstance(value, Scalar):
            return ast.Catch(error, self._line(value))
        made = self._expression(value)
        return ast.Catch(error, None if made is None else ast.Flow(made, None, (), None, None, made.span))

    # --- Cell text in YAML ---

    def _keeps_quotes(self, node: Scalar) -> bool:
        """Report a quoted name in Cell text: YAML takes the quotes away, so the text that was meant is not there."""
        if node.style not in {"single", "double"} or not IDENTIFIER.match(node.content):
            return True
        hint = f"for the name write {node.content} without quotes, for the text `\"'{node.content}'\"`"
        self._report.add("E114", node.span, text=node.content, hint=hint)
        return False

    def _expression(self, node: YamlNode) -> ast.Expr | None:
        """Return an expression: a mapping is a record, a sequence a list, a scalar is Cell text."""
        match node:
            case Scalar():
                return parse_expression(node.text, self._report) if self._keeps_quotes(node) else None
            case Sequence():
                items = (self._expression(item) for item in self._unsplit(node, node.items))
                return ast.ListExpr(tuple(item for item in items if item is not None), node.span)
            case Mapping():
                if self._lacks_values(node):
                    return None
                values = ((key, self._expression(value)) for key, value in self._unsplit(node, node.entries))
                entries = (ast.Entry(ast.Ident(k.content, k.text.whole), v) for k, v in values if v is not None)
                return ast.RecordExpr(tuple(entries), node.span)

    def _lacks_values(self, node: Mapping) -> bool:
        """Report `{a, b}`, a record of Cell text: YAML reads keys without values."""
        empty = [key for key, value in node.entries if isinstance(value, Scalar) and not value.content]
        bare = node.flow and any(value.style == "plain" for _, value in node.entries if isinstance(value, Scalar))
        if not empty or not bare or node.span in self._split:
            return False
        name, text = empty[0].content, self._source.cut(node.span)
        whole = len(empty) == len(node.entries) and IDENTIFIER.match(name) and not re.search(r"[\r\n\"\\\\]", text)
        hint = f"write `{name}: {name}`" + (f', or the whole in quotes: `"{text}"`' if whole else "")
        reason = f"in a YAML mapping `{name}` alone has no value"
        fix = Fix(node.span, f'"{text}"') if whole else None
        self._report.add("E111", empty[0].span, fix=fix, reason=reason, hint=hint)
        return True

    def _unsplit(self, node: Mapping | Sequence, parts: tuple[_T, ...]) -> tuple[_T, ...]:
        return () if node.span in self._split else parts

    def _type(self, node: YamlNode) -> ast.TypeExpr | None:
        """Return a type: a mapping is a record, a sequence of one element a list, a scalar is Cell text."""
        match node:
            case Scalar():
                return parse_type(node.text, self._report) if self._keeps_quotes(node) else None
            case Sequence():
                inner = self._type(node.items[0]) if len(self._unsplit(node, node.items)) == 1 else None
                return ast.ListType(inner, None, None, node.span) if inner is not None else None
            case Mapping():
                return ast.RecordType(self._fields(node), node.span)

    def _fields(self, node: YamlNode | None, *, variables: bool = False) -> tuple[ast.FieldType, ...]:
        """Return the fields of a record type; those of a cell's input are `variables` in its body."""
        if not isinstance(node, Mapping):
            return ()
        built = (self._field(key, value, variables=variables) for key, value in self._unsplit(node, node.entries))
        return tuple(field for field in built if field is not None)

    def _field(self, key: Scalar, value: YamlNode, *, variables: bool) -> ast.FieldType | None:
        name, optional = self._field_name(key)
        why = why_not(name.text) if variables else ""
        if not name.text or (key.style == "plain" and not IDENTIFIER.match(name.text)):
            why = "a name is a letter or `_`, then letters, digits and `_`; other keys are quoted"
        if why:
            self._report.add("E109", name.span, name=name.text, why=why)
        type_ = self._type(value)
        return ast.FieldType(name, optional, type_) if type_ is not None else None

    def _field_name(self, key: Scalar) -> tuple[ast.Ident, bool]:
        found = _FIELD_NAME.match(key.content)
        if found is None:
            return ast.Ident(key.content, key.text.whole), False
        return ast.Ident(found[1], key.text.span(0, found.end(1))), bool(found[2])


def _entries(node: YamlNode | None) -> dict[str, YamlNode]:
    return {key.content: value for key, value in node.entries} if isinstance(node, Mapping) else {}


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
