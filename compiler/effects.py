"""Effect declarations beyond their signature: policies, keys, and the binding to a standard effect.

Lowered to `graph.Effect`. Retry defaults: 5 attempts, waiting 1 s, 2 s, 4 s, 8 s, at most 60 s, +- 20 %; a `once`
effect has one attempt. A binding's values are typed against the standard effect's inputs; the runtime turns a value
into JSON, and JSON into a declared type, where the two types say so.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from msgspec import structs

from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected, Typed
from cellc.compiler.load import walk
from cellc.compiler.scope import Local, Scope, inputs
from cellc.compiler.symbols import EffectSymbol, Names
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.graph import Binding, Effect, ErrorMapping, Ir, Retry
from cellc.language.signatures import kind
from cellc.language.types import (
    BROKEN,
    STRING,
    Broken,
    Json,
    List,
    Map,
    Never,
    Null,
    Record,
    Type,
    optional,
    record,
)

MILLISECOND = timedelta(milliseconds=1)

RETRY = Retry(attempts=5, delay=1_000, factor=2.0, max_delay=60_000, jitter=0.2)
"""What holds where an effect says nothing."""

TIMERS = frozenset({"time.sleep", "time.until"})
"""Standard effects that the scheduler itself performs."""

BINDING_KEYS = ("errors", "result")
"""Keys under `with:` that say what comes back, not what is asked."""

_KEY_KINDS = frozenset({"string", "int", "decimal", "uuid", "date", "datetime"})


def lower_effect(effect: EffectSymbol, names: Names) -> Effect:
    """Check what an effect declares beyond its signature, and return it in graph form."""
    return _Effect(effect, names).lower()


class _Effect:
    def __init__(self, effect: EffectSymbol, names: Names) -> None:
        self._effect = effect
        self._decl = effect.decl
        self._names = names
        self._report = names.report
        self._expressions = Expressions(names, _Ordinals())
        self._types = self._expressions.types
        self._inputs = inputs(effect.input)

    def lower(self) -> Effect:
        effect, decl = self._effect, self._decl
        return Effect(
            name=effect.name,
            input=self._types.data(effect.input),
            output=None if effect.output is None else self._types.data(effect.output),
            errors=sorted(effect.errors),
            delivery=effect.delivery or "once",
            key=self._key(),
            timeout=self._timeout(),
            retry=self._retry(),
            wait="timer" if effect.name in TIMERS else None,
            binding=self._binding(decl),
            contract="",
        )

    # --- policies ---

    def _key(self) -> Ir | None:
        if self._decl.key is None:
            return None
        value = self._expressions.infer(self._decl.key, self._inputs)
        if not isinstance(value.type, Broken) and not {kind(a) for a in self._types.arms(value.type)} <= _KEY_KINDS:
            found = self._types.found(value.type)
            self._report.add("E414", self._decl.key.span, effect=self._decl.name.text, found=found)
        return value.ir

    def _timeout(self) -> int | None:
        if self._decl.timeout is None:
            return None
        if self._decl.timeout <= timedelta():
            self._report.add("E409", self._decl.name.span, name="timeout", expected="longer than nothing", help="")
        return self._decl.timeout // MILLISECOND

    def _retry(self) -> Retry:
        written, once = self._decl.retry, self._effect.delivery == "once"
        if written is None:
            return structs.replace(RETRY, attempts=1) if once else RETRY
        if once:
            labels = (Label(self._decl.delivery.span, "said here"),) if self._decl.delivery else ()
            self._report.add("E407", written.span, labels=labels, effect=self._decl.name.text)
        return Retry(
            attempts=RETRY.attempts if written.attempts is None else written.attempts,
            delay=RETRY.delay if written.delay is None else written.delay // MILLISECOND,
            factor=RETRY.factor if written.factor is None else float(written.factor),
            max_delay=RETRY.max_delay if written.max_delay is None else written.max_delay // MILLISECOND,
            jitter=RETRY.jitter if written.jitter is None else float(written.jitter),
        )

    # --- the binding ---

    def _binding(self, decl: ast.EffectDecl) -> Binding | None:
        if decl.via is None:
            if decl.config is not None:
                self._report.add("E410", decl.config.span)
            return Binding(handler=self._effect.name) if self._effect.unit.standard else None
        base = self._base(decl.via)
        if base is None:
            return None
        surroundings = {name: self._read(decl.config, name) for name in ("env", "secret")}
        config, errors, result = self._split(decl.config)
        scope = {**self._inputs, "key": Local(STRING, "key")}
        scope |= {n: Local(record(dict.fromkeys(found, STRING)), n) for n, found in surroundings.items()}
        back = {**self._inputs, "response": Local(Null() if base.output is None else base.output, "response")}
        return Binding(
            handler=base.name,
            config=self._config(config, base, scope),
            errors=[*self._errors(errors, back)],
            result=self._result(result, back),
            env=surroundings["env"],
            secrets=surroundings["secret"],
        )

    def _base(self, via: ast.Ident) -> EffectSymbol | None:
        base = self._names.world.effects.get(via.text)
        if base is not None and base.unit.standard:
            return base
        standard = [n for n, e in self._names.world.effects.items() if e.unit.standard]
        self._report.add("E411", via.span, name=via.text, near=suggest.hint(via.text, standard))
        return None

    def _read(self, config: ast.TemplateRecord | None, of: str) -> list[str]:
        """Return the names that are read as `env.NAME` or `secret.NAME`."""
        found = {
            n.name.text
            for n in walk(config)
            if isinstance(n, ast.Field) and isinstance(n.value, ast.Name) and n.value.text == of
        }
        return sorted(found)

    def _split(
        self, config: ast.TemplateRecord | None
    ) -> tuple[list[tuple[ast.Ident, ast.Template]], ast.Template | None, ast.Template | None]:
        entries = config.entries if config is not None else ()
        special = {name.text: value for name, value in entries if name.text in BINDING_KEYS}
        asked = [(name, value) for name, value in entries if name.text not in BINDING_KEYS]
        return asked, special.get("errors"), special.get("result")

    def _config(self, asked: list[tuple[ast.Ident, ast.Template]], base: EffectSymbol, scope: Scope) -> Ir:
        if self._decl.config is None:
            return self._passed_on(base)
        whole = ast.TemplateRecord(tuple(asked), self._decl.config.span)
        return self._template(whole, Expected(base.input, f"`with` for {base.name}"), scope).ir

    def _passed_on(self, base: EffectSymbol) -> Ir:
        """Without `with:`, inputs go to the inputs of the same name."""
        fields = [[f.name, ["var", f.name]] for f in self._effect.input.fields]
        span = self._decl.via.span if self._decl.via else self._decl.name.span
        given = Typed(self._effect.input, ["record", fields])
        return self._types.fit(given, Expected(base.input, f"the input of {base.name}"), span).ir

    def _template(self, template: ast.Template, expected: Expected, scope: Scope) -> Typed:
        """Return a value under `with:`; where `json` is wanted, anything that has a JSON form will do."""
        wanted = self._types.resolve(self._types.present(expected.type))
        match template:
            case ast.TemplateRecord() if isinstance(wanted, Record):
                return self._template_record(template, wanted, expected, scope)
            case ast.TemplateRecord(entries):
                inner = wanted.value if isinstance(wanted, Map) else Json() if isinstance(wanted, Json) else BROKEN
                made = {n.text: self._template(v, Expected(inner, f"`{n.text}`"), scope) for n, v in entries}
                type_ = record({n: v.type for n, v in made.items()})
                value = Typed(type_, ["record", [[n, v.ir] for n, v in made.items()]])
                return value if isinstance(wanted, Map | Json) else self._types.fit(value, expected, template.span)
            case ast.TemplateList(items):
                inner = wanted.item if isinstance(wanted, List) else Json() if isinstance(wanted, Json) else BROKEN
                values = [self._template(v, Expected(inner, "an item"), scope) for v in items]
                value = Typed(List(inner, len(items), len(items)), ["list", [v.ir for v in values]])
                return value if isinstance(wanted, Json) else self._types.fit(value, expected, template.span)
            case _:
                return self._template_value(template, wanted, expected, scope)

    def _template_record(self, template: ast.TemplateRecord, wanted: Record, expected: Expected, scope: Scope) -> Typed:
        made: dict[str, Ir] = {}
        for name, value in template.entries:
            field = wanted.get(name.text)
            if field is None:
                near = suggest.hint(name.text, [f.name for f in wanted.fields if f.name not in made])
                self._report.add("E316", name.span, type=expected.what, name=name.text, near=near)
                continue
            type_ = optional(field.type) if field.optional else field.type
            made[name.text] = self._template(value, Expected(type_, f"`{name.text}`"), scope).ir
        missing = [f.name for f in wanted.fields if not f.optional and f.name not in made]
        if missing and len(made) == len(template.entries):
            lacks = ", ".join(f"`{n}`" for n in missing)
            shown = f"its inputs are {self._types.show(wanted)}"
            self._report.add("E317", template.span, what=expected.what, missing=lacks, type=shown)
        return Typed(wanted, ["record", [[n, v] for n, v in made.items()]])

    def _template_value(self, expr: ast.Expr, wanted: Type, expected: Expected, scope: Scope) -> Typed:
        if isinstance(wanted, Json):
            return self._expressions.infer(expr, scope)
        value = self._expressions.infer(expr, scope)
        if isinstance(value.type, Broken | Json):
            return value
        return self._types.fit(value, expected, expr.span)

    # --- what comes back ---

    def _result(self, template: ast.Template | None, back: Scope) -> Ir | None:
        if template is None or isinstance(template, ast.TemplateRecord | ast.TemplateList):
            expected = Expected(self._effect.output or Never(), f"the result of `{self._decl.name.text}`")
            return None if template is None else self._template(template, expected, back).ir
        if self._effect.output is None:
            self._report.add("E506", template.span, cell=self._decl.name.text)
            return None
        expected = Expected(self._effect.output, f"the result of `{self._decl.name.text}`")
        return self._template_value(template, self._effect.output, expected, back).ir

    def _errors(self, template: ast.Template | None, back: Scope) -> Iterator[ErrorMapping]:
        if template is None:
            return
        if not isinstance(template, ast.TemplateRecord):
            self._report.add("E415", template.span, error="errors", reason="must be a mapping", help=_MAPPING_FORM)
            return
        for name, mapping in template.entries:
            known = self._mapped_error(name)
            if known is not None and not isinstance(mapping, ast.TemplateRecord):
                self._report.add("E415", mapping.span, error=name.text, reason="must be a mapping", help=_MAPPING_FORM)
            elif known is not None and isinstance(mapping, ast.TemplateRecord):
                yield self._error_mapping(known, name, mapping, back)

    def _mapped_error(self, name: ast.Ident) -> str | None:
        error = self._names.error(name)
        if error is None or error.name in self._effect.errors:
            return error.name if error else None
        declared = [self._names.shown(e) for e in self._effect.errors]
        near = suggest.hint(name.text, declared, "add it there")
        label = Label(self._decl.name.span, "declared here")
        self._report.add("E412", name.span, labels=(label,), effect=self._decl.name.text, error=name.text, near=near)
        return None

    def _error_mapping(self, error: str, name: ast.Ident, mapping: ast.TemplateRecord, back: Scope) -> ErrorMapping:
        tests: list[Ir] = []
        fields = self._names.world.errors[error].fields
        given: ast.TemplateRecord = ast.TemplateRecord((), name.span)
        for key, value in mapping.entries:
            if key.text == "with" and isinstance(value, ast.TemplateRecord):
                given = value
            elif isinstance(value, ast.TemplateRecord | ast.TemplateList):
                reason = "compares with one value for each key"
                self._report.add("E415", value.span, error=name.text, reason=reason, help=_MAPPING_FORM)
            else:
                response = ast.Field(ast.Name("response", key.span), key, key.span)
                same = ast.Compare((response, value), ("==",), value.span)
                tests.append(self._expressions.infer(same, back).ir)
        if not tests:
            reason = "does not say when it holds"
            self._report.add("E415", name.span, error=name.text, reason=reason, help=_MAPPING_FORM)
        made = self._template_record(given, fields, Expected(fields, f"`{name.text}`"), back)
        return ErrorMapping(error=error, match=_all_of(tests), fields=dict(made.ir[1]))


_MAPPING_FORM = "for example `Declined: {status: 402, with: {reason: ${response.text}}}`"


def _all_of(tests: list[Ir]) -> Ir:
    whole: Ir = ["lit", True]
    for i, test in enumerate(tests):
        whole = ["and", whole, test] if i else test
    return whole


@dataclass(slots=True)
class _Ordinals:
    """Gives comprehension variables names of their own: `x#1`, `x#2`."""

    count: int = 0

    def __call__(self, base: str) -> str:
        self.count += 1
        return f"{base}#{self.count}"


def contract(effect: Effect, types: Mapping[str, object], errors: Mapping[str, object]) -> str:
    """Return the hash of an effect's signature and promise, with the types and errors that it names."""
    data = msgspec.to_builtins(effect)
    del data["contract"]
    data.pop("binding", None)
    named = {"types": types, "errors": {e: errors[e] for e in effect.errors if e in errors}}
    return hashlib.sha256(msgspec.json.encode([data, named], order="sorted")).hexdigest()
