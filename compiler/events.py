"""Events: what may arrive from outside, and the effects that wait for it or send it.

An effect `via: event.wait` says under `with:` which event (by its declared name, so that the payload has a type),
`key` of the key's type, and `where`, a condition over the payload `data` and the effect's inputs. Its output is the
payload, as far as `out` declares it. An effect `via: event.emit` gives `data`, a whole payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from cellc.compiler.bindings import Binder, split
from cellc.compiler.fit import Expected, Typed
from cellc.compiler.keys import key_of
from cellc.compiler.policies import MILLISECOND
from cellc.compiler.scope import Local, Scope, inputs
from cellc.compiler.symbols import EffectSymbol, EventSymbol, Names
from cellc.compiler.templates import Templates
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Binding, Correlation, Event, Ir
from cellc.language.types import BROKEN, Type


@dataclass(frozen=True, slots=True)
class Declared:
    """An event that was checked; `key` is the type of its key, None where it has none."""

    symbol: EventSymbol
    key: Type | None
    event: Event


RESERVED = {"data": "in `where:` it is the event's payload", "response": "in `result:` it is the event's payload"}
"""Names that an expression of a wait sees beside the effect's inputs."""

Events = Mapping[str, Declared]
"""Checked events by qualified name."""


def declare_event(symbol: EventSymbol, names: Names) -> Declared:
    """Check what an event declares beside its payload."""
    decl, templates = symbol.decl, Templates(names)
    scope = {"data": Local(symbol.data, "data")}
    if decl.keep is not None and decl.keep.value <= timedelta():
        help_ = "without `keep:`, an event that nothing waits for is dropped"
        names.report.add("E409", decl.keep.span, name="keep", expected="longer than nothing", help=help_)
    before = names.report.count
    key = None if decl.key is None else key_of(decl.key, scope, decl.name.text, templates)
    type_ = BROKEN if names.report.count > before else None if key is None else key.type
    event = Event(
        name=symbol.name,
        data=templates.types.data(symbol.data),
        key=None if key is None else key.ir,
        keep=None if decl.keep is None else decl.keep.value // MILLISECOND,
    )
    return Declared(symbol, type_, event)


@dataclass(slots=True)
class EventBinder:
    """Checks the binding of one effect to `event.wait` or `event.emit`."""

    effect: EffectSymbol
    base: EffectSymbol
    names: Names
    events: Events

    def wait(self) -> tuple[Correlation | None, Binding]:
        """Return which events the effect waits for, and what its output is."""
        with_, _, result = self._parts()
        self._refuse_reserved()
        declared = self._event(with_)
        binding = Binding(handler=self.base.name)
        if declared is None:
            return None, binding
        templates, own = Templates(self.names, loose=False), inputs(self.effect.input)
        data = declared.symbol.data
        correlation = Correlation(
            event=declared.symbol.name,
            key=self._key(with_.get("key"), declared, own, templates, filtered="where" in with_),
            where=self._where(with_.get("where"), {**own, "data": Local(data, "data")}, templates),
        )
        if self.effect.output is None and result is None:
            return correlation, binding
        output = self._output(result, declared, {**own, "response": Local(data, "response")}, templates)
        return correlation, Binding(handler=self.base.name, result=output)

    def emit(self) -> tuple[Correlation | None, Binding | None]:
        """Return which event the effect sends, and its payload."""
        with_, _, _ = self._parts()
        declared, data = self._event(with_), with_.get("data")
        if declared is None or data is None:
            return None, None
        templates = Templates(self.names, loose=False)
        label = Label(declared.symbol.decl.name.span, "declared here")
        expected = Expected(declared.symbol.data, f"the payload of `{declared.symbol.decl.name.text}`", label)
        payload = templates.value(data, expected, inputs(self.effect.input)).ir
        config: Ir = ["record", [["event", ["lit", declared.symbol.name]], ["data", payload]]]
        return Correlation(event=declared.symbol.name), Binding(handler=self.base.name, config=config)

    def _refuse_reserved(self) -> None:
        for field in self.effect.decl.input:
            if field.name.text in RESERVED:
                self._report.add("E212", field.name.span, name=field.name.text, why=RESERVED[field.name.text])

    def _parts(self) -> tuple[dict[str, ast.Template], ast.Template | None, ast.Template | None]:
        """Return what is under `with:`; report keys that are missing or unknown there."""
        decl, waits = self.effect.decl, self.base.output is not None
        asked, errors, result = split(decl.config)
        fields = [f.name for f in self.base.input.fields]
        extra = [(n, t) for n, t in (("errors", errors), ("result", None if waits else result)) if t is not None]
        unknown = [n for n, _ in asked if n.text not in fields] + [ast.Ident(n, t.span) for n, t in extra]
        for name in unknown:
            near = suggest.hint(name.text, fields)
            self._report.add("E316", name.span, type=f"`with` for {self.base.name}", name=name.text, near=near)
        missing = [
            f.name for f in self.base.input.fields if not f.optional and f.name not in {n.text for n, _ in asked}
        ]
        if missing and not unknown:
            lacks = ", ".join(f"`{n}`" for n in missing)
            span = decl.config.span if decl.config is not None else (decl.via or decl.name).span
            help_ = f"it takes {', '.join(f'`{n}`' for n in fields)}"
            self._report.add("E317", span, what=f"`with` for {self.base.name}", missing=lacks, type=help_)
        return {n.text: t for n, t in asked}, errors, result

    def _event(self, with_: Mapping[str, ast.Template]) -> Declared | None:
        match with_.get("event"):
            case None:
                return None
            case ast.Constant(str(name), span):
                symbol = self.names.event(ast.Ident(name, span))
                return None if symbol is None else self.events[symbol.name]
            case other:
                self._report.add("E421", other.span)
                return None

    def _key(
        self, key: ast.Template | None, declared: Declared, own: Scope, templates: Templates, *, filtered: bool
    ) -> Ir | None:
        """Return the key that is waited for; report one that cannot be, and a wait for whichever comes first."""
        event, label = declared.symbol.decl.name.text, Label(declared.symbol.decl.name.span, "declared here")
        if key is not None and declared.key is None:
            self._report.add("E422", key.span, labels=(label,), event=event)
            return None
        if key is None or declared.key is None:
            if declared.key is not None and not filtered:
                span = (self.effect.decl.via or self.effect.decl.name).span
                self._report.add("W429", span, labels=(label,), effect=self.effect.decl.name.text, event=event)
            return None
        return templates.value(key, Expected(declared.key, f"the key of `{event}`", label), own).ir

    def _where(self, where: ast.Template | None, scope: Scope, templates: Templates) -> Ir | None:
        match where:
            case None:
                return None
            case ast.Constant(str()) | ast.TemplateRecord() | ast.TemplateList():
                help_ = "an expression under `with:` is written `${...}`, for example `${data.n > 1}`"
                found = "a text" if isinstance(where, ast.Constant) else "a collection"
                self._report.add("E311", where.span, what="`where`", found=found, help=help_)
                return None
            case _:
                return templates.expressions.condition(where, scope, "`where`")

    def _output(self, result: ast.Template | None, declared: Declared, back: Scope, templates: Templates) -> Ir | None:
        """Return the effect's output: what `result:` makes of the payload, else the payload."""
        if result is not None:
            return Binder(self.effect, self.base, self.names, templates).result(result, back)
        if self.effect.output is None:
            return None
        decl = self.effect.decl
        what = f"the payload of `{declared.symbol.decl.name.text}`, which `{decl.name.text}` gives,"
        label = Label(declared.symbol.decl.name.span, "declared here")
        given = Typed(declared.symbol.data, ["var", "response"])
        return templates.types.fit(given, Expected(self.effect.output, what, label), (decl.via or decl.name).span).ir

    @property
    def _report(self) -> Report:
        return self.names.report
