"""The boundary between a cell's Python code and the language: whatever crosses it is of a declared type.

Code that is annotated with what `cellc gen python` wrote gets and gives these models; other code plain values: dicts,
lists and scalars, as the language has them. Plain values are also taken in the form in which JSON has them.
"""

from collections.abc import Collection, Mapping
from typing import Any, Protocol, TypeAlias

from cellc.language.graph import Program
from cellc.language.suggest import hint
from cellc.language.type_codec import from_data
from cellc.language.types import Null, Record, Type, TypeTable
from cellc.language.values import Misfit, encode, fits, from_json, to_json
from cellc.runtime.core.inputs import CodeRequest
from cellc.runtime.core.state import Told
from cellc.runtime.ports import CellError

STANDARD: Mapping[str, Type] = {
    "Timeout": from_data(["record", []]),
    "Unavailable": from_data(["record", [["reason", "string"]]]),
    "Unknown": from_data(["record", [["reason", "string"]]]),
    "Invalid": from_data(["record", [["reason", "string"]]]),
    "Exhausted": from_data(["record", []]),
}
"""The fields of errors that no module declares."""

Request: TypeAlias = tuple[str, Any]
"""An effect, as code has named it, and its inputs."""


class Unfit(Exception):  # noqa: N818 -- named for what it says of a value
    """Something that code gave does not keep the cell's contract; the text says where and why."""


class Forms(Protocol):
    """How code sees values: as models, or plain."""

    def input(self, value: dict[str, Any]) -> Any:
        """Return a cell's input. Raises Unfit."""
        ...

    def result(self, effect: str, value: Any) -> Any:
        """Return what an effect gave. Raises Unfit."""
        ...

    def error(self, name: str, fields: dict[str, Any]) -> BaseException:
        """Return the exception that stands for an error. Raises Unfit."""
        ...

    def raised(self, problem: BaseException) -> tuple[str, Any] | None:
        """Return the error that an exception stands for; None where it is none of the language's."""
        ...

    def request(self, step: Any) -> Request | None:
        """Return the request that an object is; None where it is none."""
        ...

    def made(self, effect: str, inputs: dict[str, Any]) -> Any:
        """Return a request as code makes it. Raises Unfit."""
        ...

    def plain(self, value: Any) -> Any:
        """Return a value without models."""
        ...


class PlainForms:
    """Values as they are. Code gets copies, so that whatever it does with them, the run has its own."""

    def input(self, value: dict[str, Any]) -> Any:
        """Return a cell's input."""
        return copied(value)

    def result(self, _effect: str, value: Any) -> Any:
        """Return what an effect gave."""
        return copied(value)

    def error(self, name: str, fields: dict[str, Any]) -> BaseException:
        """Return the exception that stands for an error."""
        return CellError(name, copied(fields))

    def raised(self, problem: BaseException) -> tuple[str, Any] | None:
        """Return the error that an exception stands for."""
        return (problem.name, problem.fields) if isinstance(problem, CellError) else None

    def request(self, step: Any) -> Request | None:
        """Return the request that a pair of an effect's name and its inputs is: no value is a tuple."""
        match step:
            case (str() as effect, inputs) if isinstance(step, tuple):
                return effect, inputs
            case _:
                return None

    def made(self, effect: str, inputs: dict[str, Any]) -> Any:
        """Return a request as code makes it."""
        return effect, copied(inputs)

    def plain(self, value: Any) -> Any:
        """Return a value without models."""
        return value


def copied(value: Any) -> Any:
    """Return a copy of a value of the language."""
    match value:
        case dict():
            return {key: copied(item) for key, item in value.items()}
        case list():
            return [copied(item) for item in value]
        case _:
            return value


class Contract:
    """What a cell declares, and the values that cross its boundary."""

    def __init__(self, program: Program, cell: str) -> None:
        info = program.cells[cell].graph
        self.cell = cell
        self._module = program.module
        self._types: TypeTable = {name: from_data(data) for name, data in program.types.items()}
        self._output: Type = Null() if info.output is None else from_data(info.output)
        self._errors = {
            name: from_data(program.errors[name]) if name in program.errors else STANDARD.get(name, Record(()))
            for name in info.errors
        }
        self._effects = {name: from_data(program.effects[name].input) for name in info.effects}

    @property
    def effects(self) -> frozenset[str]:
        """The effects that the code may ask for."""
        return frozenset(self._effects)

    def request(self, forms: Forms, request: Any, inputs: Any, *, undoable: bool) -> CodeRequest:
        """Return a request that code makes. Raises Unfit."""
        made = (request, inputs) if isinstance(request, str) else forms.request(request)
        if made is None:
            raise Unfit(f"{_kind(request)} is no request: give an effect's name and its inputs, or its model")
        effect = self._effect(made[0])
        given = {} if made[1] is None else made[1]
        value = self._typed(f"the request {effect}", forms.plain(given), self._effects[effect])
        return CodeRequest(effect, value, undoable)

    def output(self, forms: Forms, value: Any) -> Any:
        """Return the output that code gives. Raises Unfit."""
        return self._typed("the output", forms.plain(value), self._output)

    def error(self, forms: Forms, problem: BaseException) -> tuple[str, Any] | None:
        """Return the declared error that an exception stands for, with its fields; None: it is a bug. Raises Unfit."""
        raised = forms.raised(problem)
        if raised is None:
            return None
        name = self._meant(raised[0], self._errors)
        if name is None:
            declared = ", ".join(sorted(self._errors)) or "none"
            raise Unfit(f"it ends in {raised[0]}, which the cell does not declare; its errors: {declared}")
        return name, self._typed(f"the error {name}", forms.plain(raised[1]), self._errors[name])

    def told(self, forms: Forms, effect: str, told: Told) -> Any:
        """Return what a request came to as code is told: a result, or the exception of an error. Raises Unfit."""
        if told.error is not None:
            return forms.error(told.error, told.value)
        return forms.result(effect, told.value)

    def _effect(self, name: str) -> str:
        found = self._meant(name, self._effects)
        if found is not None:
            return found
        near = hint(name, self._effects)
        raise Unfit(f"the cell does not declare the effect {name}" + (f": {near}" if near else ""))

    def _meant(self, name: str, known: Collection[str]) -> str | None:
        """Return what a name means: qualified, without the program's module, or only its last part if that is clear."""
        for found in (name, f"{self._module}.{name}"):
            if found in known:
                return found
        alike = [each for each in known if each.rpartition(".")[2] == name]
        return alike[0] if len(alike) == 1 else None

    def _typed(self, what: str, value: Any, type_: Type) -> Any:
        """Return `value` as one of this type; where it is not one, as what its JSON form says. Raises Unfit."""
        try:
            if not fits(value, type_, self._types):
                encode(value)
                return copied(value)
            return from_json(to_json(value), type_, self._types)
        except Misfit as misfit:
            found = "; ".join(f"{p.path or 'it'} must be {p.expected}, and is {p.found}" for p in misfit.problems)
            raise Unfit(f"{what} does not fit its type: {found}") from None
        except (TypeError, ValueError, RecursionError) as problem:
            raise Unfit(f"{what} is no value of the language: {problem}") from None


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
