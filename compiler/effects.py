"""Effect declarations in graph form: signature, promise, policies (`policies`), and the binding (`bindings`, `events`).

Some standard effects are performed by no handler but by the runtime itself, mostly by waiting: `WAITS`.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from cellc.compiler.bindings import Binder
from cellc.compiler.events import EventBinder, Events
from cellc.compiler.keys import request_key
from cellc.compiler.policies import Policies
from cellc.compiler.probes import probe_of
from cellc.compiler.symbols import EffectSymbol, Names
from cellc.compiler.templates import Templates
from cellc.language import ast, suggest
from cellc.language.graph import Binding, Correlation, Effect

WAITS: Mapping[str, str] = {
    "time.sleep": "timer",
    "time.until": "timer",
    "event.wait": "event",
    "human.task": "task",
    "status.set": "status",
}
"""Standard effects that the runtime itself performs, and how: what the run waits for, or its status."""

_BY_NAME = [name for name, wait in WAITS.items() if wait in {"timer", "status"}]


def lower_effect(effect: EffectSymbol, events: Events, names: Names) -> Effect:
    """Check what an effect declares beyond its signature, and return it in graph form."""
    decl, templates = effect.decl, Templates(names)
    base = _base(effect, names)
    policies, wait = Policies(effect, base, names), WAITS.get(effect.name if base is None else base.name)
    if wait is not None:
        policies.refuse_for_waits()
    retry = policies.retry()
    event, binding = _binding(effect, base, events, templates)
    return Effect(
        name=effect.name,
        input=templates.types.data(effect.input),
        output=None if effect.output is None else templates.types.data(effect.output),
        errors=sorted(effect.errors),
        delivery=effect.delivery or "once",
        key=None if decl.key is None or wait is not None else request_key(effect, decl.key, templates),
        key_lifetime=policies.key_lifetime(retry),
        probe=probe_of(effect, names),
        timeout=policies.timeout(),
        retry=retry,
        limits=policies.limits(),
        wait=wait,
        event=event,
        binding=binding,
        contract="",
    )


def _binding(
    effect: EffectSymbol, base: EffectSymbol | None, events: Events, templates: Templates
) -> tuple[Correlation | None, Binding | None]:
    """Return which event the effect is about, and how it is performed."""
    names = templates.names
    match base:
        case EffectSymbol(name="event.wait"):
            return EventBinder(effect, base, names, events).wait()
        case EffectSymbol(name="event.emit"):
            return EventBinder(effect, base, names, events).emit()
        case EffectSymbol():
            return None, Binder(effect, base, names, templates).bind()
        case None:
            if effect.decl.via is None and effect.decl.config is not None:
                names.report.add("E410", effect.decl.config.span)
            return None, Binding(handler=effect.name) if effect.unit.standard else None


def _base(effect: EffectSymbol, names: Names) -> EffectSymbol | None:
    """Return the standard effect that performs this one; None where it names none, or none that it can."""
    via: ast.Ident | None = effect.decl.via
    if via is None:
        return None
    base = names.world.effects.get(via.text)
    if base is not None and base.unit.standard and via.text not in _BY_NAME:
        return base
    if via.text in _BY_NAME:
        near = "the runtime itself performs it: call it by its own name"
    else:
        standard = [n for n, e in names.world.effects.items() if e.unit.standard]
        near = suggest.hint(via.text, standard)
    names.report.add("E411", via.span, name=via.text, near=near)
    return None


def contract(effect: Effect, types: Mapping[str, object], errors: Mapping[str, object]) -> str:
    """Return the hash of an effect's signature and promise, with the types and errors that it names."""
    data = msgspec.to_builtins(effect)
    del data["contract"]
    data.pop("binding", None)
    named = {"types": types, "errors": {e: errors[e] for e in effect.errors if e in errors}}
    return hashlib.sha256(msgspec.json.encode([data, named], order="sorted")).hexdigest()
