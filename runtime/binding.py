"""How one effect is performed: from its inputs to a request, and from what came back to an outcome that fits its type.

Compiled once for a program. Environment and secrets exist only here: everything that leaves (reasons, error fields,
results) has the binding's secrets replaced by `***`.

Known weakness: a secret that comes back changed by the other side (in base64, cut off, escaped three times) is not
recognised.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from json import dumps
from typing import Any, NamedTuple, TypeAlias, assert_never
from urllib.parse import quote, quote_plus

from cellc.language.expr import compile_expression, names
from cellc.language.faults import Fault
from cellc.language.graph import Binding, Effect, Ir, Program
from cellc.language.type_codec import from_data
from cellc.language.types import Null, Type, TypeTable
from cellc.language.values import UNDECIDED, Accept, Misfit, accepting, encode, fits, from_json, project, to_json
from cellc.runtime.environment import Environment, denied
from cellc.runtime.ports import Handler, Outcome, Permanent, Raised, Request, Result, Transient

Scope: TypeAlias = Mapping[str, Any]
"""What a binding's expressions see: the inputs, `key`, `env`, `secret` and, once it is there, `response`."""

_QUERY_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"#<>')
_PATH_SAFE = "".join(char for char in _QUERY_SAFE if char not in "?`{}")
"""What stays as it is in the query and the path of a URL (https://url.spec.whatwg.org, "percent-encode sets")."""

_Expression: TypeAlias = Callable[[Scope], Any]


class _Taken(NamedTuple):
    """A type that values come to, and the quick way to it."""

    type: Type
    accept: Accept


class Bindings:
    """The bindings of a program's effects, each compiled when it is first needed."""

    def __init__(self, program: Program, environment: Environment) -> None:
        self._program = program
        self._environment = environment
        self._types = {name: from_data(data) for name, data in program.types.items()}
        self._compiled: dict[str, BoundEffect] = {}

    def get(self, effect: str) -> "BoundEffect":
        """Return the binding of `effect`. A run only starts when there is one (`environment.missing`)."""
        found = self._compiled.get(effect)
        if found is None:
            found = BoundEffect(self._program, self._program.effects[effect], self._types, self._environment)
            self._compiled[effect] = found
        return found


class BoundEffect:
    """One effect's way to its handler and back."""

    def __init__(self, program: Program, effect: Effect, types: TypeTable, environment: Environment) -> None:
        binding = effect.binding or Binding(handler=effect.name)
        base = program.effects.get(binding.handler, effect)
        timeout = effect.timeout or base.timeout
        self.handler = binding.handler
        self.limits = effect.limits
        self._denied = None if effect.wait else denied(effect, environment)
        self._timeout = None if timeout is None else timeout / 1000
        self._types = types
        self._input = self._taking(from_data(base.input))
        output = Null() if effect.output is None else from_data(effect.output)
        self._output = None if isinstance(output, Null) else self._taking(output)
        self._errors = {
            name: self._taking(from_data(program.errors[name])) for name in effect.errors if name in program.errors
        }
        self._surroundings = {
            "env": {name: environment.variable(name) for name in binding.env},
            "secret": {name: environment.secret(name) for name in binding.secrets},
        }
        self.without_secrets = _hiding(secret for secret in self._surroundings["secret"].values() if secret)
        self._config = self._optional(binding.config)
        self._result = self._optional(binding.result)
        self._mappings = [
            (mapping.error, self._expression(mapping.match), self._fields(mapping.fields)) for mapping in binding.errors
        ]

    def request(self, inputs: Mapping[str, Any], key: str, attempt: int) -> Request | Permanent:
        """Return what to ask of the handler; Permanent when it is denied here, or its input would not fit."""
        if self._denied is not None:
            return Permanent(f"{self.handler} is not allowed here: {self._denied}")
        try:
            scope = {**inputs, **self._surroundings, "key": key}
            asked = inputs if self._config is None else self._config(scope)
            fitting = self._fitting(asked, self._input, to_json)
        except Fault as problem:
            return Permanent(self.without_secrets(f"the binding to {self.handler}: {problem.reason}"))
        except Misfit as misfit:
            # What was found is left out: it may be a part of a secret.
            places = "; ".join(f"{p.path or 'it'} must be {p.expected}" for p in misfit.problems)
            return Permanent(f"the binding gives {self.handler} an input that does not fit: {places}")
        return Request(self.handler, fitting, key, attempt, self._timeout)

    def asked(self, inputs: Mapping[str, Any], key: str) -> Any:
        """Return what a person is asked, as JSON data; where that cannot be said, why not."""
        request = self.request(inputs, key, 1)
        if isinstance(request, Permanent):
            return {"title": self.handler, "text": request.reason}
        return self.without_secrets(to_json(dict(request.input)))

    def outcome(self, inputs: Mapping[str, Any], came: Outcome, handler: Handler) -> Outcome:
        """Return what `came` back from the handler as an outcome of this effect; its values fit the declared types."""
        try:
            return _storable(self._outcome(inputs, self._clean(came), handler))
        except Fault as problem:
            return Permanent(f"the binding to {self.handler}: {problem.reason}", unknown=True)
        except Misfit as misfit:
            found = "; ".join(map(str, misfit.problems))
            return Permanent(f"the result does not fit its type: {found}", unknown=True)

    def _outcome(self, inputs: Mapping[str, Any], came: Outcome, handler: Handler) -> Outcome:
        match came:
            case Raised():
                return self._declared(came)
            case Transient(response=None) | Permanent(response=None):
                return came
            case Transient(response=response) | Permanent(response=response):
                return self._mapped({**inputs, "response": response}) or came
            case Result(response):
                scope = {**inputs, "response": response}
                return self._mapped(scope) or self._accepted(self._clean(self._payload(scope, handler)))
            case _:
                assert_never(came)

    def _mapped(self, scope: Scope) -> Raised | None:
        """Return the declared error that the response stands for: the first whose condition holds."""
        for error, holds, fields in self._mappings:
            if holds(scope):
                return self._raised(error, self.without_secrets({name: value(scope) for name, value in fields.items()}))
        return None

    def _payload(self, scope: Scope, handler: Handler) -> Outcome:
        if self._result is not None:
            return Result(self._result(scope))
        if self._config is None:
            return Result(scope["response"])
        return handler.payload(scope["response"])

    def _accepted(self, payload: Outcome) -> Outcome:
        if not isinstance(payload, Result):
            return payload
        if self._output is None:
            return Result(None)
        return Result(self._fitting(payload.value, self._output, lambda data: data))

    def _declared(self, raised: Raised) -> Outcome:
        """Return an error that the handler named itself, under its full name."""
        for name in self._errors:
            if raised.error in {name, name.rpartition(".")[2]}:
                return self._raised(name, raised.fields)
        told = ", ".join(f"{name}={value}" for name, value in raised.fields.items())
        reason = f"{self.handler} ended in {raised.error}({told}), which this effect does not declare"
        return Permanent(reason)

    def _raised(self, error: str, fields: Mapping[str, Any]) -> Raised:
        if error not in self._errors:
            return Raised(error, fields)
        return Raised(error, self._fitting(dict(fields), self._errors[error], to_json))

    def _taking(self, type_: Type) -> "_Taken":
        return _Taken(type_, accepting(type_, self._types))

    def _fitting(self, value: Any, wanted: "_Taken", plain: Callable[[Any], Any]) -> Any:
        """Return `value` with what its type declares, or else what it says for the type as `plain` JSON data."""
        taken = wanted.accept(value)
        if taken is not UNDECIDED:
            return taken
        projected = project(value, wanted.type, self._types)
        if not fits(projected, wanted.type, self._types):
            return projected
        return from_json(plain(value), wanted.type, self._types, extra="drop")

    def _clean(self, came: Outcome) -> Outcome:
        """Return an outcome without secrets.

        What came is cleaned before a binding sees it, and what the binding makes of it again: a JSON text may have a
        secret in a form that only becomes it when the text is read.
        """
        match came:
            case Result(value):
                return Result(self.without_secrets(value))
            case Raised(error, fields):
                return Raised(error, self.without_secrets(dict(fields)))
            case Transient(reason, response) | Permanent(reason, response):
                return replace(came, reason=self.without_secrets(reason), response=self.without_secrets(response))
            case _:
                assert_never(came)

    def _optional(self, ir: Ir | None) -> _Expression | None:
        return None if ir is None else self._expression(ir)

    def _fields(self, fields: Mapping[str, Ir]) -> dict[str, _Expression]:
        return {name: self._expression(ir) for name, ir in fields.items()}

    def _expression(self, ir: Ir) -> _Expression:
        places = tuple(dict.fromkeys(names(ir)))
        closure = compile_expression(ir, {name: slot for slot, name in enumerate(places)}, self._types)
        return lambda scope: closure([scope.get(name) for name in places])


def _storable(outcome: Outcome) -> Outcome:
    """Return `outcome`; Permanent for what no log can keep: an object of Python's, half a surrogate pair."""
    try:
        match outcome:
            case Result(value):
                encode(value)
            case Raised(_, fields):
                encode(dict(fields))
            case _:
                pass
    except (TypeError, ValueError) as problem:
        return Permanent(f"the result cannot be stored: {problem}", unknown=True)
    return outcome


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as the parts of URLs, forms and JSON texts write it."""
    yield secret
    yield from (quote(secret, safe=safe) for safe in ("", "/", _PATH_SAFE, _QUERY_SAFE))
    yield quote_plus(secret)
    for ascii_ in (True, False):
        once = dumps(secret, ensure_ascii=ascii_)[1:-1]
        yield from (once, once.replace("/", "\\/"), dumps(once)[1:-1])


def _hiding(secrets: Iterable[str]) -> Callable[[Any], Any]:
    """Return what replaces the secrets in every text of a value, in all the forms that they are written in."""
    hidden = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
    if not hidden:
        return lambda value: value

    def hide(value: Any) -> Any:
        match value:
            case str():
                for form in hidden:
                    value = value.replace(form, "***")
                return value
            case list():
                return [hide(item) for item in value]
            case dict():
                return {hide(key): hide(item) for key, item in value.items()}
            case _:
                return value

    return hide
