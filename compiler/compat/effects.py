"""Effects: for who calls them from other modules, for who performs them, and what an environment must have."""

from collections.abc import Iterable, Mapping

from cellc.compiler.compat.declarations import compare_failed, compare_outcomes, compare_raised
from cellc.compiler.compat.rows import Rows, in_words
from cellc.compiler.compat.rules import ANSWER, INPUT, OUTPUT, REQUEST, RESPONSE
from cellc.language.graph import Binding, Effect, Limits, Program, Retry

_PROMISES = ("once", "idempotent", "read")
"""From what asks least of a handler to what asks most."""


def compare_effects(rows: Rows) -> None:
    """Compare the module's own effects, and all that its runs come to."""
    own_old, own_new = set(rows.old.contract.effects), set(rows.new.contract.effects)
    for name in sorted(own_new - own_old):
        rows.add("effect-added", _effect(rows, name))
    for name in sorted(own_old - own_new):
        rows.add("effect-removed", _effect(rows, name), name=rows.old.short(name))
    old, new = rows.old.effects, rows.new.effects
    for name in sorted(old.keys() & new.keys()):
        if not _is_standard(new[name]) and old[name] != new[name]:
            own = name in own_old & own_new
            if own:
                _for_callers(rows, old[name], new[name])
            _for_handlers(rows, old[name], new[name])
            _promises(rows, old[name], new[name], own=own)
    _reached(rows)
    _environment(rows)


def _for_callers(rows: Rows, old: Effect, new: Effect) -> None:
    place = _effect(rows, new.name)
    rows.flow(old.input, new.input, INPUT, f"{place}.in")
    rows.flow(old.output, new.output, OUTPUT, f"{place}.out")
    compare_outcomes(rows, old.errors, new.errors, f"{place}.errors", ("outcome-added", "outcome-removed"))
    compare_raised(rows, set(old.errors) & set(new.errors))
    if old.wait == new.wait == "event" and old.event != new.event and old.event and new.event:
        pairs = {"the event": "event", "its key": "key", "`where`": "where"}
        what = [words for words, part in pairs.items() if getattr(old.event, part) != getattr(new.event, part)]
        texts = [side.short(event.event) for side, event in ((rows.old, old.event), (rows.new, new.event))]
        rows.add("wait-changed", f"{place}.with", *texts, detail=" and ".join(what))


def _for_handlers(rows: Rows, old: Effect, new: Effect) -> None:
    """Compare what handlers are asked and answer; nobody is asked where the scheduler waits for an event."""
    if old.wait == new.wait and old.event is None and new.event is None:
        place = _effect(rows, new.name)
        rows.flow(old.input, new.input, REQUEST, f"{place}.in")
        rows.flow(old.output, new.output, ANSWER if new.wait == "task" else RESPONSE, f"{place}.out")
        compare_outcomes(rows, old.errors, new.errors, f"{place}.errors", ("failure-added", "failure-removed"))
        compare_failed(rows, set(old.errors) & set(new.errors))


def _promises(rows: Rows, old: Effect, new: Effect, *, own: bool) -> None:
    place = _effect(rows, new.name)
    ranks = _PROMISES.index(old.delivery), _PROMISES.index(new.delivery)
    if ranks[0] < ranks[1] or (own and ranks[0] > ranks[1]):
        kind = "delivery-stronger" if ranks[0] < ranks[1] else "delivery-weaker"
        detail = f"`{old.delivery}` before, `{new.delivery}` now"
        rows.add(kind, f"{place}.delivery", old.delivery, new.delivery, detail=detail)
    if old.key != new.key:
        rows.add("effect-key-changed", f"{place}.key")
    lifetimes = [float("inf") if e.key_lifetime is None else e.key_lifetime for e in (old, new)]
    texts = [in_words(e.key_lifetime) for e in (old, new)]
    if lifetimes[0] < lifetimes[1]:
        rows.add("key-lifetime-longer", f"{place}.key_lifetime", *texts)
    elif own and lifetimes[0] > lifetimes[1]:
        rows.add("key-lifetime-shorter", f"{place}.key_lifetime", *texts)
    for part, was, is_ in _policies(rows, old, new):
        rows.add("policy-changed", f"{place}.{part}", was, is_)
    if old.binding is not None and new.binding is not None and _asked(old.binding) != _asked(new.binding):
        one, two = old.binding.handler, new.binding.handler
        rows.add("binding-changed", f"{place}.with" if one == two else f"{place}.via", one, two, detail=two)


def _policies(rows: Rows, old: Effect, new: Effect) -> Iterable[tuple[str, str, str]]:
    if old.timeout != new.timeout:
        yield "timeout", in_words(old.timeout), in_words(new.timeout)
    if old.retry != new.retry:
        yield "retry", _retry(rows, old.retry), _retry(rows, new.retry)
    if old.limits != new.limits:
        yield "limits", _limits(old.limits), _limits(new.limits)
    if old.probe != new.probe:
        yield "probe", rows.old.short(old.probe or ""), rows.new.short(new.probe or "")


def _reached(rows: Rows) -> None:
    """Tell what runs may perform now, and what only a handler of the environment's own can perform."""
    old, new = rows.old.program.effects, rows.new.program.effects
    for name in sorted(new.keys() | old.keys()):
        place, short = _effect(rows, name), rows.new.short(name)
        if name not in old:
            rows.add("effect-reached", place, name=short)
        if name not in new:
            rows.add("effect-unreached", place, name=rows.old.short(name))
        before, after = (name in side and _needs_handler(side[name]) for side in (old, new))
        if after and not before:
            rows.add("handler-needed", f"{place}.via", name=name)
        if before and not after:
            rows.add("handler-unneeded", f"{place}.via", name=name)


def _environment(rows: Rows) -> None:
    for what, part in (("variable", "env"), ("secret", "secrets")):
        old, new = (_needed(side.program, part) for side in (rows.old, rows.new))
        for name in sorted(new.keys() - old.keys()):
            rows.add(f"{what}-needed", f"{_effect(rows, new[name])}.with", new=name, detail=name)
        for name in sorted(old.keys() - new.keys()):
            rows.add(f"{what}-unneeded", f"{_effect(rows, old[name])}.with", name, detail=name)


def _needed(program: Program, part: str) -> Mapping[str, str]:
    """Return the variables or secrets that the effects of a program read, each with the first effect that does."""
    found: dict[str, str] = {}
    for name, effect in program.effects.items():
        for variable in () if effect.binding is None else getattr(effect.binding, part):
            found.setdefault(variable, name)
    return found


def _effect(rows: Rows, name: str) -> str:
    own = f"{rows.new.name}."
    return f"effects.{name.removeprefix(own)}" if name.startswith(own) else f"effects.{rows.new.short(name)}"


def _is_standard(effect: Effect) -> bool:
    return effect.binding is not None and effect.binding.handler == effect.name


def _needs_handler(effect: Effect) -> bool:
    return effect.binding is None and effect.wait is None and effect.event is None


def _asked(binding: Binding) -> tuple[object, ...]:
    return binding.handler, binding.config, binding.errors, binding.result


def _retry(rows: Rows, retry: Retry) -> str:
    on = f", on {', '.join(map(rows.new.short, retry.on))}" if retry.on else ""
    delays = (
        f"after {in_words(retry.delay)} x {retry.factor:g} up to {in_words(retry.max_delay)}, jitter {retry.jitter:g}"
    )
    return f"attempts {retry.attempts}, {delays}{on}"


def _limits(limits: Limits | None) -> str:
    if limits is None:
        return ""
    parts = [] if limits.concurrency is None else [f"concurrency {limits.concurrency}"]
    parts += [] if limits.rate is None else [f"rate {limits.rate} in {in_words(limits.per)}"]
    return ", ".join(parts)
