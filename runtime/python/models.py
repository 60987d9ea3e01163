"""Models of `cellc gen python`, as the annotations of a cell's code name them.

Imported only where code has imported `cellc.python`, and pydantic with it.
"""

import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any, get_overloads, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from cellc import python as cell
from cellc.runtime.ports import CellError
from cellc.runtime.python.contract import Request, Unfit, copied


class ModelForms:
    """Values as models of one written module."""

    def __init__(self, input_: type[cell.Model]) -> None:
        module = sys.modules[input_.__module__]
        self._input = input_
        asked = list(_requests(module))
        self._requests = {request.effect: request for request, _ in asked}
        self._results = {request.effect: TypeAdapter(result) for request, result in asked}
        self._errors = {error.name: error for part in (cell, module) for error in _errors(part)}

    def lacks(self, effects: frozenset[str]) -> list[str]:
        """Return the effects of a cell that the written module does not know."""
        return sorted(effects - self._results.keys())

    def input(self, value: dict[str, Any]) -> Any:
        """Return a cell's input. Raises Unfit."""
        return _checked(f"the input, a {self._input.__name__},", self._input.model_validate, value)

    def result(self, effect: str, value: Any) -> Any:
        """Return what an effect gave. Raises Unfit."""
        return _checked(f"the result of {effect}", self._results[effect].validate_python, value)

    def error(self, name: str, fields: dict[str, Any]) -> BaseException:
        """Return the exception that stands for an error."""
        found = self._errors.get(name)
        return (
            CellError(name, fields)
            if found is None
            else _checked(f"the error {name}", lambda given: found(**given), fields)
        )

    def raised(self, problem: BaseException) -> tuple[str, Any] | None:
        """Return the error that an exception stands for."""
        if isinstance(problem, cell.Error):
            return problem.name, problem.value()
        return (problem.name, problem.fields) if isinstance(problem, CellError) else None

    def request(self, step: Any) -> Request | None:
        """Return the request that a model is."""
        return (step.effect, step) if isinstance(step, cell.Request) else None

    def made(self, effect: str, inputs: dict[str, Any]) -> Any:
        """Return a request as code makes it. Raises Unfit."""
        return _checked(f"the request {effect}", self._requests[effect].model_validate, inputs)

    def plain(self, value: Any) -> Any:
        """Return a value without models."""
        match value:
            case BaseModel():
                return value.model_dump()
            case dict():
                return {key: self.plain(item) for key, item in value.items()}
            case list():
                return [self.plain(item) for item in value]
            case _:
                return value


def model_of(hint: Any) -> type[cell.Model] | None:
    """Return the model that an annotation of `inputs` is, None where it is something else."""
    return hint if isinstance(hint, type) and issubclass(hint, cell.Model) else None


def _requests(module: ModuleType) -> Iterator[tuple[type[cell.Request], Any]]:
    """Yield each request with what it gives, as the fabrics of the module's cells say."""
    for fabric in vars(module).values():
        if isinstance(fabric, type) and cell.Fabric in fabric.__mro__ and "request" in vars(fabric):
            # Overloads without an implementation are known by name only: the attribute itself is a dummy.
            ask: Any = SimpleNamespace(__module__=fabric.__module__, __qualname__=f"{fabric.__qualname__}.request")
            for form in get_overloads(ask) or [vars(fabric)["request"]]:
                hints = get_type_hints(form, include_extras=True)
                yield hints["request"], hints["return"]


def _errors(module: ModuleType) -> Iterator[type[cell.Error]]:
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, cell.Error) and found is not cell.Error:
            yield found


def _checked(what: str, make: Callable[[Any], Any], value: Any) -> Any:
    try:
        return make(copied(value))
    except ValidationError as problem:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in problem.errors())
        raise Unfit(f"{what} does not fit the model; write it again with `cellc gen python`: {places}") from None
