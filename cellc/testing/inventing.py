"""Cases that are made up: an input, answers and errors that effects declare, and what comes from outside.

Each is made up when it is asked for. Nothing is given that nobody wants, so a case is as short as what happens in it.

A case is JSON data, as a `*.test.yaml` file has it, and is read from its text: what is played is what is printed.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cellc.language.graph import Effect, Program
from cellc.language.span import Source
from cellc.language.text_forms import write_duration
from cellc.language.type_codec import from_data
from cellc.language.types import Json, TypeTable
from cellc.language.values import decode, to_json
from cellc.runtime.ports import Wait
from cellc.testing.choices import Choices
from cellc.testing.generating import value_from
from cellc.testing.model import TestFile
from cellc.testing.names import short
from cellc.testing.playing import Ended, play
from cellc.testing.reading import read_source
from cellc.testing.virtual_time import START
from cellc.testing.writing import case_text, file_text

MOST_EVENTS = 400
"""Events after which a run counts as one that goes on: a process without an end."""

MOST_TOLD = 6
_MOST_ROUNDS = 40

_DELAYS = tuple(timedelta(seconds=each) for each in (1, 60, 3600, 86_400, 0.001, 10 * 86_400))
_MOMENTS = tuple(timedelta(seconds=each) for each in (1, 60, 3600, 86_400, 3 * 86_400, 40 * 86_400))


@dataclass(slots=True)
class Invention:
    """A case that was made up, its file as it is read again, and how it ended."""

    data: dict[str, Any]
    file: TestFile
    ended: Ended


def as_file(program: Program, module: str, data: dict[str, Any]) -> TestFile:
    """Return a case as it is read from its text."""
    return read_source(Source("found.test.yaml", file_text(module, [case_text(data)])), program)


def invent(program: Program, cell: str, module: str, choices: Choices) -> Invention:
    """Make a case up and play it. Raises NoValue where a type has no value that is found."""
    return _Inventor(program, cell, module, choices).invent()


@dataclass(slots=True)
class _Inventor:
    program: Program
    cell: str
    module: str
    choices: Choices
    decided: set[int] = field(default_factory=set)
    told: int = 0

    def invent(self) -> Invention:
        """Play, and add what the run has asked for, until it asks for nothing more."""
        data = self._begin()
        played = self._played(data)
        for _ in range(_MOST_ROUNDS):
            added = self._with_more(data, played.ended)
            if added is None:
                break
            tried = self._played(added)
            if len(tried.ended.refused) > len(played.ended.refused):
                continue  # an event that does not fit the wait: nobody would have told it
            data, played = added, tried
        return played

    def _played(self, data: dict[str, Any]) -> Invention:
        file = as_file(self.program, self.module, data)
        if file.problems or file.cases[0].problems:
            raise AssertionError(f"a case is made up wrongly: {[*file.problems, *file.cases[0].problems]}")
        return Invention(data, file, play(self.program, file.cases[0], most_events=MOST_EVENTS))

    def _begin(self) -> dict[str, Any]:
        table, contract = self._types(), self.program.cells[self.cell].graph
        data: dict[str, Any] = {"name": "found by cellc fuzz", "run": short(self.program, self.cell)}
        given = to_json(value_from(self.choices, from_data(contract.input), table))
        if given:
            data["input"] = given
        if self.choices.rarely(6):
            data["cancel"] = {"at": write_duration(self.choices.of(_MOMENTS))}
        return {**data, "expect": {}}

    def _types(self) -> TypeTable:
        return {name: from_data(data) for name, data in self.program.types.items()}

    def _with_more(self, data: dict[str, Any], ended: Ended) -> dict[str, Any] | None:
        """Return the case with one more thing that the run has asked for; None where there is none."""
        asked = ended.world.unscripted
        if asked is not None:
            answers = self._answers(self.program.effects[asked.effect])
            return _placed(data, "handlers", data.get("handlers", {}) | {short(self.program, asked.effect): answers})
        for wait in ended.world.waits:
            if wait.call not in self.decided and self.told < MOST_TOLD:
                self.decided.add(wait.call)
                if self.choices.below(4):
                    self.told += 1
                    return self._telling(data, wait)
        return None

    # --- answers ---

    def _answers(self, effect: Effect) -> list[dict[str, Any]]:
        return [self._answer(effect) for _ in range(1 + self.choices.below(3))]

    def _answer(self, effect: Effect) -> dict[str, Any]:
        match self.choices.below(10):
            case 6 | 7 if effect.errors:
                return self._raises(effect)
            case 8:
                return {"fails": "no connection"}
            case 9 if self.choices.below(2):
                return {"never": True}
            case 4 | 5:
                return {"after": write_duration(self.choices.of(_DELAYS)), **self._returns(effect)}
            case _:
                return self._returns(effect)

    def _returns(self, effect: Effect) -> dict[str, Any]:
        if effect.output is None:
            return {}
        return {"returns": to_json(value_from(self.choices, from_data(effect.output), self._types()))}

    def _raises(self, effect: Effect) -> dict[str, Any]:
        error = self.choices.of(effect.errors)
        fields = value_from(self.choices, from_data(self.program.errors[error]), self._types())
        return {"raises": short(self.program, error), **({"with": to_json(fields)} if fields else {})}

    # --- what comes from outside ---

    def _telling(self, data: dict[str, Any], wait: Wait) -> dict[str, Any]:
        at = write_duration(wait.since - START + self.choices.of(_DELAYS))
        if wait.event is None:
            told = {"at": at, "task": wait.place, "data": self._answer_to(self.program.effects[wait.effect])}
            return _placed(data, "complete", [*data.get("complete", []), told])
        told = {"at": at, "name": short(self.program, wait.event), "data": self._event(wait.event, wait.key)}
        return _placed(data, "events", [*data.get("events", []), told])

    def _answer_to(self, effect: Effect) -> Any:
        made = effect.binding is not None and effect.binding.result is not None
        type_ = Json() if made or effect.output is None else from_data(effect.output)
        return to_json(value_from(self.choices, type_, self._types()))

    def _event(self, name: str, key: str | None) -> Any:
        """Return a payload; one that has the key, where that is a field of it."""
        event, table = self.program.events[name], self._types()
        data = value_from(self.choices, from_data(event.data), table)
        path = _path(event.key)
        if key is not None and path:
            part = data
            for step in path[:-1]:
                part = part.setdefault(step, {})
            part[path[-1]] = decode(key.encode())
        return to_json(data)


def _path(key: Any) -> list[str]:
    """Return the fields that lead to an event's key; empty where it is another expression."""
    found: list[str] = []
    while isinstance(key, list) and key[0] == "field":
        found.insert(0, key[2])
        key = key[1]
    return found if isinstance(key, list) and key[0] == "var" else []


def _placed(data: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a case with one more key, what is expected last."""
    rest = {name: part for name, part in data.items() if name not in {key, "expect"}}
    return {**rest, key: value, "expect": data["expect"]}
