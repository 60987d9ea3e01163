"""How a run stands, for people and for programs."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from cellc.language.values import to_json
from cellc.runtime.core.views import Branch, Standing
from cellc.runtime.ports import RunHead
from cellc.runtime.views import RunView, Task
from cellc.terminal import Paint, Terminal

MARKS: Mapping[str, tuple[str, str]] = {
    "done": ("✓", "good"),
    "skipped": ("-", "dim"),
    "waiting": ("·", "dim"),
    "running": ("▸", "strong"),
    "retrying": ("↻", "warning"),
    "probing": ("?", "warning"),
    "timer": ("◷", "strong"),
    "event": ("◇", "strong"),
    "task": ("☐", "strong"),
    "undoing": ("↶", "warning"),
    "stalled": ("!", "error"),
    "fault": ("!", "error"),
}
"""A sign and a style for each state of a branch."""

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


def tree_lines(branch: Branch, paint: Paint, indent: str = "") -> Iterator[str]:
    """Yield the lines of a run's tree."""
    sign, style = MARKS[branch.state]
    count = f"  {branch.done}/{branch.total}" if branch.total else ""
    callee = paint(f"  {branch.callee}", "dim") if branch.callee else ""
    state = "" if branch.state in {"done", "waiting", "running"} else paint(f"  {branch.state}", style)
    yield f"{indent}{paint(sign, style)} {branch.name}{callee}{count}{state}"
    for inside in branch.inside:
        yield from tree_lines(inside, paint, indent + "  ")


def standing_line(row: Standing, paint: Paint) -> str:
    """Return one thing that a run waits for or stands at, with why and since when."""
    sign, style = MARKS[row.state]
    parts = [f"{paint(f'{sign} {row.state}', style)}  {row.place}"]
    if row.effect:
        parts.append(row.effect)
    if row.attempts > 1 or row.state == "retrying":
        parts.append(f"{row.attempts} attempt{'s' if row.attempts != 1 else ''}")
    if row.event:
        parts.append(f"{row.event}{f' with key {row.event_key}' if row.event_key else ''}")
    if row.due:
        parts.append(f"due {moment(row.due)}")
    if row.reason:
        parts.append(f"{row.kind}: {row.reason}" if row.kind else row.reason)
    if row.maybe_sent:
        parts.append("may have been sent")
    return "  ".join([*parts, paint(f"since {moment(row.since)}", "dim")])


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
        "output": to_json(view.output),
        "failure": failure_data(view),
        "open": [_standing_data(row) for row in view.open],
        "tasks": [task_data(task) for task in view.tasks],
        "divergence": view.divergence,
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


def say_open(view: RunView, terminal: Terminal) -> None:
    """Say on stderr what a run stands at, and what to do."""
    paint = terminal.paint_aside
    terminal.say(f"run {view.head.id} is {paint(view.head.status, STATUS_STYLES.get(view.head.status, 'strong'))}")
    for line in open_lines(view, paint):
        terminal.say(line)
    terminal.say(next_step(view))


def next_step(view: RunView) -> str:
    """Return what to do about a run that has not ended."""
    if view.head.status == "stalled":
        return f"when the cause is mended: cellc retry {view.head.id}"
    if view.tasks:
        return f"to answer: cellc complete {view.tasks[0].id} NAME=VALUE..."
    event = next((row.event for row in view.open if row.event), None)
    if event is not None:
        return f"when it has happened: cellc signal {event} --data JSON"
    return f"unless a cellc process works on it now: cellc resume {view.head.id}"


def open_lines(view: RunView, paint: Paint) -> Iterator[str]:
    """Yield what a run waits for and stands at: what needs a person first."""
    if view.divergence:
        yield f"  {paint('! stands', 'error')}  {view.divergence}"
    for row in sorted(view.open, key=lambda row: row.state not in {"stalled", "fault"}):
        yield f"  {standing_line(row, paint)}"
    for task in view.tasks:
        yield from (f"  {line}" for line in task_lines(task, paint))
