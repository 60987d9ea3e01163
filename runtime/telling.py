"""Turns a run's events into lines for people.

Nothing here changes a run. A `Teller` remembers the open calls, because an event about a call carries just its number.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cellc.runtime.core import events as e
from cellc.runtime.core.advance import open_frames, place_of_call, read
from cellc.runtime.core.places import frame_path, place_path
from cellc.runtime.core.state import Moved, RunState

LINE = 200
"""Characters that are kept and shown of what a program says about how far it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `kind` is a key of `KINDS`; `value` is what a call or the run began or ended with."""

    at: datetime
    kind: str
    place: str = ""
    effect: str = ""
    detail: str = ""
    value: Any = None


KINDS: Mapping[str, str] = {
    "started": "the run began",
    "ready": "a call became ready, and is performed from here on",
    "sent": "a `once` call was marked as sent",
    "completed": "a call has its result",
    "raised": "a call ended in an error",
    "retrying": "an attempt failed, and the next is due",
    "deferred": "an attempt is put off: its target does not answer now",
    "probing": "a call's outcome is unknown, and its probe is asked",
    "dropped": "a call of a scope that was left has not happened",
    "resolved": "a person said how a call ended",
    "again": "a person wants a call that has not happened to be made",
    "stalled": "a call stands until a person acts",
    "fired": "a timer's time came",
    "received": "an event came that a call waited for",
    "answered": "a person answered",
    "moved": "Python code has gone on until it waits",
    "faulted": "evaluation failed: a bug in the program",
    "retried": "a person asked to try again",
    "cancelling": "a person asked for the run to be taken back",
    "killed": "a person ended the run as it stood",
    "status": "the program said how far it is",
    "ended": "the run ended",
    "changed": "the run was moved to another version of its program",
    "compacted": "the events before are gone; where the run stood is kept",
}


def one_line(text: str) -> str:
    """Return the beginning of a text as a line that a terminal can show."""
    line = " ".join(text.split())
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line if len(line) <= LINE else f"{line[: LINE - 1]}…"


def said(text: str | None, percent: int | None) -> str:
    """Return what a program says about how far it is: `4 of 7 orders (57 %)`; empty where it says nothing."""
    parts = (one_line(text or ""), "" if percent is None else f"({percent} %)")
    return " ".join(part for part in parts if part)


def by_and_why(change: e.TopologyChanged | Moved) -> str:
    """Return who has moved a run, and why where they have said: `by anna: the audit asks for it`."""
    return one_line(f"by {change.by}: {change.reason}" if change.reason else f"by {change.by}")


class Teller:
    """Tells the events of one run as lines. `state` is the run after the events that are told."""

    def __init__(self, state: RunState | None = None) -> None:
        self._open = _open_calls(state) if state else {}
        self._progress = state.progress if state else None

    def tell(self, events: Iterable[e.Event], state: RunState) -> list[Line]:
        """Return the lines of these events."""
        lines = [line for event in events for line in self._lines(event, state)]
        progress, self._progress = self._progress, state.progress
        if state.progress is not None and state.progress is not progress:
            line = Line(
                e.from_micros(state.progress.at), "status", detail=said(state.progress.text, state.progress.percent)
            )
            later = (i for i, known in enumerate(lines) if known.at > line.at or known.kind == "ended")
            lines.insert(next(later, len(lines)), line)
        return lines

    def _lines(self, event: e.Event, state: RunState) -> Iterator[Line]:
        at = e.from_micros(event.at)
        if isinstance(event, e.TopologyChanged):  # its places may have other names from here on
            self._open = _open_calls(state)
        kind, about = _ABOUT[type(event)]
        place, effect = self._of(event, state)
        yield Line(at, kind, place, effect, **about(event))
        for ready in getattr(event, "calls", ()):
            call = state.calls.get(ready.call)
            if call is not None:  # else a later event of the same step has closed it already
                self._open[ready.call] = (place_of_call(call), call.effect)
                yield Line(at, "ready", *self._open[ready.call], f"key {ready.key}")

    def _of(self, event: e.Event, state: RunState) -> tuple[str, str]:
        """Return the place and effect that an event is about."""
        match event:
            case e.CallCompleted() | e.CallRaised() | e.TimerFired() | e.EventReceived() | e.TaskCompleted():
                return self._open.pop(event.call, ("", ""))
            case e.CallDropped() | e.CallResolved():
                return self._open.pop(event.call, ("", ""))
            case e.CallRetrying(call=call) | e.CallSent(call=call) | e.CallStalled(call=call):
                return self._open.get(call, ("", ""))
            case e.CallDeferred(call=call) | e.CallProbing(call=call) | e.CallAgain(call=call):
                return self._open.get(call, ("", ""))
            case e.RunFaulted(frame=number, node=node):
                frames = (frame for frame in open_frames(state) if frame.number == number)
                return next((place_path(frame, frame.cell.nodes[node]) for frame in frames), ""), ""
            case e.CodeMoved() | e.CodeEnded() | e.UndoTaken() | e.CodeFaulted():
                frames = (frame for frame in open_frames(state) if frame.number == event.frame)
                return next(map(frame_path, frames), ""), ""
            case e.RunStarted(cell=cell) | e.TopologyChanged(cell=cell):
                return cell, ""
            case e.RunEnded(place=place):
                return place or "", ""
            case e.Retried() | e.RunCancelled() | e.RunKilled() | e.Compacted():
                return "", ""


def _open_calls(state: RunState) -> dict[int, tuple[str, str]]:
    return {call.number: (place_of_call(call), call.effect) for call in state.calls.values()}


_ABOUT: Mapping[type, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    e.RunStarted: ("started", lambda event: {"value": read(event.input)}),
    e.CallCompleted: ("completed", lambda event: {"value": read(event.value)}),
    e.CallRaised: ("raised", lambda event: {"detail": event.error, "value": read(event.fields)}),
    e.CallRetrying: ("retrying", lambda event: {"detail": event.reason, "value": e.from_micros(event.due)}),
    e.CallSent: ("sent", lambda _: {}),
    e.CallDeferred: ("deferred", lambda event: {"detail": event.reason, "value": e.from_micros(event.due)}),
    e.CallProbing: ("probing", lambda event: {"detail": f"{event.kind}: {event.reason}"}),
    e.CallDropped: ("dropped", lambda _: {}),
    e.CallResolved: ("resolved", lambda event: {"detail": event.error or "", "value": read(event.value)}),
    e.CallAgain: ("again", lambda event: {"detail": f"key {event.key}"}),
    e.CallStalled: ("stalled", lambda event: {"detail": f"{event.kind}: {event.reason}"}),
    e.TimerFired: ("fired", lambda _: {}),
    e.EventReceived: ("received", lambda event: {"value": read(event.value)}),
    e.TaskCompleted: ("answered", lambda event: {"value": read(event.value)}),
    e.CodeMoved: ("moved", lambda _: {}),
    e.CodeEnded: ("moved", lambda event: {"detail": event.error or "", "value": read(event.value)}),
    e.UndoTaken: ("moved", lambda _: {}),
    e.CodeFaulted: ("faulted", lambda event: {"detail": event.reason}),
    e.RunFaulted: ("faulted", lambda event: {"detail": event.reason}),
    e.Retried: ("retried", lambda _: {}),
    e.RunCancelled: ("cancelling", lambda _: {}),
    e.RunKilled: ("killed", lambda _: {}),
    e.TopologyChanged: ("changed", lambda event: {"detail": f"to {event.new[:12]} {by_and_why(event)}"}),
    e.Compacted: ("compacted", lambda event: {"detail": f"{event.upto} events before it are gone"}),
    e.RunEnded: ("ended", lambda event: {"detail": event.error or event.status, "value": read(event.value)}),
}
