"""What each kind of change means: for whom, whether it breaks them, and why. Data only.

`FLOWS` are the ways of a value across the contract; what changes in its type is judged by who gives it and who gets
it, so their rules are made of two tables. `RULES` has them all, by kind; `docs/changes.md` is made from it.

A reason is a template: `{name}` is the last part of the place, `{witness}` a value, `{detail}` what was compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cellc.compiler.compat.changes import Audience, Bump, Verdict

_BUMPS = {Verdict.BREAKING: Bump.MAJOR, Verdict.COMPATIBLE: Bump.MINOR, Verdict.KEPT: Bump.PATCH}


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of change. A compatible change of the contract is a minor one; `patch` says that it does not show."""

    kind: str
    audience: Audience
    verdict: Verdict
    reason: str
    patch: bool = False

    @property
    def bump(self) -> Bump:
        """The part of the version that it needs raised."""
        return Bump.PATCH if self.patch else _BUMPS[self.verdict]


@dataclass(frozen=True, slots=True)
class Flow:
    """A way of values across the contract.

    `given`: those of OLD have to be accepted by NEW; else those of NEW have to be known to OLD. `drops`: who takes them
    passes over fields that he does not declare. `who` gives or gets them.
    """

    name: str
    audience: Audience
    given: bool
    drops: bool
    who: str


INPUT = Flow("input", Audience.CALLERS, given=True, drops=False, who="callers")
PAYLOAD = Flow("payload", Audience.CALLERS, given=True, drops=True, who="senders")
OUTPUT = Flow("output", Audience.READERS, given=False, drops=True, who="readers")
REQUEST = Flow("request", Audience.HANDLERS, given=False, drops=True, who="handlers")
RESPONSE = Flow("response", Audience.HANDLERS, given=True, drops=True, who="handlers")
ANSWER = Flow("answer", Audience.HANDLERS, given=True, drops=False, who="people")

FLOWS = (INPUT, PAYLOAD, OUTPUT, REQUEST, RESPONSE, ANSWER)

_B, _C, _K = Verdict.BREAKING, Verdict.COMPATIBLE, Verdict.KEPT

_GIVEN: Mapping[str, tuple[Verdict, str]] = {
    "field-added": (_B, "{who} do not give `{name}` yet; an optional field (`{name}?`) would not break them"),
    "optional-field-added": (_C, "{who} may go on leaving `{name}` out"),
    "field-removed": (_B, "{who} give `{name}`, which is refused now"),
    "optional-field-removed": (_B, "{who} may give `{name}`, which is refused now"),
    "field-required": (_B, "{who} may leave `{name}` out, which is refused now"),
    "field-optional": (_C, "{who} may go on giving `{name}`"),
    "widened": (_C, "all that {who} give is still accepted"),
    "narrowed": (_B, "{who} may give {witness}, which is refused now"),
    "retyped": (_B, "{who} may give {witness}, which is refused now"),
    "alike": (_C, "what {who} give is read as it was"),
    "gained": (_B, "{who} give nothing yet"),
    "lost": (_C, "what {who} give is passed over"),
}

_GOT: Mapping[str, tuple[Verdict, str]] = {
    "field-added": (_C, "{who} pass over fields that they do not know"),
    "optional-field-added": (_C, "{who} pass over fields that they do not know"),
    "field-removed": (_B, "{who} rely on `{name}`"),
    "optional-field-removed": (_C, "{who} know that `{name}` may be absent"),
    "field-required": (_C, "{who} know `{name}`, which is always there now"),
    "field-optional": (_B, "{who} rely on `{name}`, which may be absent now"),
    "widened": (_B, "{who} may get {witness}, which could not come before"),
    "narrowed": (_C, "all that comes could come before"),
    "retyped": (_B, "{who} may get {witness}, which could not come before"),
    "alike": (_C, "{who} pass over what differs"),
    "gained": (_C, "{who} may go on passing over what comes"),
    "lost": (_B, "{who} rely on what came"),
}

_DROPPED = (_C, "`{name}` is passed over where {who} still give it")


def _flow_rules() -> Iterator[Rule]:
    for flow in FLOWS:
        for change, (verdict, reason) in (_GIVEN if flow.given else _GOT).items():
            if change in {"gained", "lost"} and flow not in (OUTPUT, RESPONSE, ANSWER):
                continue  # an input is a record, always there, and so is a payload
            if flow.given and flow.drops and change in {"field-removed", "optional-field-removed"}:
                verdict, reason = _DROPPED  # noqa: PLW2901 -- the exception of the table
            yield Rule(f"{flow.name}-{change}", flow.audience, verdict, reason.replace("{who}", flow.who))


_CALLERS, _READERS, _HANDLERS, _RUNS = Audience

_IMPORT = "an import is the module's own affair; what it changes is told by itself"

_OTHERS = (
    # --- names
    Rule("cell-added", _CALLERS, _C, "nobody calls it yet"),
    Rule("cell-removed", _CALLERS, _B, "who calls `{name}` finds nothing of that name"),
    Rule("cell-renamed", _CALLERS, _B, "who calls `{name}` finds nothing of that name: {detail}"),
    Rule("effect-added", _CALLERS, _C, "nobody calls it yet"),
    Rule("effect-removed", _CALLERS, _B, "who calls `{name}` from another module finds nothing of that name"),
    Rule("type-added", _CALLERS, _C, "nobody names it yet"),
    Rule("type-removed", _CALLERS, _B, "modules that name the type `{name}` do not compile"),
    Rule("error-added", _CALLERS, _C, "nobody names it yet"),
    Rule("error-removed", _CALLERS, _B, "modules that name the error `{name}` do not compile"),
    Rule("event-added", _CALLERS, _C, "nobody tells of it yet"),
    Rule("event-removed", _CALLERS, _B, "who tells of `{name}` is refused"),
    Rule("trigger-added", _CALLERS, _C, "nothing relied on it yet"),
    Rule("trigger-removed", _CALLERS, _B, "what started runs by `{name}` starts none"),
    Rule("main-changed", _CALLERS, _B, "`cellc run` starts another cell: {detail}"),
    Rule("import-added", _CALLERS, _C, _IMPORT, patch=True),
    Rule("import-removed", _CALLERS, _C, _IMPORT, patch=True),
    Rule("import-changed", _CALLERS, _C, _IMPORT, patch=True),
    # --- what a cell or effect may do and end in
    Rule("outcome-added", _READERS, _B, "`{name}` may end it now, and who calls it neither handles nor declares that"),
    Rule(
        "outcome-removed", _READERS, _C, "it cannot end in `{name}` any more; a handler for that is superfluous (E405)"
    ),
    Rule("permission-added", _CALLERS, _B, "who calls it has to allow `{name}` in `effects:` as well"),
    Rule("permission-removed", _CALLERS, _C, "it does not perform `{name}` any more"),
    Rule("failure-added", _HANDLERS, _C, "handlers need not end in it"),
    Rule("failure-removed", _HANDLERS, _B, "handlers may end in `{name}`, which `errors:` does not list any more"),
    # --- what an effect promises
    Rule("delivery-stronger", _HANDLERS, _B, "handlers were promised less: {detail}"),
    Rule("delivery-weaker", _CALLERS, _B, "callers were promised more: {detail}"),
    Rule(
        "effect-key-changed", _HANDLERS, _B, "what was the same request may be another one now, or the other way round"
    ),
    Rule("key-lifetime-longer", _HANDLERS, _B, "the other side has to know keys for longer than it promised"),
    Rule(
        "key-lifetime-shorter", _CALLERS, _B, "past it a call is not repeated, and its run stands until a person acts"
    ),
    Rule("policy-changed", _HANDLERS, _C, "what is asked stays the same; when, and how often, does not", patch=True),
    Rule(
        "binding-changed",
        _HANDLERS,
        _C,
        "the environment stays the same; what `{detail}` is asked for does not",
        patch=True,
    ),
    Rule("handler-needed", _HANDLERS, _B, "an environment for the old version has no handler `{name}`"),
    Rule("handler-unneeded", _HANDLERS, _C, "the handler `{name}` is not asked any more"),
    Rule("effect-reached", _HANDLERS, _C, "runs may perform `{name}` now"),
    Rule("effect-unreached", _HANDLERS, _C, "runs do not perform `{name}` any more"),
    Rule("variable-needed", _HANDLERS, _B, "an environment for the old version does not set {detail}"),
    Rule("variable-unneeded", _HANDLERS, _C, "{detail} is not read any more"),
    Rule("secret-needed", _HANDLERS, _B, "an environment for the old version does not have the secret {detail}"),
    Rule("secret-unneeded", _HANDLERS, _C, "the secret {detail} is not used any more"),
    # --- events
    Rule("event-key-changed", _CALLERS, _B, "an event that was for one wait may be for another now"),
    Rule("event-keep-shorter", _CALLERS, _B, "an event that comes early may be forgotten before a run waits for it"),
    Rule("event-keep-longer", _CALLERS, _C, "an event that comes early is kept for longer"),
    Rule("wait-changed", _CALLERS, _B, "an event that was taken may not be taken now: {detail} changed"),
    # --- triggers
    Rule("trigger-moved", _CALLERS, _B, "requests to the old address start nothing"),
    Rule("trigger-rescheduled", _CALLERS, _C, "nobody calls a schedule"),
    Rule("trigger-cell-changed", _CALLERS, _B, "it starts another cell"),
    Rule(
        "trigger-input-changed",
        _CALLERS,
        _B,
        "a body that was accepted may be refused: what is made of it is not compared",
    ),
    Rule("trigger-input-changed-inside", _CALLERS, _C, "nobody calls a schedule", patch=True),
    Rule(
        "trigger-key-changed",
        _CALLERS,
        _B,
        "a request that was a repetition may start a run now, or the other way round",
    ),
    Rule("trigger-policy-changed", _CALLERS, _C, "nobody calls a schedule", patch=True),
    # --- runs in flight
    Rule("run-carries", _RUNS, _C, "runs that wait at {detail} go on here", patch=True),
    Rule("run-passes", _RUNS, _C, "no run waits in it: those that come to it do what it says now", patch=True),
    Rule("run-needs-place", _RUNS, _K, "runs that wait there stay on their version: {detail}", patch=True),
    Rule("run-needs-value", _RUNS, _K, "runs that wait there stay on their version: {detail}", patch=True),
    Rule("run-pinned", _RUNS, _K, "runs that wait there stay on their version: {detail}", patch=True),
    Rule("run-refused", _RUNS, _K, "runs that wait there cannot go on here: {detail}", patch=True),
    Rule("run-node-kept", _RUNS, _K, "runs stay on their version while `{name}` is {detail}", patch=True),
    Rule("run-failed-kept", _RUNS, _K, "runs whose evaluation failed at {detail} stay on their version", patch=True),
    Rule("run-cell-kept", _RUNS, _K, "runs that are in it stay on their version: {detail}", patch=True),
)

RULES: Mapping[str, Rule] = {rule.kind: rule for rule in (*_flow_rules(), *_OTHERS)}
"""All kinds of change."""
