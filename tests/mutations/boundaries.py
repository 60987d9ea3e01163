"""Mistakes where a module meets the outside: events, triggers, policies, bindings, secrets, deadlines."""

import re
from collections.abc import Iterator

from cellc.language import ast
from cellc.language.span import Span
from tests.mutations.declared import callee, calls_in, declared_as, first_line, raised_in, scripts
from tests.mutations.kinds import kind, misspelt
from tests.mutations.sites import Edit, Subject

# --- events ----------------------------------------------------------------------------------------------------------


def _bound(subject: Subject, via: str, key: str) -> Iterator[tuple[ast.Ident, ast.Template]]:
    """Yield the entries under `with:` of effects that a standard effect performs."""
    for effect in subject.tree.effects:
        if effect.via is not None and effect.via.text == via and effect.config is not None:
            yield from ((name, value) for name, value in effect.config.entries if name.text == key)


@kind("misspell the event that is waited for or sent", "E215")
def event_name(subject: Subject) -> Iterator[Edit]:
    for via in ("event.wait", "event.emit"):
        for _, value in _bound(subject, via, "event"):
            yield subject.replaced(value.span, misspelt(subject.cut(value.span)))


@kind("misspell a field in the key of an event", "E302")
def event_key(subject: Subject) -> Iterator[Edit]:
    for event in subject.tree.events:
        if isinstance(event.key, ast.Field):
            yield subject.replaced(event.key.name.span, misspelt(event.key.name.text))


@kind("make the key of an event of the whole of it", "E414")
def event_key_type(subject: Subject) -> Iterator[Edit]:
    for event in subject.tree.events:
        if event.key is not None:
            yield subject.replaced(event.key.span, "data")


@kind("keep an event for no time", "E409")
def event_keep(subject: Subject) -> Iterator[Edit]:
    for event in subject.tree.events:
        if event.keep is not None:
            yield subject.replaced(event.keep.span, "0s")


@kind("misspell a field of the payload in `where:`", "E302")
def where_field(subject: Subject) -> Iterator[Edit]:
    for _, value in _bound(subject, "event.wait", "where"):
        for field in subject.nodes(ast.Field, value):
            yield subject.replaced(field.name.span, misspelt(field.name.text))


@kind("ask in `where:` for what is no condition", "E311")
def where_type(subject: Subject) -> Iterator[Edit]:
    for _, value in _bound(subject, "event.wait", "where"):
        for test in subject.nodes(ast.Compare, value):
            yield subject.replaced(test.span, subject.cut(test.operands[0].span))


@kind("wait for an event by a key of another type", "E301")
def wait_key_type(subject: Subject) -> Iterator[Edit]:
    for _, value in _bound(subject, "event.wait", "key"):
        for name in subject.nodes(ast.Name, value):
            yield subject.replaced(name.span, "true")


@kind("misspell a field of the payload that is sent", "E316")
def payload_field(subject: Subject) -> Iterator[Edit]:
    for _, data in _bound(subject, "event.emit", "data"):
        for name, _ in data.entries if isinstance(data, ast.TemplateRecord) else ():
            yield subject.replaced(name.span, misspelt(name.text))


@kind("send a payload with a value of another type", "E301")
def payload_type(subject: Subject) -> Iterator[Edit]:
    for _, data in _bound(subject, "event.emit", "data"):
        for name in subject.nodes(ast.Name, data):
            yield subject.replaced(name.span, "[[true]]")


# --- triggers --------------------------------------------------------------------------------------------------------


@kind("misspell the cell that a trigger runs", "E217")
def trigger_cell(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.run is not None:
            yield subject.replaced(trigger.run.span, misspelt(trigger.run.text))


@kind("write a schedule that does not exist", "E430")
def bad_cron(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.cron is not None:
            yield subject.replaced(trigger.cron.span, re.sub(r"\S+", "61", subject.cut(trigger.cron.span), count=1))


@kind("name a time zone that does not exist", "E433")
def bad_timezone(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.timezone is not None:
            yield subject.replaced(trigger.timezone.span, misspelt(trigger.timezone.text))


@kind("start runs by a method that does not exist", "E431")
def bad_method(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.http is not None:
            yield subject.replaced(trigger.http.span, trigger.http.text.replace(" ", "ING ", 1))


@kind("give a schedule's policies to a request", "E423")
def request_policies(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.http is not None:
            yield subject.inserted(trigger.http.span, ", overlap: skip")


@kind("misspell what happens when runs overlap", "E107")
def overlap(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.overlap is not None:
            yield subject.replaced(trigger.overlap.span, misspelt(trigger.overlap.text))


@kind("catch up with nothing", "E409")
def catch_up(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if trigger.catch_up is not None:
            yield subject.replaced(trigger.catch_up.span, "0s")


@kind("misspell an input under a trigger's `with:`", "E316")
def trigger_input(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        for name, _ in trigger.config.entries if trigger.config else ():
            yield subject.replaced(name.span, misspelt(name.text))


@kind("misspell a field in a trigger's key", "E302")
def trigger_key(subject: Subject) -> Iterator[Edit]:
    for trigger in subject.tree.triggers:
        if isinstance(trigger.key, ast.Field):
            yield subject.replaced(trigger.key.name.span, misspelt(trigger.key.name.text))


# --- policies --------------------------------------------------------------------------------------------------------


@kind("retry for longer than the key is known", "E436")
def short_lifetime(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.key_lifetime is not None and effect.retry is not None:
            yield subject.replaced(effect.key_lifetime.span, "1s", effect.retry.span)


@kind("let a request have a key that is always the same", "E424")
def constant_key(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.key is not None:
            yield subject.replaced(effect.key.span, "'\"same\"'")


@kind("misspell an input in a key", "E204")
def key_name(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if isinstance(effect.key, ast.Name):
            yield subject.replaced(effect.key.span, misspelt(effect.key.text))


@kind("misspell the effect that a probe asks", "E202")
def probe_name(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.probe is not None:
            yield subject.replaced(effect.probe.span, misspelt(effect.probe.text))


@kind("probe with an effect that changes something", "E428")
def probe_acts(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        probe = declared_as(subject, effect.probe.text) if effect.probe else None
        if isinstance(probe, ast.EffectDecl) and probe.delivery is not None and effect.probe is not None:
            yield subject.replaced(probe.delivery.span, "idempotent", effect.probe.span)


@kind("retry an error that the effect does not list", "E412")
def retried_error(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        for error in effect.retry.on if effect.retry else ():
            others = [e.name.text for e in subject.tree.errors if e.name.text not in {x.text for x in effect.errors}]
            if others:
                yield subject.replaced(error.span, others[0])


@kind("wait at most for less than the first pause", "E409")
def short_pause(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        retry = effect.retry
        if retry is not None and retry.delay is not None and retry.max_delay is not None:
            yield subject.replaced(retry.max_delay.span, "1ms")


@kind("allow no call in a time", "E409")
def no_rate(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.limits is not None and effect.limits.rate is not None:
            yield subject.replaced(effect.limits.rate.span, "0/s")


@kind("give a policy to what is waited for", "E423")
def waiting_policy(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.via is not None and effect.via.text in ("event.wait", "human.task"):
            yield subject.line_before(effect.via.span, "timeout: 5s")


# --- time ------------------------------------------------------------------------------------------------------------


@kind("give a deadline that is over before one attempt", "W512")
def short_deadline(subject: Subject) -> Iterator[Edit]:
    for node in (*subject.nodes(ast.Flow), *subject.nodes(ast.Argument)):
        call = node.value.element if isinstance(node.value, ast.Comprehension) else node.value
        effect = declared_as(subject, call.callee.text) if isinstance(call, ast.Call) else None
        bounded = isinstance(effect, ast.EffectDecl) and (effect.timeout is not None or effect.retry is not None)
        if bounded and isinstance(node.within, ast.Constant):
            yield subject.replaced(node.within.span, "1ms")


@kind("wait for something that may never come", "W510", whole=True)
def endless_wait(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        sources = [span for error, span in raised_in(subject, cell.body) if error == "Timeout"]
        for flow in subject.nodes(ast.Flow, cell.body):
            effect = declared_as(subject, flow.value.callee.text) if isinstance(flow.value, ast.Call) else None
            via = effect.via.text if isinstance(effect, ast.EffectDecl) and effect.via else ""
            other = [span for span in sources if flow.within is not None and span != flow.within.span]
            if via in ("event.wait", "human.task") and flow.within is not None and other:
                start = subject.text.rindex(" within", 0, flow.within.span.start)
                yield subject.replaced(Span(flow.span.file, start, flow.within.span.end), "", flow.value.span)


# --- secrets ---------------------------------------------------------------------------------------------------------


@kind("give a secret out as the output of a run", "E441")
def secret_output(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        main = subject.tree.main
        if main is not None and cell.name.text == main.text and isinstance(cell.output, ast.TypeRef):
            yield subject.replaced(cell.output.span, f"secret({subject.cut(cell.output.span)})")


@kind("keep a secret in an error", "E441")
def secret_error(subject: Subject) -> Iterator[Edit]:
    for error in subject.tree.errors:
        for field in error.fields.fields:
            if isinstance(field.type, ast.TypeRef | ast.RangedType):
                new = f"secret({subject.cut(field.type.span)})"
                yield subject.replaced(field.type.span, new, error.name.span)


@kind("compare a secret", "E440")
def secret_compared(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        for field in cell.input:
            if isinstance(field.type, ast.SecretType):
                yield first_line(subject, body, f"if {field.name.text} == 'x':", "  pass")


@kind("declare a secret as plain where one is given", "E440")
def secret_input(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        for field in effect.input:
            uses = [
                argument.value.span
                for cell in subject.tree.cells
                for call in calls_in(subject, cell.body)
                if callee(subject, call.callee.text) == (subject, effect)
                for argument in call.arguments
                if (argument.name.text if argument.name else _word(argument.value)) == field.name.text
            ]
            if isinstance(field.type, ast.SecretType) and len(uses) == 1:
                yield subject.replaced(field.type.span, subject.cut(field.type.inner.span), uses[0])


def _word(value: ast.Expr) -> str:
    return value.text if isinstance(value, ast.Name) else ""
