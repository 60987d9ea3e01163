"""Secrets: what a value that holds one may be used for.

A type is open, or it holds a `secret(T)` somewhere. Information flows from open to secret and never back: a plain value
may be given where a secret is expected, and a value that holds a secret goes where a type says so: into variables,
`secret(T)` inputs and fields, and what a handler is asked for. Whatever would tell something of the secret itself is
refused: comparing, branching, tests of its type, built-ins that look at it, JSON, keys, what people see or the log
keeps. A text that is made of a secret is one. Whether there is a secret (`x == null` for `secret(T)?`, the length of a
list) is not hidden.
"""

import dataclasses
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from cellc.compiler.load import Loaded, Unit
from cellc.compiler.symbols import Names, World
from cellc.language.diagnostics import Report
from cellc.language.secret_types import holds_secret
from cellc.language.span import Span
from cellc.language.types import BROKEN, Record, Type

MOVING = frozenset(
    {"len", "reversed", "flatten", "chunks", "enumerate", "zip", "keys", "values", "items", "merge", "put", "without"}
)
"""Built-ins that move the parts of a collection about and look at none of them."""

BY_KEY = frozenset({"sorted", "min", "max", "group", "unique"})
"""Built-ins that look at nothing but what `by=` gives."""

SHOWN = frozenset(
    {"log.debug", "log.info", "log.warn", "log.error", "status.set", "human.task", "event.wait", "event.emit"}
)
"""Standard effects whose inputs are shown to people or kept in the log."""


def check_secrets(loaded: Loaded, names: Mapping[str, Names], report: Report) -> None:
    """Report declarations of what is shown or kept in the log that hold a secret.

    What errors and events hold may be anything from then on, for whoever gives or reads it.
    """
    for unit in loaded.units.values():
        for what, type_, span in _shown(unit, names[unit.name], entry=unit is loaded.main):
            if holds_secret(type_, names[unit.name].world.types):
                report.add("E441", span, what=what)
    if report.failed and names:
        _doubt(next(iter(names.values())).world)


def _doubt(world: World) -> None:
    """Take what errors and events must not hold as anything."""
    for name, error in world.errors.items():
        fields = (replace(f, type=BROKEN) if holds_secret(f.type, world.types) else f for f in error.fields.fields)
        world.errors[name] = dataclasses.replace(error, fields=Record(tuple(fields)))
    for name, event in world.events.items():
        if holds_secret(event.data, world.types):
            world.events[name] = dataclasses.replace(event, data=BROKEN)


def _shown(unit: Unit, names: Names, *, entry: bool) -> Iterator[tuple[str, Type, Span]]:
    world = names.world
    for error in unit.tree.errors:
        known = world.errors.get(f"{unit.name}.{error.name.text}")
        if known is not None:
            yield f"the error `{error.name.text}`", known.fields, error.name.span
    for event in unit.tree.events:
        yield f"the event `{event.name.text}`", world.events[f"{unit.name}.{event.name.text}"].data, event.name.span
    for cell in _started(unit, names, entry=entry):
        symbol = world.cells.get(cell)
        if symbol is not None and symbol.output is not None and symbol.decl.output is not None:
            what = f"the output of a run of `{symbol.decl.name.text}`"
            yield what, symbol.output, symbol.decl.output.span if symbol.unit is unit else unit.tree.span


def _started(unit: Unit, names: Names, *, entry: bool) -> set[str]:
    """Return the cells that runs are started of: `main`, the only cell of a program, and those of triggers."""
    tree = unit.tree
    main = tree.main or (tree.cells[0].name if entry and len(tree.cells) == 1 else None)
    idents = [ident for ident in (main, *(trigger.run for trigger in tree.triggers)) if ident is not None]
    return {known for ident in idents if (known := names.known_cell(ident.text)) is not None}
