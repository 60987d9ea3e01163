"""Programs from their text, for the core's tests: effects `main.NAME` are answered by name and input."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from cellc.compiler.pipeline import compile_module
from cellc.language.graph import Program
from cellc.language.span import Source
from cellc.runtime.core.inputs import Completed, Input, Raised
from cellc.runtime.core.step import ReadyCall
from cellc.stdlib_effects.declared import standard_source


class _Texts:
    """`compiler.load.Sources` over one text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, path: str) -> Source:
        return Source(path, self._text)

    def standard(self, module: str) -> Source | None:
        found = standard_source(module)
        return Source(*found) if found else None

    def join(self, _base: str, relative: str) -> str:
        return relative


@cache
def compiled(text: str) -> Program:
    """Return the program of a module, in which nothing may be wrong."""
    result = compile_module("main.cell.yaml", _Texts(f"cellc: 1\n{text}"))
    wrong = [f"{d.code}: {d.message}" for d in result.diagnostics if d.code.startswith("E")]
    assert wrong == [], wrong
    assert result.program is not None
    return result.program


Outcome = Any
"""What an effect gives, or `("raise", ERROR, fields)`."""


def answering(**effects: Callable[..., Outcome] | Outcome) -> Callable[[datetime, ReadyCall], Input]:
    """Return a world in which each effect gives a value, or what a function of its inputs returns."""

    def answer(at: datetime, call: ReadyCall) -> Input:
        given = effects[call.effect.rpartition(".")[2]]
        value = given(**call.input) if callable(given) else given
        if isinstance(value, tuple) and value[0] == "raise":
            return Raised(at, call.call, f"main.{value[1]}", value[2] if len(value) > 2 else {})
        return Completed(at, call.call, value)

    return answer
