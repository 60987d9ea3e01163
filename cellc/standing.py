"""How a run stands, for people and for programs."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cellc.language.values import to_json
from cellc.runtime.core.events import from_micros
from cellc.runtime.core.state import Moved
from cellc.runtime.core.views import Standing
from cellc.runtime.ports import RunHead
from cellc.runtime.telling import by_and_why
from cellc.runtime.views import RunView, Stand, Task
from cellc.settings import typed
from cellc.terminal import Paint, Terminal
from cellc.tree import MARKS, tree_data

MOST_LINES = 30
"""Lines of a reason that are shown: the first says it, the others are places in code."""


STATUS_STYLES: Mapping[str, str] = {
    "completed": "good",
    "failed": "error",
    "stalled": "error",
    "waiting": "warning",
    "cancelled": "warning",
    "killed": "warning",
}

LINE_STYLES: Mapping[str, str] = {
    "completed": "good",
    "raised": "warning",
    "retrying": "warning",
    "stalled": "error",
    "faulted": "error",
}
"""A style for each kind of line of a history."""


REASONS: Mapping[str, Mapping[str, str]] = {
    "waiting": {"timer": "timer", "retrying": "timer", "event": "event", "task": "person"},
    "stalled": {
        "exhausted": "retries exhausted",
        "unknown": "outcome unknown",
        "permanent": "permanent failure",
        "fault": "fault",
    },
}
"""What a run waits for or has stalled at, by the state of a branch, or by its kind where it has one."""


def reasons(view: RunView) -> list[str]:
    """Return what a run waits for, or why it has stalled, each once."""
    words = REASONS.get(view.head.status, {})
    found = [words.get(row.kind) or words.get(row.state) for row in view.open]
    found += ["fault"] if view.divergence and not found else []
    return [*dict.fromkeys(word for word in found if word is not None)]


def status_text(view: RunView, paint: Paint) -> str:
    """Return a run's status, with what it waits for: `waiting (event, person)`."""
    status = paint(view.head.status, STATUS_STYLES.get(view.head.status, "strong"))
    why = ", ".join(reasons(view))
    return f"{status} ({why})" if why else status


def standing_line(row: Standing, paint: Paint) -> str:
    """Return one thing that a run waits for or stands at, with why and since when."""
    sign, style = MARKS[row.state]
    parts = [f"{paint(f'{sign} {row.state}', style)}  {row.place}"]
    if row.effect:
        parts.append(row.effect)
    if row.attempts > 1 or (row.state == "retrying" and row.attempts):  # what was put off has made none
        parts.append(f"{row.attempts} attempt{'s' if row.attempts != 1 else ''}")
    if row.event:
        parts.append(f"{row.event}{f' with key {row.event_key}' if row.event_key else ''}")
    if row.due:
        parts.append(f"due {moment(row.due)}")
    why, *places = row.reason.splitlines()[:MOST_LINES] or [""]
    if why:
        parts.append(f"{row.kind}: {why}" if row.kind else why)
    if row.maybe_sent and row.kind != "unknown":
        parts.append("may have been sent")
    line = "  ".join([*parts, paint(f"since {moment(row.since)}", "dim")])
    return "\n".join([line, *(paint(f"    {place}", "dim") for place in places)])


def moment(at: datetime) -> str:
    """Return a time as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def head_data(head: RunHead) -> dict[str, Any]:
    """Return what is known of a run without its events, as JSON data."""
    return {
        "run": head.id,
        "cell": head.cell,
        "key": head.key,
        "status": head.status,
        "started_at": head.started_at.isoformat(),
        "ended_at": head.ended_at.isoformat() if head.ended_at else None,
        "wake_at": head.wake_at.isoformat() if head.wake_at else None,
        "progress": None if head.progress is None else {"text": head.progress, "percent": head.percent},
    }


def failure_data(view: RunView) -> dict[str, Any] | None:
    """Return the error that a run ended in, as JSON data."""
    if view.failure is None:
        return None
    return {"error": view.failure.error, "fields": to_json(view.failure.fields), "place": view.failure.place}


def result_data(view: RunView) -> dict[str, Any]:
    """Return the result of a run that has ended, as JSON data."""
    found = {"run": view.head.id, "status": view.head.status}
    if view.head.status in {"cancelled", "killed"}:
        return found
    return {**found, **(failure_data(view) or {"output": to_json(view.output)})}


def view_data(view: RunView) -> dict[str, Any]:
    """Return how a run stands, as JSON data."""
    return {
        **head_data(view.head),
        "owner": view.owner,
        "why": reasons(view),
        "output": to_json(view.output),
        "failure": failure_data(view),
        "open": [_standing_data(row) for row in view.open],
        "tree": None if view.tree is None else tree_data(view.tree),
        "tasks": [task_data(task) for task in view.tasks],
        "divergence": view.divergence,
        "moved": None if view.moved is None else _moved_data(view.moved, view.before),
    }


def moved_text(moved: Moved, version: str) -> str:
    """Return how a run came to its version, from `version`: by whom, why, and what it has done first since."""
    first = f"first step here: {moved.first}" if moved.first else "no step here yet"
    before = f"version {version}" if version else moved.graph[:12]
    return f"moved {moment(from_micros(moved.at))} from {before} {by_and_why(moved)}; {first}"


def _moved_data(moved: Moved, version: str) -> dict[str, Any]:
    return {
        "from": moved.graph,
        "version": version or None,
        "at": from_micros(moved.at).isoformat(),
        "by": moved.by,
        "reason": moved.reason or None,
        "first_step": moved.first,
    }


def _standing_data(row: Standing) -> dict[str, Any]:
    return {
        "place": row.place,
        "state": row.state,
        "effect": row.effect,
        "since": row.since.isoformat(),
        "due": row.due.isoformat() if row.due else None,
        "attempts": row.attempts,
        "kind": row.kind or None,
        "reason": row.reason or None,
        "key": row.key,
        "maybe_sent": row.maybe_sent,
        "event": row.event,
        "event_key": json.loads(row.event_key) if row.event_key else None,
    }


def task_data(task: Task) -> dict[str, Any]:
    """Return what a person is asked, as JSON data."""
    return {
        "task": task.id,
        "title": task.title,
        "text": task.text or None,
        "assign": list(task.assign),
        "form": dict(task.fields),
        "since": task.since.isoformat(),
        "run": task.run,
        "place": task.place,
        "effect": task.effect,
    }


def stand_lines(stand: Stand, run: str, log: Path, paint: Paint) -> Iterator[str]:
    """Yield the commands that say how a call that stands has ended."""

    def told(how: str, *words: str, given: str = "") -> str:
        command = typed(log, "resolve", run, stand.place, *words)
        return f"{how:<18}{command}{paint(f'  JSON: {given}', 'dim') if given else ''}"

    if stand.result == "null":
        yield told("it has happened:", "--result", "null")
    else:
        yield told("it has happened:", "--result", "JSON", given=stand.result)
    for error, fields in stand.errors.items():
        given = ", ".join(f"{name}: {type_}" for name, type_ in fields.items())
        more = ["--with", "JSON"] if given else []
        yield told("it has failed:", "--error", error, *more, given=f"{{{given}}}" if given else "")
    if stand.kind == "unknown":
        yield told("it has not:", "--again")


def task_lines(task: Task, paint: Paint) -> Iterator[str]:
    """Yield what a person is asked: the task's id and title, and what its form has."""
    whom = f"  for {', '.join(task.assign)}" if task.assign else ""
    yield f"{paint(task.id, 'strong')}  {task.title}{whom}  {paint(f'since {moment(task.since)}', 'dim')}"
    if task.text:
        yield f"    {task.text}"
    yield "    " + ", ".join(f"{name}: {type_}" if name else type_ for name, type_ in task.fields.items())


def to_text(data: Any) -> str:
    """Return JSON text for people and programs."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def say_open(view: RunView, log: Path, terminal: Terminal) -> None:
    """Say on stderr what a run stands at, and what to do."""
    paint = terminal.paint_aside
    terminal.say(f"run {view.head.id} is {status_text(view, paint)}")
    for line in (*open_lines(view, log, paint), *next_step(view, log)):
        terminal.say(line)


def next_step(view: RunView, log: Path) -> Iterator[str]:
    """Yield what to do about a run that has not ended, where what it stands at does not say so."""
    if any(row.state == "fault" or (row.state == "stalled" and row.kind != "unknown") for row in view.open):
        yield f"when the cause is mended: {typed(log, 'retry', view.head.id)}"
    if view.head.status == "stalled":
        return
    if view.tasks:
        yield f"to answer: {typed(log, 'complete', view.tasks[0].id, 'NAME=VALUE...')}"
        return
    event = next((row.event for row in view.open if row.event), None)
    if event is not None:
        yield f"when it has happened: {typed(log, 'signal', event, '--data', 'JSON')}"
    else:
        yield f"unless a cellc process works on it now: {typed(log, 'resume', view.head.id)}"


def open_lines(view: RunView, log: Path, paint: Paint) -> Iterator[str]:
    """Yield what a run waits for and stands at: what needs a person first."""
    if view.divergence:
        yield f"  {paint('! stands', 'error')}  {view.divergence}"
    for row in sorted(view.open, key=lambda row: row.state not in {"stalled", "fault"}):
        yield f"  {standing_line(row, paint)}"
        for stand in view.stands if row.state == "stalled" else ():
            if stand.place == row.place:
                yield from (f"      {line}" for line in stand_lines(stand, view.head.id, log, paint))
    for task in view.tasks:
        yield from (f"  {line}" for line in task_lines(task, paint))
