"""The binding of an effect: the standard effect that performs it, what that is asked for, and what comes back.

What is asked for is typed against the standard effect's inputs, what comes back against the effect's own output and
errors. `env` and `secret` exist only in what is asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from cellc.compiler.fit import Expected, Typed, Types
from cellc.compiler.load import walk
from cellc.compiler.scope import Local, Scope, inputs
from cellc.compiler.secrets import SHOWN
from cellc.compiler.symbols import EffectSymbol, Names
from cellc.compiler.templates import Templates
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Binding, ErrorMapping, Ir
from cellc.language.secret_types import revealed
from cellc.language.signatures import kind
from cellc.language.types import INT, STRING, Json, List, Map, Never, Null, Secret, Type, record

BINDING_KEYS = ("errors", "result")
"""Keys under `with:` that say what comes back, not what is asked."""

PAYLOADS: Mapping[str, Type] = {
    "http.get": Json(),
    "http.post": Json(),
    "http.put": Json(),
    "http.patch": Json(),
    "http.delete": Json(),
    "sql.query": List(Map(Json())),
    "sql.execute": INT,
}
"""What a handler gives through `via:` without a `result:`, where that is not its whole output."""

SURROUNDINGS = {"env": "all variables of the environment", "secret": "all secrets of the environment"}

RESERVED = {
    "key": "in `with:` it is the call's key",
    "env": "in `with:` it holds the environment's variables",
    "secret": "in `with:` it holds the environment's secrets",
    "response": "in `with:` it is what came back",
}
"""Names that an expression under `with:` sees beside the effect's inputs."""


@dataclass(slots=True)
class Binder:
    """Checks the binding of one effect to the standard effect `base`."""

    effect: EffectSymbol
    base: EffectSymbol
    names: Names
    templates: Templates

    def bind(self) -> Binding:
        """Return the binding; report where what is asked for, or what comes back, does not fit."""
        self._refuse_reserved()
        self._refuse_whole()
        config = self.effect.decl.config
        surroundings = {name: _read(config, name) for name in SURROUNDINGS}
        asked, errors, result = split(config)
        own = inputs(self.effect.input)
        scope = {**own, "key": Local(STRING, "key")}
        kinds: Mapping[str, Type] = {"env": STRING, "secret": Secret(STRING)}
        scope |= {n: Local(record(dict.fromkeys(found, kinds[n])), n) for n, found in surroundings.items()}
        scope = {n: replace(local, type=self._as_asked(local.type)) for n, local in scope.items()}
        back = {**own, "response": Local(Null() if self.base.output is None else self.base.output, "response")}
        return Binding(
            handler=self.base.name,
            config=self.asked(asked, scope),
            errors=[*self._errors(errors, back)],
            result=self.result(result, back),
            env=surroundings["env"],
            secrets=surroundings["secret"],
        )

    def _refuse_reserved(self) -> None:
        for field in self.effect.decl.input if self.effect.decl.config is not None else ():
            if field.name.text in RESERVED:
                self._report.add("E212", field.name.span, name=field.name.text, why=RESERVED[field.name.text])

    def _refuse_whole(self) -> None:
        """Report `env` and `secret` as values: which names a binding reads is known before a run starts."""
        nodes = [*walk(self.effect.decl.config)]
        inside = {id(node.value) for node in nodes if isinstance(node, ast.Field)}
        for node in nodes:
            if isinstance(node, ast.Name) and node.text in SURROUNDINGS and id(node) not in inside:
                what, near = SURROUNDINGS[node.text], f"name one of them, as `{node.text}.NAME`"
                self._report.add("E205", node.span, name=node.text, what=what, near=near)

    # --- what is asked for ---

    def asked(self, asked: list[tuple[ast.Ident, ast.Template]], scope: Scope) -> Ir:
        """Return the standard effect's input."""
        config = self.effect.decl.config
        if config is None:
            return self._passed_on()
        whole = ast.TemplateRecord(tuple(asked), config.span)
        return self.templates.value(whole, Expected(self.base.input, f"`with` for {self.base.name}"), scope).ir

    def _as_asked(self, type_: Type) -> Type:
        """Return the type that a value has in what is asked: secrets are open there, unless they would be shown."""
        return type_ if self.base.name in SHOWN else revealed(type_, self.templates.types.table)

    def _passed_on(self) -> Ir:
        """Without `with:`, inputs go to the inputs of the same name."""
        decl = self.effect.decl
        if self.effect.unread:
            return ["lit", None]
        fields = [[f.name, ["var", f.name]] for f in self.effect.input.fields]
        wanted = [f.name for f in self.base.input.fields]
        for name in (f.name for f in decl.input if f.name.text not in wanted):
            near = suggest.hint(name.text, wanted, "say under `with:` where it goes")
            self._report.add("W426", name.span, name=name.text, base=self.base.name, near=near)
        span = decl.via.span if decl.via else decl.name.span
        given = Typed(self._as_asked(self.effect.input), ["record", fields])
        return self.templates.types.fit(given, Expected(self.base.input, f"the input of {self.base.name}"), span).ir

    # --- what comes back ---

    def result(self, template: ast.Template | None, back: Scope) -> Ir | None:
        """Return the output that `result:` under `with:` gives; None where it is not there."""
        if template is None:
            self._check_payload()
            return None
        expected = Expected(self.effect.output or Never(), f"the result of `{self.effect.decl.name.text}`")
        if self.effect.output is None and not isinstance(template, ast.TemplateRecord | ast.TemplateList):
            self._report.add("E506", template.span, cell=self.effect.decl.name.text)
            return None
        return self.templates.value(template, expected, back).ir

    def _check_payload(self) -> None:
        """Report an output that can never be made of what the handler gives without a `result:`."""
        decl, types = self.effect.decl, self.templates.types
        payload = PAYLOADS.get(self.base.name, Null() if self.base.output is None else self.base.output)
        if self.effect.output is None or json_forms(payload, types) & json_forms(self.effect.output, types):
            return
        gives = "nothing" if isinstance(payload, Null) else types.show(payload)
        self._report.add(
            "E427", (decl.via or decl.name).span, base=self.base.name, gives=gives, out=types.show(self.effect.output)
        )

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
        error = self.names.error(name)
        if error is None or error.name in self.effect.errors:
            return error.name if error else None
        if self.effect.doubtful:
            return None
        declared = [self.names.shown(e) for e in self.effect.errors]
        near = suggest.hint(name.text, declared, "add it there")
        label = Label(self.effect.decl.name.span, "declared here")
        effect = self.effect.decl.name.text
        self._report.add("E412", name.span, labels=(label,), effect=effect, error=name.text, near=near)
        return None

    def _error_mapping(self, error: str, name: ast.Ident, mapping: ast.TemplateRecord, back: Scope) -> ErrorMapping:
        tests: list[Ir] = []
        fields = self.names.world.errors[error].fields
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
                tests.append(self.templates.expressions.infer(same, back).ir)
        if not tests:
            reason = "does not say when it holds"
            self._report.add("E415", name.span, error=name.text, reason=reason, help=_MAPPING_FORM)
        made = self.templates.record(given, fields, Expected(fields, f"`{name.text}`"), back)
        return ErrorMapping(error=error, match=_all_of(tests), fields=dict(made.ir[1]))

    @property
    def _report(self) -> Report:
        return self.names.report


_MAPPING_FORM = "for example `Declined: {status: 402, with: {reason: ${response.text}}}`"


def split(
    config: ast.TemplateRecord | None,
) -> tuple[list[tuple[ast.Ident, ast.Template]], ast.Template | None, ast.Template | None]:
    """Return what is asked under `with:`, then its `errors:` and its `result:`."""
    entries = config.entries if config is not None else ()
    special = {name.text: value for name, value in entries if name.text in BINDING_KEYS}
    asked = [(name, value) for name, value in entries if name.text not in BINDING_KEYS]
    return asked, special.get("errors"), special.get("result")


def mapped_errors(effect: EffectSymbol, names: Names) -> frozenset[str]:
    """Return the errors that the effect's binding makes of what comes back, listed under its `errors:` or not."""
    _, errors, _ = split(effect.decl.config)
    entries = errors.entries if isinstance(errors, ast.TemplateRecord) else ()
    return frozenset(known for name, _ in entries if (known := names.known_error(name.text)) is not None)


_ALL_FORMS = frozenset({"null", "bool", "number", "text", "list", "object"})

_FORMS: Mapping[str, frozenset[str]] = {
    **{name: frozenset({"number"}) for name in ("int", "float")},
    **{name: frozenset({name}) for name in ("null", "bool", "list")},
    **{name: frozenset({"object"}) for name in ("record", "map")},
    **{name: frozenset({"text"}) for name in ("string", "bytes", "uuid", "date", "time", "datetime", "duration")},
    "decimal": frozenset({"number", "text"}),
}


def json_forms(type_: Type, types: Types) -> frozenset[str]:
    """Return which forms of JSON a value of the type can have: the runtime reads a declared type from any of them."""
    return frozenset[str]().union(*(_FORMS.get(kind(arm), _ALL_FORMS) for arm in types.arms(type_)))


def _read(config: ast.TemplateRecord | None, of: str) -> list[str]:
    """Return the names that are read as `env.NAME` or `secret.NAME`."""
    found = {
        n.name.text
        for n in walk(config)
        if isinstance(n, ast.Field) and isinstance(n.value, ast.Name) and n.value.text == of
    }
    return sorted(found)


def _all_of(tests: list[Ir]) -> Ir:
    whole: Ir = ["lit", True]
    for i, test in enumerate(tests):
        whole = ["and", whole, test] if i else test
    return whole
