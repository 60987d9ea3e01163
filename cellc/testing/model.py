"""A file of tests as data: what its cases give to a run, and what they expect of it.

Values are decoded by the types that stand where they do; every part knows its place in the file. Effects, errors and
events have their full names here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Program
from cellc.language.reader import YamlNode
from cellc.language.span import Source, Span


@dataclass(frozen=True, slots=True)
class Returns:
    """The effect happens, with this result."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raises:
    """The effect ends in an error that it declares."""

    error: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fails:
    """It does not work this time, and may the next."""

    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """No answer comes."""


Ending: TypeAlias = Returns | Raises | Fails | Never


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request comes to, and how long that takes."""

    ending: Ending
    after: timedelta
    span: Span


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of one effect in the order of its calls; the last one repeats.

    With `by`, which gives a text for a request, the list is the one of `when` that has this text.
    """

    answers: Sequence[Answer] = ()
    by: Callable[[Mapping[str, Any]], str | None] | None = None
    when: Mapping[str, Sequence[Answer]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What comes from outside at a time after the start: an event, the answer to a task, or that the run is cancelled.

    `kind` is "event", "task" or "cancel"; `name` the event, or a task's node or effect; `data` and `key` are texts.
    """

    at: timedelta
    kind: str
    name: str
    data: str
    key: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Crash:
    """The process ends after this effect was performed for the `n`-th time, before its outcome is recorded."""

    after: str
    n: int


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: a key of `expect:`, the value that it must have, and the node that says so."""

    key: str
    wanted: Any
    node: YamlNode


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `crash`: None, "everywhere", or one place. One with `problems` cannot be run."""

    name: str
    span: Span
    cell: str
    inputs: Mapping[str, Any]
    scripts: Mapping[str, Script]
    told: Sequence[Told]
    crash: Crash | str | None
    checks: Sequence[Check]
    problems: Sequence[Diagnostic] = ()


@dataclass(frozen=True, slots=True)
class TestFile:
    """One file. `program` is None where the module does not compile; `problems` are those of the whole file."""

    __test__ = False  # pytest is not to collect it

    path: str
    sources: Mapping[str, Source]
    program: Program | None
    cases: Sequence[Case]
    problems: Sequence[Diagnostic]
