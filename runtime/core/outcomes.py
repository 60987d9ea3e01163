"""What the outcome of a call means: a result, an error, another attempt, a question, or a call that stands.

Nothing is sent twice unless that is known to be harmless. An attempt of an `idempotent` call that may have happened is
repeated under its key, as long as the other side knows the key (`key_lifetime`); from then on, and for `once` always,
its outcome is unknown. Then the effect's `probe` is asked; where there is none, or it cannot tell, `Unknown` is raised
if the effect lists it, else the call stands until a person resolves it. `doubt` in an event says that an attempt may
have happened; without it all are known to have failed, and a declared error that is retried, or a permanent failure
that a person wants tried again, is another request with another key: under the old one it would be answered as before.
"""

from collections.abc import Iterator

from cellc.language.graph import Effect
from cellc.language.values.json_text import MAX_BYTES
from cellc.runtime.core.advance import stored
from cellc.runtime.core.events import (
    CallAgain,
    CallCompleted,
    CallDeferred,
    CallDropped,
    CallProbing,
    CallRaised,
    CallResolved,
    CallRetrying,
    CallSent,
    CallStalled,
    CodeFaulted,
    Event,
    Retried,
    to_micros,
)
from cellc.runtime.core.inputs import (
    Again,
    Completed,
    Deferred,
    Failed,
    NeverStarted,
    Raised,
    Recovered,
    Resolved,
    ResolvedError,
    Sent,
)
from cellc.runtime.core.keys import again_key
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.retry import retry_due
from cellc.runtime.core.state import ARMED, Call, Phase, Role, RunState

INTERRUPTED, FAILED, RETRIED = "interrupted", "failed", "retried"
"""Why a probe is asked: before an attempt that may have been cut off is made again, after one has failed, or because a
person wants a call that stands to be tried again."""

TOO_LONG = f"it has happened, and its result is longer than {MAX_BYTES // 1024 // 1024} MiB, which no value may be"
CUT_OFF = "the process ended while it was being performed"
COPIED = "the log is a copy, and where it was copied from this may have been performed"
DEADLY = "several processes in a row have ended while it was being performed"


def completed(plan: Plan, state: RunState, given: Completed, at: int) -> Iterator[Event]:
    """Take a result. One of an attempt that had been given up is one too: it happened, under the same key."""
    call = _performed(state, given.call)
    if call is None:
        return
    value = stored(given.value)
    if len(bytes(value)) > MAX_BYTES:
        yield CallStalled(at, call.number, "permanent", TOO_LONG, doubt=True)
        return
    yield CallCompleted(at, call.number, value)
    if call.about is not None:
        yield from _told(plan, call.about, given.value, at)


def raised(plan: Plan, state: RunState, given: Raised, at: int) -> Iterator[Event]:
    """Take a declared error, or retry it where the policy says so."""
    call = _performed(state, given.call)
    if call is None:
        return
    contract = contract_of(plan, call)
    if call.about is not None:
        yield from _not_told(plan, call, CallRaised(at, call.number, given.error, stored(dict(given.fields))), at)
    elif given.error in contract.retry.on and not _is_leaving(call) and _is_early(contract, call, given.attempt):
        if call.phase is Phase.READY and given.attempt in (None, call.attempt):
            due = retry_due(contract.retry, at, call.attempt - call.first + 1, None, given.jitter)
            key = None if call.uncertain else _renewed_key(plan, call)
            yield CallRetrying(at, call.number, call.attempt, due, f"it ended in {given.error}", call.uncertain, key)
    elif call.role is Role.UNDO:
        reason = f"the undo ended in {given.error}"
        yield CallStalled(at, call.number, "permanent", reason, call.uncertain)
    elif given.error in contract.errors:
        yield CallRaised(at, call.number, given.error, stored(dict(given.fields)))
    else:
        reason = f"it ended in {given.error}, which the effect does not declare"
        yield CallStalled(at, call.number, "permanent", reason, call.uncertain)


def failed(plan: Plan, state: RunState, given: Failed, at: int) -> Iterator[Event]:
    """Take the failure of an attempt: try again, ask whether it happened, raise, or let the call stand."""
    call = state.calls.get(given.call)
    if call is None or call.phase is not Phase.READY or call.attempt != given.attempt:
        return
    contract = contract_of(plan, call)
    doubt = given.unknown or call.uncertain
    if _is_leaving(call) and not doubt:
        yield CallDropped(at, call.number)
    elif given.unknown and contract.delivery == "once":
        yield _uncertain(plan, call, FAILED, given.reason, at)
    elif given.permanent:
        stalled = CallStalled(at, call.number, "permanent", given.reason, doubt)
        yield from (stalled,) if call.about is None else _not_told(plan, call, _unavailable(call, given.reason, at), at)
    else:
        counted = call.attempt - call.first + 1
        due = retry_due(contract.retry, at, counted, given.retry_after, given.jitter)
        yield from _after(plan, call, at, due, given.reason, doubt=doubt)


def _after(plan: Plan, call: Call, at: int, due: int, reason: str, *, doubt: bool) -> Iterator[Event]:
    """Make the next attempt at `due`, if there is one."""
    contract = contract_of(plan, call)
    if _is_early(contract, call, call.attempt):
        if doubt and _is_forgotten(contract, call, due):
            yield _uncertain(plan, call, FAILED, reason, at)
        else:
            yield CallRetrying(at, call.number, call.attempt, due, reason, doubt)
    elif call.about is not None:
        yield from _not_told(plan, call, _unavailable(call, reason, at), at)
    elif "Unavailable" in contract.errors and call.unwinding is None:
        yield _unavailable(call, reason, at)
    else:
        yield CallStalled(at, call.number, "exhausted", reason, doubt)


def _unavailable(call: Call, reason: str, at: int) -> CallRaised:
    return CallRaised(at, call.number, "Unavailable", stored({"reason": reason}))


def sent(plan: Plan, state: RunState, given: Sent, at: int) -> Iterator[Event]:
    """Mark a `once` call as sent."""
    call = state.calls.get(given.call)
    if call is None or call.phase is not Phase.READY or call.sent:
        return
    if contract_of(plan, call).delivery == "once":
        yield CallSent(at, given.call)


def never_started(_plan: Plan, state: RunState, given: NeverStarted, at: int) -> Iterator[Event]:
    """Drop a call of a scope that is left, if nobody before can have performed it."""
    call = state.calls.get(given.call)
    if call is not None and call.phase is Phase.READY and is_unwanted(call):
        yield CallDropped(at, call.number)


def deferred(_plan: Plan, state: RunState, given: Deferred, at: int) -> Iterator[Event]:
    """Let a call wait that would not be answered now."""
    call = state.calls.get(given.call)
    if call is None or call.phase is not Phase.READY or call.sent or call.attempt != given.attempt:
        return
    if is_unwanted(call):
        yield CallDropped(at, call.number)
    else:
        yield CallDeferred(at, call.number, max(to_micros(given.until), at), given.reason, call.uncertain)


def recovered(plan: Plan, state: RunState, given: Recovered, at: int) -> Iterator[Event]:
    """Find the calls that the process that has ended may have performed, and those whose outcome is unknown."""
    ended = at if given.adopted else min(at, to_micros(given.since))
    begun = {Phase.READY, Phase.RETRY} if given.adopted else {Phase.READY}
    for call in list(state.calls.values()):
        if call.role in (Role.WITHIN, Role.WAIT) or not call.open:
            continue
        contract = contract_of(plan, call)
        if contract.delivery == "once":
            unknown = call.phase in begun and (call.sent or given.adopted)
        else:
            call.maybe_sent = call.phase is Phase.READY or (call.phase is Phase.RETRY and (call.due or 0) <= ended)
            unknown = call.phase is Phase.READY and _is_forgotten(contract, call, at)
        if unknown:
            yield _uncertain(plan, call, INTERRUPTED, COPIED if given.adopted else CUT_OFF, at)
        elif given.deadly and call.phase is Phase.READY:
            yield from _left_alone(plan, call, at)
    if given.deadly:
        yield from (CodeFaulted(at, frame, DEADLY) for frame in list(state.thinking))


def _left_alone(plan: Plan, call: Call, at: int) -> Iterator[Event]:
    if call.about is None:
        yield CallStalled(at, call.number, "deadly", DEADLY, call.maybe_sent)
    else:
        yield from _not_told(plan, call, _unavailable(call, DEADLY, at), at)


def question(plan: Plan, call: Call, at: int) -> Event | None:
    """Return what is to be known before an `idempotent` call is made again; None: it may be."""
    if call.uncertain and _is_forgotten(contract_of(plan, call), call, at):
        kind = RETRIED if call.phase is Phase.STALLED else INTERRUPTED
        return _uncertain(plan, call, kind, call.reason or "the other side may have forgotten its key", at)
    return None


def retried(plan: Plan, state: RunState, at: int) -> Iterator[Event]:
    """Try again what stands; first ask about the calls that must not be made without knowing."""
    for call in [call for call in state.calls.values() if call.phase is Phase.STALLED]:
        if call.kind != "unknown":
            asked = question(plan, call, at)
            yield from () if asked is None else (asked,)
        elif plan.effects[call.effect].probe is not None:
            yield CallProbing(at, call.number, RETRIED, call.reason)
    standing = [call for call in state.calls.values() if call.phase is Phase.STALLED and call.kind != "unknown"]
    if standing or state.faulted:
        failed = [call for call in standing if call.kind == "permanent" and not call.doubt]
        keys = {call.number: key for call in failed if (key := _renewed_key(plan, call)) is not None}
        yield Retried(at, keys=keys)


def resolved(_plan: Plan, state: RunState, given: Resolved, at: int) -> Iterator[Event]:
    """Take a person's word for a result."""
    if _stands(state, given.call) is not None:
        yield CallResolved(at, given.call, stored(given.value))


def resolved_error(plan: Plan, state: RunState, given: ResolvedError, at: int) -> Iterator[Event]:
    """Take a person's word for an error. An undo has none: it happens, or it stands."""
    call = _stands(state, given.call)
    if call is not None and call.role is Role.WORK and given.error in contract_of(plan, call).errors:
        yield CallResolved(at, given.call, stored(dict(given.fields)), given.error)


def again(_plan: Plan, state: RunState, given: Again, at: int) -> Iterator[Event]:
    """Make a call anew that has not happened, as a person says; one whose scope is left is not wanted any more."""
    call = _stands(state, given.call)
    if call is not None and _is_leaving(call):
        yield CallDropped(at, call.number)
    elif call is not None:
        yield CallAgain(at, given.call, again_key(call.key, call.attempt + 1))


def _told(plan: Plan, call: Call, answer: object, at: int) -> Iterator[Event]:
    """Decide what a probe has said about `call`."""
    probe = plan.effects[call.effect].probe
    assert probe is not None  # noqa: S101 -- for the type checker: it has been asked
    if probe.happened(answer):
        yield CallCompleted(at, call.number, stored(probe.result(answer)))
    elif _is_leaving(call):
        yield CallDropped(at, call.number)
    elif call.kind == INTERRUPTED:
        yield CallDeferred(at, call.number, at, f"{call.reason}; it did not happen")
    elif call.kind == RETRIED:
        yield CallAgain(at, call.number, call.key)
    else:
        reason = f"{call.reason}; it did not happen"
        due = retry_due(contract_of(plan, call).retry, at, call.attempt - call.first + 1, None, 0.5)
        yield from _after(plan, call, at, due, reason, doubt=False)


def _not_told(plan: Plan, probe: Call, end: CallRaised, at: int) -> Iterator[Event]:
    """End a probe that cannot tell."""
    call = probe.about
    yield end
    if call is not None:
        yield _unknown(contract_of(plan, call), call, f"{call.reason}; its probe {probe.effect} cannot tell", at)


def _uncertain(plan: Plan, call: Call, kind: str, reason: str, at: int) -> Event:
    """Return what follows when it is unknown whether a call happened, and it must not be repeated."""
    if plan.effects[call.effect].probe is not None:
        return CallProbing(at, call.number, kind, reason)
    return _unknown(contract_of(plan, call), call, reason, at)


def _unknown(contract: Effect, call: Call, reason: str, at: int) -> Event:
    if "Unknown" in contract.errors and call.role is Role.WORK and call.unwinding is None:
        return CallRaised(at, call.number, "Unknown", stored({"reason": reason}))
    return CallStalled(at, call.number, "unknown", reason, doubt=True)


def _performed(state: RunState, number: int) -> Call | None:
    call = state.calls.get(number)
    return None if call is None or call.phase in ARMED else call


def _stands(state: RunState, number: int) -> Call | None:
    call = state.calls.get(number)
    return call if call is not None and call.phase is Phase.STALLED else None


def _is_leaving(call: Call) -> bool:
    """Return whether a call of the program is only awaited, because its scope is left."""
    return call.unwinding is not None and call.role is Role.WORK


def is_unwanted(call: Call) -> bool:
    """Return whether there is no need to make a call: its scope is left, and it has not happened before."""
    return _is_leaving(call) and not (call.uncertain or call.sent)


def _renewed_key(plan: Plan, call: Call) -> str | None:
    """Return the next attempt's key where those before are known to have failed; None: it is the same request.

    A key that the effect declares stays: other calls may have it too.
    """
    effect = plan.effects[call.effect]
    return again_key(call.key, call.attempt + 1) if effect.key is None and effect.contract.delivery != "read" else None


def _is_early(contract: Effect, call: Call, attempt: int | None) -> bool:
    """Return whether the policy has another attempt after this one."""
    attempts = 1 if contract.delivery == "once" else contract.retry.attempts
    return (call.attempt if attempt is None else attempt) - call.first + 1 < attempts


def _is_forgotten(contract: Effect, call: Call, at: int) -> bool:
    """Return whether the other side may have forgotten the call's key at this time."""
    since = call.since if call.renewed is None else call.renewed
    return contract.key_lifetime is not None and at - since > contract.key_lifetime * 1000


def contract_of(plan: Plan, call: Call) -> Effect:
    """Return what a call's effect declares."""
    return plan.effects[call.effect].contract
