"""What a run waits for and stands at, for people. Read from the state, never stored."""

from dataclasses import dataclass
from datetime import datetime

from cellc.runtime.core.advance import open_frames, place_of_call
from cellc.runtime.core.events import from_micros
from cellc.runtime.core.places import frame_path, place_path
from cellc.runtime.core.state import Call, Phase, Role, RunState
from cellc.runtime.core.tree import WORDS


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that a run waits for, or stands at.

    `state`: running, retrying, probing, timer, event, task, stalled (a call), or fault (a place whose evaluation
    failed; no `call` then). `event` is what it waits for, and `event_key` the key that the event must have, None for
    any. `attempts` have been made or begun; `due` is when a retry or timer is; `kind` is why a call stalled.
    """

    place: str
    state: str
    since: datetime
    effect: str | None = None
    call: int | None = None
    key: str | None = None
    attempts: int = 0
    due: datetime | None = None
    reason: str = ""
    kind: str = ""
    maybe_sent: bool = False
    event: str | None = None
    event_key: str | None = None


def standing(state: RunState) -> list[Standing]:
    """Return what a run waits for and stands at, oldest first; empty when it has ended."""
    found = [_call_standing(call) for call in state.calls.values() if call.role in (Role.WORK, Role.UNDO)]
    if state.divergence is not None and state.root is not None:
        found.append(Standing(frame_path(state.root), "fault", from_micros(state.at), reason=state.divergence))
    found += [
        Standing(frame_path(frame), "running", from_micros(frame.code.at))
        for frame in state.thinking.values()
        if frame.code is not None
    ]
    for unwinding in state.unwindings:
        if unwinding.fault is not None:
            place = f"{frame_path(unwinding.frame)}/undo"
            found.append(Standing(place, "fault", from_micros(unwinding.fault.since), reason=unwinding.fault.reason))
    for frame in open_frames(state):
        for node, fault in frame.faults.items():
            place = frame_path(frame) if frame.code else place_path(frame, frame.cell.nodes[node])
            found.append(Standing(place, "fault", from_micros(fault.since), reason=fault.reason))
    return sorted(found, key=lambda row: row.since)


def _call_standing(call: Call) -> Standing:
    return Standing(
        place=place_of_call(call),
        state=WORDS[call.phase],
        since=from_micros(call.since),
        effect=call.effect,
        call=call.number,
        key=call.key,
        attempts=call.attempt - 1 if call.phase is Phase.RETRY else call.attempt,
        due=None if call.due is None else from_micros(call.due),
        reason=call.reason,
        kind=call.kind,
        maybe_sent=call.uncertain,
        event=None if call.wants is None else call.wants.event,
        event_key=None if call.wants is None else call.wants.key,
    )
