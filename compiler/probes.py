"""Probes: the `read` effect that tells whether a call happened whose outcome is unknown."""

from cellc.compiler.fit import Types
from cellc.compiler.symbols import EffectSymbol, Names
from cellc.language.diagnostics import Label
from cellc.language.subtype import Mismatch, fits_after_projection
from cellc.language.types import Bool, Type, optional


def probe_of(effect: EffectSymbol, names: Names) -> str | None:
    """Return the qualified name of an effect's probe; report where there is nothing to probe, or it cannot tell."""
    written = effect.decl.probe
    if written is None:
        return None
    probe = names.effect(written)
    if effect.delivery == "read" or (effect.delivery == "idempotent" and effect.decl.key_lifetime is None):
        why = f"a `{effect.delivery}` effect is performed again when its outcome is unknown"
        names.report.add("E423", written.span, name="probe", why=why)
        return None
    if probe is None or probe.unread or effect.unread:
        return None
    reason = _problem(effect, probe, Types(names.world.types, names.report, names.unit.name))
    if reason is not None:
        label = Label(probe.decl.name.span, "declared here")
        names.report.add(
            "E428", written.span, labels=(label,), probe=written.text, effect=effect.decl.name.text, reason=reason
        )
    return probe.name


def _problem(effect: EffectSymbol, probe: EffectSymbol, types: Types) -> str | None:
    """Return why `probe` cannot answer for `effect`."""
    if probe.delivery not in ("read", None):
        return f"it is delivered `{probe.delivery}`, and only a `read` effect may be asked at any time"
    for field in probe.input.fields:
        given = effect.input.get(field.name)
        if given is None and not field.optional:
            return f"its input `{field.name}` is no input of `{effect.decl.name.text}`"
        if given is not None:
            type_ = optional(given.type) if given.optional else given.type
            wanted = optional(field.type) if field.optional else field.type
            if isinstance(fits_after_projection(type_, wanted, types.table), Mismatch):
                shown = types.show(wanted), types.show(type_)
                return f"its input `{field.name}` is {shown[0]}, and that of the effect {shown[1]}"
    answer: Type = Bool() if effect.output is None else optional(effect.output)
    if probe.output is None or isinstance(fits_after_projection(probe.output, answer, types.table), Mismatch):
        return f"it must give {types.show(answer)}: {_ANSWERS[effect.output is None]}"
    return None


_ANSWERS = {True: "whether the call happened", False: "what the call gave, or null where it did not happen"}
