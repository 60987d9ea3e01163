"""The type of what performs a module's effects: a protocol with one method for each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cellc.language.interface import Interface, Signature
from cellc.stubs.annotations import Annotator
from cellc.stubs.layout import Bracket, docstring, lines
from cellc.stubs.naming import attribute_names


def handlers(
    interface: Interface, effects: Sequence[Signature], names: Mapping[str, str], writer: Annotator
) -> Iterator[str]:
    """Yield the lines of the protocol `Handlers`."""
    protocol, abstract = writer.imported("typing", "Protocol"), writer.imported("abc", "abstractmethod")
    yield f"class Handlers({protocol}):"
    yield from docstring(f"What performs the effects of `{interface.module}`.", 1)
    shorts = [effect.name.removeprefix(f"{interface.module}.") for effect in effects]
    methods = attribute_names(shorts, writer.taken)
    for short, effect in zip(shorts, effects, strict=True):
        yield ""
        yield f"    @{abstract}"
        parameters = ("self", f"inputs: {names[f'in {effect.name}']}", "call: cell.Call")
        signature = Bracket(f"async def {methods[short]}(", parameters, f") -> {names[f'out {effect.name}']}:")
        yield from lines(signature, 1)
        yield from docstring(f"Perform `{short}`.{may_raise(effect.errors, names)}", 2)


def error_class(name: str, names: Mapping[str, str]) -> str:
    """Return the class of an error; those of the language itself are declared in `cellc.python`."""
    return names.get(f"error {name}", f"cell.{name}")


def may_raise(errors: Iterable[str], names: Mapping[str, str]) -> str:
    """Return the sentence that names the errors; none for none."""
    classes = [error_class(error, names) for error in errors]
    return f"\n\nRaises {', '.join(classes)}." if classes else ""
