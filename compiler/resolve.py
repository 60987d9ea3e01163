"""Gives every declaration its meaning: types, errors, effects and cells of all modules, by qualified name.

Bodies, keys and bindings are not looked at here; they need all signatures first.
"""

from collections.abc import Iterator

from cellc.compiler.fit import has_broken
from cellc.compiler.load import Loaded, Unit
from cellc.compiler.symbols import (
    STANDARD_ERRORS,
    CellSymbol,
    EffectSymbol,
    ErrorSymbol,
    EventSymbol,
    Names,
    World,
)
from cellc.compiler.type_exprs import record_of, type_of
from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.diagnostics import Label, Report
from cellc.language.names import COMBINATORS
from cellc.language.subtype import is_guarded, is_inhabited, plainly_inhabited
from cellc.language.types import BROKEN, NAMES, Broken, Json, List, Map, Named, Record, Secret, Type, Union

DELIVERIES = ("read", "idempotent", "once")

BOUND_ERROR_FIELDS = ("name", "step")
"""What `except ... as e` adds to an error's own fields."""

EFFECT_ERRORS = ("Unavailable", "Unknown")
"""The standard errors that an effect may list: what its retries, or its unknown outcome, then raise."""


def resolve(loaded: Loaded, report: Report) -> tuple[World, dict[str, Names]]:
    """Return all declarations, and each module's view of them by module name."""
    world = World()
    units = {**loaded.standard, **loaded.units}
    names = {name: Names(world, unit, loaded.standard, report) for name, unit in units.items()}
    for unit in units.values():
        _declare_types(unit, world, report)
    for unit in units.values():
        _resolve_types(unit, names[unit.name])
    for unit in units.values():
        _resolve_errors(unit, names[unit.name])
    _endless_types(units, world, report)
    world.wrong_types = _wrong_types(world)
    for unit in units.values():
        _resolve_events(unit, names[unit.name])
    for unit in loaded.standard.values():
        _resolve_effects(unit, names[unit.name])
    for unit in loaded.units.values():
        _resolve_effects(unit, names[unit.name])
    for unit in loaded.units.values():
        _resolve_cells(unit, names[unit.name])
    return world, names


def _declare_types(unit: Unit, world: World, report: Report) -> None:
    for decl in unit.tree.types:
        if decl.name.text in NAMES:
            report.add("E212", decl.name.span, name=decl.name.text, why="it is a scalar type")
        world.types[f"{unit.name}.{decl.name.text}"] = BROKEN


def _resolve_types(unit: Unit, names: Names) -> None:
    """Give types their meaning; one with a part that has been reported is taken as broken as a whole."""
    for decl in unit.tree.types:
        type_ = type_of(decl.type, names)
        names.world.types[f"{unit.name}.{decl.name.text}"] = BROKEN if has_broken(type_) else type_


def _resolve_errors(unit: Unit, names: Names) -> None:
    for decl in unit.tree.errors:
        if decl.name.text in STANDARD_ERRORS:
            names.report.add("E212", decl.name.span, name=decl.name.text, why="it is a standard error")
            continue
        for field in decl.fields.fields:
            if field.name.text in BOUND_ERROR_FIELDS:
                why = "every caught error has a field of that name"
                names.report.add("E212", field.name.span, name=field.name.text, why=why)
        qualified = f"{unit.name}.{decl.name.text}"
        allowed = [f for f in decl.fields.fields if f.name.text not in BOUND_ERROR_FIELDS]
        names.world.errors[qualified] = ErrorSymbol(qualified, record_of(allowed, names), decl.name.span)


def _resolve_events(unit: Unit, names: Names) -> None:
    for decl in unit.tree.events:
        qualified = f"{unit.name}.{decl.name.text}"
        data = BROKEN if decl.data is None else type_of(decl.data, names)
        names.world.events[qualified] = EventSymbol(qualified, unit, decl, data)


def _resolve_effects(unit: Unit, names: Names) -> None:
    for decl in unit.tree.effects:
        qualified = f"{unit.name}.{decl.name.text}"
        own = not unit.standard  # those of a standard module are called with its name before theirs: `http.put`
        if own and (decl.name.text in BUILTINS or decl.name.text in COMBINATORS):
            names.report.add("E212", decl.name.span, name=decl.name.text, why="it is a built-in function")
        names.refuse_repeats(decl.errors)
        input_ = record_of(decl.input, names)
        output = _output(decl, unit, names)
        errors = tuple(_effect_errors(decl, names))
        delivery = _delivery(decl, unit, names)
        names.world.effects[qualified] = EffectSymbol(qualified, unit, decl, input_, output, errors, delivery)


def _output(decl: ast.EffectDecl | ast.CellDecl, unit: Unit, names: Names) -> Type | None:
    if decl.output is not None:
        return type_of(decl.output, names)
    return BROKEN if unit.lost("out", decl.span) else None


def _effect_errors(decl: ast.EffectDecl, names: Names) -> Iterator[str]:
    for ident in decl.errors:
        error = names.error(ident)
        if error is None:
            continue
        if error.name in STANDARD_ERRORS and error.name not in EFFECT_ERRORS:
            why = "only the language itself does, around a call"
            help_ = "an effect may list " + " and ".join(f"`{e}`" for e in EFFECT_ERRORS)
            names.report.add("E413", ident.span, effect=decl.name.text, error=ident.text, why=why, help=help_)
            continue
        yield error.name


def _delivery(decl: ast.EffectDecl, unit: Unit, names: Names) -> str | None:
    if decl.delivery is not None:
        return decl.delivery.text if decl.delivery.text in DELIVERIES else None
    if unit.lost("delivery", decl.span):
        return None
    if decl.via is not None:
        base = names.world.effects.get(decl.via.text)
        return base.delivery if base is not None else None
    if unit.lost("via", decl.span) or decl.config is not None:
        return None  # what is missing, or there and not read, has been reported
    help_ = "add `delivery: read`, `idempotent` (repeated under one key) or `once` (never repeated)"
    names.report.add("E408", decl.name.span, effect=decl.name.text, help=help_)
    return None


def _resolve_cells(unit: Unit, names: Names) -> None:
    for decl in unit.tree.cells:
        qualified = f"{unit.name}.{decl.name.text}"
        if decl.name.text in BUILTINS or decl.name.text in COMBINATORS:
            names.report.add("E212", decl.name.span, name=decl.name.text, why="it is a built-in function")
        effect = names.world.effects.get(qualified)
        if effect is not None:
            label = Label(effect.decl.name.span, "an effect of this name")
            names.report.add("E206", decl.name.span, labels=(label,), name=decl.name.text)
        names.refuse_repeats(decl.errors or ())
        names.refuse_repeats(decl.effects or ())
        errors = [e.name for ident in decl.errors or () if (e := names.error(ident))]
        effects = None if decl.effects is None else [f.name for i in decl.effects if (f := names.effect(i))]
        names.world.cells[qualified] = CellSymbol(
            qualified,
            unit,
            decl,
            record_of(decl.input, names),
            _output(decl, unit, names),
            tuple(errors),
            tuple(effects) if effects is not None else None,
        )


def _wrong_types(world: World) -> frozenset[str]:
    """Return the declared types that are broken, or have a part of such a type."""
    wrong = {name for name, type_ in world.types.items() if isinstance(type_, Broken)}
    parts = {name: set(_named_in(type_)) for name, type_ in world.types.items()} if wrong else {}
    while more := {name for name, used in parts.items() if name not in wrong and used & wrong}:
        wrong |= more
    for name in wrong:
        world.types[name] = BROKEN
    return frozenset(wrong)


def _named_in(type_: Type) -> Iterator[str]:
    """Yield the declared types that a type is made of."""
    match type_:
        case Named(name):
            yield name
        case Union(arms):
            for arm in arms:
                yield from _named_in(arm)
        case List(inner) | Map(inner) | Secret(inner):
            yield from _named_in(inner)
        case Record(fields):
            for field in fields:
                yield from _named_in(field.type)
        case _:
            return


def _endless_types(units: dict[str, Unit], world: World, report: Report) -> None:
    """Report types that have no finite value; of several that need each other, the first one only."""
    table = {name: Json() if has_broken(type_) else type_ for name, type_ in world.types.items()}
    decls = {f"{unit.name}.{decl.name.text}": decl for unit in units.values() for decl in unit.tree.types}

    def refuse(name: str) -> None:
        report.add("E211", decls[name].name.span, name=decls[name].name.text)
        world.types[name] = BROKEN
        table[name] = Json()

    for name in decls:  # all of these first: nothing can be asked of a type that leads into a circle of names
        if not is_guarded(name, table):
            refuse(name)
    inhabited = plainly_inhabited(table)
    for name in decls:
        if name not in inhabited and not is_inhabited(Named(name), table):
            refuse(name)
