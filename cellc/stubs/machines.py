"""The types of a cell that is written in Python, in either form: a function that is replayed, or a step machine."""

from collections.abc import Iterator, Mapping

from cellc.language.interface import Interface, Signature
from cellc.stubs.annotations import Annotator
from cellc.stubs.effects import error_class, may_raise
from cellc.stubs.layout import Bracket, Either, docstring, lines


def python_cell(
    interface: Interface, cell: Signature, wanted: str, names: Mapping[str, str], writer: Annotator
) -> Iterator[list[str]]:
    """Yield the blocks: what the cell may ask for, its fabric, and its two forms."""
    return _Cell(interface, cell, wanted, names, writer).blocks()


class _Cell:
    def __init__(
        self, interface: Interface, cell: Signature, wanted: str, names: Mapping[str, str], writer: Annotator
    ) -> None:
        self._cell = cell
        self._effects = [interface.effects[name] for name in cell.effects]
        self._names = names
        self._writer = writer
        self._inputs, self._output = names[f"in {cell.name}"], names[f"out {cell.name}"]
        ends = ("Request", "Result", "Step", "Fabric", "Function", "BlockingFabric", "Machine")
        self._request, self._result, self._step, self._fabric, self._function, self._blocking, self._machine = (
            writer.taken.new(f"{wanted}{end}") for end in ends
        )

    def blocks(self) -> Iterator[list[str]]:
        if self._effects:
            yield self._alias(self._request, self._requests())
            yield self._alias(self._result, self._results())
        yield self._alias(self._step, [*([self._request] if self._effects else []), self._output])
        yield list(self._fabric_lines(self._fabric, "cell.Fabric", "async def", "a function"))
        yield list(self._function_lines())
        yield list(self._fabric_lines(self._blocking, "cell.BlockingFabric", "def", "a plain `def`"))
        yield list(self._machine_lines())

    def _requests(self) -> list[str]:
        return [self._names[f"in {effect.name}"] for effect in self._effects]

    def _results(self) -> list[str]:
        outputs = dict.fromkeys(self._names[f"out {effect.name}"] for effect in self._effects)
        errors = dict.fromkeys(error_class(e, self._names) for effect in self._effects for e in effect.errors)
        return [*(name for name in outputs if name != "None"), *errors, *(["None"] if "None" in outputs else [])]

    def _alias(self, name: str, arms: list[str]) -> list[str]:
        alias = self._writer.imported("typing", "TypeAlias")
        node = Either(tuple(arms)) if len(arms) > 1 else arms[0]
        return list(lines(node, before=f"{name}: {alias} = "))

    def _fabric_lines(self, name: str, base: str, define: str, form: str) -> Iterator[str]:
        protocol = self._writer.imported("typing", "Protocol")
        yield f"class {name}({base}, {protocol}):"
        about = f"What {form} that is the cell `{self._cell.name}` is given."
        undo = "\n\n`undo` makes of a request's result the request that undoes it." if self._effects else ""
        yield from docstring(about + undo, 1)
        for effect in self._effects:
            yield ""
            if len(self._effects) > 1:
                yield f"    @{self._writer.imported('typing', 'overload')}"
            yield from self._ask(effect, define)

    def _ask(self, effect: Signature, define: str) -> Iterator[str]:
        result = self._names[f"out {effect.name}"]
        callable_ = self._writer.imported("collections.abc", "Callable")
        undo = Either((f"{callable_}[[{result}], {self._request}]", "None"))
        parameters = ("self", f"request: {self._names[f'in {effect.name}']}", "*")
        undo_line = next(lines(undo, before="undo: ", after=" = None"))
        signature = Bracket(f"{define} request(", (*parameters, undo_line), f") -> {result}:")
        yield from lines(signature, 1)
        yield from docstring(f"Perform `{effect.name}`.{may_raise(effect.errors, self._names)}", 2)
        yield "        ..."

    def _function_lines(self) -> Iterator[str]:
        protocol = self._writer.imported("typing", "Protocol")
        yield f"class {self._function}({protocol}):"
        yield from docstring(f"The cell `{self._cell.name}` as a function.\n\nIt is replayed over recorded results.", 1)
        yield ""
        parameters = ("self", f"inputs: {self._inputs}", f"fabric: {self._fabric}")
        yield from lines(Bracket("async def __call__(", parameters, f") -> {self._output}:"), 1)
        yield from docstring(f"Return the output.{may_raise(self._cell.errors, self._names)}", 2)
        yield "        ..."

    def _machine_lines(self) -> Iterator[str]:
        abc, abstract = self._writer.imported("abc", "ABC"), self._writer.imported("abc", "abstractmethod")
        yield f"class {self._machine}({abc}):"
        about = f"The cell `{self._cell.name}` as a class.\n\nIts state is kept between its steps."
        yield from docstring(f"{about}{may_raise(self._cell.errors, self._names).replace(chr(10) * 2, ' ')}", 1)
        for name, parameters, result, doc in self._methods():
            yield ""
            yield f"    @{abstract}"
            yield from lines(Bracket(f"def {name}(", ("self", *parameters), f") -> {result}:"), 1)
            yield from docstring(doc, 2)

    def _methods(self) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
        """Yield name, parameters, result and docstring of each method."""
        step = "the first request, or the output" if self._effects else "the output"
        yield "execute", (f"inputs: {self._inputs}",), self._step, f"Return {step}."
        if self._effects:
            doc = "Take what the last request came to; return the next one, or the output."
            yield "handle_effect_result", (f"result: {self._result}",), self._step, doc
        yield "state", (), "cell.JsonValue", "Return what `load_state` needs to go on from here."
        yield "load_state", ("state: cell.JsonValue",), "None", "Go on from a state that `state` has given."
