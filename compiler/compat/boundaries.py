"""Where a module meets the outside without a call: events, triggers, imports."""

from cellc.compiler.compat.modules import Module
from cellc.compiler.compat.rows import Rows, in_words
from cellc.compiler.compat.rules import INPUT, OUTPUT, PAYLOAD
from cellc.language.graph import Event, Trigger, Use
from cellc.language.type_codec import from_data
from cellc.language.type_text import show


def compare_events(rows: Rows) -> None:
    """Compare the events that the module declares: who tells of them, and who gets those that it sends itself."""
    old, new = rows.old.events, rows.new.events
    for name in sorted(new.keys() - old.keys()):
        rows.add("event-added", _event(rows, name), new=show(from_data(new[name].data), rows.new.name))
    for name in sorted(old.keys() - new.keys()):
        place = _event(rows, name)
        rows.add("event-removed", place, show(from_data(old[name].data), rows.new.name), name=rows.old.short(name))
    effects = [effect for side in (rows.old, rows.new) for effect in side.effects.values() if effect.event is not None]
    waited = {effect.event.event for effect in effects if effect.event is not None and effect.wait == "event"}
    sent = {effect.event.event for effect in effects if effect.event is not None and effect.wait is None}
    for name in sorted(old.keys() & new.keys()):
        place = _event(rows, name)
        rows.flow(old[name].data, new[name].data, PAYLOAD, f"{place}.data")
        if name in sent or name not in waited:  # where nothing here waits for it, who does is elsewhere
            rows.flow(old[name].data, new[name].data, OUTPUT, f"{place}.data")
        _event_kept(rows, old[name], new[name], place)


def _event(rows: Rows, name: str) -> str:
    return f"events.{name.removeprefix(f'{rows.new.name}.')}"


def _event_kept(rows: Rows, old: Event, new: Event, place: str) -> None:
    if old.key != new.key:
        rows.add("event-key-changed", f"{place}.key")
    before, after = old.keep or 0, new.keep or 0
    if before != after:
        kind = "event-keep-shorter" if after < before else "event-keep-longer"
        rows.add(kind, f"{place}.keep", in_words(before), in_words(after))


def compare_triggers(rows: Rows) -> None:
    """Compare what starts runs."""
    old, new = rows.old.triggers, rows.new.triggers
    for name in sorted(new.keys() - old.keys()):
        rows.add("trigger-added", _trigger(rows, name), new=_started(rows, new[name]))
    for name in sorted(old.keys() - new.keys()):
        rows.add("trigger-removed", _trigger(rows, name), _started(rows, old[name]))
    for name in sorted(old.keys() & new.keys()):
        _trigger_kept(rows, old[name], new[name], _trigger(rows, name))


def _trigger(rows: Rows, name: str) -> str:
    return f"triggers.{name.removeprefix(f'{rows.new.name}.')}"


def _trigger_kept(rows: Rows, old: Trigger, new: Trigger, place: str) -> None:
    texts = [_started(rows, trigger) for trigger in (old, new)]
    http = old.method is not None or new.method is not None
    if (old.method, old.path) != (new.method, new.path):
        rows.add("trigger-moved", f"{place}.http", *texts)
    if (old.cron, old.timezone) != (new.cron, new.timezone) and not http:
        rows.add("trigger-rescheduled", f"{place}.cron", *texts)
    if old.cell != new.cell:
        rows.add("trigger-cell-changed", f"{place}.run", *texts)
    bodies = _body(rows.old, old), _body(rows.new, new)
    if old.cell == new.cell and None not in bodies:
        rows.flow(*bodies, INPUT, f"{place}.run")
    if old.input != new.input:
        rows.add("trigger-input-changed" if http else "trigger-input-changed-inside", f"{place}.with")
    if old.key != new.key:
        rows.add("trigger-key-changed", f"{place}.key")
    if (old.overlap, old.catch_up) != (new.overlap, new.catch_up) and not http:
        rows.add("trigger-policy-changed", place, old.overlap or "", new.overlap or "")


def _body(module: Module, trigger: Trigger) -> object | None:
    """Return the type of the bodies of requests, where these are the input of a cell of another module."""
    own = trigger.method is None or trigger.input is not None or trigger.cell in module.cells
    return None if own else module.program.cells[trigger.cell].graph.input


def _started(rows: Rows, trigger: Trigger) -> str:
    if trigger.method is not None:
        return f"{trigger.method} {trigger.path} -> {rows.new.short(trigger.cell)}"
    zone = f" {trigger.timezone}" if trigger.timezone else ""
    return f"cron {trigger.cron}{zone} -> {rows.new.short(trigger.cell)}"


def compare_uses(rows: Rows) -> None:
    """Compare the modules that this one is made with, by their names."""
    old, new = ({use.module: use for use in side.contract.uses.values()} for side in (rows.old, rows.new))
    local = {use.module: name for side in (rows.old, rows.new) for name, use in side.contract.uses.items()}
    for module in sorted(old.keys() | new.keys()):
        place, before, after = f"uses.{local[module]}", old.get(module), new.get(module)
        if before is None:
            rows.add("import-added", place, new=_use(after))
        elif after is None:
            rows.add("import-removed", place, _use(before))
        elif before.range != after.range:
            rows.add("import-changed", f"{place}.version", _use(before), _use(after))


def _use(use: Use | None) -> str:
    return "" if use is None else f"{use.module} {use.range or '(any version)'}"
