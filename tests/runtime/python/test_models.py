"""Code that is annotated with what `cellc gen python` wrote gets models and gives models, checked at the boundary."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from cellc.compiler.pipeline import Compiled, compile_module
from cellc.language.span import Source
from cellc.runtime.ports import Outcome, Raised, Request, Result
from cellc.runtime.views import RunView
from cellc.stdlib_effects.declared import standard_source
from cellc.stubs import python_module
from tests.runtime.python.worlds import module, run

TEXT = """cellc: 1
types:
  Item: {sku: string, price: decimal(0..), class?: string}
  Found: {kind: enum(found), item: Item}
  Lost: {kind: enum(lost), since: date}
errors:
  Gone: {sku: string, tries: int}
effects:
  seek: {in: {sku: string}, out: Found | Lost, errors: [Gone, Unavailable], delivery: read}
  count: {in: {items: [Item]}, out: float, delivery: read}
  mark: {in: {item: Item}, delivery: idempotent}
cells:
  code:
    in: {skus: [string], budget?: decimal}
    out: {best: Item?, mean: float}
    errors: [Gone]
    effects: [seek, count, mark]
    python: TARGET
main: code
"""


class Texts:
    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, path: str) -> Source:
        return Source(path, self._text)

    def standard(self, name: str) -> Source | None:
        found = standard_source(name)
        return Source(*found) if found else None

    def join(self, _base: str, relative: str) -> str:
        return relative


def compiled(target: str) -> Compiled:
    made = compile_module("main.cell.yaml", Texts(TEXT.replace("TARGET", target)))
    assert made.program is not None, made.diagnostics
    return made


@pytest.fixture
def models() -> Iterator[Any]:
    """The written module, importable as `written_models`."""
    text = python_module(compiled("a:b").interface)
    with module() as name:
        found = sys.modules[name]
        exec(compile(text, "<written>", "exec", dont_inherit=True), found.__dict__)  # noqa: S102 -- our own text
        yield found


def answer(request: Request) -> Outcome:
    match request.effect, request.input:
        case "main.seek", {"sku": "none"}:
            return Raised("Gone", {"sku": "none", "tries": 3})
        case "main.seek", {"sku": sku}:
            return Result({"kind": "found", "item": {"sku": sku, "price": "12.50", "class": "x"}})
        case "main.count", {"items": items}:
            return Result(len(items))
        case _:
            return Result(None)


def run_of(code: Any, skus: list[str]) -> RunView:
    with module(code=code) as name:
        program = compiled(f"{name}:code").program
        assert program is not None
        return run(program, {"skus": skus}, answer)[1]


def test_values_are_models_both_ways(models: Any) -> None:
    seen: list[Any] = []

    async def code(inputs: Any, fabric: Any) -> Any:
        assert type(inputs) is models.CodeInput
        found = [await fabric.request(models.SeekInput(sku=sku)) for sku in inputs.skus]
        seen.extend(found)
        mean = await fabric.request(models.CountInput(items=[each.item for each in found]))
        assert await fabric.request(models.MarkInput(item=found[0].item)) is None
        return models.CodeOutput(best=found[0].item, mean=mean)

    code.__annotations__ = {"inputs": models.CodeInput, "fabric": models.CodeFabric, "return": models.CodeOutput}
    view = run_of(code, ["a", "b"])
    assert [type(each) for each in seen] == [models.Found, models.Found]
    assert seen[0].item.class_ == "x"
    assert view.output["mean"] == 2.0
    assert str(view.output["best"]["price"]) == "12.50"
    assert view.output["best"]["class"] == "x"


def test_errors_are_the_written_classes_both_ways(models: Any) -> None:
    async def code(inputs: Any, fabric: Any) -> Any:
        try:
            await fabric.request(models.SeekInput(sku="none"))
        except models.Gone as gone:
            raise models.Gone(sku=gone.sku, tries=gone.tries + 1) from gone

    code.__annotations__ = {"inputs": models.CodeInput, "fabric": models.CodeFabric}
    failure = run_of(code, []).failure
    assert failure is not None
    assert (failure.error, failure.fields) == ("main.Gone", {"sku": "none", "tries": 4})


def test_a_machine_has_models_too(models: Any) -> None:
    taken_back: list[Any] = []

    class Code(models.CodeMachine):  # type: ignore[misc]
        def execute(self, inputs: models.CodeInput) -> Any:
            return models.SeekInput(sku=inputs.skus[0])

        def handle_effect_result(self, result: Any) -> Any:
            if isinstance(result, models.Gone):
                return models.CodeOutput(best=None, mean=float(result.tries))
            return models.CodeOutput(best=result.item, mean=1)

        def undo(self, request: Any, result: Any) -> Any:
            taken_back.append((request, result.item.sku))
            return models.MarkInput(item=result.item)

        def state(self) -> Any:
            return None

        def load_state(self, state: Any) -> None:
            assert state is None

    assert run_of(Code, ["none"]).output == {"best": None, "mean": 3.0}
    assert run_of(Code, ["a"]).output["mean"] == 1.0
    assert taken_back == [(models.SeekInput(sku="a"), "a")]


def test_written_models_of_another_program_are_refused_before_the_run(models: Any) -> None:
    async def code(inputs: Any, fabric: Any) -> Any: ...

    code.__annotations__ = {"inputs": models.CodeInput}
    del models.CodeFabric
    view = run_of(code, [])
    assert view.head.status == "stalled"
    assert (
        "has no request for main.count, main.mark, main.seek: write it with `cellc gen python`" in view.open[0].reason
    )


def test_a_stale_model_is_told_with_the_field(models: Any) -> None:
    class CodeInput(models.CodeInput):  # type: ignore[misc]
        other: int

    CodeInput.__module__ = models.__name__

    async def code(inputs: Any, fabric: Any) -> Any: ...

    code.__annotations__ = {"inputs": CodeInput}
    reason = run_of(code, []).open[0].reason
    assert reason.startswith("the input, a CodeInput, does not fit the model; write it again with `cellc gen python`:")
    assert "other: Field required" in reason
