"""Tells what a module declares, for whoever uses it from outside: `language/interface.py`."""

from cellc.compiler.load import Loaded, Unit
from cellc.compiler.symbols import CellSymbol, EffectSymbol, World
from cellc.language import ast
from cellc.language.interface import Interface, Signature


def interface_of(unit: Unit, loaded: Loaded, world: World) -> Interface:
    """Return the interface of a module in which nothing is wrong."""
    modules: dict[str, str] = {}
    for other in (*loaded.standard.values(), *loaded.units.values()):
        tree = other.tree
        names = [d.name.text for group in (tree.types, tree.errors, tree.effects) for d in group]
        modules |= {f"{other.name}.{name}": other.name for name in names}
    return Interface(
        unit.name,
        unit.version,
        unit.tree.description,
        modules,
        world.types,
        {name: error.fields for name, error in world.errors.items()},
        {name: _effect(effect) for name, effect in world.effects.items()},
        {name: _cell(cell) for name, cell in world.cells.items() if cell.unit is unit},
    )


def _effect(effect: EffectSymbol) -> Signature:
    return Signature(effect.name, effect.decl.description, effect.input, effect.output, effect.errors)


def _cell(cell: CellSymbol) -> Signature:
    target = cell.decl.body.target.text if isinstance(cell.decl.body, ast.PythonBody) else ""
    effects = cell.effects or ()
    return Signature(cell.name, cell.decl.description, cell.input, cell.output, cell.errors, effects, target)
